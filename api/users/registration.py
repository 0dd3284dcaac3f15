"""Registering, and showing that an address is one's own."""

from datetime import UTC, datetime

import uuid_utils.compat as uuid
from fastapi import APIRouter

from api.auth import Person
from api.deps import PartsDep
from api.errors import problems
from api.later import LaterDep
from api.users.admission import PasswordsDep, myself
from api.users.attempts import Address, take_letter
from api.users.fingerprints import fingerprint
from api.users.letters import send_already, send_proof
from api.users.schemas import Asked, Follow, Register
from domain import errors
from domain.user_ports import Purpose
from domain.users import Organisation, User
from runtime.passwords import check

router = APIRouter(tags=["users"])


@router.post("/users", status_code=202, responses=problems(400, 413, 422, 429, 503))
async def register(
    body: Register, parts: PartsDep, passwords: PasswordsDep, later: LaterDep, address: Address
) -> Asked:
    """Makes a user, and an organisation of one person which owns everything they do; a letter asks to verify the
    address. For an address that has a user already nothing changes, its owner is told, and the answer is the same."""
    password = body.password.get_secret_value()
    check(password, (body.email, body.name))
    await take_letter(parts, body.email, address)
    now = datetime.now(UTC)
    organisation = Organisation(id=f"org_{uuid.uuid7().hex}", name=body.name, created_at=now)
    user = User(
        id=f"usr_{uuid.uuid7().hex}",
        organisation_id=organisation.id,
        email=body.email,
        name=body.name,
        locale=body.locale,
        password_set_at=now,
        created_at=now,
    )
    hashed = await passwords.hash(password)
    try:
        await parts.users.add(user, organisation, hashed)
    except errors.EmailTaken:
        later("already registered", send_already(parts, body.email))
    else:
        later("verify email", send_proof(parts, user, Purpose.VERIFY_EMAIL))
    return Asked(sent_to=body.email)


@router.post("/users/me/verification", status_code=202, responses=problems(401, 403, 429, 503))
async def ask_verification(parts: PartsDep, caller: Person, later: LaterDep, address: Address) -> Asked:
    """Another link, to who has not verified their address yet."""
    user = await myself(parts, caller)
    await take_letter(parts, user.email, address)
    if user.email_verified_at is None:
        later("verify email", send_proof(parts, user, Purpose.VERIFY_EMAIL))
    return Asked(sent_to=user.email)


@router.post("/users/verify-email", status_code=204, responses=problems(400, 409, 413, 422, 503))
async def verify_email(body: Follow, parts: PartsDep) -> None:
    """Follows the link of a letter: the address is verified, and the user's, if it was a new one. Tokens say so from
    the next refresh on."""
    if await parts.proofs.verify_email(fingerprint(body.token), datetime.now(UTC)) is None:
        raise errors.LinkSpent
