"""What carriers offer, how offers compare, and when they end."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Self

from pydantic import Field, model_validator

from domain._values import Code, Line, Request, Text, Timestamp, Value
from domain.money import Currency, Money
from domain.parcels import Parcel
from domain.places import Stop


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
    """An account at a carrier: where it is reached, with what, and our margin on its prices.

    `settings` and `credentials` are the adapter's own fields; credentials never leave the server.
    """

    carrier: Code
    account: Code
    name: Line
    enabled: bool = True
    services: tuple[Service, ...] = (Service.EXPRESS, Service.STANDARD)
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
    delivery_days: int | None = None
    guaranteed: bool = False
    vehicle: str | None = None
    expires_at: Timestamp | None = None
    carrier_reference: str | None = Field(default=None, description="what to quote back when booking")


class Offer(CarrierOffer):
    """A carrier's price for this delivery: `cost` is what we pay, `price` what the customer pays."""

    id: str = Field(examples=["off_0197…"])
    carrier: Code
    carrier_account: Code
    carrier_name: str = ""
    price: Money
    expires_at: Timestamp

    @property
    def ref(self) -> AccountRef:
        """Whose offer it is."""
        return AccountRef(carrier=self.carrier, account=self.carrier_account)

    def stands(self, now: datetime) -> bool:
        """Whether it can still be accepted."""
        return now < self.expires_at


class Decline(Value):
    """A carrier that made no offer, and why: `timeout`, `rejected`, `unavailable`, `region_not_served` …"""

    carrier: Code
    carrier_account: Code
    reason: Code
    detail: Text = ""


class Quote(Value):
    """Every carrier's answer: who offers, who declined."""

    offers: tuple[Offer, ...] = ()
    declined: tuple[Decline, ...] = ()


_FAR_FUTURE = float("inf")


def _arrival(offer: Offer) -> float:
    return offer.delivery_eta_at.timestamp() if offer.delivery_eta_at else _FAR_FUTURE


def ranked(offers: Iterable[Offer], choice: Choice, now: datetime) -> list[Offer]:
    """The offers that still stand and satisfy the rule, best first; ties go to the earlier arrival, then the id.

    `best_value` weighs price and duration alike, each relative to the best on the table.
    """
    standing = [offer for offer in offers if offer.stands(now)]
    if choice.rule is Rule.CHEAPEST_BY and choice.by:
        standing = [offer for offer in standing if _arrival(offer) <= choice.by.timestamp()]
    if choice.rule is Rule.FASTEST:
        return sorted(standing, key=lambda offer: (_arrival(offer), offer.price.amount, offer.id))
    if choice.rule is Rule.BEST_VALUE and standing:
        cheapest = max(1, min(offer.price.amount for offer in standing))
        soonest = max(1.0, min(_arrival(offer) for offer in standing) - now.timestamp())

        def strain(offer: Offer) -> tuple[float, str]:
            return offer.price.amount / cheapest + (_arrival(offer) - now.timestamp()) / soonest, offer.id

        return sorted(standing, key=strain)
    return sorted(standing, key=lambda offer: (offer.price.amount, _arrival(offer), offer.id))


def next_best(offers: Sequence[Offer], tried: Iterable[str], choice: Choice, now: datetime) -> Offer | None:
    """The best standing offer not tried yet."""
    already = set(tried)
    return next((offer for offer in ranked(offers, choice, now) if offer.id not in already), None)
