"""Who is down gets everything once they are back, in order and once; who is not, notices nothing."""

import asyncio
import base64
import json
import os
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from typing import Any

import fakes
import pytest
from making import fresh
from receiver import Receiver, receiving, says
from temporalio.client import Client, WorkflowExecutionStatus, WorkflowHandle
from temporalio.testing import WorkflowEnvironment

from activities.notifications import NotificationActivities
from channels.webhook import PREFIX, WebhookChannel, rules
from domain import audit
from domain.errors import Erased, Unavailable
from domain.notifications import MOST_TRIES, Outcome, Secrets, WebhookEndpoint, message_id
from runtime.codec import SealingCodec
from runtime.temporal import TemporalNotifier, data_converter, make_worker
from workers.heartbeats import Heartbeats
from workers.interceptors import DomainErrors
from workers.relay import tell_once
from workflows import addressing
from workflows.notifications import NotificationWorkflow

BEGAN = datetime.now(UTC)
STORY = ("requested", "quoted", "booking", "booked", "picked_up", "delivered")


class Town:
    """Subscribers and their servers, one journal, and a relay to be turned by hand."""

    def __init__(self, env: WorkflowEnvironment, client: Client, stack: AsyncExitStack) -> None:
        self.env, self.client, self.stack = env, client, stack
        self.ahead = timedelta()
        self.journal = fakes.InMemoryJournal()
        self.there = fakes.InMemoryNotifications(self.journal)
        self.notifier = TemporalNotifier(client)
        self.receivers: dict[str, Receiver] = {}
        self.secrets: dict[str, str] = {}

    def now(self) -> datetime:
        return datetime.now(UTC) + self.ahead

    async def subscriber(self, organisation: str = "org_1", **more: Any) -> str:
        receiver = await self.stack.enter_async_context(receiving())
        its_id, secret = fresh("whe"), f"whsec_{base64.b64encode(os.urandom(24)).decode()}"
        values = {"organisation_id": organisation, "created_at": BEGAN, "created_by": "usr_1", "updated_at": BEGAN}
        endpoint = WebhookEndpoint.model_validate({"id": its_id, **values, "url": receiver.url, **more})
        await self.there.endpoints.add(endpoint, Secrets(current=secret))
        self.receivers[its_id], self.secrets[its_id] = receiver, secret
        return its_id

    def happens(self, delivery: str, *statuses: str, organisation: str = "org_1") -> None:
        first = len([line for line in self.journal.lines if line.subject == delivery]) + 1
        lines = [
            audit.Line(
                seq=seq, kind=f"delivery.{status}", actor="system", at=datetime.now(UTC), data={"status": status}
            )
            for seq, status in enumerate(statuses, start=first)
        ]
        self.journal.write(delivery, organisation, lines)

    async def relayed(self) -> None:
        while await tell_once(self.journal, self.there.subscribers, self.notifier):
            pass

    def handle(self, subscriber: str, delivery: str) -> WorkflowHandle[Any, Any]:
        return self.client.get_workflow_handle(addressing.notification_workflow_id(subscriber, delivery))

    def told(self, subscriber: str, delivery: str) -> list[str]:
        """What this server verified and took to be new, in its order."""
        seen: dict[str, str] = {}
        for call in self.receivers[subscriber].calls:
            assert call.signed(self.secrets[subscriber])
            said = json.loads(call.body)
            if said["data"]["delivery_id"] == delivery:
                seen.setdefault(call.id, said["type"].partition(".")[2])
        return list(seen.values())

    async def skip(self, span: timedelta, *handles: WorkflowHandle[Any, Any]) -> None:
        self.ahead += span
        for handle in handles:
            await self.env.fast_forward(handle, span)


