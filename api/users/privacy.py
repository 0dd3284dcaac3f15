"""Having all that is held on a person, and ending their account for good: for themselves, and for staff."""

from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Response
from fastapi.responses import StreamingResponse

from api.auth import Person, requires
from api.deps import Parts, PartsDep
from api.errors import problems
from api.exporting import WithGround, exported
from api.users import cookies
from api.users.admission import PasswordsDep, myself, prove, prove_code
from api.users.attempts import attempt, proving
from api.users.organisations import UserId
from api.users.schemas import PersonExport, ProveAsSigningIn
from domain import errors
from domain.access import chain_of
from domain.audit import JournalLine
from domain.privacy import Ground
from domain.users import Principal, User, may_erase_people, may_export_people
from runtime.passwords import Passwords

router = APIRouter(prefix="/users", tags=["privacy"])

_PAGE = 500
_ASKED = problems(400, 401, 403, 413, 422, 429, 503)
_DOCUMENT: dict[int | str, dict[str, Any]] = {200: {"model": PersonExport, "description": "One JSON document"}}
Exporter = Annotated[Principal, Depends(requires(may_export_people))]
Eraser = Annotated[Principal, Depends(requires(may_erase_people))]


@router.post("/me/export", response_class=StreamingResponse, responses=_DOCUMENT | _ASKED)
async def export_me(
    body: ProveAsSigningIn, parts: PartsDep, passwords: PasswordsDep, caller: Person
) -> StreamingResponse:
    """Everything that is held on whoever asks, but for what their organisations have, which `/all/export` of
    `/v1/deliveries`, `/v1/tracking` and `/v1/notifications` hand out, and their own `GET /v1/views` and
    `/v1/notification-preferences`. Wants the password, and a code where a second factor is on."""
    user = await _proven(parts, passwords, caller, body)
    return await _document(parts, caller, user.id, Ground.OWNER)


@router.post("/me/erase", status_code=204, responses=problems(400, 401, 403, 409, 413, 422, 429, 503))
async def erase_me(
    body: ProveAsSigningIn, response: Response, parts: PartsDep, passwords: PasswordsDep, caller: Person
) -> None:
    """Ends the account for good, with every organisation of which this is the only member: nobody can read any more
    who it was. 409 `deliveries_underway` until their deliveries have ended; `last_owner` where others would be left
    without an owner. Those deliveries' data goes within the hour, or when accounts with their carriers are settled."""
    user = await _proven(parts, passwords, caller, body)
    await parts.privacy.erase(user.id, caller.actor, Ground.OWNER, datetime.now(UTC))
    cookies.clear(response, parts.settings)


@router.post(
    "/{user_id}/export",
    response_class=StreamingResponse,
    responses=_DOCUMENT | problems(400, 401, 403, 404, 413, 422, 503),
)
async def export_user(user_id: UserId, body: WithGround, parts: PartsDep, caller: Exporter) -> StreamingResponse:
    """The same for somebody who cannot sign in, once it is certain that it is they; the journal remembers."""
    await myself(parts, caller)
    return await _document(parts, caller, user_id, body.ground)


@router.post("/{user_id}/erase", status_code=204, responses=problems(400, 401, 403, 404, 409, 413, 422, 503))
async def erase_user(user_id: UserId, body: WithGround, parts: PartsDep, caller: Eraser) -> None:
    """The same for somebody who cannot sign in; again is harmless. Staff are made customers first."""
    await myself(parts, caller)
    await parts.privacy.erase(user_id, caller.actor, body.ground, datetime.now(UTC))


async def _proven(parts: Parts, passwords: Passwords, caller: Principal, body: ProveAsSigningIn) -> User:
    user = await prove(parts, passwords, caller, body.password.get_secret_value())
    async with attempt(parts, proving(user.id)):
        await prove_code(parts, user.id, body.code)
    return user


async def _document(parts: Parts, caller: Principal, user_id: str, ground: Ground) -> StreamingResponse:
    """Told before anything is handed out, every time."""
    held = await parts.privacy.held(user_id)
    if held is None:
        raise errors.NotFound("no such user")
    told = {"subjects": [user_id], "user": user_id, "ground": str(ground)}
    await parts.journal.append(chain_of(held.user.organisation_id), "user.exported", caller.actor, told)
    head = PersonExport.model_validate({**held.__dict__, "lines": ()})
    return await exported(head, "lines", _lines(parts, user_id))


async def _lines(parts: Parts, user_id: str) -> AsyncIterator[Sequence[JournalLine]]:
    after = 0
    while lines := await parts.privacy.lines(user_id, after, _PAGE):
        yield lines
        after = lines[-1].id
