"""A delivery: what was asked for, where it stands, which moves are allowed."""

import hashlib
from datetime import timedelta
from enum import StrEnum
from typing import Annotated, Self

from pydantic import AfterValidator, Field, JsonValue, model_validator

from domain import audit
from domain._values import Code, Flag, Request, Span, Text, Timestamp, Value, Whole
from domain.availability import Slot, known_zone
from domain.bookings import Booking
from domain.ledger import Entry
from domain.money import Currency
from domain.parcels import Parcel
from domain.places import Points, Stop
from domain.quotes import Choice, Decline, Offer, QuoteRequest, Service


class DeliveryStatus(StrEnum):
    """Where a delivery stands; the five final ones end its life."""

    QUOTING = "quoting"  # carriers are being asked
    QUOTED = "quoted"  # offers stand, each until it expires
    EXPIRED = "expired"  # nobody chose in time · final
    BOOKING = "booking"  # an offer is accepted, its slot held; the carrier is being booked
    BOOKED = "booked"  # a carrier took it; pickup awaited
    PICKED_UP = "picked_up"  # the courier has it
    IN_TRANSIT = "in_transit"  # on its way
    OUT_FOR_DELIVERY = "out_for_delivery"  # last leg, near
    READY_FOR_COLLECTION = "ready_for_collection"  # waits at a point for the recipient
    DELIVERED = "delivered"  # handed over, with proof · final
    ATTEMPT_FAILED = "attempt_failed"  # nobody home, refused, wrong address: a decision is due
    RETURNING = "returning"  # going back
    RETURNED = "returned"  # back · final
    CANCELLED = "cancelled"  # by customer, staff or carrier; compensated · final
    LOST = "lost"  # gone or destroyed; claim and refund follow · final
    FAILED = "failed"  # no carrier would take it; nothing owed · final


S = DeliveryStatus
FINAL = frozenset({S.EXPIRED, S.DELIVERED, S.RETURNED, S.CANCELLED, S.LOST, S.FAILED})
CANCELLABLE = frozenset({S.QUOTING, S.QUOTED, S.BOOKING, S.BOOKED})
UNDERWAY = frozenset({S.PICKED_UP, S.IN_TRANSIT, S.OUT_FOR_DELIVERY, S.READY_FOR_COLLECTION, S.ATTEMPT_FAILED})

RANK: dict[DeliveryStatus, int] = {
    status: rank
    for rank, level in enumerate(
        (
            (S.QUOTING,), (S.QUOTED,), (S.BOOKING,), (S.BOOKED,), (S.PICKED_UP,), (S.IN_TRANSIT,),
            (S.OUT_FOR_DELIVERY, S.READY_FOR_COLLECTION), (S.ATTEMPT_FAILED,), (S.RETURNING,),
            (S.EXPIRED, S.DELIVERED, S.RETURNED, S.CANCELLED, S.LOST, S.FAILED),
        )
    )
    for status in level
}  # fmt: skip
"""Forward only: a scan of lower rank is history and moves nothing back."""

_BACKWARD = {
    (S.QUOTED, S.QUOTING),  # quote_again
    (S.BOOKING, S.QUOTED),  # price drift, or only other offers remain
    (S.BOOKED, S.BOOKING),  # the carrier gave it back before pickup: the next offer
    (S.BOOKED, S.QUOTED),
    (S.OUT_FOR_DELIVERY, S.READY_FOR_COLLECTION),
    (S.ATTEMPT_FAILED, S.OUT_FOR_DELIVERY),  # another attempt
    (S.ATTEMPT_FAILED, S.IN_TRANSIT),
    (S.ATTEMPT_FAILED, S.READY_FOR_COLLECTION),
}


def may_move(origin: DeliveryStatus, to: DeliveryStatus) -> bool:
    """Whether a delivery may go from one status to another: up in rank, or by a named exception; never out of a
    final one. What was picked up is cancelled only by force."""
    if origin in FINAL or origin == to:
        return False
    if (origin, to) in _BACKWARD:
        return True
    if to in (S.EXPIRED, S.FAILED):
        return origin in (S.QUOTING, S.QUOTED, S.BOOKING, S.BOOKED)
    if to is S.CANCELLED:
        return origin in CANCELLABLE
    if origin in (S.QUOTING, S.QUOTED):
        return RANK[to] <= RANK[S.BOOKING] and RANK[to] > RANK[origin]
    return RANK[to] > RANK[origin]


