"""A delivery's row: what it is found by stands beside it in the clear, the rest is sealed by its own key."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from pydantic_core import to_json
from sqlalchemy.orm import Mapped, mapped_column

from domain.deliveries import Delivery, RecordMove
from domain.erasure import erased_request
from domain.finding import folded
from domain.quotes import Service
from storage._crypto import Key
from storage._rows import Row


class DeliveryRow(Row):
    """A delivery (`document`), what it is found by, and its workflow's memory (`state`).

    What it is found by is not personal; the rest is sealed by the delivery's key.
    """

    __tablename__ = "deliveries"
    __table_args__ = ({"schema": "deliveries"},)

    id: Mapped[str] = mapped_column(primary_key=True)
    organisation_id: Mapped[str]
    created_by: Mapped[str]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    status: Mapped[str]
    attention: Mapped[str]
    service: Mapped[str]
    carrier: Mapped[str | None]
    carrier_account: Mapped[str | None]
    reference: Mapped[str]
    tracking_number: Mapped[str | None]
    booking_reference: Mapped[str | None]
    promised_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    request_hash: Mapped[bytes]
    seq: Mapped[int]
    search_text: Mapped[str]
    document: Mapped[bytes]
    state: Mapped[bytes]
    erased_at: Mapped[datetime | None]


# A delivery's document, and what remains of it without its key.
SHOWN = [
    getattr(DeliveryRow, name)
    for name in (
        *("id", "organisation_id", "created_by", "created_at", "updated_at", "seq", "status", "attention"),
        *("service", "reference", "promised_at", "ended_at", "document"),
    )
]


def values(move: RecordMove, key: Key) -> dict[str, Any]:
    """Every column of the row as the move leaves it."""
    delivery, booking = move.delivery, move.delivery.booking

    def sealed(column: str, plain: bytes) -> bytes:
        return key.seal(plain, place(column, delivery.id))

    holder = booking or delivery.accepted_offer
    return {
        "id": delivery.id,
        "organisation_id": delivery.organisation_id,
        "created_by": delivery.created_by,
        "created_at": delivery.created_at,
        "updated_at": delivery.updated_at,
        "status": str(delivery.status),
        "attention": str(delivery.attention),
        "service": str(delivery.request.service),
        "carrier": holder.carrier if holder else None,
        "carrier_account": holder.carrier_account if holder else None,
        "reference": delivery.request.reference,
        "tracking_number": booking.tracking_number if booking else None,
        "booking_reference": booking.reference if booking else None,
        "promised_at": delivery.promised_at,
        "ended_at": delivery.ended_at,
        "request_hash": sealed("request_hash", delivery.request.fingerprint().encode()),
        "seq": delivery.seq,
        "search_text": search_text(delivery),
        "document": sealed("document", to_json(delivery)),
        "state": sealed("state", to_json(move.state)),
    }


def place(column: str, delivery_id: str) -> str:
    """Where a column's sealed bytes belong."""
    return f"deliveries.deliveries.{column}/{delivery_id}"


def as_delivery(row: Any, key: Key | None) -> Delivery:
    """The delivery in a row of `SHOWN`; without its key, what nobody can erase."""
    if key is None:
        columns = {name: value for name, value in row._mapping.items() if name in Delivery.model_fields}
        return Delivery(**columns, request=erased_request(Service(row.service), row.reference), erased=True)
    # A newer version may have written fields that this one does not know yet.
    return Delivery.model_validate_json(key.open(row.document, place("document", row.id)), extra="ignore")


def without_cities(row: Mapping[Any, Any]) -> str:
    """What a search looks into once a delivery is erased."""
    return folded(" ".join(row[name] or "" for name in ("id", "reference", "tracking_number", "booking_reference")))


def search_text(delivery: Delivery) -> str:
    """What a search looks into; nothing personal."""
    booking, request = delivery.booking, delivery.request
    codes = (booking.tracking_number or "", booking.reference) if booking else ()
    cities = request.pickup.address.city, request.dropoff.address.city
    return folded(" ".join((delivery.id, request.reference, *codes, *cities)))
