"""The one place that makes Temporal clients, workers and their converter, for services, tests and tools alike."""

import contextlib
import dataclasses
import functools
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

from pydantic import TypeAdapter, ValidationError
from temporalio.api.common.v1 import Payload
from temporalio.client import (
    Client,
    Schedule,
    ScheduleActionStartWorkflow,
    ScheduleAlreadyRunningError,
    ScheduleIntervalSpec,
    ScheduleOverlapPolicy,
    SchedulePolicy,
    ScheduleSpec,
    ScheduleUpdate,
    WorkflowExecutionStatus,
)
from temporalio.common import VersioningBehavior, WorkerDeploymentVersion, WorkflowIDReusePolicy
from temporalio.contrib.pydantic import PydanticJSONPlainPayloadConverter, PydanticPayloadConverter
from temporalio.converter import (
    CompositePayloadConverter,
    DataConverter,
    DefaultFailureConverterWithEncodedAttributes,
    PayloadCodec,
)
from temporalio.exceptions import WorkflowAlreadyStartedError
from temporalio.runtime import PrometheusConfig, Runtime, TelemetryConfig
from temporalio.service import RPCError, RPCStatusCode
from temporalio.worker import Interceptor, PollerBehaviorAutoscaling, Worker, WorkerDeploymentConfig

from domain.errors import Erased, Unavailable
from domain.privacy import Retention
from domain.tracking import Scan
from runtime._renewing import Door, Renewed, Renewing
from runtime.calls import reached
from runtime.request_ids import RequestIds
from runtime.traces import on_temporal
from workflows import addressing
from workflows.deliveries import DeliveryWorkflow
from workflows.messages import CarrierReport
from workflows.notifications import Happened, NotificationStart, NotificationWorkflow
from workflows.pauses import EndpointPaused, EndpointPausedWorkflow
from workflows.upkeep import (
    PRUNING_ID,
    RETENTION_ID,
    SWEEP_ID,
    PruneMessagesWorkflow,
    RetentionWorkflow,
    SweepInboxWorkflow,
)

ENDS_WITHIN = timedelta(seconds=25)
"""How long a worker that is told to end waits for what runs."""


@functools.lru_cache(maxsize=1024)
def _adapter(type_hint: Any) -> TypeAdapter[Any]:
    return TypeAdapter(type_hint)


class _LenientJSON(PydanticJSONPlainPayloadConverter):
    """Reads payloads of newer writers: fields we do not know yet are ignored, even where the API refuses them."""

    def from_payload(self, payload: Payload, type_hint: type | None = None) -> Any:
        try:
            return _adapter(type_hint or Any).validate_json(payload.data, extra="ignore")
        except ValidationError as error:
            # Without what was read: the SDK logs it, and it may be somebody's.
            wrong = [f"{'.'.join(map(str, one['loc']))}: {one['type']}" for one in error.errors(include_input=False)]
            raise ValueError(f"no {getattr(type_hint, '__name__', type_hint)}: {', '.join(wrong[:10])}") from None


class _PayloadConverter(CompositePayloadConverter):
    def __init__(self) -> None:
        json = _LenientJSON()
        super().__init__(
            *(
                json if isinstance(inner, PydanticJSONPlainPayloadConverter) else inner
                for inner in PydanticPayloadConverter().converters.values()
            )
        )


def data_converter(codec: PayloadCodec | None = None) -> DataConverter:
    """Pydantic values as JSON, and the codec around them and around failures' messages; without one, in the clear."""
    plain = dataclasses.replace(DataConverter.default, payload_converter_class=_PayloadConverter)
    if codec is None:
        return plain
    return dataclasses.replace(
        plain, payload_codec=codec, failure_converter_class=DefaultFailureConverterWithEncodedAttributes
    )


async def connect(
    address: str,
    namespace: str = "default",
    *,
    codec: PayloadCodec | None = None,
    tls: Door | None = None,
    lazy: bool = False,
    metrics_address: str | None = None,
    traced: bool = False,
) -> Client:
    """A client; lazy ones start while Temporal is down. One per process: they do not survive a fork.

    Without a codec it can count and list, and neither read what workflows say nor tell them anything.
    """
    runtime = Runtime(telemetry=TelemetryConfig(metrics=_told(metrics_address))) if metrics_address else None
    return await Client.connect(
        address,
        namespace=namespace,
        data_converter=data_converter(codec),
        interceptors=[RequestIds(), *on_temporal(traced)],
        plugins=[Renewing(tls)] if tls else [],
        lazy=lazy,
        runtime=runtime,
    )


def _told(address: str) -> PrometheusConfig:
    """Named as Prometheus wants it: seconds, units and totals as suffixes."""
    return PrometheusConfig(
        bind_address=address, counters_total_suffix=True, unit_suffix=True, durations_as_seconds=True
    )


async def renew(client: Client, workers: Sequence[Worker]) -> None:
    """Looks whether the certificate shown to Temporal has changed, and goes on with the newest."""
    if isinstance(client.service_client, Renewed):
        await client.service_client.hand_to(client, workers)


def make_worker(
    client: Client,
    queue: str,
    *,
    activities: Sequence[Callable[..., Any]],
    workflows: Sequence[type] = (),
    interceptors: Sequence[Interceptor] = (),
    version: WorkerDeploymentVersion | None = None,
    **more: Any,
) -> Worker:
    """A worker as we run them all. Only those that run workflows have a version; it stands in this configuration,
    since a behaviour in `@workflow.defn` hangs every task of a worker that has no version."""
    deployment = None
    if version is not None:
        deployment = WorkerDeploymentConfig(
            version=version,
            use_worker_versioning=True,
            default_versioning_behavior=VersioningBehavior.AUTO_UPGRADE,
        )
    settings: dict[str, Any] = {
        "graceful_shutdown_timeout": ENDS_WITHIN,
        # A killed worker otherwise stalls its cached workflows for ten seconds.
        "sticky_queue_schedule_to_start_timeout": timedelta(seconds=3),
        "activity_task_poller_behavior": PollerBehaviorAutoscaling(),
        "workflow_task_poller_behavior": PollerBehaviorAutoscaling(),
    }
    return Worker(
        client,
        task_queue=queue,
        activities=activities,
        workflows=workflows,
        interceptors=interceptors,
        deployment_config=deployment,
        **{**settings, **more},
    )


