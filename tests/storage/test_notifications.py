"""Subscribers, their endpoints, and what was sent to them: the same promises in memory and at rest."""

from datetime import timedelta

import pytest
from making import NOW, delivery, endpoint, fresh, line, message, move, replay
from sqlalchemy import text

from domain import errors
from domain.audit import Cursor
from domain.notifications import FAILING, Attempt, Health, Outcome, Secrets, WebhookEndpoint
from domain.replays import ReplayStatus

SECRETS = Secrets(current="whsec_bmV3", previous="whsec_b2xk", previous_until=NOW)


async def added(stores, **more) -> WebhookEndpoint:
    one = endpoint(**more)
    assert await stores.endpoints.add(one, SECRETS)
    return one


async def test_an_endpoint_reads_as_it_was_added_and_is_added_once(stores):
    one = await added(stores)
    kept = await stores.endpoints.get(one.id)
    assert (kept.endpoint, kept.secrets, kept.health) == (one, SECRETS, Health())
    assert not await stores.endpoints.add(one.model_copy(update={"url": "https://another.example"}), SECRETS)
    assert (await stores.endpoints.get(one.id)).endpoint.url == one.url
    assert await stores.endpoints.get(fresh("whe")) is None
    assert len(await stores.journal.of(one.id)) == 1


async def test_the_journal_and_the_tables_hold_neither_address_nor_secret(sql, engines):
    one = await added(sql)
    await sql.endpoints.put(one, SECRETS, "webhook_endpoint.changed", "usr_2")
    lines = await sql.journal.of(one.id)
    assert [(line.kind, line.actor, line.organisation_id) for line in lines] == [
        ("webhook_endpoint.added", "usr_1", one.organisation_id),
        ("webhook_endpoint.changed", "usr_2", one.organisation_id),
    ]
    query = "SELECT s.*::text || e.*::text FROM notifications.subscribers s JOIN notifications.endpoints e USING (id)"
    async with engines["owner"].connect() as connection:
        held = str((await connection.scalars(text(f"{query} WHERE id = '{one.id}'"))).all())
    assert one.id in held
    for word in ("loja", "canarinho", "Zuleica", "whsec", "bmV3"):
        assert word not in held + str(lines)
        assert word.encode().hex() not in held


async def test_an_endpoint_is_changed_and_enabled_anew_fares_well_again(stores):
    one = await added(stores)
    ill = Health(failures=7, failing_since=NOW, held_until=NOW)
    await stores.endpoints.fare(one.id, ill, "gone")
    await stores.endpoints.fare(one.id, ill, "gone")
    kept = await stores.endpoints.get(one.id)
    assert kept.health == ill
    assert (kept.endpoint.enabled, kept.endpoint.disabled_reason, kept.endpoint.failing_since) == (False, "gone", NOW)
    assert await stores.subscribers.of([one.organisation_id]) == {}
    again = one.model_copy(update={"events": (), "url": "https://nova.example"})
    assert await stores.endpoints.put(again, SECRETS, "webhook_endpoint.changed", "usr_1")
    kept = await stores.endpoints.get(one.id)
    assert (kept.health, kept.endpoint.events, kept.endpoint.url) == (Health(), (), "https://nova.example")
    assert not await stores.endpoints.put(endpoint(), SECRETS, "webhook_endpoint.changed", "usr_1")
    kinds = [line.kind.partition(".")[2] for line in await stores.journal.of(one.id)]
    assert kinds == ["added", "disabled", "changed"]


async def test_what_is_deleted_is_gone_with_its_log(stores):
    one = await added(stores)
    sent = message(one)
    assert await stores.messages.begin(sent) == sent
    assert await stores.endpoints.delete(one.id, "usr_1")
    assert not await stores.endpoints.delete(one.id, "usr_1")
    assert await stores.endpoints.get(one.id) is None
    assert await stores.messages.get(one.id, sent.id) is None
    assert await stores.messages.begin(sent) is None
    await stores.messages.attempted(sent, Attempt(number=1, at=NOW, status=200), Outcome.SENT, None)
    await stores.endpoints.fare(one.id, Health(failures=1), "gone")


async def test_a_deleted_endpoints_secrets_cannot_be_read_from_a_backup(sql, rings):
    one = await added(sql)
    await sql.endpoints.delete(one.id, "usr_1")
    with pytest.raises(errors.Erased):
        await rings["notifications"].get(one.id)


