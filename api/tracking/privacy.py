"""Having all that is known of where an organisation's deliveries went."""

from collections.abc import AsyncIterator, Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Depends
from fastapi.responses import StreamingResponse

from api.auth import requires
from api.deps import Parts, PartsDep
from api.errors import problems
from api.exporting import ExportBody, exported, opened
from api.tracking.schemas import CarrierTold, TrackingExport, TrackingExports
from domain import errors
from domain.audit import Cursor
from domain.users import Principal, is_staff, may_export

router = APIRouter(tags=["privacy"])

_PAGE = 500
Exporter = Annotated[Principal, Depends(requires(may_export))]
_DOCUMENT: dict[int | str, dict[str, Any]] = {200: {"model": TrackingExports, "description": "One JSON document"}}


@router.post(
    "/tracking/all/export",
    response_class=StreamingResponse,
    responses=_DOCUMENT | problems(400, 401, 403, 404, 413, 422, 503),
)
async def export_tracking(body: ExportBody, parts: PartsDep, caller: Exporter) -> StreamingResponse:
    """Journal lines, scans with their proofs, and when which carrier was told something, of every delivery of the
    organisation or of one. Staff name whose, and the ground; the journal remembers."""
    owner = None
    if body.delivery_id is not None:
        whose = await parts.scans.origin(body.delivery_id)
        owner = whose.organisation_id if whose else None
        if owner is None or not (is_staff(caller) or owner == caller.organisation_id):
            raise errors.NotFound("no such delivery")
    organisation_id = await opened(parts, caller, body, "tracking.exported", owner)
    head = TrackingExports(organisation_id=organisation_id)
    return await exported(head, "deliveries", _pages(parts, organisation_id, body.delivery_id))


async def _pages(
    parts: Parts, organisation_id: str, delivery_id: str | None
) -> AsyncIterator[Sequence[TrackingExport]]:
    """The journal knows an organisation's deliveries by their first lines, or by what remains of archived ones."""
    if delivery_id is not None:
        yield [await _item(parts, delivery_id)]
        return
    after = ""
    while archived := await parts.journal.archived(organisation_id, after, _PAGE):
        yield [await _item(parts, its_id) for its_id in archived]
        after = archived[-1]
    cursor = Cursor()
    while lines := await parts.journal.after(cursor, _PAGE, organisation_id):
        begun = [line.subject for line in lines if line.seq == 1 and line.subject.startswith("del_")]
        yield [await _item(parts, its_id) for its_id in begun]
        cursor = lines[-1].cursor


async def _item(parts: Parts, delivery_id: str) -> TrackingExport:
    """Of what was said to carriers the notes hold nothing personal, and what we pay them: that it was, and when."""
    told: list[CarrierTold] = []
    cursor = None
    while True:
        page, cursor = await parts.exchanges.search(delivery_id=delivery_id, limit=200, after=cursor)
        told += [CarrierTold.model_validate(exchange.model_dump()) for exchange in page]
        if cursor is None:
            break
    lines, scans = await parts.journal.of(delivery_id), await parts.scans.of(delivery_id)
    return TrackingExport(delivery_id=delivery_id, lines=tuple(lines), scans=tuple(scans), carriers_told=tuple(told))
