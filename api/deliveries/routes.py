"""Requesting and steering deliveries."""

from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Response
from fastapi import Path as PathParam

from api.auth import Reader, Requester, requires
from api.deliveries.asking import ask, policy_of, request_delivery
from api.deliveries.finding import Narrowed, found
from api.deliveries.schemas import (
    AcceptBody,
    CancelBody,
    ChangeCarrierBody,
    ClearBody,
    DecideBody,
    DeliveryCreate,
    DeliveryView,
    EntriesView,
    ForceBody,
    RetryBody,
    StaffView,
)
from api.deps import Parts, PartsDep
from api.errors import TEMPORAL_FAILURES, problems, temporal_error
from api.looks import Watched
from api.paging import CursorParam, Limit, Page
from api.tags import TAGGED, Had, Unchanged, tag, unchanged
from domain import errors
from domain._values import Closed
from domain.deliveries import Delivery, DeliveryPolicy, DeliveryRequest
from domain.ledger import OURS
from domain.permits import permitted
from domain.users import Principal, is_staff, may_set_policy, may_steer
from runtime.links import tracking_url
from workflows import addressing, messages
from workflows.deliveries import DeliveryWorkflow

router = APIRouter(tags=["deliveries"], route_class=Watched)

DeliveryId = Annotated[str, PathParam(pattern=r"^del_[0-9a-f]{32}$")]
Key = Annotated[str | None, Header(alias="Idempotency-Key", min_length=1, max_length=255, pattern=r"^[\x21-\x7e]+$")]
Steering = Annotated[Principal, Depends(requires(may_steer))]
_ASKED: dict[int | str, dict[str, Any]] = {
    202: {"model": DeliveryView, "description": "Taken up; the outcome comes by stream"},
    **problems(400, 401, 403, 404, 409, 410, 422, 503),
}


async def _alive(parts: Parts, caller: Principal, delivery_id: str) -> Delivery:
    """One whose workflow can still be asked. Raises NotFound, Erased, Archived."""
    if (delivery := await found(parts, caller, delivery_id)).erased:
        raise errors.Erased
    return delivery


async def _whom(parts: Parts, delivery: Delivery) -> dict[str, Any]:
    """Which accounts are asked anew, as rules and pauses are by now."""
    asking = await parts.carriers.asked(delivery.for_carriers(), delivery.organisation_id)
    return {"accounts": messages.Asked.all_of(asking), "left_out": asking.declined}


def _view(parts: Parts, delivery: Delivery) -> DeliveryView:
    return DeliveryView.of(delivery, tracking_url(parts.settings, delivery.id))


async def _asked(
    parts: Parts, caller: Principal, its_id: str, update: Any, message: Any, key: str | None, response: Response
) -> DeliveryView:
    known = await _alive(parts, caller, its_id)
    answer = await ask(parts, its_id, update, message, key)
    if answer is None:
        response.status_code = 202
    return _view(parts, answer or known)


@router.post("/deliveries", status_code=201, responses=problems(400, 401, 403, 409, 410, 413, 422, 503))
async def create_delivery(
    body: DeliveryCreate, parts: PartsDep, caller: Requester, response: Response, key: Key = None
) -> DeliveryView:
    """Asks every carrier and answers with the offers; the same key and body again answer with the same delivery."""
    if key is None:
        raise errors.IdempotencyKeyMissing
    request = DeliveryRequest.model_validate(body.model_dump())
    delivery, replayed = await request_delivery(parts, caller, request, key)
    if replayed:
        response.headers["Idempotency-Replayed"] = "true"
    response.headers["Location"] = f"/v1/deliveries/{delivery.id}"
    return _view(parts, delivery)


@router.get("/deliveries", responses=problems(400, 401, 403, 422, 503))
async def list_deliveries(
    parts: PartsDep, where: Narrowed, limit: Limit = 50, cursor: CursorParam = None
) -> Page[DeliveryView]:
    """Newest first, narrowed by whatever is known of them. Staff see every organisation's."""
    items, following = await parts.deliveries.page(where, limit, cursor)
    return Page[DeliveryView](items=[_view(parts, delivery) for delivery in items], next=following)


