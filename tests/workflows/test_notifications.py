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
from making import fresh, message
from prometheus_client import REGISTRY
from receiver import Receiver, receiving, says
from temporalio.client import Client, WorkflowExecutionStatus, WorkflowHandle
from temporalio.testing import WorkflowEnvironment
from world import Keep

from activities.notifications import NotificationActivities
from activities.owners import OwnerActivities
from activities.pruning import PruningActivities
from activities.replays import ReplayActivities
from channels.webhook import PREFIX, WebhookChannel, rules
from domain import audit
from domain.errors import Erased, LetterRefused, ReplayRunning, Unavailable
from domain.letters import Letter
from domain.notifications import FAILING, MOST_TRIES, Health, Outcome, PauseRule, Secrets, WebhookEndpoint, message_id
from domain.organisations import Member
from domain.replays import Replay, ReplayStatus
from domain.users import Locale, OrgRole, User
from runtime.codec import SealingCodec
from runtime.replaying import TemporalReplayer
from runtime.temporal import TemporalNotifier, data_converter, make_worker
from workers.heartbeats import Heartbeats
from workers.interceptors import DomainErrors
from workers.relay import tell_once, watch_once
from workflows import addressing
from workflows.notifications import Happened, NotificationStart, NotificationWorkflow
from workflows.pauses import EndpointPausedWorkflow
from workflows.replays import ReplayWorkflow
from workflows.upkeep import PruneMessagesWorkflow

BEGAN = datetime.now(UTC)
PAUSE = PauseRule(after=timedelta(days=5), failures=11)
STORY = ("requested", "quoted", "booking", "booked", "picked_up", "delivered")


class People:
    """An organisation's members, and a mail server that is down for their first letter."""

    def __init__(self) -> None:
        self.there: dict[str, tuple[Member, User]] = {}
        self.letters: list[Letter] = []
        self.down, self.refused = 1, ""

    def come(self, role: OrgRole, locale: Locale, **more: Any) -> User:
        values = {"organisation_id": "org_1", "name": "x", "password_set_at": BEGAN, "created_at": BEGAN}
        its_id = fresh("usr")
        user = User.model_validate({"id": its_id, "email": f"{its_id}@example.com", "locale": locale, **values, **more})
        self.there[its_id] = (
            Member(user_id=its_id, name="x", email=user.email, role=role, joined_at=BEGAN), user,
        )  # fmt: skip
        return user

    async def members(self, _: str) -> list[Member]:
        return [member for member, _ in self.there.values()]

    async def get(self, user_id: str) -> User:
        return self.there[user_id][1]

    async def send(self, letter: Letter) -> None:
        if self.down:
            self.down -= 1
            raise Unavailable("the mail server did not take the letter")
        if letter.to == self.refused:
            raise LetterRefused
        self.letters.append(letter)


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
        self.people = People()

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

    async def replayed(self, subscriber: str, **more: Any) -> Replay:
        now = datetime.now(UTC)
        values = {
            "id": fresh("rpl"),
            "subscriber": subscriber,
            "organisation_id": "org_1",
            "since": BEGAN,
            "until": now,
        }
        asked = Replay.model_validate({**values, "created_by": "usr_1", "created_at": now, **more})
        begun = await TemporalReplayer(self.client).replay(asked)
        await self.replaying(begun).result()
        ended = await self.there.replays.get(subscriber, begun.id)
        assert ended is not None
        return ended

    def replaying(self, replay: Replay) -> WorkflowHandle[Any, Any]:
        return self.client.get_workflow_handle(addressing.replay_workflow_id(replay.subscriber, replay.id))

    async def enable(self, subscriber: str) -> None:
        kept = self.there.kept[subscriber]
        endpoint = kept.endpoint.model_copy(update={"enabled": True, "disabled_reason": None, "failing_since": None})
        await self.there.endpoints.put(endpoint, kept.secrets, "webhook_endpoint.changed", "usr_1")

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

    async def put_off(self, handle: WorkflowHandle[Any, Any]) -> None:
        """Until its first try has failed and the server knows when the next one is: a clock moved sooner would not
        count for it."""
        async with asyncio.timeout(20):
            while not any(one.attempt > 1 for one in (await handle.describe()).raw_description.pending_activities):
                await asyncio.sleep(0.01)

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
        channel = WebhookChannel(made.there.endpoints, here, now=made.now, deadline_s=2, pause=PAUSE)
        stack.push_async_callback(channel.close)
        activities = NotificationActivities(made.journal, made.there.messages, {PREFIX: channel}, made.now)
        kept = made.there
        replays = ReplayActivities(kept.replays, kept.endpoints, kept.messages, made.notifier)
        people = made.people
        owners = OwnerActivities(people, people, people, "https://entrega.example")  # type: ignore[arg-type]
        worker = make_worker(
            client,
            addressing.NOTIFICATIONS,
            workflows=[NotificationWorkflow, ReplayWorkflow, EndpointPausedWorkflow, PruneMessagesWorkflow],
            activities=[
                activities.send_message,
                replays.begin_replay,
                replays.replay_lines,
                PruningActivities(kept.messages).prune_messages,
            ],
            interceptors=[DomainErrors(), Heartbeats()],
            max_cached_workflows=0,
            graceful_shutdown_timeout=timedelta(0),
        )
        writing = make_worker(
            client,
            addressing.USERS,
            activities=[owners.find_owners, owners.write_of_pause],
            interceptors=[DomainErrors(), Heartbeats()],
            graceful_shutdown_timeout=timedelta(0),
        )
        async with worker, writing:
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


