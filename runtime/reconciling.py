"""After a restore, Temporal and the databases may know of different things: what only rows know goes on from them, and
what only Temporal knows is told to a human."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Coroutine, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from pydantic import ValidationError
from temporalio.client import Client, WorkflowExecutionStatus
from temporalio.common import WorkflowIDReusePolicy
from temporalio.exceptions import WorkflowAlreadyStartedError
from temporalio.service import RPCError, RPCStatusCode

from domain.deliveries import FINAL, DeliveryStatus
from domain.errors import Erased
from domain.notification_ports import Notifier
from domain.ports import DeliveryStore
from domain.telling_ports import LetterWriter
from runtime.calls import reached
from runtime.data_keys import OPERATOR
from runtime.letters import TemporalLetterWriter
from runtime.saying import Progress, Say
from runtime.settings import Settings
from runtime.temporal import TemporalNotifier, connect
from runtime.tls import temporal_door
from runtime.wiring import Wiring
from storage.journal import SqlJournal
from storage.unended import UnendedDeliveries, UnendedDelivery, UnendedTelling
from workflows import addressing, messages, search
from workflows.deliveries import DeliveryWorkflow
from workflows.imports import ImportStart, ImportWorkflow
from workflows.replays import ReplayStart, ReplayWorkflow
from workflows.state import DeliveryState

_PAGE, _AT_ONCE = 500, 32
_RPC = timedelta(seconds=10)
_JUST_BEGUN = timedelta(minutes=1)
"""For so long a workflow may be without its row: its first move is still to come."""
STRAY, ENDED_EARLY = "workflow.unknown", "workflow.ended_early"
_RUNNING = "ExecutionStatus = 'Running' AND WorkflowType = 'DeliveryWorkflow'"


class Reconciling:
    """Again is harmless: what runs is left alone, and what is marked is marked once. Needs no worker."""

    def __init__(
        self,
        client: Client,
        store: DeliveryStore,
        deliveries: UnendedDeliveries,
        telling: UnendedTelling,
        notifier: Notifier,
        writer: LetterWriter,
        journal: SqlJournal,
        say: Say,
        just_begun: timedelta = _JUST_BEGUN,
    ) -> None:
        self._client, self._store, self._deliveries, self._telling = client, store, deliveries, telling
        self._notifier, self._writer, self._journal, self._say = notifier, writer, journal, say
        self._just_begun = just_begun
        self.done: Counter[str] = Counter()
        """How many of what: started, running, over, erased, unreadable, imports, replays, told, letters, marked."""

    async def run(self, again: Sequence[str] = (), progress: Progress = lambda _done, _total: None) -> None:
        """`again` are deliveries to go on from their rows although Temporal remembers how their workflows ended. Raises
        Unavailable."""
        for its_id in again:
            await self._go_on(its_id, anew=True)
        await self._go_on_with_deliveries(progress)
        await self._go_on_with_the_rest()
        await self._mark_strays()

    # ── what rows know ────────────────────────────────────────────────────────────────────────────────────

    async def _go_on_with_deliveries(self, progress: Progress) -> None:
        after, seen, since = "", 0, datetime.now(UTC) - _longest()
        while page := await self._deliveries.page(since, after, _PAGE):
            after, seen = page[-1].id, seen + len(page)
            await _side_by_side([self._look_at(row) for row in page])
            progress(seen, seen + (_PAGE if len(page) == _PAGE else 0))

    async def _look_at(self, row: UnendedDelivery) -> None:
        status = await self._status(addressing.delivery_workflow_id(row.id))
        if status is None:
            await self._go_on(row.id)
        elif status is WorkflowExecutionStatus.RUNNING:
            self.done["running"] += 1
        elif row.ended_at is None:
            self._say(
                f"{row.id}: its workflow is over ({status.name.lower()}), and its row is not: look at it, then "
                f"`entrega reconcile --restart {row.id}` lets it go on from its row"
            )
            await self._mark(ENDED_EARLY, addressing.delivery_workflow_id(row.id), row.id)

    async def _status(self, workflow_id: str) -> WorkflowExecutionStatus | None:
        with reached():
            try:
                return (await self._client.get_workflow_handle(workflow_id).describe(rpc_timeout=_RPC)).status
            except RPCError as error:
                if error.status is RPCStatusCode.NOT_FOUND:
                    return None
                raise

    async def _go_on(self, its_id: str, *, anew: bool = False) -> None:
        state = await self._store.state(its_id)
        if state is None:
            self.done["erased"] += 1
            return
        try:
            memory = DeliveryState.model_validate(state, extra="ignore")
        except ValidationError:
            self._say(f"{its_id}: its row cannot be read by this version: start the one that wrote it")
            self.done["unreadable"] += 1
            return
        if not anew and _is_over(memory, datetime.now(UTC)):
            self.done["over"] += 1
            return
        policy = WorkflowIDReusePolicy.ALLOW_DUPLICATE if anew else WorkflowIDReusePolicy.REJECT_DUPLICATE
        request = memory.delivery.request
        started = await self._start(
            DeliveryWorkflow.run,
            messages.DeliveryStart(delivery_id=its_id, state=state),
            id=addressing.delivery_workflow_id(its_id),
            task_queue=addressing.DELIVERIES,
            id_reuse_policy=policy,
            search_attributes=search.at_start(memory.delivery.organisation_id, request.service),
            static_summary=f"{request.service} · {request.pickup.address.state} → {request.dropoff.address.state}",
        )
        self.done["started" if started else "running"] += 1

    async def _go_on_with_the_rest(self) -> None:
        for import_id in await self._deliveries.imports():
            whose = {"id": addressing.import_workflow_id(import_id), "task_queue": addressing.DELIVERIES}
            self.done["imports"] += await self._start(ImportWorkflow.run, ImportStart(import_id=import_id), **whose)
        for replay in await self._telling.replays():
            its_id = addressing.replay_workflow_id(replay.subscriber, replay.id)
            start, queue = ReplayStart(replay=replay, begun=True), addressing.NOTIFICATIONS
            self.done["replays"] += await self._start(ReplayWorkflow.run, start, id=its_id, task_queue=queue)
        for subscriber, delivery_id, first in await self._telling.messages():
            lines = [line for line in await self._journal.of(delivery_id) if line.seq >= first]
            seqs = [line.seq for line in lines if line.seq == first or subscriber.wants(line)]
            self.done["told"] += await self._notifier.tell(subscriber.id, delivery_id, seqs)
        for whom, delivery in await self._telling.letters():
            await self._writer.look(whom, delivery)
            self.done["letters"] += 1

    async def _start(self, run: Any, start: Any, **how: Any) -> bool:
        """Whether it was started: one that Temporal knows is left as it is."""
        how = {"id_reuse_policy": WorkflowIDReusePolicy.REJECT_DUPLICATE, **how}
        try:
            with reached():
                await self._client.start_workflow(run, start, rpc_timeout=_RPC, **how)
        except (WorkflowAlreadyStartedError, Erased):
            return False
        return True

    # ── what only Temporal knows ──────────────────────────────────────────────────────────────────────────

    async def _mark_strays(self) -> None:
        batch: dict[str, str] = {}
        with reached():
            async for run in self._client.list_workflows(_RUNNING, rpc_timeout=_RPC):
                if datetime.now(UTC) - run.start_time > self._just_begun:
                    batch[addressing.delivery_id(run.id)] = run.id
                if len(batch) >= _PAGE:
                    await self._mark_unknown(batch)
                    batch.clear()
        await self._mark_unknown(batch)

    async def _mark_unknown(self, batch: dict[str, str]) -> None:
        for delivery_id in sorted(set(batch) - await self._deliveries.known(list(batch))):
            self._say(
                f"{delivery_id}: Temporal runs it, and the database does not know it: its customer asked for it after "
                "the moment that was restored. Look what its carrier holds, then end it in Temporal"
            )
            await self._mark(STRAY, batch[delivery_id], delivery_id)

    async def _mark(self, kind: str, workflow_id: str, delivery_id: str) -> None:
        """A line in the journal, and so in the audit log that support searches; once."""
        if not await self._journal.of(subject := f"workflow/{workflow_id}"):
            await self._journal.append(subject, kind, OPERATOR, {"workflow": workflow_id, "delivery": delivery_id})
        self.done["marked"] += 1


def _longest() -> timedelta:
    """For how long after its end a delivery may have money on its way: both times that a refund is waited for."""
    return timedelta(days=61)


def _is_over(memory: DeliveryState, now: datetime) -> bool:
    """Whether nothing is before it any more: it has ended, late proof is not awaited, nor money."""
    delivery = memory.delivery
    if delivery.status not in FINAL or delivery.ended_at is None:
        return False
    settles = delivery.booking is not None and delivery.status is not DeliveryStatus.CANCELLED and not memory.finished
    return not memory.refunds and not (settles and now < delivery.ended_at + memory.policy.settle_for)


async def _side_by_side(work: Sequence[Coroutine[Any, Any, None]]) -> None:
    places = asyncio.Semaphore(_AT_ONCE)

    async def one(step: Awaitable[None]) -> None:
        async with places:
            await step

    await asyncio.gather(*map(one, work))


async def reconcile(settings: Settings, again: Sequence[str], say: Say, progress: Progress) -> Counter[str]:
    """How many of what. Raises SettingMissing, KeyFileUnusable, Unavailable."""
    async with Wiring(settings) as wiring:
        client = await connect(
            settings.temporal_address,
            settings.temporal_namespace,
            codec=wiring.codec(("deliveries",)),
            tls=temporal_door(settings),
            lazy=True,
        )
        work = Reconciling(
            client,
            wiring.deliveries(),
            UnendedDeliveries(wiring.engine("deliveries")),
            UnendedTelling(wiring.engine("notifications")),
            TemporalNotifier(client),
            TemporalLetterWriter(client),
            wiring.journal("deliveries"),
            say,
        )
        await work.run(again, progress)
        return work.done
