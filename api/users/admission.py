"""From proof to token: who showed what becomes a session, and a session an access token."""

from datetime import UTC, datetime
from typing import Annotated

import uuid_utils.compat as uuid
from fastapi import Depends, Request, Response

from api.deps import Parts
from api.tokens import issue
from api.users import codes, cookies
from api.users.attempts import attempt, proving
from api.users.fingerprints import fresh
from api.users.schemas import AccessToken
from domain import errors
from domain.sessions import ACCESS_LIFETIME, Session, lasts
from domain.users import Principal, Role, User
from runtime.passwords import Passwords

SECOND_FACTORS = ("otp", "recovery")


def _passwords(request: Request) -> Passwords:
    state = request.app.state
    if not hasattr(state, "passwords"):
        state.passwords = Passwords()
    made: Passwords = state.passwords
    return made


PasswordsDep = Annotated[Passwords, Depends(_passwords)]


async def myself(parts: Parts, caller: Principal) -> User:
    """The user behind a token, as they are now. Raises Unauthenticated for one who is gone or disabled."""
    user = await parts.users.get(caller.user_id)
    if user is None or user.disabled_at is not None:
        raise errors.Unauthenticated("this user is gone")
    return user


async def prove(parts: Parts, passwords: Passwords, caller: Principal, password: str) -> User:
    """The user behind a token, who knows the password. Raises Unauthenticated, TooMany."""
    user = await myself(parts, caller)
    async with attempt(parts, proving(user.id)):
        known = await parts.users.by_email(user.email)
        if not await passwords.matches(password, known[1] if known else None):
            raise errors.Unauthenticated("the password is wrong")
    return user


async def prove_code(parts: Parts, user_id: str, code: str | None) -> tuple[str, ...]:
    """Uses up a code of the user's second factor; which kind it was, or nothing where none is on.

    Raises SecondFactorRequired without a code, SecondFactorWrong for one that is wrong or was used.
    """
    factor = await parts.second_factors.get(user_id)
    if factor is None or not factor.confirmed:
        return ()
    if code is None:
        raise errors.SecondFactorRequired
    step = codes.step_of(factor, code)
    if step is not None and await parts.second_factors.use(user_id, step):
        return ("otp",)
    if step is None and await parts.second_factors.use(user_id, codes.recovery_fingerprint(code)):
        return ("recovery",)
    raise errors.SecondFactorWrong


async def admit(parts: Parts, response: Response, user: User, amr: tuple[str, ...]) -> AccessToken:
    """A new session of this browser, its cookie, and an access token."""
    now = datetime.now(UTC)
    (family, family_digest), (token, token_digest) = fresh(), fresh()
    session = Session(
        id=f"ses_{uuid.uuid7().hex}",
        user_id=user.id,
        organisation_id=user.organisation_id,
        amr=amr,
        created_at=now,
        rotated_at=now,
        expires_at=now + lasts(user.role),
    )
    await parts.sessions.begin(session, family_digest, token_digest, user.password_set_at)
    cookies.put(response, parts.settings, family, token, session.expires_at)
    return await access(parts, user, session.organisation_id, amr)


async def access(parts: Parts, user: User, organisation_id: str, amr: tuple[str, ...]) -> AccessToken:
    """A token for a user in an organisation, or where they begin if they do not belong there any more."""
    membership = await parts.organisations.membership(organisation_id, user.id)
    if membership is None:
        membership = await parts.organisations.membership(user.organisation_id, user.id)
    if membership is None:
        raise errors.Unauthenticated("sign in again")
    due = (
        user.role is not Role.CUSTOMER
        and parts.settings.require_staff_second_factor
        and not any(factor in amr for factor in SECOND_FACTORS)
    )
    principal = Principal(
        user_id=user.id,
        organisation_id=membership.organisation_id,
        role=Role.CUSTOMER if due else user.role,
        org_role=membership.role,
        amr=amr,
        verified=user.email_verified_at is not None or not parts.settings.require_verified_email,
    )
    return token_for(parts, principal).model_copy(update={"second_factor_due": due})


def token_for(parts: Parts, principal: Principal) -> AccessToken:
    """An access token as it is answered."""
    seconds = int(ACCESS_LIFETIME.total_seconds())
    return AccessToken(access_token=issue(parts.settings, principal), expires_in=seconds)
