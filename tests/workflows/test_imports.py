"""Imports: every line becomes one delivery, whatever happens to the worker meanwhile.

Deliveries keep their cache here: several at once without one wait for each other's workflow tasks to time out.
"""

import asyncio
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import fakes
import pytest
from temporalio.client import Client, WorkflowHandle
from world import Keep, World, request, workers

from activities.imports import ImportActivities
from domain import errors
from domain.deliveries import Delivery, DeliveryRequest
from domain.imports import Import, ImportStatus, Outcome, Requester, WaitingLine, delivery_id
from runtime.requesting import TemporalRequester
from runtime.temporal import make_worker
from workers.heartbeats import Heartbeats
from workers.interceptors import DomainErrors
from workflows import addressing
from workflows.imports import ImportStart, ImportWorkflow

QUEUE = "imports-in-tests"


class Rows:
    """The deliveries that a world has."""

    def __init__(self, world: World) -> None:
        self._world = world

    async def get(self, its_id: str) -> Delivery | None:
        return self._world.rows.get(its_id)


class Sometimes:
    """Requests by another; `before` may stop it."""

    def __init__(self, other: Requester, before: Callable[[int, str], Any]) -> None:
        self._other, self._before = other, before
        self.asked: list[str] = []

    async def request(self, its_id: str, organisation_id: str, actor: str, request: DeliveryRequest) -> Delivery:
        self.asked.append(its_id)
        stopped = self._before(len(self.asked), request.reference)
        if stopped is not None:
            await stopped
        return await self._other.request(its_id, organisation_id, actor, request)


class File:
    """One import in a test."""

    def __init__(self, client: Client, world: World, lines: int) -> None:
        self.client, self.world, self.store = client, world, fakes.InMemoryImportStore()
        stores = fakes.InMemoryPolicyStore(), fakes.InMemoryContractStore(), fakes.InMemoryTermsStore()
        self.requester: Requester = TemporalRequester(client, world, *stores, fakes.InMemoryPlaces(), {})
        self.id = f"imp_{uuid.uuid4().hex}"
        self.lines = [
            WaitingLine(line=n, delivery_id=delivery_id(self.id, n), request=request(reference=str(n)))
            for n in range(2, lines + 2)
        ]

    @asynccontextmanager
    async def worker(self, requester: Requester | None = None) -> AsyncIterator[None]:
        does = ImportActivities(self.store, Rows(self.world), requester or self.requester)  # type: ignore[arg-type]
        async with make_worker(
            self.client,
            QUEUE,
            workflows=[ImportWorkflow],
            activities=[does.request_lines, does.end_import],
            interceptors=[DomainErrors(), Heartbeats()],
            max_cached_workflows=0,
            graceful_shutdown_timeout=timedelta(0),
        ):
            yield

    async def begun(self, **more: Any) -> WorkflowHandle[Any, Any]:
        made = Import(
            id=self.id, organisation_id="org_1", created_by="usr_1", created_at=datetime.now(UTC), lines=len(self.lines)
        )
        await self.store.begin(made, self.lines, "hash")
        its_id = addressing.import_workflow_id(self.id)
        start = ImportStart(import_id=self.id, **more)
        return await self.client.start_workflow(ImportWorkflow.run, start, id=its_id, task_queue=QUEUE)

    async def now(self) -> Import:
        found = await self.store.get(self.id)
        assert found
        return found

    def each_once(self) -> bool:
        """Every line's delivery is there, begun once, and there is no other."""
        ours = {line.delivery_id for line in self.lines}
        return set(self.world.rows) == ours and all(
            self.world.kinds(its_id).count("delivery.requested") == 1 for its_id in ours
        )

    async def over(self) -> None:
        """Nobody will choose."""
        for its_id in self.world.rows:
            await self.client.get_workflow_handle(addressing.delivery_workflow_id(its_id)).terminate()


@pytest.fixture
def world() -> World:
    made = World()
    made.carrier("fast")
    return made


async def test_every_line_becomes_a_delivery_over_several_runs(client: Client, world: World, keep: Keep) -> None:
    file = File(client, world, 7)
    async with workers(client, world, max_cached_workflows=100), file.worker():
        handle = await file.begun(batch=2, batches_a_run=2)
        await handle.result()
        await keep("imports/goes_on", client.get_workflow_handle(handle.id, run_id=handle.first_execution_run_id))
        await keep("imports/went_on", client.get_workflow_handle(handle.id))
        now = await file.now()
        assert (now.status, now.requested, now.failed) == (ImportStatus.COMPLETED, 7, 0)
        assert file.each_once()
        assert sorted(row.request.reference for row in world.rows.values()) == [str(n) for n in range(2, 9)]
        await file.over()


async def test_a_worker_that_dies_in_the_middle_is_taken_over_from_and_nothing_is_requested_twice(
    client: Client, world: World, keep: Keep
) -> None:
    file, reached = File(client, world, 9), asyncio.Event()

    async def hang() -> None:
        reached.set()
        await asyncio.Event().wait()

    dying = Sometimes(file.requester, lambda number, _: hang() if number >= 6 else None)
    async with workers(client, world, max_cached_workflows=100):
        async with file.worker(dying):
            handle = await file.begun(batch=4)
            await asyncio.wait_for(reached.wait(), 30)
        before = await file.now()
        assert (before.status, before.requested) == (ImportStatus.RUNNING, 4)
        async with file.worker():
            await handle.result()
        await keep("imports/taken_over", handle)
        assert (await file.now()).requested == 9
        assert file.each_once()
        await file.over()


async def test_what_is_refused_is_told_and_what_is_down_is_tried_again(client: Client, world: World) -> None:
    file, tried = File(client, world, 4), []

    async def refuse(reference: str) -> None:
        tried.append(reference)
        if reference == "3":
            raise errors.Invalid("no")
        if reference == "4" and tried.count("4") == 1:
            raise errors.Unavailable

    some = Sometimes(file.requester, lambda _, reference: refuse(reference))
    async with workers(client, world, max_cached_workflows=100), file.worker(some):
        await (await file.begun()).result()
        lines, _ = await file.store.lines(file.id, None, 9, 0)
        assert [(line.line, line.outcome, line.reason) for line in lines] == [
            (2, Outcome.REQUESTED, None), (3, Outcome.FAILED, "invalid"), (4, Outcome.REQUESTED, None),
            (5, Outcome.REQUESTED, None),
        ]  # fmt: skip
        assert tried.count("2") == 1
        await file.over()


async def test_a_stop_lets_the_batch_end_and_requests_nothing_more(client: Client, world: World, keep: Keep) -> None:
    file, reached, go_on = File(client, world, 6), asyncio.Event(), asyncio.Event()

    async def wait() -> None:
        reached.set()
        await go_on.wait()

    slow = Sometimes(file.requester, lambda number, _: wait() if number == 2 else None)
    async with workers(client, world, max_cached_workflows=100), file.worker(slow):
        handle = await file.begun(batch=2)
        await asyncio.wait_for(reached.wait(), 30)
        await handle.signal(ImportWorkflow.stop)
        go_on.set()
        await handle.result()
        await keep("imports/stopped", handle)
        now = await file.now()
        assert (now.status, now.requested, now.cancelled) == (ImportStatus.CANCELLED, 2, 4)
        assert len(world.rows) == 2
        await file.over()