class Attention(StrEnum):
    """Why a human should look; beside the status, not a status."""

    NONE = "none"
    SILENT_CARRIER = "silent_carrier"
    PROMISE_IN_DANGER = "promise_in_danger"
    DECISION_NEEDED = "decision_needed"  # the carrier, or a failed attempt, asks what to do
    COMPENSATION_STUCK = "compensation_stuck"  # the carrier has not confirmed that it let go
    BOOKING_UNKNOWN = "booking_unknown"  # it may have booked; no second try without a human
    UNBOOKABLE = "unbookable"  # every offer refused; may be tried again for a while
    PAUSED = "paused"  # its booking has waited long for a paused carrier; nothing was sent
    CONFLICTING_SCANS = "conflicting_scans"  # reports after the end contradict it
    REFUND_MISSING = "refund_missing"  # cancelled, and the carrier's price has not come back


class Actor(StrEnum):
    """Who does what no user does; users appear by id."""

    SYSTEM = "system"
    CARRIER = "carrier"


class DeliveryPolicy(Value):
    """Every duration and limit of a delivery's life, given at its start and kept in its state."""

    quote_deadline: Span = timedelta(seconds=4)
    quote_patience: Span = timedelta(seconds=30)
    """While nobody could answer at all, carriers are asked again until then."""
    offer_ttl: Span = timedelta(minutes=15)
    choose_within: Span = timedelta(hours=24)
    availability_deadline: Span = timedelta(seconds=8)
    book_attempt: Span = timedelta(seconds=20)
    book_deadline: Span = timedelta(minutes=3)
    accept_within: Span = timedelta(minutes=10)
    price_drift_percent: Annotated[Whole, Field(ge=0, le=1000)] = 10
    unbookable_for: Span = timedelta(hours=2)
    paused_for: Span = timedelta(hours=1)
    paused_look_first: Span = timedelta(seconds=15)
    paused_look_longest: Span = timedelta(minutes=5)
    poll_first: Span = timedelta(minutes=15)
    poll_longest: Span = timedelta(hours=6)
    silent_after: Span = timedelta(hours=24)
    promise_grace: Span = timedelta(minutes=15)
    cancel_for: Span = timedelta(days=3)
    stuck_after: Span = timedelta(minutes=10)
    settle_for: Span = timedelta(hours=24)
    refund_within: Span = timedelta(days=30)
    timezone: Annotated[str, AfterValidator(known_zone)] = "America/Sao_Paulo"
    """Whose days its figures are counted by."""
    notify_recipient: Flag = False
    """Whether recipients are written to where the request does not say."""
    max_signals: Annotated[Whole, Field(ge=10, le=9_000)] = 5_000
    max_marks: Annotated[Whole, Field(ge=50, le=2_000)] = 500


class Shipment(Request):
    """What is to be taken from A to B, and when: all a price needs."""

    service: Service = Service.EXPRESS
    pickup: Stop
    dropoff: Stop
    parcels: Annotated[tuple[Parcel, ...], Field(min_length=1, max_length=20)]
    ready_at: Timestamp | None = None
    deliver_by: Timestamp | None = None

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        for parcel in self.parcels:
            if parcel.declared_value and parcel.declared_value.amount < 0:
                raise ValueError("declared_value: not negative")
            if parcel.declared_value and parcel.declared_value.currency is not self.currency:
                raise ValueError(f"declared_value: in the pickup country's currency, {self.currency}")
        if self.ready_at and self.deliver_by and self.deliver_by <= self.ready_at:
            raise ValueError("deliver_by: after ready_at")
        return self

    @property
    def currency(self) -> Currency:
        """The pickup country's."""
        return currency_of(self.pickup.address.country)

    def for_carriers(self, points: Points | None = None) -> QuoteRequest:
        """What carriers are told to name a price; `points` fill in coordinates that the shipment does not have."""
        fields = QuoteRequest.model_fields.keys() - {"currency"}
        told = {name: getattr(self, name) for name in fields}
        if points is not None:
            told |= {"pickup": self.pickup.at(points.pickup), "dropoff": self.dropoff.at(points.dropoff)}
        return QuoteRequest(**told, currency=self.currency)


