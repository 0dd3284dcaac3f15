"""Figures beside the journal: every line once, whoever counts and however often; contracts."""

import asyncio
from datetime import timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from making import NOW, charge, delivery, fresh, line, move
from sqlalchemy import text

from domain.figures import FigureFilter, Figures, Grouping
from domain.quotes import Service
from domain.sla import Contract, Credit, SlaTerms
from storage.figures import SqlFigureStore

DAY = NOW.date()
ASKED = [{"carrier": "moto", "account": "a"}, {"carrier": "van", "account": "b", "reason": "busy"}]


def story(**more):
    """A delivery that was booked, as its lines tell it."""
    promised = (NOW + timedelta(hours=1)).isoformat()
    booked = {"carrier": "moto", "attempt": 1, "price": 1290, "currency": "BRL", "promised_at": promised}
    told = [
        ("delivery.requested", {"service": "express", "area": "BR-013"}),
        ("delivery.quoted", {"offers": 1, "asked": ASKED}),
        ("delivery.booking", {"carrier": "moto"}),
        ("delivery.booked", booked),
        *more.pop("then", [("delivery.delivered", {"occurred_at": NOW.isoformat()})]),
    ]
    return delivery(**more), [line(n, kind=kind, data=data) for n, (kind, data) in enumerate(told, 1)]


async def tell(stores, it, lines, portions=1):
    """A move at a time, so that other deliveries' lines come between."""
    for first in range(0, len(lines), portions):
        some = lines[first : first + portions]
        posted = charge(it) if any(one.kind == "delivery.booked" for one in some) else ()
        entries = tuple(entry.model_copy(update={"posted_at": some[-1].at}) for entry in posted)
        await stores.deliveries.record(move(it, *some, entries=entries))


async def counted(figures, limit=500):
    while await figures.fold(limit):
        pass


async def of(figures, organisation, by=Grouping.DAY):
    where = FigureFilter(first=DAY, last=DAY, organisation_id=organisation)
    return sorted(await figures.read(where, by), key=str)


async def test_what_was_told_is_counted_once_and_again_the_same(stores):
    it, lines = story()
    await tell(stores, it, lines)
    await counted(stores.figures)
    once = await of(stores.figures, it.organisation_id)
    told = Figures.of(once)
    assert (told.requested, told.booked, told.delivered, told.on_time.value) == (1, 1, 1, 1.0)
    assert [(d.carrier, d.code) for d in told.declines] == [("van", "busy")]
    await counted(stores.figures)
    seen = []
    assert await stores.figures.rebuild(lambda done, total: seen.append((done, total))) > 0
    assert await of(stores.figures, it.organisation_id) == once
    assert seen[-1][0] == seen[-1][1]


async def test_groups_and_filters_tell_the_same_deliveries(stores):
    it, lines = story()
    await tell(stores, it, lines)
    await counted(stores.figures)
    whose = it.organisation_id
    assert {s.group for s in await of(stores.figures, whose, Grouping.CARRIER)} == {"", "moto", "van"}
    assert {s.group for s in await of(stores.figures, whose, Grouping.AREA)} == {"BR-013"}
    assert {s.group for s in await of(stores.figures, whose)} == {str(DAY)}
    everybody = await of(stores.figures, None)
    theirs = Figures.of(await of(stores.figures, whose))
    assert Figures.of(everybody).requested >= theirs.requested == 1
    where = FigureFilter(first=DAY, last=DAY, organisation_id=whose, carrier="van")
    assert Figures.of(await stores.figures.read(where, Grouping.DAY)).declined.value == 1.0
    assert (
        await stores.figures.read(FigureFilter(first=DAY, last=DAY, organisation_id=fresh("org")), Grouping.DAY) == []
    )


