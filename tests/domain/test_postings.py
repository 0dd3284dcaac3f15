"""What each step posts: examples, and random lives with crashes, in which every sum is zero and nothing posts twice."""

import asyncio
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import fakes
from hypothesis import given, settings
from hypothesis import strategies as st
from making import booking, delivery, line, move

from domain import ledger
from domain.deliveries import Delivery
from domain.ledger import Account, Entry, EntryKind, Holder
from domain.money import Currency, Money
from domain.postings import Book, booked
from domain.quotes import Component, Offer

NOW = datetime(2030, 5, 1, 12, tzinfo=UTC)


def money(amount: int, currency: Currency = Currency.BRL) -> Money:
    return Money(amount=amount, currency=currency)


def offer(price: int, cost: int, currency: Currency = Currency.BRL, **parts: int) -> Offer:
    return Offer(
        id="off_1", carrier="moto", carrier_account="rapido", service="x", price=money(price, currency),
        cost=money(cost, currency), expires_at=NOW,
        breakdown=tuple(Component(code=c, label=c, amount=money(a, currency)) for c, a in parts.items()),
    )  # fmt: skip


def book(*entries: Entry) -> Book:
    return Book("del_1", "org_1", entries, NOW)


def net(entries: Any) -> dict[str, int]:
    sums: Counter[str] = Counter()
    for entry in entries:
        sums[entry.account] += entry.money.amount
    return {account: amount for account, amount in sums.items() if amount}


# ── examples ──────────────────────────────────────────────────────────────────────────────────────────────


def test_a_life_of_corrections_and_its_end() -> None:
    held = booking(attempt=1, cost=money(1000))
    entries = book().reserve(1, money(1290))
    assert net(entries) == {"customer_reserved": 1290, "reservations": -1290}
    entries += book(*entries).release()
    entries += book(*entries).book(offer(1290, 1000, base=800, insurance=200), held)
    assert net(entries) == {
        "customer_receivable": 1290, "revenue": -1290, "carrier_cost": 1000, "carrier_payable": -1000,
    }  # fmt: skip
    for cost in (1100, 1100, 900):
        entries += book(*entries).correct_cost(held.model_copy(update={"cost": money(cost)}))
    assert net(entries)["carrier_payable"] == -900
    assert [e.step for e in entries if e.kind is EntryKind.CARRIER_FEE][::2] == ["booked/1/final/1", "booked/1/final/2"]
    entries += book(*entries).cancellation_fee(1, money(300), Holder(carrier="moto", carrier_account="rapido"))
    entries += book(*entries).reverse("cancelled", awaited=[booked(1)])
    assert net(entries)["carrier_payable"] == -1200
    entries += book(*entries).pass_on_fee(1)
    entries += book(*entries).refund(booked(1))
    assert net(entries) == {
        "customer_receivable": 300, "revenue": -300, "carrier_cost": 300, "carrier_payable": -300,
    }  # fmt: skip


def test_parts_that_do_not_fit_the_cost_are_not_told_apart() -> None:
    for parts in ({"vat": 1001}, {"discount": -1}, {f"part_{n}": 1 for n in range(13)}):
        assert len(book().book(offer(1290, 1000, **parts), booking(attempt=1))) == 4
    assert len(book().book(offer(1290, 1000, vat=1000), booking(attempt=1))) == 4  # all of it is one part
    odd = book().book(offer(1, 3, vat=1, base=2), booking(attempt=1))
    assert net(odd) == {"customer_receivable": 1, "revenue": -1, "carrier_cost": 3, "carrier_payable": -3}


def test_a_carriers_other_currency_never_enters_the_books() -> None:
    held = booking(attempt=1, cost=money(10, Currency.USD))
    entries = book().book(offer(1290, 1000), held)
    assert {entry.money.currency for entry in entries} == {Currency.BRL}
    assert book(*entries).correct_cost(held) == ()


# ── random lives ──────────────────────────────────────────────────────────────────────────────────────────

AMOUNT = st.integers(1, 100_000)
MOVES = st.one_of(
    st.tuples(st.just("accept"), AMOUNT, AMOUNT, st.lists(st.integers(0, 50_000), max_size=3)),
    st.tuples(st.just("yes"), AMOUNT),
    st.tuples(st.just("final price"), AMOUNT),
    st.tuples(st.just("refuse")),
    st.tuples(st.just("change carrier"), st.booleans(), st.none() | AMOUNT),
    st.tuples(st.just("cancel"), st.booleans(), st.none() | AMOUNT),
    st.tuples(st.just("paid back")),
    st.tuples(st.just("crash")),
)


