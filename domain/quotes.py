"""What carriers offer, how offers compare, and when they end."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated, Any, Self

from pydantic import Field, model_validator

from domain._values import Code, Line, Request, Text, Timestamp, Value, Whole
from domain.money import Currency, Money
from domain.parcels import Parcel
from domain.places import Country, Stop


class Service(StrEnum):
    """Express is promised within the day and checked for availability; standard is not."""

    EXPRESS = "express"
    STANDARD = "standard"


class Rule(StrEnum):
    """How to choose when nobody does by hand."""

    CHEAPEST = "cheapest"
    FASTEST = "fastest"
    BEST_VALUE = "best_value"
    CHEAPEST_BY = "cheapest_by"


class Choice(Request):
    """A choosing rule; `by` belongs to `cheapest_by` alone."""

    rule: Rule
    by: Timestamp | None = None

    @model_validator(mode="after")
    def _by_goes_with_cheapest_by(self) -> Self:
        if (self.rule is Rule.CHEAPEST_BY) != (self.by is not None):
            raise ValueError("by: required with cheapest_by, and only there")
        return self


class AccountRef(Value):
    """A carrier and whose credentials at it: in every offer, booking, scan key and webhook address."""

    carrier: Code = Field(examples=["open_delivery"])
    account: Code = Field(examples=["ligeiro"])

    def __str__(self) -> str:
        return f"{self.carrier}/{self.account}"


class CarrierAccount(Value):
    """An account at a carrier: where it is reached, with what, what it is asked for, and our margin on its prices.

    `settings` and `credentials` are the adapter's own fields; credentials never leave the server.
    """

    carrier: Code
    account: Code
    name: Line
    enabled: bool = True
    services: tuple[Service, ...] = (Service.EXPRESS, Service.STANDARD)
    countries: tuple[Country, ...] = Field(default=(), description="where both ends must lie; empty: anywhere")
    margin_percent: Annotated[int, Field(ge=0, le=1000)] = 0
    settings: dict[str, Any] = Field(default_factory=dict)
    credentials: dict[str, str] = Field(default_factory=dict, repr=False)

    @property
    def ref(self) -> AccountRef:
        """The account without what it holds."""
        return AccountRef(carrier=self.carrier, account=self.account)


class QuoteRequest(Value):
    """What a carrier needs to know to name a price."""

    service: Service = Service.EXPRESS
    pickup: Stop
    dropoff: Stop
    parcels: tuple[Parcel, ...]
    ready_at: Timestamp | None = Field(default=None, description="when it can be picked up; now if absent")
    deliver_by: Timestamp | None = None
    currency: Currency = Currency.BRL

    @property
    def weight_g(self) -> int:
        """All parcels together."""
        return sum(parcel.weight_g for parcel in self.parcels)

    @property
    def declared_value(self) -> Money:
        """All parcels together, in the request's currency."""
        values = (p.declared_value.amount for p in self.parcels if p.declared_value)
        return Money(amount=sum(values), currency=self.currency)


class Component(Value):
    """One line of a carrier's price."""

    code: str
    label: str
    amount: Money


class CarrierOffer(Value):
    """What a carrier's adapter returns: its own price (our `cost`) and promises, before our margin and expiry."""

    service: str = Field(description="the carrier's name for it", examples=["motorbike"])
    cost: Money
    breakdown: tuple[Component, ...] = ()
    pickup_eta_at: Timestamp | None = None
    delivery_eta_at: Timestamp | None = None
    delivery_days: Annotated[int, Field(ge=0, le=3650)] | None = None
    guaranteed: bool = False
    vehicle: str | None = None
    expires_at: Timestamp | None = None
    carrier_reference: str | None = Field(default=None, description="what to quote back when booking")


WITHIN_PERCENT = 10
WithinPercent = Annotated[
    Whole, Field(ge=0, le=1000, description="how much worse than the best a preferred offer may be and still be chosen")
]