async def test_an_organisation_sees_its_own_page_by_page(stores):
    organisation = fresh("org")
    mine = [await added(stores, organisation_id=organisation, created_at=NOW + timedelta(hours=n)) for n in range(3)]
    await added(stores)
    first, cursor = await stores.endpoints.page(organisation, 2, None)
    rest, end = await stores.endpoints.page(organisation, 2, cursor)
    assert ([*first, *rest], end) == (mine, None)
    with pytest.raises(errors.Invalid):
        await stores.endpoints.page(organisation, 2, "nonsense")


async def test_subscribers_are_found_by_organisation(stores):
    one, other, off = await added(stores), await added(stores), await added(stores, enabled=False)
    found = await stores.subscribers.of([one.organisation_id, off.organisation_id])
    assert {name: [subscriber.id for subscriber in theirs] for name, theirs in found.items()} == {
        one.organisation_id: [one.id]
    }
    assert found[one.organisation_id][0].events == ("delivery.booked",)
    assert list(await stores.subscribers.of([other.organisation_id])) == [other.organisation_id]


async def test_the_relays_place_only_moves_forward(stores):
    base = await stores.subscribers.cursor()
    there = Cursor(txid=base.txid + 5, id=7)
    await stores.subscribers.advance(there)
    await stores.subscribers.advance(Cursor(txid=base.txid + 4, id=9))
    await stores.subscribers.advance(Cursor(txid=base.txid + 5, id=6))
    assert await stores.subscribers.cursor() == there


async def test_a_try_is_kept_once_and_a_message_begins_once(stores):
    one = await added(stores)
    sent = message(one)
    later = NOW + timedelta(minutes=5)
    assert await stores.messages.begin(sent) == sent
    failed = Attempt(number=1, at=NOW, status=503, latency_ms=12)
    for _ in range(2):
        await stores.messages.attempted(sent, failed, Outcome.WAITING, later)
    known = await stores.messages.begin(sent)
    assert (known.attempts, known.tries, known.outcome, known.next_at) == (1, 1, Outcome.WAITING, later)
    await stores.messages.attempted(known, Attempt(number=2, at=later, error="timeout"), Outcome.FAILED, None)
    known = await stores.messages.get(one.id, sent.id)
    assert (known.attempts, known.tries, known.outcome, known.error) == (2, 2, Outcome.FAILED, "timeout")
    await stores.messages.reopen(sent.id)
    known = await stores.messages.get(one.id, sent.id)
    assert (known.attempts, known.tries, known.outcome) == (2, 0, Outcome.WAITING)
    assert [attempt.number for attempt in await stores.messages.attempts(sent.id)] == [1, 2]
    assert await stores.messages.get(fresh("whe"), sent.id) is None


async def test_the_log_is_read_newest_first_by_outcome(stores):
    one = await added(stores)
    delivery = fresh("del")
    every = [message(one, seq, delivery_id=delivery) for seq in (1, 2, 3)]
    for each in every:
        await stores.messages.begin(each)
    await stores.messages.attempted(every[1], Attempt(number=1, at=NOW, status=200), Outcome.SENT, None)
    first, cursor = await stores.messages.page(one.id, None, 2, None)
    rest, end = await stores.messages.page(one.id, None, 2, cursor)
    assert ([each.seq for each in (*first, *rest)], end) == ([3, 2, 1], None)
    only, _ = await stores.messages.page(one.id, Outcome.SENT, 2, None)
    assert [each.seq for each in only] == [2]
    with pytest.raises(errors.Invalid):
        await stores.messages.page(one.id, None, 2, "nonsense")


