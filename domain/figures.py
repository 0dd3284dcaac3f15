"""What people ask of many deliveries at once: rates with what they are made of, times, money, reasons."""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable
from datetime import date
from enum import StrEnum

from pydantic import Field

from domain._values import Value
from domain.money import Currency, Money


class Measure(StrEnum):
    """What is counted; every figure is made of sums of these, so that any two spans of days can be added."""

    REQUESTED = "requested"
    QUOTED = "quoted"  # deliveries that got offers, on the day of their first
    CONVERTED = "converted"  # those of them that were booked whenever, on that same day
    BOOKED = "booked"  # bookings confirmed, whatever became of them
    ASKED = "asked"  # a carrier account asked for offers
    DECLINED = "declined"  # … that gave none; the code says why
    REFUSED = "refused"  # a carrier that would not do what it had offered, or gave it back
    STANDING = "standing"  # bookings not undone, on the day of the booking, as are …
    PRICE = "price"  # … their price, …
    COST = "cost"  # … and what we pay for them
    PICKUP_TIME = "pickup_time"  # how many took so long from booking to pickup; the code is the bucket
    PICKUP_SECONDS = "pickup_seconds"
    DELIVERY_TIME = "delivery_time"  # … from booking to delivery
    DELIVERY_SECONDS = "delivery_seconds"
    DELIVERED = "delivered"
    ON_TIME = "on_time"  # ended by when the carrier had promised
    LATE = "late"  # delivered later than that, or never
    SLA_KEPT = "sla_kept"
    SLA_BREACHED = "sla_breached"
    CREDIT = "credit"  # what broken promises were credited with
    ATTEMPT_FAILED = "attempt_failed"
    RETURNED = "returned"
    LOST = "lost"
    CANCELLED = "cancelled"
    FAILED = "failed"
    EXPIRED = "expired"


M = Measure

BOUNDS = tuple(round(60 * 2 ** (step / 4)) for step in range(61))
"""Upper bounds of the buckets that times are counted in, in seconds: a minute to three weeks, four to an octave. They
are fixed, so that buckets of any days, carriers and organisations can be added; one more holds what took longer."""


def bucket(seconds: int) -> int:
    """The number of the bucket."""
    return bisect_left(BOUNDS, seconds)


class Grouping(StrEnum):
    """What a series is drawn by."""

    DAY = "day"
    CARRIER = "carrier"
    SERVICE = "service"
    AREA = "area"


class FigureFilter(Value):
    """Which deliveries; `first` and `last` are days in the organisation's zone, both included."""

    first: date
    last: date
    organisation_id: str | None = None
    carrier: str | None = None
    service: str | None = None
    area: str | None = None


class Sum(Value):
    """How often, or how much, for one group. `carrier` is told apart for declines alone."""

    group: str
    measure: str
    code: str = ""
    carrier: str = ""
    currency: str = ""
    value: int


class Rate(Value):
    """A part of a whole, and both of them: the table behind a chart says what the chart says."""

    numerator: int
    denominator: int
    value: float | None = Field(description="four decimals; absent where there is nothing to divide by")

    @classmethod
    def of(cls, numerator: int, denominator: int) -> "Rate":
        """The part of the whole."""
        value = round(numerator / denominator, 4) if denominator else None
        return cls(numerator=numerator, denominator=denominator, value=value)


class Times(Value):
    """How long something took, in seconds; percentiles come from buckets: within a fifth at worst."""

    count: int
    mean: int | None = None
    p50: int | None = None
    p90: int | None = None
    p95: int | None = None
    buckets: dict[int, int] = Field(description="how many by upper bound in seconds; 0: longer than the last")

    @classmethod
    def of(cls, counts: dict[int, int], seconds: int) -> "Times":
        """Counts by bucket number, and the sum of all."""
        total = sum(counts.values())
        told = {BOUNDS[number] if number < len(BOUNDS) else 0: count for number, count in sorted(counts.items())}
        if not total:
            return cls(count=0, buckets={})
        ranks = {name: _percentile(counts, total, part) for name, part in (("p50", 50), ("p90", 90), ("p95", 95))}
        return cls(count=total, mean=round(seconds / total), **ranks, buckets=told)


def _percentile(counts: dict[int, int], total: int, part: int) -> int:
    """Where so many of a hundred took no longer, on a straight line through the bucket it falls into."""
    rank, before = total * part / 100, 0
    for number, count in sorted(counts.items()):
        if before + count >= rank:
            low = BOUNDS[number - 1] if number else 0
            high = BOUNDS[min(number, len(BOUNDS) - 1)]
            return round(low + (high - low) * (rank - before) / count)
        before += count
    return BOUNDS[-1]


class Amounts(Value):
    """Money of the bookings that stand, in one currency, as agreed on booking; the ledger says what is owed."""

    bookings: int
    price: Money
    mean_price: Money
    cost: Money | None = Field(default=None, description="what we pay; for staff")


class Reason(Value):
    """How often something went so; `carrier` where it is a carrier's."""

    code: str
    count: int
    carrier: str | None = None


