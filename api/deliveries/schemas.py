"""What the deliveries API takes and shows; what a customer may not see is left out here."""

from datetime import UTC, datetime
from typing import Annotated, Literal

from pydantic import Field

from api.views import OfferView
from domain._values import Code, Flag, Line, Request, Timestamp, Value
from domain.access import Whose
from domain.availability import Slot
from domain.bookings import Decision
from domain.deliveries import (
    Attention,
    CancelReason,
    Courier,
    Delivery,
    DeliveryRequest,
    DeliveryStatus,
    Proof,
)
from domain.ledger import Entry
from domain.permits import permitted
from domain.places import Points
from domain.quotes import Decline
from domain.views import SavedView

OfferId = Annotated[str, Field(pattern=r"^off_[0-9a-f]{32}$", examples=["off_0e8c7a1f9b2d4c6e8f0a1b2c3d4e5f60"])]


class DeliveryCreate(DeliveryRequest):
    """What a customer asks for."""


class AcceptBody(Request):
    """Take an offer; `fallback` lets the next best be booked when this carrier refuses."""

    offer_id: OfferId
    fallback: Flag | None = None


class CancelBody(Request):
    """Why it is no longer wanted."""

    reason: CancelReason = CancelReason.CUSTOMER_REQUEST


class DecideBody(Request):
    """What to do about a failed attempt or a carrier's question; the note goes to the carrier."""

    decision: Decision
    note: Line | None = None


class RetryBody(Request):
    """Book again: this offer or the best left; or what was found out about an unknown booking."""

    offer_id: OfferId | None = None
    found_reference: Annotated[str, Field(max_length=100, pattern=r"^[\x21-\x7e]+$")] | None = None
    nothing_booked: Flag = False


class ChangeCarrierBody(Request):
    """Another offer, or none to ask every carrier anew; and why."""

    offer_id: OfferId | None = None
    reason: Code = "staff_choice"


class ForceBody(Request):
    """A status by hand, and why."""

    status: DeliveryStatus
    reason: Code


class ClearBody(Request):
    """Why nothing needs to be looked at any more."""

    reason: Code = "looked_at"


class BookingView(Value):
    """What a customer sees of a booking."""

    carrier: str
    carrier_account: str
    reference: str
    tracking_number: str | None = None
    tracking_url: str | None = None
    label_url: str | None = None
    confirmed: bool


class DeliveryView(Value):
    """A delivery as its customer sees it."""

    id: str
    organisation_id: str
    created_at: Timestamp
    updated_at: Timestamp
    status: DeliveryStatus
    attention: Attention
    reason: str | None = None
    request: DeliveryRequest
    points: Points | None = Field(default=None, description="found for stops that came without coordinates")
    offers: tuple[OfferView, ...]
    declined: tuple[Decline, ...]
    choose_by: Timestamp | None = None
    accepted_offer_id: str | None = None
    slot: Slot | None = None
    booking: BookingView | None = None
    cancel_requested: bool = False
    promised_at: Timestamp | None = None
    eta_at: Timestamp | None = None
    courier: Courier | None = None
    proof: Proof | None = None
    ended_at: Timestamp | None = None
    erased: bool = Field(default=False, description="what was personal is gone for good; ids, codes and times stay")
    allowed: tuple[str, ...] = Field(default=(), description="what may be asked now")
    tracking_url: str | None = Field(default=None, description="the recipient's page, for whoever has the link")

    @classmethod
    def of(cls, delivery: Delivery, tracking_url: str | None = None) -> "DeliveryView":
        """Leaves out what we pay and how we book."""
        shown = {name: getattr(delivery, name) for name in cls.model_fields if name in Delivery.model_fields}
        booking = delivery.booking
        return cls(
            **{
                **shown,
                "offers": tuple(OfferView.of(offer) for offer in delivery.offers),
                "booking": BookingView.model_validate(booking.model_dump()) if booking else None,
                "allowed": tuple(permitted(delivery, datetime.now(UTC))),
                "tracking_url": tracking_url,
            }
        )

    def whose(self) -> Whose:
        """The delivery's."""
        return {self.id: self.organisation_id}


class StaffView(Value):
    """A delivery as support sees it: all of it, and where its workflow is."""

    delivery: Delivery
    workflow_id: str
    workflow_url: str | None = None

    def whose(self) -> Whose:
        """The delivery's."""
        return {self.delivery.id: self.delivery.organisation_id}


class EntriesView(Value):
    """A delivery's ledger entries, oldest first; they sum to zero per currency."""

    items: tuple[Entry, ...]


class DeliveryExport(Value):
    """A delivery and what was posted for it."""

    delivery: DeliveryView
    entries: tuple[Entry, ...]


class ArchivedExport(Value):
    """A delivery that lies in the archive, out of reach from here, and what was posted for it."""

    archived: Literal[True] = True
    delivery_id: str
    entries: tuple[Entry, ...]


class DeliveriesExport(Value):
    """All that an organisation's deliveries hold, newest first and then archived ones, and the views that look for
    them."""

    organisation_id: str
    exported_at: Timestamp | None = None
    views: tuple[SavedView, ...] = Field(default=(), description="one's own and shared ones; none with one delivery")
    deliveries: tuple[DeliveryExport | ArchivedExport, ...] = ()
