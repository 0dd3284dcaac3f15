"""What a carrier is asked to do and what it holds for us."""

from enum import StrEnum

from pydantic import Field

from domain._values import Code, Line, Timestamp, Value
from domain.money import Money
from domain.quotes import AccountRef, Offer, QuoteRequest


class BookingSafety(StrEnum):
    """What keeps a carrier from booking twice, as its adapter declares it."""

    IDEMPOTENT = "idempotent"  # the same key again answers with the same booking
    FINDABLE = "findable"  # it can be asked whether it happened
    NEITHER = "neither"  # an unknown outcome is for a human


class BookingOrder(Value):
    """What a carrier is told to book: the offer, the stops, and the key under which it may happen once."""

    key: str = Field(description="a UUID made of delivery and attempt: the carrier's idempotency key or order id")
    delivery_id: str
    attempt: int
    offer: Offer
    request: QuoteRequest
    reference: str = ""
    price_drift_percent: int = 0

    @property
    def display_id(self) -> str:
        """What courier and counter read to each other: a customer's number alone may be on several deliveries."""
        own = self.delivery_id.removeprefix("del_")[:8].upper()
        return f"{self.reference}-{own[:4]}" if self.reference else own


class Booking(Value):
    """What a carrier holds for us. `confirmed` is false while it has yet to say yes, until `accept_by`."""

    carrier: Code
    carrier_account: Code
    offer_id: str
    key: str
    attempt: int
    reference: str = Field(description="the carrier's own id")
    tracking_number: str | None = None
    tracking_url: str | None = None
    label_url: str | None = Field(default=None, description="what is printed and stuck on the parcel")
    confirmed: bool = True
    accept_by: Timestamp | None = None
    cost: Money | None = Field(default=None, description="as the carrier states it on booking; the offer's if absent")
    delivery_eta_at: Timestamp | None = None
    closed: bool = Field(default=False, description="found, but rejected or cancelled by the carrier already")

    @property
    def ref(self) -> AccountRef:
        """Where it is booked."""
        return AccountRef(carrier=self.carrier, account=self.carrier_account)


class Cancellation(Value):
    """A carrier's answer to our cancelling."""

    fee: Money | None = None
    refund_pending: bool = Field(default=False, description="it is paid back later, or not: a scan will tell")
    nothing_booked: bool = Field(default=False, description="there was nothing to cancel under that key")


class Decision(StrEnum):
    """What to do when the carrier asks, or an attempt failed."""

    RETRY = "retry"
    RETURN = "return"
    REDIRECT = "redirect"  # try again with the note


class Instruction(Value):
    """A decision as it goes to a carrier."""

    booking: Booking
    decision: Decision
    reason: Code | None = None
    note: Line | None = None