class Life:
    """A delivery's money as the workflow posts it, recorded move by move; impossible moves are passed over."""

    def __init__(self, currency: Currency) -> None:
        self.store = fakes.InMemoryDeliveryStore()
        self.delivery: Delivery = delivery()
        self.currency = currency
        self.entries: list[Entry] = []
        self.status, self.attempt, self.seq = "quoted", 0, 0
        self.offer: Offer | None = None
        self.held: Any = None
        self.awaited: list[str] = []
        self.told: Any = None
        self.owed = 0

    def books(self) -> Book:
        at = NOW + timedelta(seconds=self.seq)
        return Book(self.delivery.id, self.delivery.organisation_id, tuple(self.entries), at)

    async def record(self, *more: tuple[Entry, ...]) -> None:
        posted: list[Entry] = []
        for entries in more:
            posted += entries
        self.seq += 1
        self.told = move(self.delivery, line(self.seq, at=NOW), entries=tuple(posted))
        await self.store.record(self.told)

    def post(self, entries: tuple[Entry, ...]) -> tuple[Entry, ...]:
        self.entries += entries
        return entries

    async def crash(self) -> None:
        """After the commit, before anybody knew: told again, later, with another line behind it."""
        if self.told is None:
            return
        late = tuple(e.model_copy(update={"posted_at": e.posted_at + timedelta(hours=1)}) for e in self.told.entries)
        self.seq += 1
        lines = (*self.told.lines, line(self.seq, at=NOW))
        self.told = move(self.delivery, *lines[-2:], entries=late)
        await self.store.record(self.told)
        await self.store.record(self.told)

    async def accept(self, price: int, cost: int, parts: list[int]) -> None:
        if self.status not in ("quoted", "booking"):
            return
        codes = ("base", "insurance", "toll")
        self.offer = offer(price, cost, self.currency, **dict(zip(codes, parts, strict=False)))
        self.attempt, self.status, self.held = self.attempt + 1, "booking", None
        await self.record(self.post(self.books().reserve(self.attempt, self.offer.price)))

    async def yes(self, cost: int) -> None:
        if self.status != "booking" or self.offer is None:
            return
        self.held = booking(attempt=self.attempt, cost=money(cost, self.currency))
        self.status, self.owed = "booked", self.offer.price.amount
        await self.record(self.post(self.books().release()), self.post(self.books().book(self.offer, self.held)))

    async def final_price(self, cost: int) -> None:
        if self.held is not None:
            self.held = self.held.model_copy(update={"cost": money(cost, self.currency)})
            await self.record(self.post(self.books().correct_cost(self.held)))

    async def _off(self, step: str, later: bool, fee: int | None) -> list[tuple[Entry, ...]]:
        done = []
        if later and self.held is not None and self.status == "booked":
            self.awaited.append(booked(self.attempt))
        if fee is not None:
            holder = Holder(carrier="moto", carrier_account="rapido")
            charged = money(fee, self.currency)
            done.append(self.post(self.books().cancellation_fee(self.attempt, charged, holder)))
        done.append(self.post(self.books().release()))
        done.append(self.post(self.books().reverse(step, awaited=self.awaited)))
        self.owed = 0
        return done

    async def refuse(self) -> None:
        if self.status in ("booking", "booked"):
            done = await self._off(f"refused/{self.attempt}", later=False, fee=None)
            self.status, self.held = "quoted", None
            await self.record(*done)

    async def change_carrier(self, later: bool, fee: int | None) -> None:
        if self.status in ("booking", "booked"):
            done = await self._off(f"changed/{self.attempt}", later, fee)
            self.status, self.held = "quoted", None
            await self.record(*done)

    async def cancel(self, later: bool, fee: int | None) -> None:
        if self.status == "over":
            return
        called_off = self.status in ("booking", "booked")
        done = await self._off("cancelled", later, fee if called_off else None)
        done.append(self.post(self.books().pass_on_fee(self.attempt) if called_off else ()))
        self.status = "over"
        self.owed = sum(e.money.amount for e in done[-1] if e.account is Account.CUSTOMER_RECEIVABLE)
        await self.record(*done)

    async def paid_back(self) -> None:
        if self.awaited:
            await self.record(self.post(self.books().refund(self.awaited.pop())))

    def check(self) -> None:
        kept = self.store.posted[self.delivery.id]
        assert not ledger.imbalance(kept)
        assert [e.id for e in kept] == [e.id for e in self.entries], "what was posted is what is kept, once"
        assert max(Counter((e.step, e.account) for e in kept).values(), default=1) == 1
        assert max(Counter(e.reverses for e in kept if e.reverses).values(), default=1) == 1
        sums = net(kept)
        price = self.offer.price.amount if self.offer else 0
        assert sums.get("customer_reserved", 0) == (price if self.status == "booking" else 0)
        assert sums.get("customer_receivable", 0) == self.owed
        if self.status == "booked" and not self.awaited and not any("voided" in e.step for e in kept):
            assert -sums.get("carrier_payable", 0) == self.held.cost.amount
        if self.status == "over" and not self.awaited and not any("voided" in e.step for e in kept):
            assert sums == {}


@settings(max_examples=150, deadline=None)
@given(st.lists(MOVES, max_size=25), st.sampled_from([Currency.BRL, Currency.USD]))
def test_whatever_happens_every_sum_is_zero_and_nothing_posts_twice(moves: list[Any], currency: Currency) -> None:
    async def lived() -> None:
        life = Life(currency)
        for name, *told in moves:
            await getattr(life, name.replace(" ", "_"))(*told)
            life.check()

    asyncio.run(lived())
