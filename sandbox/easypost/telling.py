"""How it is told: shipments, trackers, refunds and errors, and events about them, signed."""

import hashlib
import hmac
import json
import unicodedata
import uuid
from datetime import UTC, datetime
from typing import Any

from fastapi.responses import JSONResponse

from sandbox.bookings import Booking, Happening, Reason, State, Step
from sandbox.couriers import Refusal
from sandbox.easypost.shapes import Kept, Rate
from sandbox.providers import Callback, Provider
from sandbox.world import World

# Beside them stands `unknown`, for a parcel of which nothing has been seen.
STATUSES = (
    *("pre_transit", "in_transit", "out_for_delivery", "delivered", "available_for_pickup", "return_to_sender"),
    *("failure", "cancelled", "error"),
)
_STEPS = {
    Step.ACCEPTED: ("pre_transit", "label_created"),
    Step.REJECTED: ("cancelled", "cancelled"),
    Step.PICKED_UP: ("in_transit", "received_at_origin_facility"),
    Step.TO_DROPOFF: ("in_transit", "departed_facility"),
    Step.AT_DROPOFF: ("out_for_delivery", "out_for_delivery"),
    Step.HANDED_OVER: ("delivered", "arrived_at_destination"),
    Step.RETURNING: ("return_to_sender", "return"),
    Step.RETURNED: ("delivered", "arrived_at_destination"),
    Step.CANCELLED: ("cancelled", "cancelled"),
}
_PROBLEMS = {Reason.NOBODY_HOME: ("failure", "delivery_exception"), Reason.THEFT: ("failure", "lost")}
_REFUNDS = {Step.REFUNDED: "refunded", Step.REFUND_REJECTED: "rejected"}
_CITY = {"object": "TrackingLocation", "city": "SAO PAULO", "state": "SP", "country": "BR", "zip": None}


class Error(Refusal):
    """A refusal in the protocol's words."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(status, message)
        self.code = code


def error(code: str, message: str) -> dict[str, Any]:
    """An error's body."""
    return {"error": {"code": code, "message": message, "errors": []}}


def refused(refusal: Refusal) -> JSONResponse:
    """A refusal as it goes over the wire; one that nobody put into the protocol's words is a bad request."""
    code = refusal.code if isinstance(refusal, Error) else "BAD_REQUEST"
    return JSONResponse(error(code, refusal.title), refusal.status)


def iso(wall: float) -> str:
    """A wall time as the protocol writes it."""
    return datetime.fromtimestamp(int(wall), UTC).isoformat().replace("+00:00", "Z")


def signature(provider: Provider, body: bytes) -> str:
    """By the webhook's secret in Unicode's compatibility decomposition."""
    secret = unicodedata.normalize("NFKD", provider.credentials["webhook_secret"]).encode()
    return f"hmac-sha256-hex={hmac.new(secret, body, hashlib.sha256).hexdigest()}"


def named(prefix: str, *seed: str) -> str:
    """An id that is always the same for its seed."""
    return f"{prefix}_{hashlib.sha256('/'.join(seed).encode()).hexdigest()[:32]}"


def tracking_code(shipment_id: str) -> str:
    """As the mail writes it: two letters, nine digits, the country."""
    return f"EP{int(named('n', shipment_id)[2:], 16) % 10**9:09}BR"


def refund_status(booking: Booking | None) -> str | None:
    """Where a refund stands, once there is one; what a carrier gave back by itself it has paid back."""
    if booking is None:
        return None
    told = next((_REFUNDS[happening.step] for happening in booking.history if happening.step in _REFUNDS), None)
    if told is None and any(leg.step in _REFUNDS for leg in booking.plan):
        return "submitted"
    given_back = booking.state in (State.CANCELLED, State.REJECTED) and not booking.happened(Step.PICKED_UP)
    return told or ("refunded" if given_back else None)