async def test_what_was_missed_begins_with_the_failing_and_ends_with_a_replay_of_all_of_it(stores):
    one = await added(stores)
    failing, began = NOW - timedelta(hours=1), NOW - timedelta(hours=2)
    for seq, at, tried, outcome in (
        (1, began - timedelta(hours=9), failing - timedelta(hours=1), Outcome.FAILED),  # long before
        (2, began - timedelta(hours=8), failing, Outcome.SENT),
        (3, began, failing, Outcome.FAILED),
        (4, began + timedelta(minutes=1), failing, Outcome.WAITING),
    ):
        unsent = message(one, seq, at=at)
        await stores.messages.begin(unsent)
        await stores.messages.attempted(unsent, Attempt(number=1, at=tried, status=500), outcome, None)
    await stores.endpoints.fare(one.id, Health(failures=20, failing_since=failing), FAILING)
    paused = (await stores.endpoints.get(one.id)).endpoint
    assert (paused.enabled, paused.disabled_reason, paused.missed_since) == (False, FAILING, began)
    assert "replay" in paused.advice
    await stores.endpoints.fare(one.id, Health(failures=1), "gone")
    assert (await stores.endpoints.get(one.id)).endpoint.disabled_reason == FAILING  # as it was told
    enabled = paused.model_copy(update={"enabled": True, "disabled_reason": None})
    assert await stores.endpoints.put(enabled, SECRETS, "webhook_endpoint.changed", "usr_1")
    assert (await stores.endpoints.get(one.id)).endpoint.missed_since == began
    for since, status, left in (
        (began + timedelta(hours=1), ReplayStatus.DONE, began),
        (began, ReplayStatus.STOPPED, began),
        (began, ReplayStatus.DONE, None),
    ):
        again = await stores.replays.begin(replay(one, since=since))
        await stores.replays.end(again.id, status)
        await stores.replays.end(again.id, ReplayStatus.STOPPED)
        kept = await stores.replays.get(one.id, again.id)
        assert (kept.status, kept.ended_at is not None) == (status, True)
        assert (await stores.endpoints.get(one.id)).endpoint.missed_since == left


async def test_a_replay_goes_through_the_lines_of_its_time_and_kinds_once(stores):
    one, its = await added(stores), delivery()
    at = its.created_at
    told = [
        line(1, kind="delivery.requested", at=at), line(2, kind="delivery.quoted", at=at + timedelta(minutes=1)),
        line(3, kind="delivery.placed", at=at + timedelta(minutes=1)),
        line(4, kind="delivery.booked", at=at + timedelta(minutes=2)),
        line(5, kind="delivery.delivered", at=at + timedelta(minutes=3)),
    ]  # fmt: skip
    its = its.model_copy(update={"organisation_id": one.organisation_id, "seq": 5})
    await stores.deliveries.record(move(its, *told))
    asked = replay(one, since=at + timedelta(minutes=1), until=at + timedelta(minutes=3))
    begun = await stores.replays.begin(asked)
    assert (begun.lines, begun.status) == (2, ReplayStatus.RUNNING)
    assert await stores.replays.begin(asked) == begun
    with pytest.raises(errors.ReplayRunning):
        await stores.replays.begin(replay(one))
    with pytest.raises(errors.NotFound):
        await stores.replays.begin(replay(endpoint()))
    [first] = await stores.replays.following(begun.id, 1)
    assert first.seq == 2
    for _ in range(2):  # the second as after a crash
        await stores.replays.advance(begun.id, first.cursor, 1, 1)
    assert [each.seq for each in await stores.replays.following(begun.id, 9)] == [4]
    kept = await stores.replays.get(one.id, begun.id)
    assert (kept.seen, kept.told, kept.events) == (1, 1, ())
    picky = replay(one, since=asked.since, until=asked.until, events=("delivery.booked",))
    await stores.replays.end(begun.id, ReplayStatus.DONE)
    assert (await stores.replays.begin(picky)).lines == 1
    assert [each.id for each in (await stores.replays.page(one.id, 9, None))[0]] in (
        [picky.id, begun.id], [begun.id, picky.id],
    )  # fmt: skip
    kinds = [each.kind for each in await stores.journal.of(one.id)]
    assert kinds == ["webhook_endpoint.added", *["webhook_endpoint.replayed"] * 2]


async def test_what_waits_is_counted_dropped_and_never_pruned(stores):
    one = await added(stores)
    waits, sent, young = message(one, 1), message(one, 2), message(one, 3, created_at=NOW + timedelta(days=1))
    for each in (waits, sent, young):
        await stores.messages.begin(each)
    for each in (sent, young):
        await stores.messages.attempted(each, Attempt(number=1, at=NOW, status=204), Outcome.SENT, None)
    assert await stores.replays.waiting(one.id) == 1
    standing = await stores.subscribers.standing()
    assert standing.waiting >= 1
    assert standing.oldest_at <= waits.created_at
    while await stores.messages.prune(NOW + timedelta(minutes=1), 100):
        pass
    there = [each for each in (waits, sent, young) if await stores.messages.get(one.id, each.id)]
    assert there == [waits, young]
    assert await stores.messages.attempts(sent.id) == []
    await stores.replays.drop([waits.id, young.id])
    outcomes = [(await stores.messages.get(one.id, each.id)).outcome for each in (waits, young)]
    assert outcomes == [Outcome.DROPPED, Outcome.SENT]
