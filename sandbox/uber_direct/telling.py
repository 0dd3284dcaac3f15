"""How it is told: quotes, deliveries there and back, webhooks, signed."""

import json
import time
import uuid
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from sandbox.bookings import Booking, Happening, Reason, Step
from sandbox.city import streets_m
from sandbox.couriers import Estimate
from sandbox.providers import Callback, Provider
from sandbox.tokens import signature
from sandbox.uber_direct.ids import customer_id, delivery_id, quote_id, token
from sandbox.world import World

STATUSES = {
    Step.PENDING: "pending",
    Step.ACCEPTED: "pending",
    Step.TO_PICKUP: "pickup",
    Step.AT_PICKUP: "pickup",
    Step.PICKED_UP: "pickup_complete",
    Step.TO_DROPOFF: "dropoff",
    Step.AT_DROPOFF: "dropoff",
    Step.HANDED_OVER: "delivered",
    Step.RETURNING: "returned",
    Step.RETURNED: "returned",
    Step.REJECTED: "canceled",
    Step.CANCELLED: "canceled",
}
# What travels back is a delivery of its own.
_WAY_BACK = {Step.RETURNING: "dropoff", Step.RETURNED: "delivered"}
_COMPLETE = frozenset({"delivered", "canceled", "returned"})
_RIDES = {Step.TO_PICKUP: 2, Step.TO_DROPOFF: 2}  # how often on the way the courier's place is told
QUOTE_LIVES_S = 900.0  # on the wall: a quote is for people to think about
_READY_FOR_S = 1800.0