async def test_what_we_pay_comes_from_the_ledger_and_what_it_adds_later_changes_nothing(sql):
    it, lines = story()
    await tell(sql, it, lines)
    await counted(sql.figures)
    more = line(len(lines) + 1, kind="scan.finished", data={})
    later = [
        entry.model_copy(update={"posted_at": NOW + timedelta(days=1)})
        for entry in charge(it, step="booked/1/fee", price=500, cost=500)
    ]
    await sql.deliveries.record(move(it, more, entries=tuple(later)))
    await sql.figures.rebuild(lambda *_: None)
    (money,) = Figures.of(await of(sql.figures, it.organisation_id), with_cost=True).money
    assert (money.price.amount, money.cost and money.cost.amount) == (1290, 1000)


THEN = st.lists(
    st.sampled_from([
        ("delivery.picked_up", {}), ("delivery.refused", {"reason": "busy"}),
        ("delivery.rebooking", {"carrier": "van"}),
        ("delivery.booked", {"carrier": "van", "attempt": 2, "price": 900, "currency": "BRL"}),
        ("delivery.delivered", {"occurred_at": NOW.isoformat()}), ("delivery.cancelled", {"reason": "other"}),
        ("promise.breached", {"reason": "late", "credit": 5, "currency": "BRL"}), ("scan.problem", {}),
    ]), max_size=6,
)  # fmt: skip


LIMITS = st.lists(st.integers(1, 9), min_size=1)


@settings(max_examples=3, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(stories=st.lists(THEN, min_size=1, max_size=4), limits=LIMITS, portions=st.integers(1, 4))
async def test_several_at_once_in_any_portions_count_what_a_rebuild_counts(sql, engines, stories, limits, portions):
    organisation = fresh("org")
    stores = [SqlFigureStore(engines["deliveries"]) for _ in range(3)]
    await counted(sql.figures)
    made = [story(then=then, organisation_id=organisation) for then in stories]

    async def count(store):
        for limit in limits:
            await store.fold(limit)

    await asyncio.gather(*(tell(sql, it, lines, portions) for it, lines in made), *map(count, stores))
    await counted(sql.figures, limits[0])
    once, everybodys = await of(sql.figures, organisation), await of(sql.figures, None)
    await sql.figures.rebuild(lambda *_: None)
    assert await of(sql.figures, organisation) == once
    assert await of(sql.figures, None) == everybodys
    assert Figures.of(once).requested == len(made)


async def test_nothing_is_left_of_earlier_editions_and_one_that_was_cut_short_changes_nothing(sql, engines):
    it, lines = story()
    await tell(sql, it, lines)
    await counted(sql.figures)

    class Killed(Exception):
        pass

    def kill(*_):
        raise Killed

    before = await of(sql.figures, it.organisation_id)
    try:
        await sql.figures.rebuild(kill)
    except Killed:
        assert await of(sql.figures, it.organisation_id) == before
    await sql.figures.rebuild(lambda *_: None)
    async with engines["deliveries"].connect() as connection:
        for table in ("editions", "lives", "sums"):
            assert await connection.scalar(text(f"SELECT count(DISTINCT edition) FROM figures.{table}")) == 1
    assert await of(sql.figures, it.organisation_id) == before


async def test_a_contract_is_kept_replaced_told_and_ended(stores):
    whose, express = fresh("org"), Service.EXPRESS
    assert await stores.contracts.terms(whose, express) is None
    first = Contract(organisation_id=whose, service=express, terms=SlaTerms())
    second = first.model_copy(update={"terms": SlaTerms(tolerance=timedelta(minutes=5), credit=Credit(percent=10))})
    for one in (first, second):
        await stores.contracts.put(one, "usr_s")
    assert await stores.contracts.terms(whose, express) == second.terms
    assert await stores.contracts.contracts(whose) == [second]
    assert second in await stores.contracts.contracts()
    assert await stores.contracts.delete(whose, express, "usr_s")
    assert not await stores.contracts.delete(whose, express, "usr_s")
    assert [one.kind for one in await stores.journal.of(whose)] == ["contract.put", "contract.put", "contract.ended"]
