"""Carriers and their accounts, kept by staff."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Path

from api.auth import requires
from api.deps import Parts, PartsDep
from api.errors import problems
from api.paging import Page
from api.quotes.schemas import AccountPut, Accounts, AccountView, CarrierView
from domain import errors
from domain.quotes import AccountRef, CarrierAccount
from domain.users import Principal, may_keep_carriers, may_see_carriers

router = APIRouter(tags=["carriers"])

Name = Annotated[str, Path(pattern=r"^[a-z0-9][a-z0-9_.-]{0,63}$")]
Staff = Annotated[Principal, Depends(requires(may_see_carriers))]
Keeper = Annotated[Principal, Depends(requires(may_keep_carriers))]


@router.get("/carriers", responses=problems(401, 403, 503))
async def list_carriers(parts: PartsDep, caller: Staff) -> Page[CarrierView]:  # noqa: ARG001
    """Every carrier there is an adapter for, what an account there needs, and what is paused."""
    pauses, now = await parts.routing.pauses(), datetime.now(UTC)
    return Page[CarrierView](items=[CarrierView.of(profile, pauses, now) for profile in parts.carriers.profiles()])


@router.get("/carriers/{carrier}/accounts", responses=problems(401, 403, 404, 422, 503))
async def list_accounts(carrier: Name, parts: PartsDep, caller: Staff) -> Accounts:  # noqa: ARG001
    """The accounts at one carrier, without their secrets."""
    check_known(parts, carrier)
    accounts = [account for account in await parts.accounts.all() if account.carrier == carrier]
    return Accounts(items=tuple(_view(parts, account) for account in accounts))


@router.get("/carriers/{carrier}/accounts/{account}", responses=problems(401, 403, 404, 422, 503))
async def get_account(carrier: Name, account: Name, parts: PartsDep, caller: Staff) -> AccountView:  # noqa: ARG001
    """One account, without its secrets."""
    found = await parts.accounts.get(AccountRef(carrier=carrier, account=account))
    if found is None:
        raise errors.NotFound("no such account")
    return _view(parts, found)


@router.put("/carriers/{carrier}/accounts/{account}", responses=problems(400, 401, 403, 404, 413, 422, 503))
async def put_account(carrier: Name, account: Name, body: AccountPut, parts: PartsDep, caller: Keeper) -> AccountView:
    """Adds an account or changes it; every process uses it within seconds."""
    check_known(parts, carrier)
    ref = AccountRef(carrier=carrier, account=account)
    before = await parts.accounts.get(ref)
    credentials = body.credentials if body.credentials is not None else before.credentials if before else {}
    wanted = CarrierAccount(
        carrier=carrier, account=account, credentials=credentials, **body.model_dump(exclude={"credentials"})
    )
    if found := parts.carriers.problems(wanted):
        raise errors.Invalid("; ".join(found))
    await parts.accounts.put(wanted, caller.actor)
    return _view(parts, wanted)


def check_known(parts: Parts, carrier: str) -> None:
    """Raises NotFound for a carrier there is no adapter for."""
    if carrier not in {profile.code for profile in parts.carriers.profiles()}:
        raise errors.NotFound("no such carrier")


def _view(parts: Parts, account: CarrierAccount) -> AccountView:
    return AccountView.of(account, tuple(parts.carriers.problems(account)), parts.settings.public_url or "")