def iso(wall: float) -> str:
    """A wall time as the protocol writes it."""
    return datetime.fromtimestamp(wall, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


# What is asked for


def quoted(world: World, provider: Provider, estimate: Estimate) -> dict[str, Any]:
    """DeliveryQuoteResp."""
    now, expires_at = time.time(), time.time() + QUOTE_LIVES_S
    pickup_in, dropoff_in = (
        max(1, round((world.clock.wall(at) - now) / 60)) for at in (estimate.pickup_at, estimate.dropoff_at)
    )
    return {
        "kind": "delivery_quote",
        "id": quote_id(provider, estimate.price_cents, expires_at),
        "created": iso(now),
        "expires": iso(expires_at),
        "fee": estimate.price_cents,
        "currency": "brl",
        "currency_type": "BRL",
        "dropoff_eta": iso(world.clock.wall(estimate.dropoff_at)),
        "duration": dropoff_in,
        "pickup_duration": pickup_in,
        "dropoff_deadline": iso(world.clock.wall(estimate.dropoff_at + _READY_FOR_S)),
    }


def status(booking: Booking, *, back: bool = False) -> str:
    """Its word for where a delivery stands, or its way back."""
    words = _WAY_BACK if back else STATUSES
    return next(words[told.step] for told in reversed(booking.history) if told.step in words)


def delivery(world: World, booking: Booking, city_at: float, *, back: bool = False) -> dict[str, Any]:
    """DeliveryResp: everything about one, as it stood at a city second."""
    asked, word, at = booking.errand.request, status(booking, back=back), booking.at
    ends = ("dropoff", "pickup") if back else ("pickup", "dropoff")
    fee = round(booking.price_cents * (100 + booking.extra_percent) / 100)
    told: dict[str, Any] = {
        "kind": "delivery",
        "id": delivery_id(booking, back=back),
        "uuid": uuid.UUID(booking.delivery_id).hex.upper(),
        "quote_id": asked["quote_id"] or "",
        "external_id": asked["external_id"],
        "status": word,
        "complete": word in _COMPLETE,
        "live_mode": False,
        "created": iso(booking.created_at),
        "updated": iso(world.clock.wall(city_at)),
        "currency": "brl",
        "fee": 0 if back else fee,
        "tip": 0,
        "tracking_url": f"https://sandbox.example/track/{booking.delivery_id}",
        "courier_imminent": not back and at.step in (Step.AT_PICKUP, Step.AT_DROPOFF),
        "pickup": _waypoint(booking, ends[0], _wall(booking, Step.RETURNING if back else Step.PICKED_UP)),
        "dropoff": _waypoint(booking, ends[1], _wall(booking, Step.RETURNED if back else Step.HANDED_OVER)),
        "pickup_ready": iso(booking.created_at),
        "pickup_eta": iso(world.clock.wall(booking.pickup_estimate)),
        "pickup_deadline": iso(world.clock.wall(booking.pickup_estimate + _READY_FOR_S)),
        "dropoff_ready": iso(world.clock.wall(booking.pickup_estimate)),
        "dropoff_eta": iso(world.clock.wall(booking.dropoff_estimate)),
        "dropoff_deadline": iso(world.clock.wall(booking.deliver_by)),
        "dropoff_identifier": "",
        "manifest": {"reference": asked["manifest_reference"], "total_value": asked["manifest_total_value"] or 0},
        "undeliverable_action": "returned" if word == "returned" else "",
        "undeliverable_reason": "CUSTOMER_UNAVAILABLE" if word == "returned" else "",
    }
    if word not in ("pending", "canceled"):
        where = world.couriers.position(booking, city_at)
        told["courier"] = {
            "name": booking.courier_name,
            "vehicle_type": booking.vehicle,
            "phone_number": "+5511000000000",
            "location": {"lat": where.latitude, "lng": where.longitude},
        }
    if back:
        told["related_deliveries"] = {"id": delivery_id(booking), "relationship": "original"}
    elif word == "returned":
        told["related_deliveries"] = {"id": delivery_id(booking, back=True), "relationship": "return"}
        told["return"] = _waypoint(booking, "pickup", _wall(booking, Step.RETURNED))
    return told


def _wall(booking: Booking, step: Step) -> float | None:
    happened = booking.happened(step)
    return None if happened is None else happened.at


def _waypoint(booking: Booking, end: str, completed_at: float | None) -> dict[str, Any]:
    """WaypointInfo, with the proof where the recipient was handed something."""
    asked = booking.errand.request
    point = booking.errand.pickup if end == "pickup" else booking.errand.dropoff
    address = json.loads(asked[f"{end}_address"])
    lines = [*address["street_address"], ""]
    told: dict[str, Any] = {
        "name": asked[f"{end}_name"],
        "phone_number": asked[f"{end}_phone_number"],
        "address": ", ".join([*address["street_address"], address["city"], address["zip_code"], address["country"]]),
        "detailed_address": {
            "street_address_1": lines[0],
            "street_address_2": lines[1],
            **{name: address[name] for name in ("city", "state", "zip_code", "country")},
        },
        "notes": asked[f"{end}_notes"],
        "seller_notes": "",
        "courier_notes": "",
        "location": {"lat": point.latitude, "lng": point.longitude},
    }
    if completed_at is not None:
        told |= {"status": "completed", "status_timestamp": iso(completed_at)}
        if end == "dropoff" and booking.happened(Step.HANDED_OVER):
            told["verification"] = _proof(booking)
    return told


def _proof(booking: Booking) -> dict[str, Any]:
    """VerificationProof: what was asked for, brought back."""
    wanted, image = booking.errand.request["dropoff_verification"], f"https://sandbox.example/{booking.delivery_id}"
    told: dict[str, Any] = {}
    if wanted.get("picture"):
        told["picture"] = {"image_url": f"{image}/picture.png"}
    if wanted.get("signature_requirement"):
        signer = booking.errand.request["dropoff_name"]
        told["signature"] = {"image_url": f"{image}/signature.png", "name": signer, "signer_relationship": "SELF"}
    if wanted.get("pincode"):
        told["pin_code"] = {"entered": str(uuid.UUID(booking.delivery_id).int % 9000 + 1000)}
    return told


def refund(booking: Booking) -> dict[str, Any] | None:
    """Refund: what was stolen is paid for, and the ride to nowhere."""
    if not any(problem.reason is Reason.THEFT for problem in booking.problems) or status(booking) != "canceled":
        return None
    asked, fee = booking.errand.request, booking.price_cents
    goods = asked["manifest_total_value"] or 0
    items = [{"name": item["name"], "quantity": item["quantity"]} for item in asked["manifest_items"]]
    lost = {
        "party_at_fault": "UBER",
        "reason": "UBER_ORDER_NOT_DELIVERED",
        "partner_refund_amount": goods,
        "uber_refund_amount": goods,
        "refund_items": items,
    }
    return {
        "id": str(uuid.uuid5(uuid.UUID(booking.delivery_id), "refund")),
        "created_at": iso(booking.history[-1].at),
        "currency_code": "BRL",
        "refund_fees": [{"category": "DELIVERY", "fee_code": "UBER_DELIVERY_FEE", "value": fee}],
        "refund_order_items": [lost],
        "total_partner_refund": goods,
        "total_uber_refund": goods + fee,
    }


# Webhooks


def callbacks(world: World, booking: Booking, happening: Happening) -> Sequence[Callback]:
    """A status, and on a ride where the courier is; for theft the refund. For the rest it has no word."""
    step, told = happening.step, []
    if step in (Step.RETURNING, Step.RETURNED):
        told.append(_status_event(world, booking, happening, back=step is Step.RETURNED))
    elif step in STATUSES and step is not Step.PENDING:
        told.append(_status_event(world, booking, happening))
    if step in _RIDES:
        told += _courier_updates(world, booking, happening)
    if step is Step.CANCELLED and (given_back := refund(booking)):
        event = {"kind": "event.refund_request", "created": iso(happening.at), "data": given_back}
        told.append(_signed(world, booking, event))
    return told


def _status_event(world: World, booking: Booking, happening: Happening, *, back: bool = False) -> Callback:
    data = delivery(world, booking, happening.city_at, back=back)
    event = {"kind": "event.delivery_status", "created": iso(happening.at), "status": data["status"], "data": data}
    return _signed(world, booking, event, back=back)


def _courier_updates(world: World, booking: Booking, happening: Happening) -> list[Callback]:
    errand = booking.errand
    way = (
        (booking.courier_start, errand.pickup) if happening.step is Step.TO_PICKUP else (errand.pickup, errand.dropoff)
    )
    ride_s, times = world.providers[booking.provider].ride_s(streets_m(*way)), _RIDES[happening.step]
    told = []
    for after in (ride_s * n / (times + 1) for n in range(1, times + 1)):
        data = delivery(world, booking, happening.city_at + after)
        event = {
            "kind": "event.courier_update",
            "created": data["updated"],
            "location": data["courier"]["location"],
            "data": data,
        }
        told.append(_signed(world, booking, event, after=after))
    return told


def _signed(
    world: World, booking: Booking, event: dict[str, Any], *, back: bool = False, after: float = 0.0
) -> Callback:
    provider = world.providers[booking.provider]
    told = {
        **event,
        "id": f"evt_{token(uuid.uuid4())}",
        "delivery_id": delivery_id(booking, back=back),
        "external_id": booking.errand.request["external_id"],
        "customer_id": customer_id(provider),
        "live_mode": False,
    }
    body = json.dumps(told, ensure_ascii=False).encode()
    return Callback(body, {"X-Uber-Signature": signature(provider.credentials["webhook_secret"], body)}, after)
