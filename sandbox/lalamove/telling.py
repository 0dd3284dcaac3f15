"""How it is told: quotations, orders, drivers and webhooks, signed."""

import hashlib
import hmac
import json
import uuid
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from sandbox.bookings import Booking, Happening, Reason, Step
from sandbox.city import Point, streets_m
from sandbox.providers import Callback, Provider
from sandbox.world import World

_STATUSES = {
    Step.PENDING: "ASSIGNING_DRIVER", Step.ACCEPTED: "ON_GOING", Step.TO_PICKUP: "ON_GOING",
    Step.AT_PICKUP: "ON_GOING", Step.PICKED_UP: "PICKED_UP", Step.TO_DROPOFF: "PICKED_UP",
    Step.AT_DROPOFF: "PICKED_UP", Step.HANDED_OVER: "PICKED_UP", Step.RETURNING: "PICKED_UP",
    Step.RETURNED: "PICKED_UP", Step.FINISHED: "COMPLETED", Step.CANCELLED: "CANCELED", Step.REJECTED: "REJECTED",
}  # fmt: skip
_NOBODY_CAME = "EXPIRED"
PODS = ("PENDING", "DELIVERED", "SIGNED", "FAILED")
STATUSES = (*dict.fromkeys(_STATUSES.values()), _NOBODY_CAME)

# What each step tells, beside what the status already says of it.
_EVENTS = {
    Step.ACCEPTED: "DRIVER_ASSIGNED", Step.TO_PICKUP: "ORDER_STATUS_CHANGED", Step.AT_PICKUP: "ORDER_AMOUNT_CHANGED",
    Step.PICKED_UP: "ORDER_STATUS_CHANGED", Step.HANDED_OVER: "POD_STATUS_CHANGED",
    Step.PROBLEM: "POD_STATUS_CHANGED", Step.FINISHED: "ORDER_STATUS_CHANGED",
    Step.CANCELLED: "ORDER_STATUS_CHANGED", Step.REJECTED: "ORDER_STATUS_CHANGED",
}  # fmt: skip
_LOCAL = ZoneInfo("America/Sao_Paulo")


def signature(provider: Provider, timestamp: str, method: str, path: str, body: bytes) -> str:
    """The lower-case hexadecimal HMAC-SHA256 of a request, by the API secret."""
    signed = f"{timestamp}\r\n{method}\r\n{path}\r\n\r\n".encode() + body
    return hmac.new(provider.credentials["api_secret"].encode(), signed, hashlib.sha256).hexdigest()


def iso(wall: float) -> str:
    """A wall time as answers write it: UTC, hundredths of a second."""
    return datetime.fromtimestamp(int(wall), UTC).strftime("%Y-%m-%dT%H:%M:%S.00Z")


def local(wall: float) -> str:
    """A wall time as webhooks write it: the city's own clock, to the minute, and a Z that is not true."""
    return datetime.fromtimestamp(wall, _LOCAL).strftime("%Y-%m-%dT%H:%M.00Z")


def coordinates(point: Point) -> dict[str, str]:
    """A place as answers write it."""
    return {"lat": f"{point.latitude:.7f}", "lng": f"{point.longitude:.7f}"}


def price(provider: Provider, cents: int, surcharge_cents: int = 0) -> dict[str, str]:
    """A price and what it is made of."""
    base = min(provider.base_cents, cents)
    lines = {"base": base, "extraMileage": cents - base, "surcharge": surcharge_cents}
    total = _amount(cents + surcharge_cents)
    told = {name: _amount(amount) for name, amount in lines.items() if amount or name == "base"}
    return {**told, "totalExcludePriorityFee": total, "total": total, "currency": "BRL"}


def distance(a: Point, b: Point) -> dict[str, str]:
    """Metres along the streets."""
    return {"value": str(round(streets_m(a, b))), "unit": "m"}


def status(booking: Booking) -> str:
    """Where the order stands."""
    if booking.at.step is Step.REJECTED and booking.at.reason is Reason.NO_COURIER:
        return _NOBODY_CAME
    return _STATUSES[booking.at.step]


def driver_id(booking: Booking) -> str:
    """The driver's number; empty while nobody has it, and once nobody will."""
    ridden = booking.happened(Step.ACCEPTED) and booking.at.step not in (Step.CANCELLED, Step.REJECTED)
    return booking.courier_id.rpartition("-")[2] if ridden else ""


def driver(world: World, booking: Booking) -> dict[str, Any]:
    """Who rides, and where."""
    now = world.clock.now()
    where = coordinates(world.couriers.position(booking, now))
    return {**_driver(booking), "coordinates": {**where, "updatedAt": iso(world.clock.wall(now))}}