class Offer(CarrierOffer):
    """A carrier's price for this delivery: `cost` is what we pay, `price` what the customer pays."""

    id: str = Field(examples=["off_0197…"])
    carrier: Code
    carrier_account: Code
    carrier_name: str = ""
    price: Money
    expires_at: Timestamp
    preferred: bool = Field(default=False, description="a rule of ours would rather have this account")
    within_percent: WithinPercent = WITHIN_PERCENT

    @property
    def ref(self) -> AccountRef:
        """Whose offer it is."""
        return AccountRef(carrier=self.carrier, account=self.carrier_account)

    def stands(self, now: datetime) -> bool:
        """Whether it can still be accepted."""
        return now < self.expires_at


LEFT_ALONE = "circuit_open"


class Decline(Value):
    """A carrier that made no offer, and why: `timeout`, `rejected`, `unavailable`, `region_not_served` …"""

    carrier: Code
    carrier_account: Code
    reason: Code
    detail: Text = ""

    @property
    def ref(self) -> AccountRef:
        """Whose it is."""
        return AccountRef(carrier=self.carrier, account=self.carrier_account)


class Quote(Value):
    """Every carrier's answer: who offers, who declined."""

    offers: tuple[Offer, ...] = ()
    declined: tuple[Decline, ...] = ()

    @property
    def unasked(self) -> bool:
        """Whether it is no answer at all: the carrier has failed so often that it was left alone for a moment."""
        return not self.offers and any(no.reason == LEFT_ALONE for no in self.declined)


_FAR_FUTURE = float("inf")


def _arrival(offer: Offer, now: datetime) -> float:
    """When it would arrive: as promised; else in as many days as it takes; else later than any other."""
    if offer.delivery_eta_at is not None:
        return offer.delivery_eta_at.timestamp()
    return _FAR_FUTURE if offer.delivery_days is None else (now + timedelta(days=offer.delivery_days)).timestamp()


def _lasts(offer: Offer, now: datetime) -> float:
    """Seconds until it arrives, at least one."""
    return max(1.0, _arrival(offer, now) - now.timestamp())


def ranked(offers: Iterable[Offer], choice: Choice, now: datetime) -> list[Offer]:
    """The offers that still stand and satisfy the rule, best first; ties go to the earlier arrival, then the id.

    `best_value` weighs price and duration alike, each relative to the best on the table. Preferred offers come before
    all others while they cost at most `within_percent` more than the rule's best and, where the rule looks at time,
    take at most so much longer: a preference never turns `fastest` into slow.
    """
    order = _ordered([offer for offer in offers if offer.stands(now)], choice, now)
    return sorted(order, key=lambda offer: not _comes_first(offer, order[0], choice, now))


def _ordered(standing: list[Offer], choice: Choice, now: datetime) -> list[Offer]:
    """By the rule alone."""
    if choice.rule is Rule.CHEAPEST_BY and choice.by:
        standing = [offer for offer in standing if _arrival(offer, now) <= choice.by.timestamp()]
    if choice.rule is Rule.FASTEST:
        return sorted(standing, key=lambda offer: (_arrival(offer, now), offer.price.amount, offer.id))
    if choice.rule is Rule.BEST_VALUE and standing:
        cheapest = max(1, min(offer.price.amount for offer in standing))
        soonest = min(_lasts(offer, now) for offer in standing)

        def strain(offer: Offer) -> tuple[float, int, str]:
            # Where nobody says when it arrives, infinity by infinity is no number: then the price decides.
            slow = _lasts(offer, now) / soonest if soonest < _FAR_FUTURE else 1.0
            return offer.price.amount / cheapest + slow, offer.price.amount, offer.id

        return sorted(standing, key=strain)
    return sorted(standing, key=lambda offer: (offer.price.amount, _arrival(offer, now), offer.id))


def _comes_first(offer: Offer, best: Offer, choice: Choice, now: datetime) -> bool:
    """Whether it is preferred, and near enough to the rule's best."""
    most = 100 + offer.within_percent
    near = offer.price.amount * 100 <= best.price.amount * most
    if choice.rule in (Rule.FASTEST, Rule.BEST_VALUE):
        near = near and _lasts(offer, now) * 100 <= _lasts(best, now) * most
    return offer.preferred and near


def next_best(offers: Sequence[Offer], tried: Iterable[str], choice: Choice, now: datetime) -> Offer | None:
    """The best standing offer of those not tried yet."""
    already = set(tried)
    return next(iter(ranked((offer for offer in offers if offer.id not in already), choice, now)), None)