class Figures(Value):
    """Everything there is to say about some deliveries."""

    requested: int
    booked: int
    delivered: int
    returned: int
    lost: int
    expired: int
    on_time: Rate = Field(description="ended by the carrier's promise, of those that had one")
    sla: Rate = Field(description="contracts' promises kept, of those kept or broken")
    quote_to_book: Rate = Field(description="booked whenever, of those that got offers then")
    cancelled: Rate = Field(description="cancelled then, of those requested then")
    failed: Rate = Field(description="that no carrier would take, of those requested then")
    declined: Rate = Field(description="times a carrier gave no offer, of those it was asked")
    refused: Rate = Field(description="times a carrier would not do what it had offered, of that and its bookings")
    time_to_pickup: Times
    time_to_deliver: Times
    money: tuple[Amounts, ...]
    credits: tuple[Money, ...] = Field(description="what broken promises were credited with")
    declines: tuple[Reason, ...]
    refusals: tuple[Reason, ...]
    failures: tuple[Reason, ...]
    failed_attempts: tuple[Reason, ...]
    cancellations: tuple[Reason, ...]

    @classmethod
    def of(cls, sums: Iterable[Sum], *, with_cost: bool = False) -> "Figures":
        """Made of sums, of whatever groups."""
        kept = _Kept(sums)
        count = kept.count
        return cls(
            requested=count(M.REQUESTED),
            booked=count(M.BOOKED),
            delivered=count(M.DELIVERED),
            returned=count(M.RETURNED),
            lost=count(M.LOST),
            expired=count(M.EXPIRED),
            on_time=Rate.of(count(M.ON_TIME), count(M.ON_TIME) + count(M.LATE)),
            sla=Rate.of(count(M.SLA_KEPT), count(M.SLA_KEPT) + count(M.SLA_BREACHED)),
            quote_to_book=Rate.of(count(M.CONVERTED), count(M.QUOTED)),
            cancelled=Rate.of(count(M.CANCELLED), count(M.REQUESTED)),
            failed=Rate.of(count(M.FAILED), count(M.REQUESTED)),
            declined=Rate.of(count(M.DECLINED), count(M.ASKED)),
            refused=Rate.of(count(M.REFUSED), count(M.REFUSED) + count(M.BOOKED)),
            time_to_pickup=Times.of(kept.buckets(M.PICKUP_TIME), count(M.PICKUP_SECONDS)),
            time_to_deliver=Times.of(kept.buckets(M.DELIVERY_TIME), count(M.DELIVERY_SECONDS)),
            money=kept.money(with_cost),
            credits=tuple(kept.amount(M.CREDIT, currency) for currency in kept.currencies(M.CREDIT)),
            declines=kept.reasons(M.DECLINED),
            refusals=kept.reasons(M.REFUSED),
            failures=kept.reasons(M.FAILED),
            failed_attempts=kept.reasons(M.ATTEMPT_FAILED),
            cancellations=kept.reasons(M.CANCELLED),
        )


class Group(Figures):
    """The figures of one day, carrier, service or area; `none` where no carrier was chosen yet."""

    key: str


def series(sums: Iterable[Sum], *, with_cost: bool = False) -> tuple[Figures, tuple[Group, ...]]:
    """The totals, and each group by its key."""
    groups: dict[str, list[Sum]] = defaultdict(list)
    for one in sums:
        groups[one.group].append(one)
    totals = Figures.of([one for group in groups.values() for one in group], with_cost=with_cost)
    made = {key or "none": Figures.of(group, with_cost=with_cost) for key, group in sorted(groups.items())}
    return totals, tuple(Group(key=key, **dict(figures)) for key, figures in made.items())


class _Kept:
    """Sums by what they are of."""

    def __init__(self, sums: Iterable[Sum]) -> None:
        self._of: dict[str, list[Sum]] = defaultdict(list)
        for one in sums:
            self._of[one.measure].append(one)

    def count(self, measure: Measure) -> int:
        return sum(one.value for one in self._of[measure])

    def buckets(self, measure: Measure) -> dict[int, int]:
        found: dict[int, int] = defaultdict(int)
        for one in self._of[measure]:
            found[int(one.code)] += one.value
        return dict(found)

    def currencies(self, measure: Measure) -> list[str]:
        return sorted({one.currency for one in self._of[measure]})

    def amount(self, measure: Measure, currency: str) -> Money:
        total = sum(one.value for one in self._of[measure] if one.currency == currency)
        return Money.model_construct(amount=total, currency=Currency(currency))  # larger than any one delivery's

    def money(self, with_cost: bool) -> tuple[Amounts, ...]:
        made = []
        for currency in self.currencies(M.STANDING):
            bookings = sum(one.value for one in self._of[M.STANDING] if one.currency == currency)
            price = self.amount(M.PRICE, currency)
            if bookings:
                mean = Money(amount=round(price.amount / bookings), currency=price.currency)
                cost = self.amount(M.COST, currency) if with_cost else None
                made.append(Amounts(bookings=bookings, price=price, mean_price=mean, cost=cost))
        return tuple(made)

    def reasons(self, measure: Measure) -> tuple[Reason, ...]:
        found: dict[tuple[str, str], int] = defaultdict(int)
        for one in self._of[measure]:
            found[one.carrier, one.code] += one.value
        most = sorted(found.items(), key=lambda item: (-item[1], item[0]))
        return tuple(Reason(code=code or "none", count=n, carrier=carrier or None) for (carrier, code), n in most if n)