def order(world: World, booking: Booking) -> dict[str, Any]:
    """Everything about one order."""
    provider, asked = world.providers[booking.provider], booking.errand.request
    contacts, stops = asked["contacts"], asked["quotation"]["stops"]
    told = [
        {
            "coordinates": stop["coordinates"],
            "address": stop["address"],
            "name": contact["name"],
            "phone": _bare(contact),
        }
        for stop, contact in zip(stops, contacts, strict=True)
    ]
    if asked["proof"]:
        told[-1]["POD"] = _pod(booking)
    return {
        "orderId": booking.errand.order_id,
        "quotationId": asked["quotation"]["quotationId"],
        "priceBreakdown": price(provider, booking.price_cents, _surcharge(booking)),
        "driverId": driver_id(booking),
        "shareLink": f"{asked['base']}/share/{booking.errand.order_id}",
        "status": status(booking),
        "distance": distance(booking.errand.pickup, booking.errand.dropoff),
        "stops": told,
        "metadata": asked["metadata"],
        "remarks": [line for line in booking.errand.instructions.split("\r\n") if line],
    }


def callback(world: World, booking: Booking, happening: Happening) -> Callback | None:
    """The webhook of a happening, signed for the address that is known when it happens."""
    event = _EVENTS.get(happening.step)
    if event == "ORDER_AMOUNT_CHANGED" and not _surcharge(booking):
        return None
    if happening.step is Step.PROBLEM and happening.reason is not Reason.NOBODY_HOME:
        return None
    if event is None:
        return None
    provider = world.providers[booking.provider]
    data = {**_concerned(world, booking, event), "updatedAt": local(happening.at)}
    timestamp = int(happening.at)
    path = urlsplit(world.store.endpoints().get(provider.name, "")).path or "/"
    told = {
        "apiKey": provider.credentials["api_key"],
        "timestamp": timestamp,
        "signature": signature(provider, str(timestamp), "POST", path, _json(data)),
        "eventId": str(uuid.uuid4()).upper(),
        "eventType": event,
        "eventVersion": "v3",
        "data": data,
    }
    return Callback(_json(told), {})


def _concerned(world: World, booking: Booking, event: str) -> dict[str, Any]:
    whole = order(world, booking)
    if event == "DRIVER_ASSIGNED":
        where = world.couriers.position(booking, booking.at.city_at)
        location = {"lng": where.longitude, "lat": where.latitude}
        return {"driver": _driver(booking), "location": location, "order": {"orderId": whole["orderId"]}}
    told = {name: whole[name] for name in ("orderId", "shareLink", "driverId", "status", "metadata")}
    told |= {"market": "BR_SAO", "createdAt": local(booking.created_at)}
    if event == "ORDER_AMOUNT_CHANGED":
        total = whole["priceBreakdown"]["total"]
        told["price"] = {"totalPrice": total, "subTotal": total, "priorityFee": "0.00", "currency": "BRL"}
    else:
        told["stops"] = whole["stops"]
    if event == "ORDER_STATUS_CHANGED":
        told["previousStatus"] = _previous(booking)
    return {"order": told}


def _previous(booking: Booking) -> str:
    """The status before this one."""
    before = [_STATUSES[happening.step] for happening in booking.history[:-1] if happening.step in _STATUSES]
    return next((word for word in reversed(before) if word != status(booking)), "")


def _pod(booking: Booking) -> dict[str, str]:
    handed = booking.happened(Step.HANDED_OVER)
    if handed is not None:
        image = f"{booking.errand.request['base']}/pod/{booking.errand.order_id}.png"
        return {"status": "DELIVERED", "image": image, "deliveredAt": iso(handed.at)}
    failed = any(problem.reason is Reason.NOBODY_HOME for problem in booking.problems)
    return {"status": "FAILED" if failed else "PENDING"}


def _driver(booking: Booking) -> dict[str, str]:
    number = booking.courier_id.rpartition("-")[2]
    plate, phone = f"**{number[-4:]}*", f"+55119{int(number):08}"
    return {"driverId": number, "name": booking.courier_name, "phone": phone, "plateNumber": plate, "photo": ""}


def _surcharge(booking: Booking) -> int:
    """Centavos on top of what was quoted, once there is a driver to ask for them."""
    return round(booking.price_cents * booking.extra_percent / 100) if booking.happened(Step.ACCEPTED) else 0


def _bare(contact: dict[str, str]) -> str:
    return contact["phone"].removeprefix("+55")


def _amount(cents: int) -> str:
    return f"{cents / 100:.2f}"


def _json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