@router.get(
    "/deliveries/{delivery_id}",
    response_model=DeliveryView,
    responses={**TAGGED, **problems(401, 403, 404, 410, 422, 503)},
)
async def get_delivery(
    delivery_id: DeliveryId, parts: PartsDep, caller: Reader, response: Response, had: Had = None
) -> DeliveryView | Unchanged:
    """As stored, which is what every answer and every event said."""
    it = await found(parts, caller, delivery_id)
    # An offer that runs out changes what may be asked, though nothing is written.
    allowed, link = permitted(it, datetime.now(UTC)), tracking_url(parts.settings, it.id)
    etag = tag(DeliveryView, it.seq, it.erased, allowed, link)
    return unchanged(response, had, etag, {it.id: it.organisation_id}) or DeliveryView.of(it, link)


@router.get(
    "/deliveries/{delivery_id}/entries",
    response_model=EntriesView,
    responses={**TAGGED, **problems(401, 403, 404, 410, 422, 503)},
)
async def list_entries(
    delivery_id: DeliveryId, parts: PartsDep, caller: Reader, response: Response, had: Had = None
) -> EntriesView | Response:
    """The delivery's lançamentos; what we pay carriers is for staff."""
    await found(parts, caller, delivery_id)
    entries = await parts.deliveries.entries(delivery_id)
    shown = tuple(e for e in entries if is_staff(caller) or e.account not in OURS)
    etag = tag(EntriesView, *(entry.id for entry in shown))  # none is ever edited
    return unchanged(response, had, etag) or EntriesView(items=shown)


@router.get("/deliveries/{delivery_id}/live", responses=problems(401, 403, 404, 409, 410, 422, 503))
async def live_delivery(delivery_id: DeliveryId, parts: PartsDep, caller: Steering) -> StaffView:
    """As its workflow knows it this moment, by Query, and where to look at the workflow."""
    await _alive(parts, caller, delivery_id)
    workflow_id = addressing.delivery_workflow_id(delivery_id)
    try:
        handle = parts.temporal.get_workflow_handle(workflow_id)
        delivery = await handle.query(DeliveryWorkflow.live)
    except TEMPORAL_FAILURES as error:
        raise temporal_error(error) from error
    base, space = parts.settings.temporal_ui_url, parts.settings.temporal_namespace
    url = f"{base}/namespaces/{space}/workflows/{workflow_id.replace('/', '%2F')}" if base else None
    return StaffView(delivery=delivery, workflow_id=workflow_id, workflow_url=url)


@router.post("/deliveries/{delivery_id}/accept", responses=_ASKED)
async def accept_offer(
    delivery_id: DeliveryId, body: AcceptBody, parts: PartsDep, caller: Requester, response: Response, key: Key = None
) -> DeliveryView:
    """Answers at `booking` with the slot held; the rest comes by stream."""
    message = messages.Accept(actor=caller.actor, offer_id=body.offer_id, fallback=body.fallback)
    return await _asked(parts, caller, delivery_id, DeliveryWorkflow.accept, message, key, response)


@router.post("/deliveries/{delivery_id}/quote-again", responses=_ASKED)
async def quote_again(
    delivery_id: DeliveryId, parts: PartsDep, caller: Requester, response: Response, key: Key = None
) -> DeliveryView:
    """Asks the carriers once more, until `choose_by`: those that rules and pauses leave by now."""
    whom = await _whom(parts, await found(parts, caller, delivery_id))
    message = messages.QuoteAgain(actor=caller.actor, **whom)
    return await _asked(parts, caller, delivery_id, DeliveryWorkflow.quote_again, message, key, response)