class DeliveryRequest(Shipment):
    """What a customer asks for: a shipment, and how to choose who takes it."""

    reference: Text = Field(default="", max_length=64, description="the customer's own number")
    choice: Choice | None = Field(default=None, description="choose by this rule; absent: the customer accepts")
    fallback: Flag = Field(default=False, description="book the next best offer when a carrier refuses")
    notify_recipient: Flag | None = Field(
        default=None,
        description="write to the dropoff contact's e-mail, with the tracking link; absent: as your organisation does",
    )

    def fingerprint(self) -> str:
        """A hash of the whole request: the same key with another one is refused."""
        absent = {"notify_recipient"} if self.notify_recipient is None else None  # as it was before there was one
        return hashlib.sha256(self.model_dump_json(exclude=absent).encode()).hexdigest()


_CURRENCY_OF = {
    "BR": Currency.BRL, "US": Currency.USD, "MX": Currency.MXN, "AR": Currency.ARS, "CO": Currency.COP,
    "PT": Currency.EUR, "ES": Currency.EUR, "FR": Currency.EUR, "DE": Currency.EUR, "IT": Currency.EUR,
}  # fmt: skip


def currency_of(country: str) -> Currency:
    """What is paid with where something is picked up."""
    return _CURRENCY_OF.get(country, Currency.USD)


class Courier(Value):
    """Who is on the way and where, as the carrier last said."""

    latitude: float
    longitude: float
    at: Timestamp


class Proof(Value):
    """What shows that it was handed over; photos and signatures by URL."""

    photo_url: str | None = None
    signature_url: str | None = None
    signed_by: str | None = None
    pin_ok: bool | None = None
    at: Timestamp | None = None


class Delivery(Value):
    """A delivery as everybody reads it; the workflow is its only writer, `seq` its version."""

    id: str = Field(examples=["del_0e8c…"])
    organisation_id: str
    created_by: str
    created_at: Timestamp
    updated_at: Timestamp
    seq: int = 0
    status: DeliveryStatus = DeliveryStatus.QUOTING
    attention: Attention = Attention.NONE
    reason: Code | None = Field(default=None, description="why it failed, was cancelled or needs attention")
    request: DeliveryRequest
    points: Points | None = Field(default=None, description="found for stops that came without coordinates")
    offers: tuple[Offer, ...] = ()
    declined: tuple[Decline, ...] = ()
    choose_by: Timestamp | None = None
    accepted_offer_id: str | None = None
    slot: Slot | None = None
    booking: Booking | None = None
    cancel_requested: bool = False
    promised_at: Timestamp | None = None
    eta_at: Timestamp | None = None
    courier: Courier | None = None
    proof: Proof | None = None
    ended_at: Timestamp | None = None
    erased: bool = Field(default=False, description="what was personal is gone for good; ids, codes and times stay")

    def for_carriers(self) -> QuoteRequest:
        """What carriers are told of it: the request, with the points that were found."""
        return self.request.for_carriers(self.points)

    def offer(self, offer_id: str | None) -> Offer | None:
        """The offer of that id, if this delivery has it."""
        return next((offer for offer in self.offers if offer.id == offer_id), None)

    @property
    def accepted_offer(self) -> Offer | None:
        """The offer that was accepted last."""
        return self.offer(self.accepted_offer_id)


class CancelReason(StrEnum):
    """Why a customer or staff cancels."""

    CUSTOMER_REQUEST = "customer_request"
    WRONG_DETAILS = "wrong_details"
    TOO_SLOW = "too_slow"
    NOT_READY = "not_ready"
    OTHER = "other"


class RecordMove(Value):
    """One move, one transaction: the row as it now is, the lines that say how, the entries where money moves,
    and the workflow's own state, from which it can be started again. `lines[0].seq == 1` inserts the row."""

    delivery: Delivery
    lines: Annotated[tuple[audit.Line, ...], Field(min_length=1)]
    entries: tuple[Entry, ...] = ()
    state: dict[str, JsonValue] = Field(default_factory=dict)
