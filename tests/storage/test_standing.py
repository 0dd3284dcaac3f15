"""What is counted for whoever watches: it moves with what happens, and a ledger that does not balance shows."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
from making import NOW, charge, delivery, fresh, line, move, scan
from prometheus_client import REGISTRY
from sqlalchemy import text

from domain.deliveries import Attention, DeliveryStatus
from storage.notifications import SqlSubscribers
from storage.standing import SqlDeliveriesWatch, SqlInboxWatch
from workers.relay import copy_once, lag_once
from workers.watching import Books, look_at_deliveries, look_at_inbox

_ONE_SIDED = text("""
    INSERT INTO ledger.entries
        (id, posted_at, delivery_id, organisation_id, account, kind, amount, currency, step, memo)
    VALUES (:id, :at, :delivery, 'org', 'revenue', 'charge', :amount, 'BRL', :id, '')
""")


def seen(name: str, **labels: str) -> float:
    return REGISTRY.get_sample_value(name, labels) or 0.0


@pytest.fixture
async def behind_the_trigger(engines) -> AsyncIterator:
    """Posts one side of an entry, as only whoever owns the server can; nothing of it stays."""
    posted: list[str] = []

    async def post(delivery_id: str, amount: int, at=NOW) -> None:
        posted.append(fresh("ent"))
        values = {"id": posted[-1], "delivery": delivery_id, "amount": amount, "at": at}
        await run(_ONE_SIDED, values)

    async def run(statement, values) -> None:
        async with engines["owner"].begin() as connection:
            await connection.execute(text("SET LOCAL session_replication_role = replica"))
            await connection.execute(statement, values)

    yield post
    await run(text("DELETE FROM ledger.entries WHERE id = ANY(:ids)"), {"ids": posted})


async def test_open_deliveries_are_counted_by_status_and_those_to_look_at_by_why(sql, engines):
    watch, status, why = SqlDeliveriesWatch(engines["deliveries"]), DeliveryStatus.BOOKED, Attention.SILENT_CARRIER
    before = await watch.deliveries()
    for more in ({"status": status}, {"status": status, "attention": why}, {"status": DeliveryStatus.LOST}):
        await sql.deliveries.record(move(delivery(**more)))
    now = await watch.deliveries()
    assert now.open[status] == before.open.get(status, 0) + 2
    assert now.attention[why] == before.attention.get(why, 0) + 1
    assert DeliveryStatus.LOST not in now.open
    await look_at_deliveries(watch)
    assert seen("entrega_deliveries_open", status="booked") == now.open[status]
    assert seen("entrega_deliveries_attention", attention="silent_carrier") == now.attention[why]
    assert seen("entrega_deliveries_attention", attention="none") == 0


async def test_what_happens_is_counted_once_however_often_it_is_told(sql):
    told, name = move(delivery(), line(1, kind="delivery.requested")), "entrega_delivery_events_total"
    before = seen(name, kind="delivery.requested")
    for _ in range(2):
        await sql.deliveries.record(told)
    assert seen(name, kind="delivery.requested") == before + 1


async def test_a_delivery_that_does_not_balance_is_seen_until_it_does(sql, engines, behind_the_trigger):
    watch, it, whole = SqlDeliveriesWatch(engines["deliveries"]), delivery(), delivery()
    for one in (it, whole):
        await sql.deliveries.record(move(one, entries=charge(one)))
    day = NOW - timedelta(days=1), NOW + timedelta(days=1)
    assert it.id not in await watch.unbalanced(*day)
    await behind_the_trigger(it.id, 5)
    assert it.id in await watch.unbalanced(*day)
    assert it.id not in await watch.unbalanced(NOW - timedelta(days=1), NOW)
    clock = [NOW + timedelta(minutes=1)]
    books = Books(watch, lambda: clock[0])
    for later in (timedelta(), timedelta(hours=2)):  # which is longer than any look reaches back
        clock[0] += later
        while await books.look():
            pass
        assert seen("entrega_ledger_unbalanced_deliveries") == 1
    await behind_the_trigger(it.id, -5)
    await books.look()
    assert seen("entrega_ledger_unbalanced_deliveries") == 0


async def test_the_inbox_shows_what_waits_and_for_how_long(sql, engines):
    watch, strange = SqlInboxWatch(engines["tracking"]), scan()
    before = await watch.inbox()
    await sql.scans.keep([strange])
    now = await watch.inbox()
    assert now.unmatched.count == before.unmatched.count + 1
    assert now.matched == before.matched
    await look_at_inbox(watch)
    assert seen("entrega_inbox_waiting", matched="no") == now.unmatched.count
    assert seen("entrega_inbox_oldest_waiting_seconds", matched="no") >= 0
    await sql.scans.signalled([strange])
    assert (await watch.inbox()).unmatched.count == before.unmatched.count


async def test_the_relay_says_how_far_the_journal_is_ahead_of_it(sql, mongo_log, engines):
    subscribers = SqlSubscribers(engines["notifications"])
    while await copy_once(sql.journal, mongo_log):  # what other tests told
        pass
    await sql.deliveries.record(move(delivery(), line(1, at=datetime.now(UTC) - timedelta(minutes=5))))
    await lag_once(sql.journal, mongo_log, subscribers)
    assert seen("entrega_relay_lag_seconds", to="audit") >= 300
    while await copy_once(sql.journal, mongo_log):
        pass
    await lag_once(sql.journal, mongo_log, subscribers)
    assert seen("entrega_relay_lag_seconds", to="audit") == 0