async def test_what_fails_for_three_days_is_given_up_and_what_comes_after_is_sent(town: Town, keep: Keep) -> None:
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
    await keep("notifications/given_up", handle)


async def test_a_wait_that_is_asked_for_is_heeded(town: Town) -> None:
    one, delivery = await town.subscriber(), fresh("del")
    receiver = town.receivers[one]
    receiver.on = [says(429, "Retry-After: 7200")]
    town.happens(delivery, "booked")
    await town.relayed()
    await town.put_off(town.handle(one, delivery))
    await town.skip(timedelta(minutes=110), town.handle(one, delivery))
    assert len(receiver.calls) == 1
    await town.skip(timedelta(minutes=40), town.handle(one, delivery))
    await town.handle(one, delivery).result()
    assert len(receiver.calls) == 2


async def test_one_that_waits_for_its_next_try_is_sent_at_once_when_asked(town: Town, keep: Keep) -> None:
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
    await keep("notifications/hastened", town.handle(one, delivery))
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


async def test_a_message_costs_few_events(town: Town, keep: Keep) -> None:
    one, delivery = await town.subscriber(), fresh("del")
    town.happens(delivery, *STORY)
    await town.relayed()
    handle = town.handle(one, delivery)
    await handle.result()
    history = await handle.fetch_history()
    assert len(history.events) <= 6 * len(STORY) + 6
    await keep("notifications/told", handle)


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


# ── told again, or late ───────────────────────────────────────────────────────────────────────────────────


