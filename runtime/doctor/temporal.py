"""Temporal: its namespace, what deliveries are found by there, its queues and schedules, and stories in trouble."""

from collections.abc import AsyncIterator
from datetime import timedelta

from temporalio.api.enums.v1 import IndexedValueType
from temporalio.api.operatorservice.v1 import ListSearchAttributesRequest
from temporalio.api.workflowservice.v1 import DescribeNamespaceRequest
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from runtime._temporal import SEARCH_ATTRIBUTES
from runtime.doctor.findings import Finding, note, ok, wrong
from runtime.queues import QUEUES, WITH_WORKFLOWS, TemporalWatch
from runtime.settings import Settings
from runtime.temporal import connect
from runtime.tls import temporal_door
from workflows.upkeep import PRUNING_ID, RETENTION_ID, SWEEP_ID

_WITHIN = timedelta(seconds=10)
_LATE_S = 60.0
_REMEMBERS = timedelta(days=7)


class Temporal:
    """Looks with this process's own certificate, and reads no payload."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    async def all(self) -> AsyncIterator[Finding]:
        """From the outside in; without a connection there is no more to see."""
        address = self._settings.temporal_address
        where = address, self._settings.temporal_namespace
        try:
            client = await connect(*where, tls=temporal_door(self._settings))
        except (RuntimeError, OSError):
            step = (
                "Does it run? Check ENTREGA_TEMPORAL_ADDRESS, and with TLS ENTREGA_TEMPORAL_TLS and its certificates."
            )
            yield wrong("Temporal", f"it does not answer at {address}", step)
            return
        try:
            async for finding in self._inside(client):
                yield finding
        except RPCError as error:
            said = f"it refuses ({error.status.name.lower()})"
            yield wrong("Temporal", said, "Check this process's certificate and rights there.")

    async def _inside(self, client: Client) -> AsyncIterator[Finding]:
        async for finding in self._namespace(client):
            yield finding
            if finding.next_step and finding.what == "namespace":
                return
        for look in (self._queues, self._schedules):
            async for finding in look(client):
                yield finding

    async def _namespace(self, client: Client) -> AsyncIterator[Finding]:
        name = client.namespace
        try:
            told = await client.workflow_service.describe_namespace(
                DescribeNamespaceRequest(namespace=name), timeout=_WITHIN
            )
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND:
                raise
            step = f"Make it: temporal operator namespace create --namespace {name} --retention 90d"
            yield wrong("namespace", f"there is no namespace {name}", step)
            return
        kept = told.config.workflow_execution_retention_ttl.ToTimedelta()
        if kept < _REMEMBERS:
            step = f"temporal operator namespace update --namespace {name} --retention 90d"
            yield note(
                "retention", f"ended workflows are forgotten after {kept.total_seconds() / 86400:.0f} days", step
            )
        yield ok("namespace", f"{name} is there, and remembers ended workflows for {kept.days} days")
        listed = await client.operator_service.list_search_attributes(
            ListSearchAttributesRequest(namespace=name), timeout=_WITHIN
        )
        there = {
            attribute: IndexedValueType.Name(kind).removeprefix("INDEXED_VALUE_TYPE_").title()
            for attribute, kind in listed.custom_attributes.items()
        }
        lacking = {attribute: kind for attribute, kind in SEARCH_ATTRIBUTES.items() if there.get(attribute) != kind}
        for attribute, kind in lacking.items():
            step = f"temporal operator search-attribute create --namespace {name} --name {attribute} --type {kind}"
            yield wrong("search attributes", f"{attribute} is missing: no delivery can start", step)
        if not lacking:
            yield ok("search attributes", f"all {len(SEARCH_ATTRIBUTES)} are there")

    async def _queues(self, client: Client) -> AsyncIterator[Finding]:
        watch, well = TemporalWatch(client), True
        for each in await watch.queues(QUEUES, WITH_WORKFLOWS):
            if not each.pollers:
                well = False
                said, step = (
                    f"nobody asks for {each.kind} tasks of {each.queue}",
                    f"Start `entrega worker {each.queue}`",
                )
                yield wrong("queues", said, f"{step}; see docs/runbooks/TaskQueueUnattended.md.")
            elif each.oldest_s > _LATE_S:
                well = False
                said = f"{each.backlog} {each.kind} tasks of {each.queue} wait, the oldest for {each.oldest_s:.0f} s"
                yield wrong("queues", said, "Add workers; see docs/runbooks/TaskQueueBacklog.md.")
        if well:
            yield ok("queues", "every queue is attended, and nothing waits for long")
        if troubled := await watch.in_trouble():
            said = f"the tasks of {troubled} running workflows fail again and again"
            yield wrong("workflows", said, "See docs/runbooks/WorkflowsInTrouble.md.")
        else:
            yield ok("workflows", "none is in trouble")

    async def _schedules(self, client: Client) -> AsyncIterator[Finding]:
        for schedule in (SWEEP_ID, RETENTION_ID, PRUNING_ID):
            try:
                told = await client.get_schedule_handle(schedule).describe(rpc_timeout=_WITHIN)
            except RPCError as error:
                if error.status is not RPCStatusCode.NOT_FOUND:
                    raise
                step = "A worker makes it at its start where ENTREGA_SET_CURRENT_VERSION is true."
                yield wrong("schedules", f"{schedule} is not there", step)
                continue
            if told.schedule.state.paused:
                yield wrong("schedules", f"{schedule} is paused", f"temporal schedule toggle --unpause -s {schedule}")
            else:
                yield ok("schedules", f"{schedule} runs")
