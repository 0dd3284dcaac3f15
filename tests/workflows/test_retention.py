"""How long things are kept is carried out by a schedule: batch after batch, and no service waits for another."""

import uuid
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta

import fakes
import pytest
from making import delivery, endpoint, imported, line, move, user
from temporalio.client import Client, WorkflowFailureError
from temporalio.service import RPCError

from activities.privacy import (
    DeliveryPrivacyActivities,
    EndpointPrivacyActivities,
    InboxPrivacyActivities,
    PeoplePrivacyActivities,
)
from domain.deliveries import DeliveryStatus
from domain.errors import Forbidden, LastOwner
from domain.imports import ImportStatus
from domain.notifications import Secrets
from domain.privacy import Retention, Tidied
from runtime.temporal import TemporalDeliverer, ensure_retention, make_worker
from workers.interceptors import DomainErrors
from workflows import addressing
from workflows.upkeep import RETENTION_ID, RetentionWorkflow

NOW = datetime.now(UTC)
KEPT = Retention(deliveries_days=365, unverified_days=30, ended_days=30, unmatched_days=7)


class Rows:
    """So many rows that are over; remembers before when."""

    def __init__(self, over):
        self.over, self.before = over, []

    async def tidy(self, before, limit):
        self.before.append(before)
        gone = min(limit, self.over)
        self.over -= gone
        return gone


class Refusing(Rows):
    async def tidy(self, before, limit):
        raise Forbidden


class Registered:
    """Whoever registered and never verified; one of them owns what others would be left in."""

    def __init__(self, people, owner):
        self.people, self.owner, self.erased = sorted(people), owner, []

    async def unverified(self, before, limit, after):
        return [it for it in self.people if it > after][:limit]

    async def erase(self, user_id, actor, ground, now):
        if user_id == self.owner:
            raise LastOwner
        self.erased.append((user_id, actor, ground))
        return True


@pytest.fixture
async def deliveries():
    store = fakes.InMemoryDeliveryStore()
    erased = user()[1]
    await store.journal.append(erased.id, "organisation.erased", "usr_1", {}, erased.id)
    old, young = NOW - timedelta(days=366), NOW - timedelta(days=364)
    made = {f"old {n}": delivery(status=DeliveryStatus.DELIVERED, updated_at=old) for n in range(60)}
    made["young"] = delivery(status=DeliveryStatus.DELIVERED, updated_at=young)
    made["running"] = delivery(status=DeliveryStatus.BOOKED, updated_at=old)
    made["theirs"] = delivery(status=DeliveryStatus.CANCELLED, updated_at=young, organisation_id=erased.id)
    for it in made.values():
        await store.record(move(it, line(1)))
    return store, made


class World:
    def __init__(self, client, store, settles=()):
        self.client, self.store, self.settles = client, store, set(settles)
        self.users, self.inbox, self.views = Rows(1_200), Rows(3), Rows(2)
        self.imports = fakes.InMemoryImportStore(store.journal)
        self.endpoints = fakes.InMemoryNotifications(store.journal).endpoints
        self.people = Registered([f"usr_{n:02}" for n in range(25)], "usr_03")

    async def report(self, delivery_id, scans):
        raise NotImplementedError

    async def runs(self, delivery_id):
        return delivery_id in self.settles

    def workers(self):
        own = DeliveryPrivacyActivities(fakes.InMemoryDeliveryErasure(self.store), self, self.imports, self.views)
        inbox, people = InboxPrivacyActivities(self.inbox), PeoplePrivacyActivities(self.people, self.users)
        queues = {
            addressing.DELIVERIES: ([RetentionWorkflow], [own.erase_deliveries, own.tidy_deliveries]),
            addressing.NOTIFICATIONS: ([], [EndpointPrivacyActivities(self.endpoints).delete_endpoints]),
            addressing.TRACKING: ([], [inbox.tidy_inbox]),
            addressing.USERS: ([], [people.erase_unverified, people.tidy_users]),
        }
        return [
            make_worker(
                self.client, queue, workflows=workflows, activities=activities,
                interceptors=[DomainErrors()], max_cached_workflows=0,
            )
            for queue, (workflows, activities) in queues.items()
        ]  # fmt: skip

    async def start(self, retention):
        return await self.client.start_workflow(
            RetentionWorkflow.run, retention, id=f"{RETENTION_ID}-{uuid.uuid4()}", task_queue=addressing.DELIVERIES
        )


