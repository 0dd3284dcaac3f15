"""Forgetting and changing a password."""

from datetime import UTC, datetime

from fastapi import APIRouter, Response

from api.auth import Person
from api.deps import PartsDep
from api.errors import problems
from api.later import LaterDep
from api.users.admission import PasswordsDep, admit, myself, prove
from api.users.attempts import Address, take_letter
from api.users.fingerprints import fingerprint
from api.users.letters import send_notice, send_reset
from api.users.schemas import AccessToken, Asked, ChangePassword, EmailOnly, ResetPassword
from domain import errors
from domain.letters import Occasion
from domain.user_ports import Purpose
from runtime.passwords import check

router = APIRouter(tags=["users"])


@router.post("/users/forgot-password", status_code=202, responses=problems(400, 413, 422, 429, 503))
async def forgot_password(body: EmailOnly, parts: PartsDep, later: LaterDep, address: Address) -> Asked:
    """Sends a link to choose another password, if the address has a user; the answer is the same if not."""
    await take_letter(parts, body.email, address)
    later("reset password", send_reset(parts, body.email))
    return Asked(sent_to=body.email)


@router.post("/users/reset-password", status_code=204, responses=problems(400, 413, 422, 503))
async def reset_password(body: ResetPassword, parts: PartsDep, passwords: PasswordsDep, later: LaterDep) -> None:
    """Follows the link of a letter: another password, and every session ends. A second factor stays on."""
    now, digest, password = datetime.now(UTC), fingerprint(body.token), body.password.get_secret_value()
    proof = await parts.proofs.get(digest, now)
    good = proof is not None and proof.purpose is Purpose.RESET_PASSWORD
    user = await parts.users.get(proof.user_id) if proof and good else None
    if user is None:
        raise errors.LinkSpent
    factor = await parts.second_factors.get(user.id)
    stays = factor is not None and factor.confirmed and user.email_verified_at is not None
    check(password, (user.email, user.name), second_factor=stays)  # before the link is used up
    changed = await parts.proofs.reset_password(digest, await passwords.hash(password), now)
    if changed is None:
        raise errors.LinkSpent
    later("password changed", send_notice(parts, changed, Occasion.PASSWORD_CHANGED))


@router.post("/users/me/password", responses=problems(400, 401, 403, 413, 422, 429, 503))
async def change_password(
    body: ChangePassword, response: Response, parts: PartsDep, passwords: PasswordsDep, later: LaterDep, caller: Person
) -> AccessToken:
    """Another password; every other session ends, and this browser gets a new one."""
    user = await prove(parts, passwords, caller, body.current_password.get_secret_value())
    factor = await parts.second_factors.get(user.id)
    password = body.new_password.get_secret_value()
    check(password, (user.email, user.name), second_factor=factor is not None and factor.confirmed)
    await parts.users.set_password(user.id, await passwords.hash(password), datetime.now(UTC))
    later("password changed", send_notice(parts, user, Occasion.PASSWORD_CHANGED))
    return await admit(parts, response, await myself(parts, caller), caller.amr)
