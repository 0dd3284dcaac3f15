"""Everything a DeliveryWorkflow knows: what continue-as-new carries and what every row keeps beside the delivery."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from domain._values import Value
from domain.bookings import Booking, BookingOrder
from domain.deliveries import Delivery, DeliveryPolicy
from domain.ledger import Entry
from domain.postings import booked
from domain.quotes import Decline
from domain.sla import Promise, SlaTerms
from domain.terms import Margin
from domain.tracking import Mark, Scan
from workflows.messages import (
    Accept,
    Asked,
    Cancel,
    ChangeCarrier,
    ClearAttention,
    Decide,
    ForceStatus,
    QuoteAgain,
    RetryBooking,
)

Ask = Annotated[
    Accept | Cancel | ChangeCarrier | ClearAttention | Decide | ForceStatus | QuoteAgain | RetryBooking,
    Field(discriminator="kind"),
]


class Intent(Value):
    """What somebody asked by an update, under the update's id."""

    id: str
    ask: Ask


class Happening(Value):
    """One thing that arrived, an intent or a scan; they are taken in the order they came."""

    intent: Intent | None = None
    scan: Scan | None = None


class Answer(Value):
    """What became of an intent: done, or the error's code, detail and data."""

    error: str | None = None
    detail: str = ""
    data: dict[str, Any] = Field(default_factory=dict)


class Hold(Value):
    """A booking that waits for a paused carrier: since when, when it looks again, and how often it has looked."""

    since: datetime
    next_at: datetime
    looks: int = 0
    told: bool = False


class Refund(Value):
    """What a carrier that let go of a booking has yet to pay back, or has said that it will not."""

    booking: Booking
    by: datetime
    rejected: bool = False

    @property
    def step(self) -> str:
        """What posted it."""
        return booked(self.booking.attempt)


class DeliveryState(BaseModel):
    """The workflow's memory. Later fields are optional, so that an older state can always be read."""

    model_config = ConfigDict(hide_input_in_errors=True)

    delivery: Delivery
    policy: DeliveryPolicy
    accounts: tuple[Asked, ...] = ()
    left_out: tuple[Decline, ...] = ()
    margin: Margin | None = None

    inbox: list[Happening] = Field(default_factory=list)
    answers: dict[str, Answer] = Field(default_factory=dict)
    signals: int = 0

    fallback: bool = False
    tried: list[str] = Field(default_factory=list)
    attempt: int = 0
    placed: list[str] = Field(default_factory=list)
    order: BookingOrder | None = None
    maybe_booked: bool = False
    hold: Hold | None = None
    accept_by: datetime | None = None
    unbookable_until: datetime | None = None
    refusal: str | None = None
    entries: list[Entry] = Field(default_factory=list)

    seen: list[str] = Field(default_factory=list)
    marks: list[Mark] = Field(default_factory=list)
    heard_at: datetime | None = None
    poll_at: datetime | None = None
    polls: int = 0
    promise_told: bool = False
    terms: SlaTerms | None = None
    promise: Promise | None = None
    finished: bool = False
    settle_until: datetime | None = None
    refunds: list[Refund] = Field(default_factory=list)
    missed_until: datetime | None = None

    story: list[str] = Field(default_factory=list)
