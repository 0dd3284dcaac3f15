"""What an organisation was promised of a service's deliveries, and what it is credited when that is not kept."""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated, Self

from pydantic import Field, model_validator

from domain._values import Closed, Request, Span, Timestamp, Value, Whole
from domain.ledger import Account, Entry, EntryKind, Posting
from domain.money import Money
from domain.quotes import Service


class Basis(StrEnum):
    """From what the promised instant follows."""

    OFFER = "offer"  # the instant that the accepted offer, or the carrier on booking, named
    PICKUP = "pickup"  # so long after it was picked up


class Credit(Request):
    """What a broken promise is worth: a part of the price or a fixed amount, at most `cap` and the price itself."""

    percent: Annotated[Whole, Field(ge=1, le=100, description="of the price")] | None = None
    fixed: Annotated[Money, Closed()] | None = None
    cap: Annotated[Money, Closed()] | None = None

    @model_validator(mode="after")
    def _one_of_them(self) -> Self:
        if (self.percent is None) == (self.fixed is None):
            raise ValueError("give percent or fixed, and not both")
        if any(money.amount <= 0 for money in (self.fixed, self.cap) if money):
            raise ValueError("fixed, cap: more than nothing")
        return self

    def of(self, price: Money) -> Money | None:
        """What is credited of this price, half a unit rounded up; None where it is in another currency or nothing."""
        if any(money.currency is not price.currency for money in (self.fixed, self.cap) if money):
            return None
        amount = self.fixed.amount if self.fixed else (price.amount * (self.percent or 0) + 50) // 100
        amount = min(amount, price.amount, *([self.cap.amount] if self.cap else []))
        return Money(amount=amount, currency=price.currency) if amount > 0 else None


class SlaTerms(Request):
    """What staff set for an organisation's deliveries of one service."""

    basis: Basis = Basis.OFFER
    within: Span | None = Field(default=None, description="with `pickup`: how long after it", examples=["PT45M"])
    tolerance: Span = Field(default=timedelta(0), description="how late is not late yet", examples=["PT5M"])
    credit: Credit | None = None

    @model_validator(mode="after")
    def _within_goes_with_pickup(self) -> Self:
        if (self.basis is Basis.PICKUP) != (self.within is not None):
            raise ValueError("within: required with pickup, and only there")
        return self


class Contract(Value):
    """The terms of an organisation's deliveries of one service."""

    organisation_id: str
    service: Service
    terms: SlaTerms


class Promise(Value):
    """A promise that was made, and what became of it."""

    due_at: Timestamp
    tolerance: timedelta = timedelta(0)
    attempt: int
    kept: bool | None = None

    @property
    def late_at(self) -> datetime:
        """From when on it is broken."""
        return self.due_at + self.tolerance


def credit(
    *, delivery_id: str, organisation_id: str, step: str, at: datetime, price: Money, terms: SlaTerms
) -> tuple[Entry, ...]:
    """What a broken promise posts: the customer owes so much less; nothing where the contract credits nothing."""
    money = terms.credit.of(price) if terms.credit else None
    if money is None:
        return ()
    posting = Posting(delivery_id=delivery_id, organisation_id=organisation_id, step=step, at=at)
    return posting.pair(Account.CUSTOMER_RECEIVABLE, Account.REFUNDS, EntryKind.REFUND, -money)
