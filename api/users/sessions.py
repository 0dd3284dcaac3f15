"""Signing in, staying signed in, signing out."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Request, Response

from api.auth import Person
from api.deps import PartsDep
from api.errors import problems
from api.later import LaterDep
from api.paging import Page
from api.users import cookies
from api.users.admission import PasswordsDep, access, admit, myself, prove_code
from api.users.attempts import Address, attempt, signing_in
from api.users.fingerprints import fingerprint, fresh
from api.users.schemas import AccessToken, SessionView, SignIn, Switch
from domain import errors

router = APIRouter(tags=["users"])

SessionId = Annotated[str, Path(pattern=r"^ses_[0-9a-z]{1,64}$")]
OurPages = Depends(cookies.same_site)


@router.post("/users/sign-in", responses=problems(400, 401, 403, 413, 422, 429, 503))
async def sign_in(
    body: SignIn, response: Response, parts: PartsDep, passwords: PasswordsDep, later: LaterDep, address: Address
) -> AccessToken:
    """An access token for ten minutes, and the cookie to refresh it with. An unknown e-mail and a wrong password
    answer alike, after as long; `second_factor_required` asks to try again with the code."""
    async with attempt(parts, *signing_in(body.email, address)) as tries:
        known = await parts.users.by_email(body.email)
        user, hashed = known or (None, None)
        password = body.password.get_secret_value()
        right = await passwords.matches(password, hashed)

        def failed(reason: str) -> None:
            if user is not None:
                later("failed sign-in", parts.accesses.tell_failure(user.id, reason, tries))

        if user is None or hashed is None or not right:
            failed("password")
            raise errors.Unauthenticated("the e-mail or the password is wrong")
        if user.disabled_at is not None:
            failed("disabled")
            raise errors.UserDisabled
        try:
            factor = await prove_code(parts, user.id, body.code)
        except errors.SecondFactorWrong:
            failed("code")
            raise
        if passwords.is_outdated(hashed):
            await parts.users.set_password(user.id, await passwords.hash(password), None)
        return await admit(parts, response, user, ("pwd", *factor))


@router.post("/users/refresh", dependencies=[OurPages], responses=problems(401, 403, 503))
async def refresh(request: Request, response: Response, parts: PartsDep) -> AccessToken:
    """Exchanges the cookie for a new one, and gives an access token of what is true now. A cookie that was exchanged
    before ends its session, for whoever holds it: a copy is somewhere."""
    family, shown = cookies.read(request, parts.settings)
    token, digest = fresh()
    now = datetime.now(UTC)
    session = await parts.sessions.rotate(fingerprint(family), fingerprint(shown), digest, now)
    user = await parts.users.get(session.user_id)
    if user is None or user.disabled_at is not None:
        raise errors.Unauthenticated("sign in again")
    cookies.put(response, parts.settings, family, token, session.expires_at)
    return await access(parts, user, session.organisation_id, session.amr)


@router.post("/users/sign-out", status_code=204, dependencies=[OurPages], responses=problems(401, 403, 503))
async def sign_out(request: Request, response: Response, parts: PartsDep) -> None:
    """Ends this browser's session. An access token it holds opens doors until it expires, ten minutes at most."""
    family, _ = cookies.read(request, parts.settings)
    await parts.sessions.end(fingerprint(family), datetime.now(UTC))
    cookies.clear(response, parts.settings)


@router.post("/users/sign-out-everywhere", status_code=204, responses=problems(401, 403, 503))
async def sign_out_everywhere(response: Response, parts: PartsDep, caller: Person) -> None:
    """Ends every session of this user; access tokens run out within ten minutes."""
    await parts.sessions.end_all(caller.user_id, caller.actor, datetime.now(UTC))
    cookies.clear(response, parts.settings)


@router.get("/users/me/sessions", responses=problems(401, 403, 503))
async def list_sessions(parts: PartsDep, caller: Person) -> Page[SessionView]:
    """Where this user is signed in, newest first."""
    await myself(parts, caller)
    living = await parts.sessions.of(caller.user_id, datetime.now(UTC))
    return Page[SessionView](items=[SessionView.of(session) for session in living])


@router.delete("/users/me/sessions/{session_id}", status_code=204, responses=problems(401, 403, 404, 422, 503))
async def end_session(session_id: SessionId, parts: PartsDep, caller: Person) -> None:
    """Ends one of this user's sessions."""
    if not await parts.sessions.end_all(caller.user_id, caller.actor, datetime.now(UTC), session_id):
        raise errors.NotFound("no such session")


@router.post("/users/switch", responses=problems(400, 401, 403, 404, 413, 422, 503))
async def switch(body: Switch, request: Request, parts: PartsDep, caller: Person) -> AccessToken:
    """An access token for another organisation this user belongs to; this browser's session stays there."""
    user = await myself(parts, caller)
    if await parts.organisations.membership(body.organisation_id, user.id) is None:
        raise errors.NotFound("no such organisation")
    try:
        family, _ = cookies.read(request, parts.settings)
    except errors.Unauthenticated:
        pass  # no browser
    else:
        await parts.sessions.move(fingerprint(family), user.id, body.organisation_id)
    return await access(parts, user, body.organisation_id, caller.amr)
