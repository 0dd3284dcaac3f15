"""How the API asks a delivery's workflow: start it once, ask it by update, wait a while."""

from datetime import timedelta
from typing import Any
from uuid import NAMESPACE_URL, uuid4, uuid5

from temporalio.client import WorkflowUpdateRPCTimeoutOrCancelledError, WorkflowUpdateStage

from api.deps import Parts
from api.errors import TEMPORAL_FAILURES, temporal_error
from domain import errors
from domain.deliveries import Delivery, DeliveryPolicy, DeliveryRequest, DeliveryStatus
from domain.users import Principal, sees_only_own
from runtime.requesting import TemporalRequester
from workflows import addressing

_WAIT = timedelta(seconds=15)


def delivery_id(caller: Principal, key: str) -> str:
    """The same organisation and key make the same delivery; a partner's keys are apart, so that by none of them it
    comes upon another's delivery."""
    whose = caller.organisation_id
    if sees_only_own(caller):
        whose = f"{whose}/{caller.user_id}"
    return f"del_{uuid5(NAMESPACE_URL, f'{whose}/{key}').hex}"


async def request_delivery(
    parts: Parts, caller: Principal, request: DeliveryRequest, key: str
) -> tuple[Delivery, bool]:
    """The delivery with its offers, and whether it was there before. Raises IdempotencyKeyReused, Archived,
    Unavailable."""
    its_id, fingerprint = delivery_id(caller, key), request.fingerprint()
    known = await parts.deliveries.get(its_id)
    if known is not None:
        if known.erased:
            return known, True  # with what was asked, nothing can be compared any more
        if await parts.deliveries.request_hash(its_id) != fingerprint:
            raise errors.IdempotencyKeyReused
        if known.status is not DeliveryStatus.QUOTING:
            return known, True  # else the same question is asked again, and answered with the offers
    try:
        delivery = await _requester(parts).request(its_id, caller.organisation_id, caller.actor, request)
    except (TimeoutError, *TEMPORAL_FAILURES) as error:
        raise temporal_error(error) from error
    if delivery.request.fingerprint() != fingerprint:  # another request was faster under this key
        raise errors.IdempotencyKeyReused
    return delivery, known is not None


async def policy_of(parts: Parts, organisation_id: str) -> DeliveryPolicy:
    """The organisation's own, else the settings'."""
    return await _requester(parts).policy(organisation_id)


def _requester(parts: Parts) -> TemporalRequester:
    usual = parts.settings.policy
    stores = parts.policies, parts.contracts, parts.terms
    return TemporalRequester(parts.temporal, parts.carriers, *stores, parts.geocoder, usual)


async def ask(parts: Parts, its_id: str, update: Any, message: Any, key: str | None) -> Delivery | None:
    """What became of it; None when it was taken up and takes longer than a request may wait."""
    handle = parts.temporal.get_workflow_handle(addressing.delivery_workflow_id(its_id))
    update_id = str(uuid5(NAMESPACE_URL, f"{its_id}/{message.actor}/{message.kind}/{key}")) if key else str(uuid4())
    try:
        asked: Any = await handle.start_update(
            update, message, id=update_id, wait_for_stage=WorkflowUpdateStage.ACCEPTED, rpc_timeout=_WAIT
        )
    except TEMPORAL_FAILURES as error:
        raise temporal_error(error) from error
    try:
        delivery: Delivery = await asked.result(rpc_timeout=_WAIT)
    except WorkflowUpdateRPCTimeoutOrCancelledError:
        return None
    except TEMPORAL_FAILURES as error:
        raise temporal_error(error) from error
    return delivery
