"""A second factor: codes that an authenticator program makes every half minute (RFC 6238)."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Response

from api.auth import Person, requires
from api.deps import PartsDep
from api.errors import problems
from api.later import LaterDep
from api.users import codes
from api.users.admission import SECOND_FACTORS, PasswordsDep, admit, myself, prove, prove_code
from api.users.attempts import attempt, proving
from api.users.letters import send_notice
from api.users.schemas import (
    AccessToken,
    ConfirmCode,
    Prove,
    ProveTwice,
    RecoveryCodes,
    SecondFactorProposal,
    SecondFactorView,
)
from domain import errors
from domain.letters import Occasion
from domain.users import Principal, may_set_second_factor
from runtime.passwords import check

router = APIRouter(prefix="/users/me/second-factor", tags=["users"])

Keeper = Annotated[Principal, Depends(requires(may_set_second_factor))]
_ASKED = problems(400, 401, 403, 409, 413, 422, 429, 503)


@router.get("", responses=problems(401, 403, 503))
async def get_second_factor(parts: PartsDep, caller: Person) -> SecondFactorView:
    """Whether it is on, and how many recovery codes are left."""
    await myself(parts, caller)
    factor = await parts.second_factors.get(caller.user_id)
    on = factor is not None and factor.confirmed
    return SecondFactorView(on=on, recovery_codes_left=factor.codes_left if factor and on else 0)


@router.post("", status_code=201, responses=_ASKED)
async def propose_second_factor(
    body: Prove, parts: PartsDep, passwords: PasswordsDep, caller: Keeper
) -> SecondFactorProposal:
    """A new secret; nothing changes until a code of it is confirmed."""
    user = await prove(parts, passwords, caller, body.password.get_secret_value())
    secret = codes.new_secret()
    await parts.second_factors.propose(user.id, secret)
    return SecondFactorProposal(secret=codes.base32(secret), uri=codes.uri(secret, user.email))


@router.post("/confirm", responses=_ASKED)
async def confirm_second_factor(
    body: ConfirmCode, response: Response, parts: PartsDep, later: LaterDep, caller: Keeper
) -> RecoveryCodes:
    """On from now on; sessions from before end, and this browser gets a new one, in force from its next refresh."""
    user = await myself(parts, caller)
    async with attempt(parts, proving(user.id)):
        factor = await parts.second_factors.get(user.id)
        if factor is None:
            raise errors.SecondFactorMissing
        if factor.confirmed:
            raise errors.SecondFactorSet
        step = codes.step_of(factor, body.code)
        if step is None:
            raise errors.SecondFactorWrong
    shown, digests = codes.recovery_codes()
    await parts.second_factors.confirm(user.id, step, digests)
    later("second factor on", send_notice(parts, user, Occasion.SECOND_FACTOR_ON))
    await admit(parts, response, user, ("pwd", "otp"))
    return RecoveryCodes(codes=shown)


@router.post("/recovery-codes", responses=_ASKED)
async def renew_recovery_codes(
    body: ProveTwice, parts: PartsDep, passwords: PasswordsDep, caller: Keeper
) -> RecoveryCodes:
    """New ones, instead of all before."""
    user = await prove(parts, passwords, caller, body.password.get_secret_value())
    async with attempt(parts, proving(user.id)):
        if not await prove_code(parts, user.id, body.code):
            raise errors.SecondFactorMissing
    shown, digests = codes.recovery_codes()
    await parts.second_factors.renew(user.id, digests)
    return RecoveryCodes(codes=shown)


@router.post("/remove", responses=_ASKED)
async def remove_second_factor(
    body: ProveTwice, response: Response, parts: PartsDep, passwords: PasswordsDep, later: LaterDep, caller: Keeper
) -> AccessToken:
    """Off; other sessions end. A password that was long enough beside it only must be changed first."""
    password = body.password.get_secret_value()
    user = await prove(parts, passwords, caller, password)
    check(password, (user.email, user.name))
    async with attempt(parts, proving(user.id)):
        if not await prove_code(parts, user.id, body.code):
            raise errors.SecondFactorMissing
    await parts.second_factors.remove(user.id, caller.actor, datetime.now(UTC))
    later("second factor off", send_notice(parts, user, Occasion.SECOND_FACTOR_OFF))
    return await admit(parts, response, user, tuple(way for way in caller.amr if way not in SECOND_FACTORS))