@router.post("/deliveries/{delivery_id}/cancel", responses=_ASKED)
async def cancel_delivery(
    delivery_id: DeliveryId, body: CancelBody, parts: PartsDep, caller: Requester, response: Response, key: Key = None
) -> DeliveryView:
    """Undoes everything, until pickup; 202 while the carrier has not confirmed."""
    message = messages.Cancel(actor=caller.actor, reason=body.reason)
    return await _asked(parts, caller, delivery_id, DeliveryWorkflow.cancel, message, key, response)


@router.post("/deliveries/{delivery_id}/decide", responses=_ASKED)
async def decide(
    delivery_id: DeliveryId, body: DecideBody, parts: PartsDep, caller: Requester, response: Response, key: Key = None
) -> DeliveryView:
    """Answers the carrier: try again, bring it back, or try again with a note."""
    message = messages.Decide(actor=caller.actor, decision=body.decision, note=body.note)
    return await _asked(parts, caller, delivery_id, DeliveryWorkflow.decide, message, key, response)


@router.post("/deliveries/{delivery_id}/retry-booking", responses=_ASKED)
async def retry_booking(
    delivery_id: DeliveryId, body: RetryBody, parts: PartsDep, caller: Requester, response: Response, key: Key = None
) -> DeliveryView:
    """Tries again when nobody would book; staff may also settle a booking that nobody could confirm."""
    if (body.found_reference or body.nothing_booked) and not may_steer(caller):
        raise errors.Forbidden
    message = messages.RetryBooking(actor=caller.actor, **body.model_dump())
    return await _asked(parts, caller, delivery_id, DeliveryWorkflow.retry_booking, message, key, response)


@router.post("/deliveries/{delivery_id}/change-carrier", responses=_ASKED)
async def change_carrier(
    delivery_id: DeliveryId,
    body: ChangeCarrierBody,
    parts: PartsDep,
    caller: Steering,
    response: Response,
    key: Key = None,
) -> DeliveryView:
    """Support takes it from one carrier and gives it to another, before pickup."""
    whom = await _whom(parts, await found(parts, caller, delivery_id))
    message = messages.ChangeCarrier(actor=caller.actor, **body.model_dump(), **whom)
    return await _asked(parts, caller, delivery_id, DeliveryWorkflow.change_carrier, message, key, response)


@router.post("/deliveries/{delivery_id}/force-status", responses=_ASKED)
async def force_status(
    delivery_id: DeliveryId, body: ForceBody, parts: PartsDep, caller: Steering, response: Response, key: Key = None
) -> DeliveryView:
    """Support sets a status by hand, with a reason."""
    message = messages.ForceStatus(actor=caller.actor, status=body.status, reason=body.reason)
    return await _asked(parts, caller, delivery_id, DeliveryWorkflow.force_status, message, key, response)


@router.post("/deliveries/{delivery_id}/clear-attention", responses=_ASKED)
async def clear_attention(
    delivery_id: DeliveryId, body: ClearBody, parts: PartsDep, caller: Steering, response: Response, key: Key = None
) -> DeliveryView:
    """Support has looked."""
    message = messages.ClearAttention(actor=caller.actor, reason=body.reason)
    return await _asked(parts, caller, delivery_id, DeliveryWorkflow.clear_attention, message, key, response)


OrganisationId = Annotated[str, PathParam(pattern=r"^org_[0-9a-z]{1,64}$")]
PolicyKeeper = Annotated[Principal, Depends(requires(may_set_policy))]


@router.get("/policies/{organisation_id}", responses=problems(401, 403, 422, 503))
async def get_policy(organisation_id: OrganisationId, parts: PartsDep, caller: PolicyKeeper) -> DeliveryPolicy:  # noqa: ARG001
    """The durations and limits of this organisation's next deliveries."""
    return await policy_of(parts, organisation_id)


@router.put("/policies/{organisation_id}", responses=problems(400, 401, 403, 422, 503))
async def put_policy(
    organisation_id: OrganisationId, body: Annotated[DeliveryPolicy, Closed()], parts: PartsDep, caller: PolicyKeeper
) -> DeliveryPolicy:
    """For deliveries requested from now on."""
    await parts.policies.put_policy(organisation_id, body, caller.actor)
    return body
