"""Having all that deliveries hold, and making one forget whom it was about."""

from collections.abc import AsyncIterator, Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Response
from fastapi.responses import StreamingResponse

from api.auth import requires
from api.deliveries.finding import found
from api.deliveries.schemas import ArchivedExport, DeliveriesExport, DeliveryExport, DeliveryView
from api.deps import Parts, PartsDep
from api.errors import TEMPORAL_FAILURES, problems, temporal_error
from api.exporting import ExportBody, WithGroundIfStaff, exported, ground_of, opened
from api.looks import Watched
from domain import errors
from domain.deliveries import FINAL, Delivery
from domain.ledger import OURS, Entry
from domain.ports import DeliveryFilter
from domain.users import Principal, may_erase, may_export
from runtime.links import tracking_url

router = APIRouter(tags=["privacy"], route_class=Watched)

_PAGE = 100

DeliveryId = Annotated[str, Path(pattern=r"^del_[0-9a-f]{32}$")]
Exporter = Annotated[Principal, Depends(requires(may_export))]
Eraser = Annotated[Principal, Depends(requires(may_erase))]
_LEFT: dict[int | str, dict[str, Any]] = {
    204: {"description": "It lies in the archive, where nobody reads it any more"}
}
_DOCUMENT: dict[int | str, dict[str, Any]] = {200: {"model": DeliveriesExport, "description": "One JSON document"}}


@router.post(
    "/deliveries/all/export",
    response_class=StreamingResponse,
    responses=_DOCUMENT | problems(400, 401, 403, 404, 410, 413, 422, 503),
)
async def export_deliveries(body: ExportBody, parts: PartsDep, caller: Exporter) -> StreamingResponse:
    """Every delivery of the organisation with its ledger entries, and saved views, or one delivery, as one document; of
    archived ones that they are. Staff name whose, and the ground; the journal remembers."""
    one = None if body.delivery_id is None else await found(parts, caller, body.delivery_id)
    owner = one.organisation_id if one else None
    organisation_id = await opened(parts, caller, body, "deliveries.exported", owner)
    views = [] if one else await parts.views.visible(organisation_id, caller.user_id)
    head = DeliveriesExport(organisation_id=organisation_id, views=tuple(views))
    return await exported(head, "deliveries", _pages(parts, organisation_id, one))


@router.post(
    "/deliveries/{delivery_id}/erase",
    response_model=DeliveryView,
    responses=_LEFT | problems(400, 401, 403, 404, 409, 413, 422, 503),
)
async def erase_delivery(
    delivery_id: DeliveryId, body: WithGroundIfStaff, parts: PartsDep, caller: Eraser
) -> DeliveryView | Response:
    """Deletes for good whatever in it was personal: names, contacts, streets, notes, proof, what its workflow was told.
    Ids, codes, times and amounts stay, and so do ledger and audit log. Not before it has ended and accounts with the
    carrier are settled; again is harmless."""
    ground = ground_of(caller, body)
    try:
        it = await found(parts, caller, delivery_id)
        if not it.erased:
            if it.status not in FINAL or await _runs(parts, delivery_id):
                raise errors.DeliveriesUnderway(deliveries=[delivery_id], delivery_status=it.status)
            await parts.erasure.erase(delivery_id, caller.actor, ground)
            it = await found(parts, caller, delivery_id)
    except errors.Archived:
        await parts.erasure.erase(delivery_id, caller.actor, ground)
        return Response(status_code=204)
    return DeliveryView.of(it, tracking_url(parts.settings, delivery_id))


async def _runs(parts: Parts, delivery_id: str) -> bool:
    try:
        return await parts.deliverer.runs(delivery_id)
    except TEMPORAL_FAILURES as error:
        raise temporal_error(error) from error


async def _pages(
    parts: Parts, organisation_id: str, one: Delivery | None
) -> AsyncIterator[Sequence[DeliveryExport | ArchivedExport]]:
    if one is not None:
        yield [await _item(parts, one)]
        return
    where, cursor = DeliveryFilter(organisation_id=organisation_id), None
    while True:
        page, cursor = await parts.deliveries.page(where, _PAGE, cursor)
        yield [await _item(parts, delivery) for delivery in page]
        if cursor is None:
            break
    after = ""
    while left := await parts.erasure.archived(organisation_id, _PAGE, after):
        yield [ArchivedExport(delivery_id=its_id, entries=await _entries(parts, its_id)) for its_id in left]
        after = left[-1]


async def _item(parts: Parts, delivery: Delivery) -> DeliveryExport:
    view = DeliveryView.of(delivery, tracking_url(parts.settings, delivery.id))
    return DeliveryExport(delivery=view, entries=await _entries(parts, delivery.id))


async def _entries(parts: Parts, delivery_id: str) -> tuple[Entry, ...]:
    """What we pay carriers is ours, and about nobody."""
    return tuple(entry for entry in await parts.deliveries.entries(delivery_id) if entry.account not in OURS)