async def ensure_schedules(client: Client, sweep_every: timedelta) -> None:
    """The schedules that keep house; those there already are left as they are."""
    action = ScheduleActionStartWorkflow(SweepInboxWorkflow.run, id=SWEEP_ID, task_queue=addressing.DELIVERIES)
    schedule = Schedule(
        action=action,
        spec=ScheduleSpec(intervals=[ScheduleIntervalSpec(every=sweep_every)]),
        policy=SchedulePolicy(overlap=ScheduleOverlapPolicy.SKIP, catchup_window=timedelta(minutes=1)),
    )
    with contextlib.suppress(ScheduleAlreadyRunningError):
        await client.create_schedule(SWEEP_ID, schedule)


async def ensure_retention(client: Client, every: timedelta, retention: Retention) -> None:
    """The schedule by which things are kept no longer than this; one from before takes over what is said now."""
    action = ScheduleActionStartWorkflow(
        RetentionWorkflow.run, retention, id=RETENTION_ID, task_queue=addressing.DELIVERIES
    )
    schedule = Schedule(
        action=action,
        spec=ScheduleSpec(intervals=[ScheduleIntervalSpec(every=every)]),
        policy=SchedulePolicy(overlap=ScheduleOverlapPolicy.SKIP, catchup_window=timedelta(minutes=1)),
    )
    try:
        await client.create_schedule(RETENTION_ID, schedule)
    except ScheduleAlreadyRunningError:
        await client.get_schedule_handle(RETENTION_ID).update(lambda _: ScheduleUpdate(schedule=schedule))


async def ensure_pruning(client: Client, kept_for: timedelta) -> None:
    """The schedule by which messages are forgotten; one from before takes over what is said now."""
    action = ScheduleActionStartWorkflow(
        PruneMessagesWorkflow.run, kept_for, id=PRUNING_ID, task_queue=addressing.NOTIFICATIONS
    )
    schedule = Schedule(
        action=action,
        spec=ScheduleSpec(intervals=[ScheduleIntervalSpec(every=timedelta(hours=1))]),
        policy=SchedulePolicy(overlap=ScheduleOverlapPolicy.SKIP, catchup_window=timedelta(minutes=1)),
    )
    try:
        await client.create_schedule(PRUNING_ID, schedule)
    except ScheduleAlreadyRunningError:
        await client.get_schedule_handle(PRUNING_ID).update(lambda _: ScheduleUpdate(schedule=schedule))


class TemporalDeliverer:
    """Hands carriers' reports to deliveries by signal: durable even while no worker runs."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def report(self, delivery_id: str, scans: Sequence[Scan]) -> bool:
        """See `domain.ports.Deliverer`."""
        handle = self._client.get_workflow_handle(addressing.delivery_workflow_id(delivery_id))
        try:
            await handle.signal(
                DeliveryWorkflow.carrier_reported,
                CarrierReport(scans=tuple(scans)),
                rpc_timeout=timedelta(seconds=5),
            )
        except RPCError as error:
            if error.status is RPCStatusCode.NOT_FOUND:
                return False
            raise Unavailable("Temporal does not answer") from error
        except Erased:  # nothing can be told it any more, and whoever sweeps has others to hand over
            return False
        return True

    async def runs(self, delivery_id: str) -> bool:
        """See `domain.ports.Deliverer`."""
        handle = self._client.get_workflow_handle(addressing.delivery_workflow_id(delivery_id))
        try:
            told = await handle.describe(rpc_timeout=timedelta(seconds=5))
        except RPCError as error:
            if error.status is RPCStatusCode.NOT_FOUND:
                return False
            raise Unavailable("Temporal does not answer") from error
        return told.status is WorkflowExecutionStatus.RUNNING


class TemporalNotifier:
    """Hands what happened to subscribers' workflows by signal, starting those that have ended."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def tell(self, subscriber: str, delivery_id: str, seqs: Sequence[int], *, again: bool = False) -> bool:
        """See `domain.notification_ports.Notifier`."""
        try:
            await self._started(
                NotificationWorkflow.run,
                NotificationStart(subscriber=subscriber, delivery_id=delivery_id),
                id=addressing.notification_workflow_id(subscriber, delivery_id),
                task_queue=addressing.NOTIFICATIONS,
                start_signal="happened",
                start_signal_args=[Happened(seqs=tuple(seqs), again=again)],
            )
        except Erased:
            return False
        return True

    async def paused(self, organisation_id: str, endpoint_id: str, seq: int) -> None:
        """See `domain.notification_ports.Notifier`."""
        with contextlib.suppress(WorkflowAlreadyStartedError):
            await self._started(
                EndpointPausedWorkflow.run,
                EndpointPaused(organisation_id=organisation_id, endpoint_id=endpoint_id),
                id=addressing.paused_workflow_id(endpoint_id, seq),
                task_queue=addressing.NOTIFICATIONS,
                id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
            )

    async def _started(self, run: Any, start: Any, **more: Any) -> None:
        with reached():
            await self._client.start_workflow(run, start, rpc_timeout=timedelta(seconds=5), **more)