async def test_one_that_fails_for_days_is_paused_its_owners_are_written_to_and_what_it_missed_is_replayed(
    town: Town, keep: Keep
) -> None:
    town.people.refused = town.people.come(OrgRole.OWNER, Locale.EN).email  # a mailbox that is no more holds up nobody
    ana, bob = town.people.come(OrgRole.OWNER, Locale.PT_BR), town.people.come(OrgRole.OWNER, Locale.EN)
    town.people.come(OrgRole.MEMBER, Locale.EN)
    town.people.come(OrgRole.OWNER, Locale.EN, disabled_at=BEGAN)
    one, first, second = await town.subscriber(), fresh("del"), fresh("del")
    town.receivers[one].then = says(500)
    town.happens(first, *STORY[:4])
    await town.relayed()
    await until(lambda: len(town.receivers[one].calls) == 1)
    await town.skip(timedelta(days=6), town.handle(one, first))
    await town.handle(one, first).result()
    paused = town.there.kept[one].endpoint
    since = (await town.journal.of(first))[0].at
    assert (paused.enabled, paused.disabled_reason, paused.missed_since) == (False, FAILING, since)
    tries = len(town.receivers[one].calls)
    town.happens(first, *STORY[4:])
    town.happens(second, *STORY)
    await town.relayed()
    await town.relayed()  # the line that tells of the pause is told once, however often it is read
    line = (await town.journal.of(one))[-1]
    await town.notifier.paused("org_1", one, line.seq)
    writing = town.client.get_workflow_handle(addressing.paused_workflow_id(one, line.seq))
    await writing.result()
    await keep("notifications/paused", writing)
    assert {letter.to for letter in town.people.letters} == {ana.email, bob.email}
    assert len(town.people.letters) == 2
    assert ["foi pausado" in letter.subject for letter in town.people.letters] == [True, False]
    assert len(town.receivers[one].calls) == tries
    assert (await town.replayed(one)).status is ReplayStatus.STOPPED  # enable it first
    await town.enable(one)
    town.receivers[one].then = says(204)
    ended = await town.replayed(one)
    assert (ended.status, ended.lines, ended.seen, ended.told) == (ReplayStatus.DONE, 12, 12, 12)
    for delivery in (first, second):
        await town.handle(one, delivery).result()
        assert town.told(one, delivery) == list(STORY)
    assert len(town.receivers[one].calls) == tries + 12
    assert town.there.kept[one].endpoint.missed_since is None


async def test_a_replay_sends_everything_again_by_the_same_ids_or_only_what_failed(town: Town, keep: Keep) -> None:
    one, delivery = await town.subscriber(), fresh("del")
    town.happens(delivery, *STORY)
    await town.relayed()
    await town.handle(one, delivery).result()
    receiver = town.receivers[one]
    assert (await town.replayed(one, only_failed=True)).told == 0
    failed = message_id(one, delivery, 3)
    town.there.sent[failed] = town.there.sent[failed].model_copy(update={"outcome": Outcome.FAILED})
    assert (await town.replayed(one, only_failed=True)).told == 1
    await town.handle(one, delivery).result()
    assert receiver.ids[6:] == [failed]
    everything = await town.replayed(one)
    assert everything.told == 6
    await keep("notifications/replayed", town.replaying(everything))
    await town.handle(one, delivery).result()
    assert receiver.ids[7:] == receiver.ids[:6] == [message_id(one, delivery, seq) for seq in range(1, 7)]
    assert (await town.replayed(one, events=("delivery.quoted",))).told == 1
    assert (await town.replayed(one, since=BEGAN - timedelta(days=2), until=BEGAN - timedelta(days=1))).lines == 0


async def test_a_replay_may_be_begun_once_at_a_time_and_the_same_one_answers_again(town: Town) -> None:
    one = await town.subscriber()
    running = await town.there.replays.begin(
        Replay(id="rpl_1", subscriber=one, organisation_id="org_1", since=BEGAN, until=town.now(),
               created_by="usr_1", created_at=BEGAN)
    )  # fmt: skip
    with pytest.raises(ReplayRunning):
        await town.replayed(one)
    replayer = TemporalReplayer(town.client)
    assert (await replayer.replay(running)).id == running.id
    await town.replaying(running).result()
    assert (await replayer.replay(running)).status is ReplayStatus.DONE
    await town.replaying(running).result()


async def test_a_replay_waits_while_much_waits_and_goes_on_where_it_was(town: Town) -> None:
    one, delivery = await town.subscriber(), fresh("del")
    town.happens(delivery, *STORY)
    for number in range(200):
        endpoint = town.there.kept[one].endpoint
        waits = message(endpoint, number + 1, delivery_id=fresh("del"))
        await town.there.messages.begin(waits)
    asked = Replay(id=fresh("rpl"), subscriber=one, organisation_id="org_1", since=BEGAN, until=town.now(),
                   created_by="usr_1", created_at=BEGAN)  # fmt: skip
    begun = await TemporalReplayer(town.client).replay(asked)
    handle = town.replaying(begun)
    await until(lambda: town.there.replays.looked > 0)
    assert town.receivers[one].calls == []
    await town.there.replays.drop(list(town.there.sent))
    await town.skip(timedelta(seconds=20), handle)
    await handle.result()
    await town.handle(one, delivery).result()
    assert town.told(one, delivery) == list(STORY)


