"""Corrections by hand: posted once, above a limit only when another agrees, and told to whom they concern."""

import asyncio
from datetime import UTC, datetime
from functools import partial

import pytest
from making import booking, brl, charge, delivery, fresh, held, line, move
from sqlalchemy import text

from domain import errors, ledger
from domain.adjustments import AdjustmentKind, AdjustmentStatus, Change
from domain.deliveries import RecordMove
from domain.money import Currency, Money
from domain.postings import Book, holder_of

LIMIT = 1000


@pytest.fixture
async def it(stores):
    made = delivery()
    await stores.deliveries.record(move(made, entries=charge(made, holder=held(fresh("ref")))))
    return made


def change(it, amount: int = 500, kind: str = "customer", **more) -> Change:
    values = {"delivery_id": it.id, "kind": kind, "money": brl(amount), "reason": "damaged_parcel"}
    return Change.model_validate({**values, **more})


async def standing(stores, it) -> dict[str, int]:
    sums: dict[str, int] = {}
    for entry in await stores.deliveries.entries(it.id):
        sums[entry.account] = sums.get(entry.account, 0) + entry.money.amount
    return sums


async def test_a_small_one_is_posted_at_once_and_once(stores, it):
    its_id = fresh("adj")
    made, before = await stores.adjustments.propose(its_id, change(it, -200), "usr_a", LIMIT)
    again, known = await stores.adjustments.propose(its_id, change(it, -200), "usr_a", LIMIT)
    assert (made.status, made.decided_by, before, known) == (AdjustmentStatus.POSTED, None, False, True)
    assert again == made == await stores.adjustments.get(its_id)
    assert await standing(stores, it) == {
        "customer_receivable": 1090, "revenue": -1290, "adjustments": 200, "carrier_cost": 1000,
        "carrier_payable": -1000,
    }  # fmt: skip
    [told] = await stores.journal.of(its_id)
    assert (told.kind, told.actor, told.organisation_id) == ("adjustment.posted", "usr_a", it.organisation_id)
    with pytest.raises(errors.IdempotencyKeyReused):
        await stores.adjustments.propose(its_id, change(it, -201), "usr_a", LIMIT)


async def test_above_the_limit_nothing_is_posted_until_another_agrees(stores, it):
    its_id = fresh("adj")
    made, _ = await stores.adjustments.propose(its_id, change(it, 1001, "refund"), "usr_a", LIMIT)
    assert made.status is AdjustmentStatus.PROPOSED
    assert (await standing(stores, it))["customer_receivable"] == 1290
    with pytest.raises(errors.OwnProposal):
        await stores.adjustments.decide(its_id, "usr_a", agreed=True)
    done = await stores.adjustments.decide(its_id, "usr_b", agreed=True)
    assert await stores.adjustments.decide(its_id, "usr_b", agreed=True) == done
    assert (done.status, done.decided_by) == (AdjustmentStatus.POSTED, "usr_b")
    sums = await standing(stores, it)
    assert (sums["customer_receivable"], sums["refunds"]) == (289, 1001)
    for actor, agreed in (("usr_c", True), ("usr_b", False)):
        with pytest.raises(errors.AlreadyDecided):
            await stores.adjustments.decide(its_id, actor, agreed=agreed)
    assert [told.kind for told in await stores.journal.of(its_id)] == ["adjustment.proposed", "adjustment.approved"]


async def test_what_is_rejected_is_never_posted(stores, it):
    its_id, before = fresh("adj"), await standing(stores, it)
    await stores.adjustments.propose(its_id, change(it, 5000), "usr_a", LIMIT)
    await stores.adjustments.decide(its_id, "usr_b", agreed=False)
    assert await standing(stores, it) == before
    with pytest.raises(errors.AlreadyDecided):
        await stores.adjustments.decide(its_id, "usr_c", agreed=True)


