"""The ledger at rest: pages, balances, and what the database itself refuses."""

from datetime import timedelta

import pytest
from making import NOW, brl, charge, delivery, fresh, held, line, move
from sqlalchemy import text

from domain import ledger
from domain.deliveries import RecordMove
from domain.errors import DeliveryDiverged, Invalid
from domain.ledger import OURS, Account, EntryKind
from domain.money import Currency, Money
from domain.statements import Balance, EntryFilter

PARTS = (("base", brl(700)), ("insurance", brl(200)), ("extra_mileage", brl(100)))


async def posted(stores, count: int = 3, **more) -> tuple[str, list]:
    """Deliveries of one organisation, booked a day apart."""
    organisation = fresh("org")
    made = []
    for day in range(count):
        it = delivery(organisation_id=organisation, **more)
        booked = charge(it, at=NOW + timedelta(days=day), holder=held(fresh("ref")))
        await stores.deliveries.record(move(it, entries=booked))
        made.append((it, booked))
    return organisation, made


async def test_pages_go_through_all_entries_once_either_way(stores):
    organisation, made = await posted(stores)
    where = EntryFilter(organisation_id=organisation)
    for oldest_first in (False, True):
        seen, cursor = [], None
        while True:
            page, cursor = await stores.ledger.page(where, 5, cursor, oldest_first=oldest_first)
            seen += page
            if cursor is None:
                break
            assert len(page) == 5
        everything = [entry for _, booked in made for entry in booked]
        assert seen == (everything if oldest_first else everything[::-1])


async def test_a_page_is_narrowed_by_what_is_asked(stores):
    organisation, made = await posted(stores)
    first, booked = made[0]
    where = EntryFilter(organisation_id=organisation)

    async def found(**more):
        page, _ = await stores.ledger.page(where.model_copy(update=more), 50, None, oldest_first=True)
        return [entry.id for entry in page]

    assert await found(delivery_id=first.id) == [entry.id for entry in booked]
    assert await found(delivery_id=first.id, account=Account.REVENUE) == [booked[1].id]
    assert len(await found(kind=EntryKind.CARRIER_COST)) == 6
    assert len(await found(hidden=OURS)) == 6
    assert await found(currency=Currency.USD) == []
    assert len(await found(since=NOW, until=NOW + timedelta(days=1))) == 4
    assert len(await found(created_by="usr_1")) == 12
    assert await found(created_by="svc_of_others") == []


@pytest.mark.parametrize("cursor", ["", "x", "bnVsbA", "WyIyMDMwLTA1LTAxIiwiMSJd", "WyJhIiwiYiJd"])
async def test_a_strange_cursor_is_invalid(stores, cursor):
    with pytest.raises(Invalid):
        await stores.ledger.page(EntryFilter(), 3, cursor)


async def test_balances_are_what_was_there_what_came_and_what_went(stores):
    organisation, made = await posted(stores)
    it, booked = made[2]
    undone = ledger.reversal(booked, step="cancelled", at=NOW + timedelta(days=2, hours=1))
    await stores.deliveries.record(move(it, line(2), entries=undone))
    dollars = [e.model_copy(update={"money": Money(amount=e.money.amount, currency=Currency.USD)}) for e in charge(it)]
    other = delivery(organisation_id=organisation)
    moved = [
        e.model_copy(update={"id": fresh("ent"), "delivery_id": other.id, "posted_at": NOW + timedelta(days=1)})
        for e in dollars
    ]
    await stores.deliveries.record(move(other, entries=tuple(moved)))
    where = EntryFilter(organisation_id=organisation, since=NOW + timedelta(days=1), until=NOW + timedelta(days=3))
    found = {(balance.currency, balance.account): balance for balance in await stores.ledger.balances(where)}
    owed = found[Currency.BRL, Account.CUSTOMER_RECEIVABLE]
    assert owed == Balance(
        account=owed.account, currency=owed.currency, opening=1290, debits=2580, credits=1290, closing=2580
    )
    assert found[Currency.USD, Account.REVENUE].closing == -1290
    assert len(found) == 8
    for currency in (Currency.BRL, Currency.USD):
        mine = [balance for (own, _), balance in found.items() if own is currency]
        assert sum(b.opening for b in mine) == sum(b.closing for b in mine) == 0
        assert sum(b.debits for b in mine) == sum(b.credits for b in mine)
    whole = await stores.ledger.balances(EntryFilter(organisation_id=organisation, until=NOW, hidden=OURS))
    assert whole == []


