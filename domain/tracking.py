"""What carriers report: scans, what each implies, and where a delivery stands given all of them."""

import hashlib
from collections.abc import Iterable
from enum import StrEnum

from pydantic import Field

from domain._values import Code, Text, Timestamp, Value
from domain.deliveries import RANK, DeliveryStatus, Proof, may_move
from domain.money import Money
from domain.places import Latitude, Longitude
from domain.quotes import AccountRef


class ScanKind(StrEnum):
    """What happened, in our words; a carrier's own code stands beside it in the scan."""

    PENDING = "pending"  # the carrier has the request and has not answered
    ACCEPTED = "accepted"  # the carrier took it
    REJECTED = "rejected"  # the carrier will not do it
    COURIER_ASSIGNED = "courier_assigned"
    COURIER_TO_PICKUP = "courier_to_pickup"
    AT_PICKUP = "at_pickup"
    PICKED_UP = "picked_up"
    IN_TRANSIT = "in_transit"
    OUT_FOR_DELIVERY = "out_for_delivery"
    AT_DROPOFF = "at_dropoff"
    READY_FOR_COLLECTION = "ready_for_collection"
    DELIVERED = "delivered"
    ATTEMPT_FAILED = "attempt_failed"
    RETURNING = "returning"
    RETURNED = "returned"
    CANCELLED = "cancelled"  # by the carrier, or its answer to our cancelling
    LOST = "lost"
    PROBLEM = "problem"  # something is wrong; `needs_decision` says whether we are asked
    FINISHED = "finished"  # the carrier's last word: nothing will follow
    REFUNDED = "refunded"  # its price came back
    REFUND_REJECTED = "refund_rejected"  # it keeps its price, though the booking was let go
    UNKNOWN = "unknown"  # a code we do not know: kept, shown, moves nothing


class ScanSource(StrEnum):
    """How we learnt it."""

    WEBHOOK = "webhook"
    POLL = "poll"
    STAFF = "staff"


class Scan(Value):
    """One carrier report. `id` is the carrier's event id or `scan_id(…)`: the same for webhook and poll."""

    id: str
    carrier: Code
    carrier_account: Code
    booking_reference: str = Field(description="the carrier's own id of the booking")
    booking_key: str | None = Field(default=None, description="our key, where the carrier sends it back")
    tracking_number: str | None = None
    kind: ScanKind
    carrier_code: str = ""
    reason: Code | None = None
    description: Text = ""
    place: Text = ""
    latitude: Latitude | None = None
    longitude: Longitude | None = None
    occurred_at: Timestamp
    received_at: Timestamp | None = None
    source: ScanSource = ScanSource.WEBHOOK
    needs_decision: bool = False
    cost: Money | None = Field(default=None, description="the carrier's price as it stands now, where it says")
    delivery_eta_at: Timestamp | None = None
    proof: Proof | None = None
    erased: bool = Field(default=False, description="what was personal is gone for good")

    @property
    def ref(self) -> AccountRef:
        """Whose report it is."""
        return AccountRef(carrier=self.carrier, account=self.carrier_account)


class Mark(Value):
    """What a delivery remembers of a scan: enough to know it again and to place it in time."""

    id: str
    kind: ScanKind
    occurred_at: Timestamp


IMPLIES: dict[ScanKind, DeliveryStatus] = {
    ScanKind.ACCEPTED: DeliveryStatus.BOOKED,
    ScanKind.COURIER_ASSIGNED: DeliveryStatus.BOOKED,
    ScanKind.COURIER_TO_PICKUP: DeliveryStatus.BOOKED,
    ScanKind.AT_PICKUP: DeliveryStatus.BOOKED,
    ScanKind.PICKED_UP: DeliveryStatus.PICKED_UP,
    ScanKind.IN_TRANSIT: DeliveryStatus.IN_TRANSIT,
    ScanKind.OUT_FOR_DELIVERY: DeliveryStatus.OUT_FOR_DELIVERY,
    ScanKind.AT_DROPOFF: DeliveryStatus.OUT_FOR_DELIVERY,
    ScanKind.READY_FOR_COLLECTION: DeliveryStatus.READY_FOR_COLLECTION,
    ScanKind.DELIVERED: DeliveryStatus.DELIVERED,
    ScanKind.ATTEMPT_FAILED: DeliveryStatus.ATTEMPT_FAILED,
    ScanKind.RETURNING: DeliveryStatus.RETURNING,
    ScanKind.RETURNED: DeliveryStatus.RETURNED,
    ScanKind.LOST: DeliveryStatus.LOST,
}
"""The status a scan speaks for. Rejected, cancelled, problems and refunds are the workflow's to judge."""


def scan_id(*identifying: str) -> str:
    """An id for a carrier that numbers no events: a hash of what identifies one, the same by webhook and poll."""
    return hashlib.sha256("\x1f".join(identifying).encode()).hexdigest()[:32]


def standing(marks: Iterable[Mark]) -> DeliveryStatus:
    """Where a booked delivery stands given everything reported, in whatever order it came.

    A fold over the scans by the carrier's own time, so the answer depends on the set alone: duplicates,
    delays and any order of arrival end in the same place. It goes forward by rank, or back where
    `may_move` names an exception (another attempt after a failed one), and stops at a final status.
    """
    status = DeliveryStatus.BOOKED
    told = [mark for mark in marks if mark.kind in IMPLIES]
    for mark in sorted(told, key=lambda m: (m.occurred_at, RANK[IMPLIES[m.kind]], m.id)):
        implied = IMPLIES[mark.kind]
        if may_move(status, implied):
            status = implied
    return status