async def test_what_is_told_again_comes_before_what_waits_behind_it(town: Town, keep: Keep) -> None:
    one, delivery = await town.subscriber(), fresh("del")
    town.happens(delivery, *STORY)
    town.receivers[one].on = [says(500)]
    await town.notifier.tell(one, delivery, [3, 5])
    await until(lambda: bool(town.there.sent) and town.there.sent[message_id(one, delivery, 3)].attempts == 1)
    await town.notifier.tell(one, delivery, [4, 6], again=True)
    await town.notifier.tell(one, delivery, [1, 2], again=True)
    await town.skip(timedelta(seconds=20), town.handle(one, delivery))
    await town.handle(one, delivery).result()
    assert town.told(one, delivery) == [STORY[seq - 1] for seq in (3, 1, 2, 4, 5, 6)]
    await keep("notifications/told_again", town.handle(one, delivery))


async def test_a_long_story_goes_on_in_another_run_and_loses_nothing(town: Town, keep: Keep) -> None:
    one, delivery = await town.subscriber(), fresh("del")
    town.receivers[one].on = [says(500)]
    town.happens(delivery, *STORY)
    await town.client.start_workflow(
        NotificationWorkflow.run,
        NotificationStart(subscriber=one, delivery_id=delivery, most_signals=2),
        id=addressing.notification_workflow_id(one, delivery),
        task_queue=addressing.NOTIFICATIONS,
        start_signal="happened",
        start_signal_args=[Happened(seqs=(1, 2, 3))],
    )
    first = (await town.handle(one, delivery).describe()).run_id
    for seqs in ((2, 3, 4), (5,), (6,)):
        await town.notifier.tell(one, delivery, seqs)
    await town.skip(timedelta(seconds=20), town.handle(one, delivery))
    await town.handle(one, delivery).result()
    assert town.told(one, delivery) == list(STORY)
    assert len(town.receivers[one].calls) == len(STORY) + 1
    name = addressing.notification_workflow_id(one, delivery)
    before = town.client.get_workflow_handle(name, run_id=first)
    assert (await before.describe()).status is WorkflowExecutionStatus.CONTINUED_AS_NEW
    await keep("notifications/goes_on", before)
    await keep("notifications/went_on", town.handle(one, delivery))


async def test_what_was_sent_long_ago_is_forgotten(town: Town) -> None:
    one, delivery = await town.subscriber(), fresh("del")
    town.happens(delivery, *STORY)
    await town.relayed()
    await town.handle(one, delivery).result()
    prune, queue = PruneMessagesWorkflow.run, addressing.NOTIFICATIONS
    kept_for = timedelta(days=1)
    assert await town.client.execute_workflow(prune, kept_for, id=fresh("prune"), task_queue=queue) == 0
    assert await town.client.execute_workflow(prune, -kept_for, id=fresh("prune"), task_queue=queue) == len(STORY)
    assert not town.there.sent


async def test_whoever_watches_sees_how_many_are_paused_and_how_long_the_oldest_waits(town: Town) -> None:
    one = await town.subscriber()
    old = message(town.there.kept[one].endpoint, delivery_id=fresh("del"), created_at=BEGAN - timedelta(hours=1))
    await town.there.messages.begin(old)
    await town.there.endpoints.fare(await town.subscriber(), Health(failures=20, failing_since=BEGAN), FAILING)
    await watch_once(town.there.subscribers)
    seen = REGISTRY.get_sample_value
    assert seen("entrega_webhook_endpoints_paused") == seen("entrega_messages_waiting") == 1
    assert (seen("entrega_messages_oldest_waiting_seconds") or 0) >= 3600