async def test_what_was_kept_long_enough_goes_and_the_rest_stays(client: Client, deliveries) -> None:
    store, made = deliveries
    settling = made["old 7"].id
    world = World(client, store, settles={settling})
    theirs = made["theirs"].organisation_id
    ended, other = [endpoint(organisation_id=theirs) for _ in range(21)], endpoint()
    for one in (*ended, other):
        await world.endpoints.add(one, Secrets(current="whsec_bmV3"))
    stopped, going = imported(2, organisation_id=theirs), imported(2)
    for file, lines in (stopped, going):
        await world.imports.begin(file, lines, "hash")
    async with AsyncExitStack() as stack:
        for worker in world.workers():
            await stack.enter_async_context(worker)
        done = await (await world.start(KEPT)).result()
    gone = {name for name, it in made.items() if store.rows[it.id].erased}
    assert gone == {f"old {n}" for n in range(60) if n != 7} | {"theirs"}
    assert done == Tidied(deliveries=60, people=24, rows=1_203 + 2 + 21 + 1)
    assert list(world.endpoints.there.kept) == [other.id]
    assert (await world.imports.get(stopped[0].id)).cancelled == 2
    assert (await world.imports.get(going[0].id)).status is ImportStatus.RUNNING
    grounds = {name: (await store.journal.of(f"key/{made[name].id}"))[0].data["ground"] for name in gone}
    assert {grounds["theirs"], grounds["old 1"]} == {"owner", "retention"}
    assert len(world.people.erased) == 24  # who owns what others are in stays, and holds up nobody behind them
    [ago] = {NOW - before for before in world.inbox.before}
    assert timedelta(days=6, hours=23) < ago <= timedelta(days=7)


async def test_what_has_no_number_of_days_is_kept_but_for_the_erased(client: Client, deliveries) -> None:
    store, made = deliveries
    world = World(client, store)
    async with AsyncExitStack() as stack:
        for worker in world.workers():
            await stack.enter_async_context(worker)
        done = await (await world.start(Retention(ended_days=0, unmatched_days=0))).result()
    assert {name for name, it in made.items() if store.rows[it.id].erased} == {"theirs"}
    assert done == Tidied(deliveries=1, rows=2)
    assert (world.users.before, world.inbox.before, world.people.erased) == ([], [], [])


async def test_a_service_that_fails_keeps_no_other_from_its_work(client: Client, deliveries) -> None:
    store, made = deliveries
    world = World(client, store)
    world.users = Refusing(0)
    async with AsyncExitStack() as stack:
        for worker in world.workers():
            await stack.enter_async_context(worker)
        with pytest.raises(WorkflowFailureError):
            await (await world.start(KEPT)).result()
    assert store.rows[made["old 59"].id].erased
    assert (world.inbox.over, world.views.over, len(world.people.erased)) == (0, 0, 24)


async def test_a_schedule_from_before_takes_over_what_is_said_now(client: Client) -> None:
    handle = client.get_schedule_handle(RETENTION_ID)
    try:
        for days in (100, 200):
            await ensure_retention(client, timedelta(days=1), Retention(deliveries_days=days))
        told = (await handle.describe()).schedule.action
        [payload] = told.args  # type: ignore[union-attr]
        assert b'"deliveries_days":200' in payload.data
    finally:
        await handle.delete()


async def test_whether_a_deliverys_workflow_runs_is_asked_of_temporal(client: Client) -> None:
    deliverer, its_id = TemporalDeliverer(client), f"del_{uuid.uuid4().hex}"
    assert not await deliverer.runs(its_id)
    handle = await client.start_workflow(
        RetentionWorkflow.run, KEPT, id=addressing.delivery_workflow_id(its_id), task_queue="nobody's"
    )
    assert await deliverer.runs(its_id)
    await handle.terminate()
    assert not await deliverer.runs(its_id)
    with pytest.raises(RPCError):  # there is none to signal any more
        await handle.signal("anything")
