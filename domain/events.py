"""What is told outside of what happens to deliveries: which lines, as what, and what of them is public."""

from collections.abc import Mapping
from typing import Annotated

from pydantic import AfterValidator, Field, JsonValue, WithJsonSchema

from domain._values import Timestamp, Value
from domain.audit import JournalLine
from domain.deliveries import DeliveryStatus

S = DeliveryStatus
_MOVES: Mapping[DeliveryStatus, str] = {
    S.QUOTING: "Carriers are asked once more.",
    S.QUOTED: "Offers stand.",
    S.EXPIRED: "Nobody chose in time.",
    S.BOOKING: "An offer is accepted; its carrier is being booked.",
    S.BOOKED: "A carrier took it.",
    S.PICKED_UP: "The courier has it.",
    S.IN_TRANSIT: "It is on its way.",
    S.OUT_FOR_DELIVERY: "It is near.",
    S.READY_FOR_COLLECTION: "It waits at a point for the recipient.",
    S.DELIVERED: "It was handed over.",
    S.ATTEMPT_FAILED: "It could not be handed over; a decision is due.",
    S.RETURNING: "It goes back.",
    S.RETURNED: "It is back.",
    S.CANCELLED: "It was cancelled.",
    S.LOST: "It is gone or destroyed.",
    S.FAILED: "No carrier would take it.",
}
EVENTS: Mapping[str, str] = {
    "delivery.requested": "Somebody asked for it; carriers are being asked.",
    **{f"delivery.{status}": told for status, told in _MOVES.items()},
    "delivery.attention": "A human should look, or no longer needs to.",
    "delivery.waiting": "Its booking waits for a carrier that is paused.",
    "delivery.cancel_requested": "Somebody asked to cancel it.",
    "delivery.cancel_refused": "The carrier refused to cancel.",
    "delivery.decided": "Somebody said what to do after a failed attempt.",
}
"""Every type of event that can be subscribed to, with what it says. They are kinds of journal lines: whatever else is
in the journal is nobody's business outside."""
PING = "ping"
"""The type of what the test button sends; nobody subscribes to it."""

_PUBLIC = ("status", "reason", "carrier", "service", "offers", "declined", "attempt", "attention", "decision")


def _known(event: str) -> str:
    if event not in EVENTS:
        raise ValueError(f"no such event; there are {', '.join(EVENTS)}")
    return event


EventType = Annotated[str, AfterValidator(_known), WithJsonSchema({"type": "string", "enum": [*EVENTS]})]


class EventData(Value):
    """What an event says: ids and codes, nothing personal. Ask for the delivery to learn the rest."""

    delivery_id: str | None = Field(default=None, examples=["del_0e8c…"])
    organisation_id: str
    seq: int = Field(default=0, description="counts what happens to a delivery; gaps are what you did not subscribe to")
    status: str | None = Field(default=None, examples=["booked"], description="where the delivery stands")
    reason: str | None = None
    carrier: str | None = None
    service: str | None = None
    offers: int | None = Field(default=None, description="how many there are to choose from")
    declined: int | None = Field(default=None, description="how many carriers made none")
    attempt: int | None = Field(default=None, description="which booking of this delivery")
    attention: str | None = None
    decision: str | None = None


class Event(Value):
    """The body of a message: what happened, when, and to which delivery."""

    type: str = Field(examples=["delivery.booked"])
    timestamp: Timestamp
    data: EventData


def event_of(line: JournalLine) -> Event | None:
    """A line as it is told outside; None for one that is not."""
    if line.kind not in EVENTS or line.organisation_id is None:
        return None
    told: dict[str, JsonValue] = {name: line.data[name] for name in _PUBLIC if line.data.get(name) is not None}
    whose = {"delivery_id": line.subject, "organisation_id": line.organisation_id, "seq": line.seq}
    return Event(type=line.kind, timestamp=line.at, data=EventData.model_validate({**told, **whose}))