async def test_insurance_and_extras_are_lines_of_their_own(stores):
    it = delivery()
    booked = charge(it, parts=PARTS, holder=held("ref"))
    await stores.deliveries.record(move(it, entries=booked))
    entries = await stores.deliveries.entries(it.id)
    told = {(e.kind, e.account): e.money.amount for e in entries if e.money.amount > 0}
    assert told == {
        (EntryKind.CHARGE, Account.CUSTOMER_RECEIVABLE): 903,
        (EntryKind.INSURANCE, Account.CUSTOMER_RECEIVABLE): 258,
        (EntryKind.EXTRA, Account.CUSTOMER_RECEIVABLE): 129,
        (EntryKind.CARRIER_COST, Account.CARRIER_COST): 700,
        (EntryKind.INSURANCE, Account.CARRIER_COST): 200,
        (EntryKind.EXTRA, Account.CARRIER_COST): 100,
    }
    assert {entry.booking_reference for entry in entries if entry.account in OURS} == {"ref"}
    assert {entry.carrier for entry in entries if entry.account not in OURS} == {None}
    undone = ledger.reversal(ledger.standing(entries), step="cancelled", at=NOW)
    await stores.deliveries.record(move(it, line(2), entries=undone))
    assert ledger.standing(await stores.deliveries.entries(it.id)) == ()


@pytest.mark.parametrize("change", [
    {"money": brl(1)}, {"account": Account.ADJUSTMENTS}, {"reverses": "ent_of_nothing"},
], ids=["another amount", "another account", "nothing there"])  # fmt: skip
async def test_a_reversal_that_mirrors_nothing_is_refused_by_the_database(sql, change):
    it = delivery()
    booked = charge(it)
    await sql.deliveries.record(move(it, line(1), entries=booked))
    first, *rest = ledger.reversal(booked, step="cancelled", at=NOW)
    mended = (first.model_copy(update=change), *rest)
    with pytest.raises(DeliveryDiverged):
        await sql.deliveries.record(move(it, line(2), entries=mended))
    assert len(await sql.deliveries.entries(it.id)) == 4


async def test_what_is_reversed_is_not_reversed_again(sql):
    it = delivery()
    booked = charge(it)
    await sql.deliveries.record(move(it, line(1), entries=booked))
    await sql.deliveries.record(move(it, line(2), entries=ledger.reversal(booked, step="cancelled", at=NOW)))
    again = RecordMove(delivery=it.model_copy(update={"seq": 3}), lines=(line(3),),
                       entries=ledger.reversal(booked, step="forced", at=NOW))  # fmt: skip
    with pytest.raises(DeliveryDiverged):
        await sql.deliveries.record(again)


async def test_a_statement_is_read_from_its_index(sql, engines):
    """However many entries others have: an organisation's balance never looks at theirs."""
    organisation, _ = await posted(sql, 2)
    query = text("""
        EXPLAIN SELECT currency, account, sum(amount) FROM ledger.entries
        WHERE organisation_id = :organisation AND posted_at < now() GROUP BY currency, account
    """)
    async with engines["owner"].connect() as connection:
        await connection.execute(text("SET enable_seqscan = off"))
        plan = "\n".join(await connection.scalars(query, {"organisation": organisation}))
        await connection.execute(text("RESET enable_seqscan"))
    assert "entries_statement" in plan, plan
