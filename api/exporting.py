"""One JSON document of everything, sent as it is read: what is held in memory is a page, however much there is."""

from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from typing import Annotated, Literal

from fastapi.responses import StreamingResponse
from pydantic import BaseModel, Field

from api.deps import Parts
from domain import errors
from domain._values import Request
from domain.access import chain_of
from domain.privacy import Ground
from domain.users import Principal, is_staff

StaffGround = Annotated[Literal[Ground.REQUEST, Ground.DUTY], Field(examples=["request"])]


class WithGround(Request):
    """Why staff do this to somebody's data: whom it is about asked for it, or a law does."""

    ground: StaffGround


class WithGroundIfStaff(Request):
    """Owners need no ground; staff say why: whom it is about asked for it, or a law does."""

    ground: StaffGround | None = None


class OrganisationExportBody(WithGroundIfStaff):
    """Whose: one's own organisation unless another is named."""

    organisation_id: Annotated[str, Field(pattern=r"^org_[0-9a-z]{1,64}$")] | None = None


class ExportBody(OrganisationExportBody):
    """Whose: one's own organisation unless another is named, or one delivery alone, as for its recipient."""

    delivery_id: Annotated[str, Field(pattern=r"^del_[0-9a-f]{32}$")] | None = None


def ground_of(caller: Principal, body: WithGroundIfStaff) -> Ground:
    """Raises Invalid for staff who give none."""
    if body.ground is None and is_staff(caller):
        raise errors.Invalid("staff say on which ground", field="ground")
    return body.ground or Ground.OWNER


async def opened(
    parts: Parts, caller: Principal, body: OrganisationExportBody, what: str, owner: str | None = None
) -> str:
    """The organisation whose data is handed out: `owner`, that of the one delivery asked for, or the one of the body.
    Told before anything is, every time. Raises Invalid; NotFound for another's; Unavailable."""
    ground = ground_of(caller, body)
    organisation_id = owner or body.organisation_id or caller.organisation_id
    if organisation_id != caller.organisation_id and not is_staff(caller):
        raise errors.NotFound("no such organisation")
    one = body.delivery_id if isinstance(body, ExportBody) else None
    told = {"subjects": [one or organisation_id], "ground": str(ground)}
    await parts.journal.append(chain_of(organisation_id), what, caller.actor, told)
    return organisation_id


async def exported(head: BaseModel, name: str, pages: AsyncIterator[Sequence[BaseModel]]) -> StreamingResponse:
    """The head's members, and after them everything in the pages as `name`. What fails before the first page is a
    problem like any other; what fails later cuts the document off, so that nobody takes it for whole."""
    try:
        first = await anext(pages)
    except StopAsyncIteration:
        first = ()
    begun = head.model_dump_json(exclude={name, "exported_at"})
    stamp = f'"exported_at":"{datetime.now(UTC).isoformat()}"'

    async def written() -> AsyncIterator[str]:
        yield f'{begun[:-1]}{"," if len(begun) > 2 else ""}{stamp},"{name}":['
        comma = ""
        async for page in _after(first, pages):
            for item in page:
                yield comma + item.model_dump_json()
                comma = ","
        yield "]}"

    headers = {"Content-Disposition": 'attachment; filename="export.json"'}
    return StreamingResponse(written(), media_type="application/json", headers=headers)


async def _after(
    first: Sequence[BaseModel], pages: AsyncIterator[Sequence[BaseModel]]
) -> AsyncIterator[Sequence[BaseModel]]:
    yield first
    async for page in pages:
        yield page
