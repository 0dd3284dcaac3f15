"""How the API asks a delivery's workflow: start it once, ask it by update, wait a while."""

import asyncio
import contextlib
from datetime import timedelta
from typing import Any
from uuid import NAMESPACE_URL, uuid4, uuid5

from temporalio.client import (
    WithStartWorkflowOperation,
    WorkflowUpdateRPCTimeoutOrCancelledError,
    WorkflowUpdateStage,
)
from temporalio.common import WorkflowIDConflictPolicy, WorkflowIDReusePolicy

from api.deps import Parts
from api.errors import TEMPORAL_FAILURES, temporal_error
from api.locating import locate
from domain import errors
from domain.deliveries import Delivery, DeliveryPolicy, DeliveryRequest, DeliveryStatus
from domain.users import Principal, sees_only_own
from workflows import addressing, messages, search
from workflows.deliveries import DeliveryWorkflow

_WAIT = timedelta(seconds=15)
_AT_ONCE_S = 0.05


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
    """The delivery with its offers, and whether it was there before. Raises IdempotencyKeyReused, Unavailable."""
    its_id, fingerprint = delivery_id(caller, key), request.fingerprint()
    known = await parts.deliveries.get(its_id)
    if known is not None:
        if known.erased:
            return known, True  # with what was asked, nothing can be compared any more
        if await parts.deliveries.request_hash(its_id) != fingerprint:
            raise errors.IdempotencyKeyReused
        if known.status is not DeliveryStatus.QUOTING:
            return known, True  # else the same question is asked again, and answered with the offers
    asking = await parts.carriers.asked(request.for_carriers(), caller.organisation_id)
    start = messages.DeliveryStart(
        delivery_id=its_id,
        organisation_id=caller.organisation_id,
        actor=caller.actor,
        request=request,
        points=await locate(parts, request),
        accounts=messages.Asked.all_of(asking),
        left_out=asking.declined,
        policy=await policy_of(parts, caller.organisation_id),
        terms=await parts.contracts.terms(caller.organisation_id, request.service),
        margin=(await parts.terms.terms(caller.organisation_id)).margin,
    )
    operation = WithStartWorkflowOperation(
        DeliveryWorkflow.run,
        start,
        id=addressing.delivery_workflow_id(its_id),
        task_queue=addressing.DELIVERIES,
        id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
        id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
        search_attributes=search.at_start(caller.organisation_id, request.service),
        static_summary=f"{request.service} · {request.pickup.address.state} → {request.dropoff.address.state}",
    )
    try:
        # The client's own `rpc_timeout` is one of each call it makes, and it calls until there is an answer.
        async with asyncio.timeout(_WAIT.total_seconds()):
            answer: Any = await parts.temporal.execute_update_with_start_workflow(
                DeliveryWorkflow.quoted,
                messages.Quoted(actor=caller.actor),
                start_workflow_operation=operation,
                id=f"quoted-{its_id}",
                rpc_timeout=_WAIT,
            )
    except (TimeoutError, *TEMPORAL_FAILURES) as error:
        # Else its future is reported as never retrieved; where no connection was made it never comes.
        with contextlib.suppress(TimeoutError, *TEMPORAL_FAILURES):
            await asyncio.wait_for(operation.workflow_handle(), _AT_ONCE_S)
        raise temporal_error(error) from error
    delivery: Delivery = answer
    if delivery.request.fingerprint() != fingerprint:  # another request was faster under this key
        raise errors.IdempotencyKeyReused
    return delivery, known is not None


async def policy_of(parts: Parts, organisation_id: str) -> DeliveryPolicy:
    """The organisation's own, else the settings'."""
    own = await parts.policies.policy(organisation_id)
    return own or DeliveryPolicy.model_validate(parts.settings.policy)


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