async def test_a_large_one_in_small_pieces_needs_another_too(stores, it):
    first, _ = await stores.adjustments.propose(fresh("adj"), change(it, 600), "usr_a", LIMIT)
    second, _ = await stores.adjustments.propose(fresh("adj"), change(it, -600), "usr_a", LIMIT)
    others, _ = await stores.adjustments.propose(fresh("adj"), change(it, 600), "usr_b", LIMIT)
    assert [one.status for one in (first, second, others)] == ["posted", "proposed", "posted"]


async def test_a_carriers_cost_is_corrected_at_its_booking_and_not_told_to_the_customer(stores, it):
    its_id = fresh("adj")
    await stores.adjustments.propose(its_id, change(it, 150, "carrier"), "usr_a", LIMIT)
    booked, *_ = [e for e in await stores.deliveries.entries(it.id) if e.account in ledger.OURS]
    posted = [e for e in await stores.deliveries.entries(it.id) if e.step == its_id]
    assert {(e.account, e.money.amount) for e in posted} == {("carrier_cost", 150), ("carrier_payable", -150)}
    assert {e.booking_reference for e in posted} == {booked.booking_reference}
    [told] = await stores.journal.of(its_id)
    assert told.organisation_id is None


class Booked:
    """A booking whose carrier names its price again: what its workflow posts, which knows its own entries alone."""

    def __init__(self, stores, cost: int = 1000):
        self.stores, self.it, self.booking = stores, delivery(), booking()
        self.own = charge(self.it, cost=cost, holder=holder_of(self.booking))
        self.seq = 1

    async def begun(self) -> "Booked":
        await self.stores.deliveries.record(move(self.it, entries=self.own))
        return self

    async def names(self, *costs: int) -> RecordMove:
        """In one move."""
        self.seq += 1
        before = len(self.own)
        for cost in costs:
            named = self.booking.model_copy(update={"cost": brl(cost)})
            book = Book(self.it.id, self.it.organisation_id, self.own, datetime.now(UTC))
            self.own = (*self.own, *book.correct_cost(named))
        told = move(self.it, line(self.seq, kind="scan.finished"), entries=self.own[before:])
        await self.stores.deliveries.record(told)
        return told

    async def cost(self) -> int:
        sums = await standing(self.stores, self.it)
        assert sums["carrier_cost"] == -sums["carrier_payable"]
        return sums["carrier_cost"]


async def test_a_price_that_staff_knew_before_its_carrier_names_it_is_counted_once(stores):
    booked = await Booked(stores).begun()
    fix = partial(change, booked.it, kind="carrier")
    await stores.adjustments.propose(fresh("adj"), fix(100), "usr_a", LIMIT)
    await stores.adjustments.propose(fresh("adj"), fix(50), "usr_a", LIMIT)
    assert await booked.cost() == 1150
    told = await booked.names(1150)
    assert await booked.cost() == 1150
    await stores.adjustments.propose(fresh("adj"), fix(-30), "usr_a", LIMIT)
    await stores.deliveries.record(told)  # told again, after a crash
    await booked.names(1150)  # nothing new
    assert await booked.cost() == 1120
    await booked.names(1300)
    assert await booked.cost() == 1300
    await stores.adjustments.propose(fresh("adj"), fix(40), "usr_a", LIMIT)
    await booked.names(1200, 900)
    assert await booked.cost() == 900


async def test_what_else_staff_corrected_stands_whatever_a_carrier_names(stores):
    booked = await Booked(stores).begun()
    other = held(fresh("ref"), "another")
    await stores.adjustments.propose(fresh("adj"), change(booked.it, -200), "usr_a", LIMIT)
    await stores.adjustments.propose(fresh("adj"), change(booked.it, 70, "carrier", holder=other), "usr_b", LIMIT)
    await booked.names(1300)
    assert await booked.cost() == 1370
    assert (await standing(stores, booked.it))["customer_receivable"] == 1090


