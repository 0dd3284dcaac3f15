"""How a delivery begins: the one place that starts its workflow, for the API and for imports."""

import asyncio
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from temporalio.client import Client, WithStartWorkflowOperation
from temporalio.common import WorkflowIDConflictPolicy, WorkflowIDReusePolicy

from domain.deliveries import Delivery, DeliveryPolicy, DeliveryRequest
from domain.figure_ports import ContractStore
from domain.place_ports import Geocoder
from domain.ports import Carriers, PolicyStore, TermsStore
from runtime.calls import retrieved
from runtime.locating import locate
from workflows import addressing, messages, search
from workflows.deliveries import DeliveryWorkflow

_WAIT = timedelta(seconds=15)


class TemporalRequester:
    """Starts a delivery's workflow, once, and waits for its offers."""

    def __init__(
        self,
        temporal: Client,
        carriers: Carriers,
        policies: PolicyStore,
        contracts: ContractStore,
        terms: TermsStore,
        geocoder: Geocoder,
        usual: Mapping[str, Any],
    ) -> None:
        self._temporal, self._carriers = temporal, carriers
        self._policies, self._contracts, self._terms = policies, contracts, terms
        self._geocoder, self._usual = geocoder, usual

    async def policy(self, organisation_id: str) -> DeliveryPolicy:
        """The organisation's own, else the usual one."""
        own = await self._policies.policy(organisation_id)
        return own or DeliveryPolicy.model_validate(self._usual)

    async def request(self, its_id: str, organisation_id: str, actor: str, request: DeliveryRequest) -> Delivery:
        """The delivery of this id, started if it was not yet. Raises what a Temporal client does, TimeoutError."""
        asking = await self._carriers.asked(request.for_carriers(), organisation_id)
        start = messages.DeliveryStart(
            delivery_id=its_id,
            organisation_id=organisation_id,
            actor=actor,
            request=request,
            points=await locate(self._geocoder, request),
            accounts=messages.Asked.all_of(asking),
            left_out=asking.declined,
            policy=await self.policy(organisation_id),
            terms=await self._contracts.terms(organisation_id, request.service),
            margin=(await self._terms.terms(organisation_id)).margin,
        )
        operation = WithStartWorkflowOperation(
            DeliveryWorkflow.run,
            start,
            id=addressing.delivery_workflow_id(its_id),
            task_queue=addressing.DELIVERIES,
            id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
            id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
            search_attributes=search.at_start(organisation_id, request.service),
            static_summary=f"{request.service} · {request.pickup.address.state} → {request.dropoff.address.state}",
        )
        try:
            # The client's own `rpc_timeout` is one of each call it makes, and it calls until there is an answer.
            async with asyncio.timeout(_WAIT.total_seconds()):
                answer: Any = await self._temporal.execute_update_with_start_workflow(
                    DeliveryWorkflow.quoted,
                    messages.Quoted(actor=actor),
                    start_workflow_operation=operation,
                    id=f"quoted-{its_id}",
                    rpc_timeout=_WAIT,
                )
        except Exception:
            await retrieved(operation)
            raise
        delivery: Delivery = answer
        return delivery