def shipment(world: World, kept: Kept, booking: Booking | None) -> dict[str, Any]:
    """A shipment, bought or not."""
    rates = [_rate(kept, rate) for rate in kept.rates]
    told: dict[str, Any] = {
        **kept.asked.model_dump(mode="json"),
        "id": kept.id,
        "object": "Shipment",
        "mode": "test",
        "created_at": iso(kept.created_at),
        "updated_at": iso(booking.history[-1].at if booking else kept.created_at),
        "rates": rates,
        "messages": [{"carrier": "Correios", "type": "rate_error", "message": kept.trouble}] if kept.trouble else [],
        "status": "unknown",
        **dict.fromkeys(("tracking_code", "postage_label", "selected_rate", "tracker")),
        "refund_status": refund_status(booking),
    }
    if booking is None:
        return told
    chosen = next(rate for rate in rates if rate["id"] == booking.errand.request["rate_id"])
    cents = round(float(chosen["rate"]) * (100 + booking.extra_percent))
    tracked = tracker(world, kept, booking)
    return {
        **told,
        "selected_rate": {**chosen, "rate": f"{cents / 100:.2f}"},
        "tracking_code": tracked["tracking_code"],
        "status": tracked["status"],
        "postage_label": {
            "object": "PostageLabel",
            "id": named("pl", kept.id),
            "created_at": iso(booking.created_at),
            "label_url": f"{kept.url}/labels/{kept.id}",
            "label_file_type": "text/plain",
        },
        "tracker": tracked,
    }


def _rate(kept: Kept, rate: Rate) -> dict[str, Any]:
    return {
        "id": rate.id,
        "object": "Rate",
        "mode": "test",
        "service": rate.service,
        "carrier": rate.carrier,
        "rate": f"{rate.cents / 100:.2f}",
        "currency": "BRL",
        "delivery_days": rate.days,
        "delivery_date": None,
        "delivery_date_guaranteed": False,
        "est_delivery_days": rate.days,
        "shipment_id": kept.id,
        "carrier_account_id": named("ca", kept.provider, rate.carrier),
    }


def tracker(world: World, kept: Kept, booking: Booking) -> dict[str, Any]:
    """Everything that was seen of a parcel."""
    steps = [step for happening in booking.history if (step := _step(happening)) is not None]
    handed_over = booking.happened(Step.HANDED_OVER) is not None
    return {
        "id": named("trk", kept.id),
        "object": "Tracker",
        "mode": "test",
        "tracking_code": tracking_code(kept.id),
        "status": steps[-1]["status"] if steps else "unknown",
        "status_detail": steps[-1]["status_detail"] if steps else "unknown",
        "created_at": iso(booking.created_at),
        "updated_at": iso(booking.history[-1].at),
        "signed_by": kept.asked.to_address.name if handed_over else None,
        "est_delivery_date": iso(world.clock.wall(booking.dropoff_estimate)),
        "shipment_id": kept.id,
        "carrier": "Correios",
        "tracking_details": steps,
        "public_url": f"{kept.url}/track/{kept.id}",
    }


def _step(happening: Happening) -> dict[str, Any] | None:
    words = _PROBLEMS.get(happening.reason) if happening.step is Step.PROBLEM and happening.reason else None
    words = words or _STEPS.get(happening.step)
    if words is None:
        return None
    return {
        "object": "TrackingDetail",
        "message": words[1].replace("_", " ").capitalize(),
        "status": words[0],
        "status_detail": words[1],
        "datetime": iso(happening.at),
        "source": "Correios",
        "tracking_location": _CITY,
    }


def callback(world: World, kept: Kept, booking: Booking, happening: Happening) -> Callback | None:
    """The event of a happening, signed over its very bytes; that a refund is refused nobody is told."""
    if happening.step is Step.REFUNDED:
        description, result = "refund.successful", _refund(kept, happening)
    elif _step(happening) is not None:
        description = "tracker.created" if happening.step is Step.ACCEPTED else "tracker.updated"
        result = tracker(world, kept, booking)
    else:
        return None
    event = {
        "description": description,
        "mode": "test",
        "previous_attributes": {},
        "created_at": iso(happening.at),
        "updated_at": iso(happening.at),
        "id": f"evt_{uuid.uuid4().hex}",
        "status": "pending",
        "object": "Event",
        "result": result,
    }
    body = json.dumps(event, ensure_ascii=False).encode()
    return Callback(body, {"X-Hmac-Signature": signature(world.providers[booking.provider], body)})


def _refund(kept: Kept, happening: Happening) -> dict[str, Any]:
    return {
        "id": named("rfnd", kept.id),
        "object": "Refund",
        "created_at": iso(happening.at),
        "updated_at": iso(happening.at),
        "tracking_code": tracking_code(kept.id),
        "confirmation_number": None,
        "status": "refunded",
        "carrier": "Correios",
        "shipment_id": kept.id,
    }
