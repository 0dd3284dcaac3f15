"""Having all that is kept of whom an organisation tells, and how."""

from collections.abc import AsyncIterator, Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Depends
from fastapi.responses import StreamingResponse

from api.auth import requires
from api.deps import Parts, PartsDep
from api.errors import problems
from api.exporting import OrganisationExportBody, exported, opened
from api.notifications.schemas import NotificationsExport
from domain.notifications import WebhookEndpoint
from domain.telling_letters import Template
from domain.users import Principal, may_export

router = APIRouter(prefix="/notifications", tags=["privacy"])

_PAGE = 100
Exporter = Annotated[Principal, Depends(requires(may_export))]
_DOCUMENT: dict[int | str, dict[str, Any]] = {200: {"model": NotificationsExport, "description": "One JSON document"}}


@router.post(
    "/all/export",
    response_class=StreamingResponse,
    responses=_DOCUMENT | problems(400, 401, 403, 404, 413, 422, 503),
)
async def export_notifications(body: OrganisationExportBody, parts: PartsDep, caller: Exporter) -> StreamingResponse:
    """Webhook endpoints without their secrets, letters in the organisation's own words, and how each member wishes to
    be told. Staff name whose, and the ground; the journal remembers."""
    organisation_id = await opened(parts, caller, body, "notifications.exported")
    words = await parts.templates.all(organisation_id)
    head = NotificationsExport(
        organisation_id=organisation_id,
        members=tuple(await parts.members.of(organisation_id)),
        templates=tuple(Template(name=name, locale=locale, words=its) for (name, locale), its in words.items()),
    )
    return await exported(head, "endpoints", _pages(parts, organisation_id))


async def _pages(parts: Parts, organisation_id: str) -> AsyncIterator[Sequence[WebhookEndpoint]]:
    cursor = None
    while True:
        page, cursor = await parts.endpoints.page(organisation_id, _PAGE, cursor)
        yield page
        if cursor is None:
            return
