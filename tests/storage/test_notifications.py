"""Subscribers, their endpoints, and what was sent to them: the same promises in memory and at rest."""

from datetime import timedelta

import pytest
from making import NOW, endpoint, fresh, message
from sqlalchemy import text

from domain import errors
from domain.audit import Cursor
from domain.notifications import Attempt, Health, Outcome, Secrets, WebhookEndpoint

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
