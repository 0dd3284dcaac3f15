"""Counting lines once or again, in whatever portions, and what the sums then say."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain import audit
from domain.counting import Counter, Counts, Life
from domain.figures import BOUNDS, Figures, Measure, Sum, Times, bucket
from domain.money import Currency, Money
from domain.places import Address

NOON = datetime(2030, 5, 1, 12, tzinfo=UTC)
COSTS = {"booked/1": Money(amount=1000, currency=Currency.BRL)}


def line(kind, at=NOON, **data):
    told = {"seq": 1, "kind": kind, "actor": "system", "at": at, "data": data, "id": 1, "txid": 1, "subject": "del_1"}
    return audit.JournalLine.model_validate({**told, "organisation_id": "org_1", "prev_hash": "", "hash": ""})


REQUESTED = line("delivery.requested", service="express", area="BR-045")
ASKED = [{"carrier": "moto"}, {"carrier": "van", "reason": "busy"}]
QUOTED = line("delivery.quoted", offers=1, asked=ASKED)
BOOKING = line("delivery.booking", carrier="moto")
BOOKED = line(
    "delivery.booked", carrier="moto", attempt=1, price=1290, currency="BRL",
    promised_at=(NOON + timedelta(hours=1)).isoformat(),
)  # fmt: skip


def delivered(minutes):
    at = NOON + timedelta(minutes=minutes)
    return line("delivery.delivered", NOON + timedelta(days=1), occurred_at=at.isoformat())


def counted(*lines) -> Counts:
    counter = Counter(Life(), COSTS)
    for one in lines:
        counter.take(one)
    return counter.counts


def figures(*lines) -> Figures:
    sums = [
        Sum(
            group="",
            measure=c.measure,
            code=c.code,
            carrier=c.carrier if c.measure == "declined" else "",
            currency=c.currency,
            value=v,
        )
        for c, v in counted(*lines).items()
    ]
    return Figures.of(sums, with_cost=True)


def test_a_delivery_on_time_says_how_long_it_took_and_what_it_was_worth():
    underway = line("delivery.picked_up", occurred_at=(NOON + timedelta(minutes=10)).isoformat())
    told = figures(REQUESTED, QUOTED, BOOKING, BOOKED, underway, delivered(40))
    assert (told.on_time.numerator, told.on_time.denominator, told.on_time.value) == (1, 1, 1.0)
    assert (told.time_to_pickup.mean, told.time_to_deliver.mean) == (600, 2400)
    assert told.quote_to_book.value == 1.0
    assert [(m.bookings, m.price.amount, m.cost and m.cost.amount) for m in told.money] == [(1, 1290, 1000)]
    assert [(r.carrier, r.code, r.count) for r in told.declines] == [("van", "busy", 1)]
    assert (told.declined.numerator, told.declined.denominator) == (1, 2)


def test_the_carriers_time_decides_what_is_late_not_when_we_heard_of_it():
    assert figures(REQUESTED, BOOKING, BOOKED, delivered(61)).on_time.value == 0.0
    assert figures(REQUESTED, BOOKING, BOOKED, delivered(60)).on_time.value == 1.0
    assert figures(REQUESTED, BOOKING, BOOKED, line("delivery.lost")).on_time.value == 0.0


def test_what_is_undone_costs_nothing_and_stays_booked():
    told = figures(REQUESTED, QUOTED, BOOKING, BOOKED, line("delivery.cancelled", reason="too_slow"))
    assert (told.money, told.booked, told.quote_to_book.numerator) == ((), 1, 1)
    assert [(r.code, r.count) for r in told.cancellations] == [("too_slow", 1)]


def test_a_day_is_the_organisations():
    late = datetime(2030, 5, 2, 1, tzinfo=UTC)
    days = {
        zone: {cell.day for cell in counted(line("delivery.requested", late, timezone=zone))}
        for zone in ("America/Sao_Paulo", "Asia/Tokyo")
    }
    assert days == {"America/Sao_Paulo": {date(2030, 5, 1)}, "Asia/Tokyo": {date(2030, 5, 2)}}


def test_promises_and_their_credits_are_counted():
    breached = line("promise.breached", reason="late", credit=129, currency="BRL")
    told = figures(REQUESTED, BOOKING, BOOKED, breached)
    assert (told.sla.numerator, told.sla.denominator) == (0, 1)
    assert [(money.amount, money.currency) for money in told.credits] == [(129, "BRL")]


KINDS = st.sampled_from(
    [REQUESTED, QUOTED, BOOKING, BOOKED, delivered(40), delivered(90), line("delivery.rebooking", carrier="van"),
     line("delivery.refused", reason="busy"), line("delivery.cancelled"), line("delivery.picked_up"),
     line("promise.kept"), line("scan.delivered"), line("delivery.attention"), line("delivery.failed", asked=ASKED)]
)  # fmt: skip


@given(st.lists(KINDS, max_size=30), st.lists(st.integers(0, 30), max_size=6))
def test_portions_do_not_matter(story, cuts):
    """As the store does it: what is remembered is written down between portions."""
    edges, life, total = [0, *sorted(cuts), len(story)], Life(), Counts()
    for first, last in pairwise(edges):
        counter = Counter(Life.model_validate_json(life.model_dump_json(exclude_defaults=True)), COSTS)
        for one in story[first:last]:
            counter.take(one)
        life = counter.life
        for cell, value in counter.counts.items():
            total[cell] = total.get(cell, 0) + value
    assert {k: v for k, v in total.items() if v} == {k: v for k, v in counted(*story).items() if v}
    money = [v for k, v in total.items() if k.measure in (Measure.STANDING, Measure.PRICE, Measure.COST)]
    assert all(value >= 0 for value in money)


@given(st.lists(st.integers(0, BOUNDS[-1]), min_size=1, max_size=200), st.integers(0, 200))
def test_percentiles_of_merged_buckets_are_right_to_a_bucket(seconds, cut):
    counts: dict[int, int] = {}
    for part in (seconds[:cut], seconds[cut:]):
        for took in part:
            counts[bucket(took)] = counts.get(bucket(took), 0) + 1
    told = Times.of(counts, sum(seconds))
    exact = sorted(seconds)[-(-len(seconds) * 90 // 100) - 1]
    assert told.p90 is not None
    upper = BOUNDS[bucket(exact)]
    lower = BOUNDS[bucket(exact) - 1] if bucket(exact) else 0
    assert lower <= told.p90 <= upper
    assert sum(told.buckets.values()) == len(seconds)


@pytest.mark.parametrize("code", ["01310200", "01310-200"])
def test_an_area_is_country_and_the_codes_beginning(code):
    where = {"street": "x", "number": "1", "district": "x", "city": "x", "state": "SP"}
    assert Address.model_validate({**where, "postal_code": code}).area == "BR-013"
    assert Address.model_validate({**where, "postal_code": "1000", "country": "PT"}).area == "PT-10"