async def until(ready: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not ready():
            await asyncio.sleep(0.01)


@pytest.fixture
async def town(env: WorkflowEnvironment, client: Client) -> AsyncIterator[Town]:
    async with AsyncExitStack() as stack:
        made = Town(env, client, stack)
        here = rules(this_machine=True, tls_required=False)
        channel = WebhookChannel(made.there.endpoints, here, now=made.now, deadline_s=2)
        stack.push_async_callback(channel.close)
        activities = NotificationActivities(made.journal, made.there.messages, {PREFIX: channel}, made.now)
        worker = make_worker(
            client,
            addressing.NOTIFICATIONS,
            workflows=[NotificationWorkflow],
            activities=[activities.send_message],
            interceptors=[DomainErrors(), Heartbeats()],
            max_cached_workflows=0,
            graceful_shutdown_timeout=timedelta(0),
        )
        async with worker:
            yield made


async def test_who_is_down_for_an_hour_gets_everything_in_order_and_ten_others_notice_nothing(town: Town) -> None:
    down, *others = [await town.subscriber() for _ in range(11)]
    first, second = fresh("del"), fresh("del")
    town.receivers[down].then = says(500)
    for delivery in (first, second):
        town.happens(delivery, *STORY[:3])
    await town.relayed()
    for delivery in (first, second):
        town.happens(delivery, *STORY[3:])
    await town.relayed()
    for other in others:
        for delivery in (first, second):
            await town.handle(other, delivery).result()
            assert town.told(other, delivery) == list(STORY)
        assert len(town.receivers[other].calls) == 2 * len(STORY)
    held = [town.handle(down, delivery) for delivery in (first, second)]
    while town.ahead < timedelta(hours=1):
        calls = len(town.receivers[down].calls)
        await town.skip(timedelta(minutes=37), *held)
        await until(lambda known=calls: len(town.receivers[down].calls) >= known + 2)  # type: ignore[misc]
    town.receivers[down].then = says(200)
    await town.skip(timedelta(hours=3), *held)
    for delivery, handle in zip((first, second), held, strict=True):
        assert (await handle.result())["last"] == len(STORY)
        assert town.told(down, delivery) == list(STORY)
    taken = [one for one in town.there.sent.values() if one.outcome is Outcome.SENT]
    assert len(taken) == 11 * 2 * len(STORY)


async def test_a_line_that_comes_again_is_not_sent_again_whether_the_workflow_lives_or_not(town: Town) -> None:
    one, delivery = await town.subscriber(), fresh("del")
    town.happens(delivery, *STORY)
    await town.relayed()
    await town.handle(one, delivery).result()
    await town.notifier.tell(one, delivery, [1, 2, 3])  # another relay, which is behind
    await town.handle(one, delivery).result()
    town.happens(delivery, "returned")
    await town.relayed()
    await town.handle(one, delivery).result()
    assert len(town.receivers[one].ids) == len(set(town.receivers[one].ids)) == len(STORY) + 1


async def test_what_fails_for_three_days_is_given_up_and_what_comes_after_is_sent(town: Town) -> None:
    one, delivery = await town.subscriber(), fresh("del")
    receiver = town.receivers[one]
    receiver.on = [says(404)] * MOST_TRIES
    town.happens(delivery, "booked", "delivered")
    await town.relayed()
    handle = town.handle(one, delivery)
    await until(lambda: len(receiver.calls) == 1)
    await town.skip(timedelta(days=4), handle)
    await handle.result()
    assert town.told(one, delivery) == ["booked", "delivered"]
    assert receiver.ids.count(message_id(one, delivery, 1)) == MOST_TRIES
    outcomes = {each.seq: each.outcome for each in town.there.sent.values()}
    assert outcomes == {1: Outcome.FAILED, 2: Outcome.SENT}
    history = await handle.fetch_history()
    scheduled = [event for event in history.events if event.HasField("activity_task_scheduled_event_attributes")]
    assert len(scheduled) == 2  # ten tries are one activity


async def test_a_wait_that_is_asked_for_is_heeded(town: Town) -> None:
    one, delivery = await town.subscriber(), fresh("del")
    receiver = town.receivers[one]
    receiver.on = [says(429, "Retry-After: 7200")]
    town.happens(delivery, "booked")
    await town.relayed()
    await until(lambda: len(receiver.calls) == 1)
    await town.skip(timedelta(minutes=110), town.handle(one, delivery))
    assert len(receiver.calls) == 1
    await town.skip(timedelta(minutes=40), town.handle(one, delivery))
    await town.handle(one, delivery).result()
    assert len(receiver.calls) == 2


async def test_one_that_waits_for_its_next_try_is_sent_at_once_when_asked(town: Town) -> None:
    one, delivery = await town.subscriber(), fresh("del")
    receiver = town.receivers[one]
    receiver.on = [says(500)]
    town.happens(delivery, "booked", "delivered")
    await town.relayed()
    await until(lambda: bool(town.there.sent) and town.there.sent[message_id(one, delivery, 1)].attempts == 1)
    await town.there.messages.reopen(message_id(one, delivery, 1))
    await town.notifier.tell(one, delivery, [1], again=True)
    await town.handle(one, delivery).result()
    assert town.told(one, delivery) == ["booked", "delivered"]
    await town.there.messages.reopen(message_id(one, delivery, 1))
    await town.notifier.tell(one, delivery, [1], again=True)
    await town.handle(one, delivery).result()
    assert receiver.ids.count(message_id(one, delivery, 1)) == 3
    log = await town.there.messages.attempts(message_id(one, delivery, 1))
    assert [(attempt.number, attempt.status) for attempt in log] == [(1, 500), (2, 204), (3, 204)]


async def test_who_is_gone_gets_nothing_more_and_nothing_waits_for_them(town: Town) -> None:
    one, delivery = await town.subscriber(), fresh("del")
    town.receivers[one].then = says(410)
    town.happens(delivery, *STORY)
    await town.relayed()
    await town.handle(one, delivery).result()
    assert len(town.receivers[one].calls) == 1
    town.happens(delivery, "returned")
    await town.relayed()
    assert (await town.handle(one, delivery).describe()).status is WorkflowExecutionStatus.COMPLETED
    assert len(town.receivers[one].calls) == 1


async def test_a_subscriber_hears_what_they_chose_of_their_own_deliveries(town: Town) -> None:
    picky, theirs = await town.subscriber(events=("delivery.delivered",)), await town.subscriber("org_2")
    delivery = fresh("del")
    town.happens(delivery, *STORY)
    await town.relayed()
    await town.handle(picky, delivery).result()
    assert town.told(picky, delivery) == ["delivered"]
    assert town.receivers[theirs].calls == []


async def test_a_message_costs_few_events(town: Town) -> None:
    one, delivery = await town.subscriber(), fresh("del")
    town.happens(delivery, *STORY)
    await town.relayed()
    handle = town.handle(one, delivery)
    await handle.result()
    history = await handle.fetch_history()
    assert len(history.events) <= 6 * len(STORY) + 6


class _Down:
    async def tell(self, *_: Any, **__: Any) -> bool:
        raise Unavailable("Temporal does not answer")


async def test_while_temporal_is_down_the_relay_stays_where_it_is(town: Town) -> None:
    one, delivery = await town.subscriber(), fresh("del")
    town.happens(delivery, "booked")
    with pytest.raises(Unavailable):
        await tell_once(town.journal, town.there.subscribers, _Down())
    assert await town.there.subscribers.cursor() == audit.Cursor()
    await town.relayed()
    await town.handle(one, delivery).result()
    assert town.told(one, delivery) == ["booked"]


async def test_of_an_erased_delivery_nobody_is_told_and_others_are(client: Client) -> None:
    keys, erased, alive = fakes.InMemoryKeys(), fresh("del"), fresh("del")
    await keys.get(erased)
    await keys.erase(erased, "usr_1")
    sealed = Client(**{**client.config(), "data_converter": data_converter(SealingCodec(keys))})
    notifier = TemporalNotifier(sealed)
    with pytest.raises(Erased):
        await keys.get(erased)
    assert not await notifier.tell("whe_1", erased, [1])
    assert await notifier.tell("whe_1", alive, [1])
    await sealed.get_workflow_handle(addressing.notification_workflow_id("whe_1", alive)).terminate()
