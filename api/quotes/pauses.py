"""Pausing a carrier, or one account at it: new bookings wait or go elsewhere, what it has goes on."""

from typing import Annotated

from fastapi import APIRouter, Depends

from api.auth import requires
from api.deps import Parts, PartsDep
from api.errors import problems
from api.quotes.carriers import Name, check_known
from api.quotes.schemas import PauseBody
from domain import errors
from domain.pauses import Pause
from domain.quotes import AccountRef
from domain.users import Principal, may_pause_carriers

router = APIRouter(tags=["carriers"])

Pauser = Annotated[Principal, Depends(requires(may_pause_carriers))]


@router.put("/carriers/{carrier}/pause", responses=problems(400, 401, 403, 404, 413, 422, 503))
async def pause_carrier(carrier: Name, body: PauseBody, parts: PartsDep, caller: Pauser) -> Pause:
    """Pauses every account at a carrier, or changes its pause; every process heeds it within seconds."""
    check_known(parts, carrier)
    return await _paused(parts, body.pause(carrier, None, caller.actor))


@router.delete("/carriers/{carrier}/pause", status_code=204, responses=problems(401, 403, 404, 422, 503))
async def resume_carrier(carrier: Name, parts: PartsDep, caller: Pauser) -> None:
    """Lifts the carrier's pause; what waited is booked little by little. Pauses of single accounts stay."""
    await _resumed(parts, carrier, None, caller)


@router.put("/carriers/{carrier}/accounts/{account}/pause", responses=problems(400, 401, 403, 404, 413, 422, 503))
async def pause_account(carrier: Name, account: Name, body: PauseBody, parts: PartsDep, caller: Pauser) -> Pause:
    """Pauses one account, or changes its pause; every process heeds it within seconds."""
    if await parts.accounts.get(AccountRef(carrier=carrier, account=account)) is None:
        raise errors.NotFound("no such account")
    return await _paused(parts, body.pause(carrier, account, caller.actor))


@router.delete(
    "/carriers/{carrier}/accounts/{account}/pause", status_code=204, responses=problems(401, 403, 404, 422, 503)
)
async def resume_account(carrier: Name, account: Name, parts: PartsDep, caller: Pauser) -> None:
    """Lifts the account's own pause; the carrier's stays."""
    await _resumed(parts, carrier, account, caller)


async def _paused(parts: Parts, pause: Pause) -> Pause:
    await parts.routing.put_pause(pause)
    return pause


async def _resumed(parts: Parts, carrier: str, account: str | None, caller: Principal) -> None:
    if not await parts.routing.lift_pause(carrier, account, caller.actor):
        raise errors.NotFound("not paused")
