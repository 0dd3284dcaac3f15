"""What rows know goes on in a Temporal that knows nothing of it; what only Temporal knows is marked, once."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from making import booking, delivery, fresh, move
from sqlalchemy.engine import make_url
from temporalio.client import Client, WorkflowExecutionStatus

from domain.deliveries import Delivery, DeliveryPolicy, DeliveryStatus
from runtime.letters import TemporalLetterWriter
from runtime.reconciling import ENDED_EARLY, STRAY, Reconciling
from runtime.temporal import TemporalNotifier
from storage._crypto import BlindIndex
from storage._engine import connect
from storage.deliveries import SqlDeliveryStore
from storage.journal import SqlJournal
from storage.keys import KeyRing
from storage.migrations import upgrade
from storage.unended import UnendedDeliveries, UnendedTelling
from workflows import addressing, messages
from workflows.deliveries import DeliveryWorkflow
from workflows.state import DeliveryState

pytestmark = pytest.mark.long
SETTLES = DeliveryPolicy(settle_for=timedelta(hours=1))


class Restored:
    """A database of its own, as a restore leaves it, and a Temporal that begins anew; no worker runs."""

    def __init__(self, client: Client, engine: Any, store: SqlDeliveryStore) -> None:
        self.client, self.engine, self.store = client, engine, store
        self.said: list[str] = []
        self.journal = SqlJournal(engine)

    async def reconcile(self, *again: str) -> Reconciling:
        work = Reconciling(
            self.client,
            self.store,
            UnendedDeliveries(self.engine),
            UnendedTelling(self.engine),
            TemporalNotifier(self.client),
            TemporalLetterWriter(self.client),
            self.journal,
            self.said.append,
            just_begun=timedelta(0),
        )
        await work.run(again)
        return work

    async def row(self, state: dict[str, Any] | None = None, **more: Any) -> Delivery:
        told = delivery(status=DeliveryStatus.BOOKED, **more) if "status" not in more else delivery(**more)
        memory = DeliveryState(delivery=told, policy=SETTLES)
        await self.store.record(move(told, state=state or memory.model_dump(mode="json")))
        return told

    async def status(self, its_id: str) -> WorkflowExecutionStatus | None:
        handle = self.client.get_workflow_handle(addressing.delivery_workflow_id(its_id))
        return (await handle.describe()).status

    async def marks(self, its_id: str) -> list[str]:
        lines = await self.journal.of(f"workflow/{addressing.delivery_workflow_id(its_id)}")
        return [line.kind for line in lines]


@pytest.fixture
async def restored(client: Client, postgres: Any, keks: Any) -> AsyncIterator[Restored]:
    name = fresh("restored")
    with psycopg.connect(postgres.owner, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
    url = make_url(postgres.owner).set(database=name).render_as_string(hide_password=False)
    upgrade(url)
    engine = connect(url, application_name="test")
    world = Restored(client, engine, SqlDeliveryStore(engine, KeyRing(engine, keks), BlindIndex(b"i" * 32)))
    yield world
    await engine.dispose()
    async for run in client.list_workflows("ExecutionStatus = 'Running' AND WorkflowType = 'DeliveryWorkflow'"):
        await client.get_workflow_handle(run.id, run_id=run.run_id).terminate()


async def test_rows_go_on_and_what_only_temporal_knows_is_marked(client: Client, restored: Restored) -> None:
    ended = datetime.now(UTC)
    under_way = await restored.row()
    settling = await restored.row(status=DeliveryStatus.LOST, ended_at=ended, booking=booking())
    over = await restored.row(status=DeliveryStatus.EXPIRED, ended_at=ended)
    strange = await restored.row(state={"attempt": "many"})
    stray = fresh("del")
    await client.start_workflow(
        DeliveryWorkflow.run,
        messages.DeliveryStart(delivery_id=stray, state={}),
        id=addressing.delivery_workflow_id(stray),
        task_queue=addressing.DELIVERIES,
    )
    await _listed(client, stray)
    first = await restored.reconcile()
    counted = {name: first.done[name] for name in ("started", "running", "over", "unreadable", "marked")}
    assert counted == {"started": 2, "running": 0, "over": 1, "unreadable": 1, "marked": 1}
    for goes_on in (under_way, settling):
        assert await restored.status(goes_on.id) is WorkflowExecutionStatus.RUNNING
    assert await restored.marks(stray) == [STRAY]
    assert any(stray in said and "does not know it" in said for said in restored.said)
    assert any(strange.id in said for said in restored.said)
    await _listed(client, under_way.id)

    again = await restored.reconcile()
    assert (again.done["started"], again.done["running"]) == (0, 2)
    assert await restored.marks(stray) == [STRAY]

    await client.get_workflow_handle(addressing.delivery_workflow_id(under_way.id)).terminate()
    third = await restored.reconcile()
    assert third.done["started"] == 0
    assert await restored.marks(under_way.id) == [ENDED_EARLY]
    assert any(f"--restart {under_way.id}" in said for said in restored.said)
    fourth = await restored.reconcile(under_way.id)
    assert fourth.done["started"] == 1
    assert await restored.status(under_way.id) is WorkflowExecutionStatus.RUNNING
    assert over.id not in str(restored.said)


async def _listed(client: Client, its_id: str) -> None:
    """Until Temporal lists it: its list is a moment behind."""
    wanted = f"WorkflowId = '{addressing.delivery_workflow_id(its_id)}'"
    while not [run async for run in client.list_workflows(wanted)]:
        pass