async def test_what_was_proposed_before_its_carrier_named_a_price_is_not_posted_on_top(stores):
    booked, its_id = await Booked(stores).begun(), fresh("adj")
    made, _ = await stores.adjustments.propose(its_id, change(booked.it, 2000, "carrier"), "usr_a", LIMIT)
    assert made.status is AdjustmentStatus.PROPOSED
    await booked.names(3000)
    with pytest.raises(errors.CostChanged):
        await stores.adjustments.decide(its_id, "usr_b", agreed=True)
    assert await booked.cost() == 3000
    rejected = await stores.adjustments.decide(its_id, "usr_b", agreed=False)
    assert rejected.status is AdjustmentStatus.REJECTED
    again, _ = await stores.adjustments.propose(fresh("adj"), change(booked.it, 2000, "carrier"), "usr_a", LIMIT)
    await stores.adjustments.decide(again.id, "usr_b", agreed=True)
    assert await booked.cost() == 5000


async def test_what_cannot_be_is_not_proposed(stores, it):
    bare = delivery()
    await stores.deliveries.record(move(bare))
    dollars = Money(amount=1, currency=Currency.USD)
    for wrong, error in (
        (change(it, delivery_id=fresh("del")), errors.NotFound),
        (change(bare, kind="carrier"), errors.NothingBooked),
        (change(it, kind="carrier", booking_reference="another"), errors.NothingBooked),
        (change(it, money=dollars), errors.Invalid),
    ):
        its_id = fresh("adj")
        with pytest.raises(error):
            await stores.adjustments.propose(its_id, wrong, "usr_a", LIMIT)
        assert await stores.adjustments.get(its_id) is None
        assert await stores.journal.of(its_id) == []
    with pytest.raises(errors.NotFound):
        await stores.adjustments.decide(fresh("adj"), "usr_a", agreed=True)


async def test_pages_are_newest_first_and_narrowed(stores, it):
    made = [(await stores.adjustments.propose(fresh("adj"), change(it, 900), "usr_a", LIMIT))[0] for _ in range(3)]
    page, cursor = await stores.adjustments.page(None, it.id, 2, None)
    rest, end = await stores.adjustments.page(None, it.id, 2, cursor)
    assert ([*page, *rest], end) == (made[::-1], None)
    waiting, _ = await stores.adjustments.page(AdjustmentStatus.PROPOSED, it.id, 9, None)
    assert waiting == made[:0:-1]
    with pytest.raises(errors.Invalid):
        await stores.adjustments.page(None, None, 2, "x")


async def test_the_same_from_many_at_once_is_posted_once(sql):
    it = delivery()
    await sql.deliveries.record(move(it, entries=charge(it)))
    its_id, same = fresh("adj"), change(it, 100)
    await asyncio.gather(*(sql.adjustments.propose(its_id, same, "usr_a", LIMIT) for _ in range(6)))
    pieces = await asyncio.gather(
        *(sql.adjustments.propose(fresh("adj"), change(it, 400), "usr_a", LIMIT) for _ in range(6))
    )
    assert sorted(one.status for one, _ in pieces) == ["posted"] * 2 + ["proposed"] * 4
    assert (await standing(sql, it))["customer_receivable"] == 1290 + 100 + 800


async def test_the_database_knows_that_it_takes_two(sql, engines):
    it, its_id = delivery(), fresh("adj")
    await sql.deliveries.record(move(it, entries=charge(it)))
    await sql.adjustments.propose(its_id, change(it, 5000), "usr_a", LIMIT)
    for decided_by in ("'usr_a'", "NULL"):
        attempt = f"""
            UPDATE ledger.adjustments SET status = 'posted', decided_by = {decided_by}, decided_at = now()
            WHERE id = :id
        """
        async with engines["deliveries"].connect() as connection:
            with pytest.raises(Exception, match="adjustments_"):
                await connection.execute(text(attempt), {"id": its_id})


def test_a_refund_is_told_positive_and_a_change_changes_something():
    for kind, amount in (("refund", -1), ("customer", 0)):
        with pytest.raises(ValueError):
            Change(delivery_id=fresh("del"), kind=AdjustmentKind(kind), money=brl(amount), reason="x")
