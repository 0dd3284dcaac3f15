"""Registering and signing in."""

from datetime import UTC, datetime
from typing import Annotated

import uuid_utils.compat as uuid
from fastapi import APIRouter, Depends, Request, Response

from api.auth import Caller
from api.deps import PartsDep
from api.errors import problems
from api.tokens import LIFETIME, issue, jwks
from api.users.passwords import Passwords
from api.users.schemas import AccessToken, Jwks, Register, SignIn, UserView
from domain import errors
from domain.users import Organisation, User

router = APIRouter(tags=["users"])
_KEYS_FRESH = "public, max-age=300"


def _passwords(request: Request) -> Passwords:
    state = request.app.state
    if not hasattr(state, "passwords"):
        state.passwords = Passwords()
    made: Passwords = state.passwords
    return made


PasswordsDep = Annotated[Passwords, Depends(_passwords)]


@router.post("/users", status_code=201, responses=problems(400, 409, 413, 422, 503))
async def register(body: Register, parts: PartsDep, passwords: PasswordsDep) -> UserView:
    """Makes a user and an organisation of one person, which owns everything they do."""
    now = datetime.now(UTC)
    organisation = Organisation(id=f"org_{uuid.uuid7().hex}", name=body.name, created_at=now)
    user = User(
        id=f"usr_{uuid.uuid7().hex}",
        organisation_id=organisation.id,
        email=body.email,
        name=body.name,
        created_at=now,
    )
    await parts.users.add(user, organisation, await passwords.hash(body.password.get_secret_value()))
    return UserView.of(user)


@router.post("/users/sign-in", responses=problems(400, 401, 413, 422, 503))
async def sign_in(body: SignIn, parts: PartsDep, passwords: PasswordsDep) -> AccessToken:
    """An access token for ten minutes. An unknown e-mail and a wrong password answer alike, after as long."""
    known = await parts.users.by_email(body.email)
    user, hashed = known or (None, None)
    right = await passwords.matches(body.password.get_secret_value(), hashed)
    if user is None or not right:
        raise errors.Unauthenticated("the e-mail or the password is wrong")
    return AccessToken(access_token=issue(parts.settings, user), expires_in=int(LIFETIME.total_seconds()))


@router.get("/users/me", responses=problems(401, 503))
async def me(parts: PartsDep, caller: Caller) -> UserView:
    """Who is asking."""
    user = await parts.users.get(caller.user_id)
    if user is None:
        raise errors.Unauthenticated("this user is gone")
    return UserView.of(user)


@router.get("/users/jwks", responses=problems(503))
async def get_jwks(parts: PartsDep, response: Response) -> Jwks:
    """The public keys by which every service verifies access tokens for itself."""
    response.headers["Cache-Control"] = _KEYS_FRESH
    return Jwks.model_validate(jwks(parts.settings.need("keys_dir")))
