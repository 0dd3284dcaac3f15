"""Lalamove v3, couriers on demand: https://developers.lalamove.com."""

import asyncio
import time
import uuid
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Annotated, Any, ClassVar, Self

import httpx
from pydantic import AliasPath, Field, SecretStr, model_validator
from pydantic.alias_generators import to_snake

from carriers._base import (
    AdapterCredentials,
    AdapterSettings,
    CarrierAdapter,
    Instant,
    OrNone,
    Reference,
    Reply,
    Said,
    again,
    clean,
    hmac_sha256,
    money,
    no,
    public_url,
    raw_members,
    signed,
    throttled,
)
from domain import errors
from domain._values import as_code
from domain.availability import Availability, Refusal
from domain.bookings import Booking, BookingOrder, BookingSafety, Cancellation, Instruction
from domain.deliveries import Proof
from domain.money import Money
from domain.parcels import fits
from domain.places import Latitude, Longitude, Stop
from domain.quotes import CarrierOffer, Component, Offer, QuoteRequest
from domain.tracking import Scan, ScanKind, scan_id

# ── settings and credentials ──────────────────────────────────────────────────────────────────────────────


class Settings(AdapterSettings):
    """One account in one market; where no services are named, the smallest of Brazil's that fits is asked."""

    market: Annotated[str, Field(pattern=r"^[A-Z]{2}$")] = "BR"
    language: Annotated[str, Field(pattern=r"^[a-z]{2}_[A-Z]{2}$", description="of the addresses")] = "pt_BR"
    services: Annotated[tuple[Annotated[str, Field(pattern=r"^[0-9A-Z_]{1,40}$")], ...], Field(max_length=5)] = ()
    webhook_path: Annotated[str, Field(pattern=r"^(/[!-~]*)?$", description="if not /v1/webhooks/lalamove/…")] = ""

    @model_validator(mode="after")
    def _other_markets_have_other_vehicles(self) -> Self:
        if self.market != "BR" and not self.services:
            raise ValueError("services: name them, outside BR")
        return self


class Credentials(AdapterCredentials):
    """From the partner portal, `pk_…` and `sk_…`: one pair for requests and webhooks."""

    api_key: Annotated[SecretStr, Field(min_length=1)]
    api_secret: Annotated[SecretStr, Field(min_length=1)]


# ── status and error tables ───────────────────────────────────────────────────────────────────────────────

# An order stands at one of the first seven, the proof of delivery at one of the last four.
_STATUSES = {
    "ASSIGNING_DRIVER": ScanKind.PENDING, "ON_GOING": ScanKind.COURIER_TO_PICKUP, "PICKED_UP": ScanKind.PICKED_UP,
    "COMPLETED": ScanKind.DELIVERED, "CANCELED": ScanKind.CANCELLED, "REJECTED": ScanKind.REJECTED,
    "EXPIRED": ScanKind.REJECTED, "PENDING": ScanKind.PENDING, "DELIVERED": ScanKind.DELIVERED,
    "SIGNED": ScanKind.DELIVERED, "FAILED": ScanKind.ATTEMPT_FAILED,
}  # fmt: skip
_LET_GO = frozenset({ScanKind.REJECTED, ScanKind.CANCELLED})
_UNDECIDED = frozenset({ScanKind.PENDING, ScanKind.UNKNOWN})
_ON_THE_WAY, _BY_A_DRIVER = ("ON_GOING", "PICKED_UP"), ("ON_GOING", "PICKED_UP", "COMPLETED")

_MEANINGS = {
    f"ERR_{word}": no(word.lower())
    for word in (
        "INSUFFICIENT_STOPS", "TOO_MANY_STOPS", "INVALID_MARKET", "INVALID_PHONE_NUMBER", "INVALID_SCHEDULE_TIME",
        "INVALID_SERVICE_TYPE", "INVALID_SPECIAL_REQUEST", "OUT_OF_SERVICE_AREA", "REVERSE_GEOCODE_FAILURE",
        "INCORRECT_ADDRESS", "INVALID_FIELD", "MISSING_FIELD", "REQUIRED_FIELD", "INSUFFICIENT_CREDIT",
        "PRICE_MISMATCH", "ORDER_NOT_FOUND", "DRIVER_NOT_FOUND", "INVALID_ORDER_STATUS", "ORDER_EDIT",
        "CHANGE_DRIVER", "INVALID_TIPS", "EXCEED_MIN_TIPS", "EXCEED_MAX_TIPS", "INVALID_RESPONSE",
    )
} | {
    "ERR_INVALID_QUOTATION_ID": no("quotation_expired"),  # wrong, used, or older than five minutes
    "ERR_CANCELLATION_FORBIDDEN": no("too_late"), "ERR_CANCELLATION": no("too_late"),
    "ERR_RATE_LIMIT_EXCEEDED": throttled(), "ERR_TOO_MANY_REQUESTS": throttled(),
    "400": no("malformed"), "401": no("unauthorized"), "402": no("insufficient_credit"), "403": no("access_denied"),
    "404": no("not_found"), "422": no("unprocessable"), "429": throttled(), "500": again("server_error"),
}  # fmt: skip

# Brazil's vehicles, smallest first, as `GET /v3/cities` lists them: what each takes in grams and millimetres.
# Those hired by the hour are left out. LALAGO, HATCHBACK and CAR are in every city, the others in larger ones.
_SERVICES = {
    "LALAGO": ("motorbike", 20_000, (300, 300, 400)), "LALAPRO": ("motorbike", 20_000, (300, 400, 400)),
    "HATCHBACK": ("car", 200_000, (600, 700, 1000)), "CAR": ("car", 300_000, (600, 800, 1200)),
    "UV_FIORINO": ("van", 500_000, (1100, 1300, 1800)), "VAN": ("van", 1_000_000, (1600, 1800, 2700)),
    "TRUCK330": ("truck", 1_500_000, (1800, 2000, 3000)),
}  # fmt: skip
_STANDS_FOR, _AT_ONCE = timedelta(minutes=5), timedelta(minutes=15)
_Amount = Annotated[Decimal, Field(ge=0, le=10**9)]


# ── what it says ──────────────────────────────────────────────────────────────────────────────────────────


def _at(*path: str | int, **more: Any) -> Any:
    return Field(validation_alias=AliasPath(*path), **more)  # type: ignore[arg-type]


class _Quotation(Said):
    quotation_id: Reference
    pickup: Reference = _at("stops", 0, "stopId")
    dropoff: Reference = _at("stops", 1, "stopId")
    total: _Amount = _at("priceBreakdown", "total")
    currency: str = _at("priceBreakdown", "currency")
    price_breakdown: dict[str, Any]
    expires_at: OrNone[Instant] = None


class _Order(Said):
    """As an order tells it, or a webhook, which leaves out what it is not about."""

    order_id: Reference
    status: OrNone[str] = None
    cancel_party: OrNone[str] = None
    driver_id: OrNone[Reference] = None
    share_link: OrNone[str] = None
    total: OrNone[_Amount] = _at("priceBreakdown", "total", default=None)
    currency: OrNone[str] = _at("priceBreakdown", "currency", default=None)
    pod: OrNone[str] = _at("stops", -1, "POD", "status", default=None)
    pod_image: OrNone[str] = _at("stops", -1, "POD", "image", default=None)
    pod_at: OrNone[Instant] = _at("stops", -1, "POD", "deliveredAt", default=None)
    key: OrNone[Reference] = _at("metadata", "booking_key", default=None)

    @property
    def kind(self) -> ScanKind:
        return _STATUSES.get(self.status or "", ScanKind.UNKNOWN)

    @property
    def cost(self) -> Money | None:
        return None if self.total is None else money(self.total, self.currency)


class _Place(Said):
    latitude: OrNone[Latitude] = Field(default=None, alias="lat")
    longitude: OrNone[Longitude] = Field(default=None, alias="lng")


class _Webhook(Said):
    """No more than is signed of it. `timestamp` is its one true clock: the others are local, and say UTC."""

    timestamp: Instant
    order: _Order | None = _at("data", "order", default=None)
    price: OrNone[_Amount] = _at("data", "order", "price", "totalPrice", default=None)
    currency: OrNone[str] = _at("data", "order", "price", "currency", default=None)
    replaced: OrNone[Reference] = _at("data", "prevOrderId", default=None)
    driver_id: OrNone[Reference] = _at("data", "driver", "driverId", default=None)
    location: OrNone[_Place] = _at("data", "location", default=None)


# ── operations ────────────────────────────────────────────────────────────────────────────────────────────


class Lalamove(CarrierAdapter[Settings, Credentials]):
    """A quotation fixes price and stops for five minutes; the order made of it is found by Lalamove's id alone."""

    code = "lalamove"
    name = "Lalamove"
    safety = BookingSafety.NEITHER
    acknowledges = 200  # anything else it sends again
    statuses: ClassVar = _STATUSES
    meanings: ClassVar = _MEANINGS
    settings_model, credentials_model = Settings, Credentials

    async def quote(self, request: QuoteRequest) -> Sequence[CarrierOffer]:
        """One offer for each service asked about; a refusal only when there is none at all."""
        asked = [self._quotation(request, service, "quote") for service in self._fitting(request)]
        answers = await asyncio.gather(*asked, return_exceptions=True)
        offers = [answer for answer in answers if isinstance(answer, CarrierOffer)]
        if not offers and isinstance(answers[0], BaseException):
            raise answers[0]
        return offers

    async def availability(self, request: QuoteRequest, offer: Offer) -> Availability:
        """A fresh quotation for the same service, which holds nothing; the offer's own price stands all the same."""
        try:
            now = (await self._quotation(request, offer.service, "availability")).cost
        except errors.CarrierRejected as refused:
            return Availability(available=False, reason=Refusal.CARRIER_REFUSED, detail=refused.detail)
        return Availability(available=True, detail="" if now == offer.cost else f"it would now ask {now}")

    async def book(self, order: BookingOrder) -> Booking:
        """Orders what was quoted; that a driver has taken it usually comes later, as an event."""
        reply = await self.send("POST", "/v3/orders", operation="book", json={"data": _ordered(order)})
        placed = reply.read(_Order, "data")
        stands = {"confirmed": placed.kind not in _LET_GO | _UNDECIDED, "closed": placed.kind in _LET_GO}
        more = {"tracking_url": public_url(placed.share_link), "cost": placed.cost, **stands}
        return self.booking(order, placed.order_id, **more)

    async def find_booking(self, order: BookingOrder) -> Booking | None:
        """It cannot be asked by our key: raises BookingUnknown. A webhook that carries our metadata may tell."""
        raise errors.BookingUnknown(key=order.key)

    async def cancel(self, booking: Booking, reason: str) -> Cancellation:  # noqa: ARG002
        """A second cancel is refused like a late one: the order tells them apart. What is let go costs nothing."""
        try:
            await self.send("DELETE", f"/v3/orders/{booking.reference}", operation="cancel", json_due=False)
        except errors.CarrierRejected as refused:
            order = await self._details(booking, "cancel")
            if order is None or order.kind in _LET_GO:
                return Cancellation(nothing_booked=order is None)
            if refused.data["reason"] == "too_late":
                raise
            raise errors.CarrierMisbehaved(refused.detail, **{**refused.data, "sent": True}) from refused
        return Cancellation()

    async def track(self, booking: Booking) -> Sequence[Scan]:
        """Where it stands now, the proof of delivery, and where its driver is; nothing of an unknown order."""
        order, now = await self._details(booking, "track"), datetime.now(UTC)
        if order is None:
            return []
        place = await self._place(order) if order.driver_id and order.status in _ON_THE_WAY else _Place()
        return self._scans(order.model_copy(update={"key": booking.key}), now, place)

    async def decide(self, instruction: Instruction) -> None:  # noqa: ARG002
        """It takes no instructions: somebody calls the driver."""
        raise errors.CarrierRejected("call the driver", reason="takes_no_instructions")

    def parse_webhook(self, headers: Mapping[str, str], body: bytes) -> Sequence[Scan]:  # noqa: ARG002
        """Signed like a request, over `data` as it was written; an event that concerns no order says nothing."""
        told = raw_members(body)
        stamp, given, key = (told.get(name, "").strip('"') for name in ("timestamp", "signature", "apiKey"))
        path = self.settings.webhook_path or f"/v1/webhooks/{self.ref}"
        due = self._signature(stamp, "POST", path, told.get("data", "").encode())
        event = signed(body, _Webhook, (given, due), (key, self.credentials.api_key.get_secret_value()))
        return [] if event.order is None else self._heard(event, event.order)

    async def authorise(self, request: httpx.Request) -> None:
        """Signs what will be sent, as it will be sent."""
        now, key = str(time.time_ns() // 1_000_000), self.credentials.api_key.get_secret_value()
        mac = self._signature(now, request.method, request.url.raw_path.decode(), request.content)
        ours = {"authorization": f"hmac {key}:{now}:{mac}", "market": self.settings.market}
        request.headers.update({**ours, "request-id": str(uuid.uuid4())})

    def explain(self, reply: Reply) -> tuple[str, str]:
        """The first of its `errors`, or the one that stands there alone; in the older form `message` is the id."""
        for path in (("errors", 0), ("errors",), ()):
            code, words, detail = (reply.text_at(*path, name) for name in ("id", "message", "detail"))
            code, words = (words, "") if words.startswith("ERR_") else (code, words)
            if code or words:
                return code, f"{words} {detail}"
        return "", ""

    def _signature(self, timestamp: str, method: str, path: str, body: bytes) -> str:
        head = f"{timestamp}\r\n{method}\r\n{path}\r\n\r\n"
        return hmac_sha256(self.credentials.api_secret, head.encode() + body)

    def _fitting(self, request: QuoteRequest) -> list[str]:
        """The services to ask about: those named that are large enough, as far as we know, or the smallest that is."""
        named = self.settings.services
        fitting = [s for s in named or _SERVICES if s not in _SERVICES or fits(request.parcels, *_SERVICES[s][1:])]
        if not fitting:
            raise errors.CarrierRejected("it has no vehicle for that", reason="too_large")
        return fitting if named else fitting[:1]

    async def _quotation(self, request: QuoteRequest, service: str, operation: str) -> CarrierOffer:
        stops, now = [_stop(request.pickup), _stop(request.dropoff)], datetime.now(UTC)
        data: dict[str, Any] = {"serviceType": service, "language": self.settings.language, "stops": stops}
        if request.ready_at is not None and request.ready_at > now + _AT_ONCE:
            data["scheduleAt"] = request.ready_at.strftime("%Y-%m-%dT%H:%M:%S.000Z")
        reply = await self.send("POST", "/v3/quotations", operation=operation, json={"data": data})
        said = reply.read(_Quotation, "data")
        cost = money(said.total, said.currency)
        if cost is None:
            raise errors.CarrierRejected("it names no price that we could settle", reason="no_price")
        return CarrierOffer(
            service=service,
            vehicle=_SERVICES[service][0] if service in _SERVICES else None,
            cost=cost,
            breakdown=_components(said),
            expires_at=said.expires_at or now + _STANDS_FOR,
            carrier_reference=f"{said.quotation_id} {said.pickup} {said.dropoff}",
        )

    async def _details(self, booking: Booking, operation: str) -> _Order | None:
        try:
            reply = await self.send("GET", f"/v3/orders/{booking.reference}", operation=operation, must_answer=True)
        except errors.CarrierMisbehaved as refused:
            if refused.data["reason"] == "order_not_found":
                return None
            raise
        order = reply.read(_Order, "data")
        if order.order_id != booking.reference:
            raise errors.CarrierMisbehaved("another order", reason="another_order", sent=True)
        return order

    async def _place(self, order: _Order) -> _Place:
        """Told within a window of its own, and worth less than where the order stands: a refusal costs nothing."""
        path = f"/v3/orders/{order.order_id}/drivers/{order.driver_id}"
        try:
            return (await self.send("GET", path, operation="track")).read(_Place, "data", "coordinates")
        except errors.CarrierError:
            return _Place()

    def _heard(self, event: _Webhook, order: _Order) -> list[Scan]:
        """What an event says of its own, then where the order stands, if it tells that too."""
        at, own, problem = event.timestamp, list[Scan](), ScanKind.PROBLEM
        if event.replaced:
            # Support cancels an order and makes another of it, where only a human can follow it.
            old, said = order.model_copy(update={"order_id": event.replaced}), f"it goes on as order {order.order_id}"
            more: dict[str, Any] = {"reason": "order_replaced", "description": said, "needs_decision": True}
            return [self._scan(old, "ORDER_REPLACED", problem, at, **more)]
        if event.driver_id:
            kind, more = ScanKind.COURIER_ASSIGNED, (event.location or _Place()).model_dump()
            own = [self._scan(order, "DRIVER_ASSIGNED", kind, at, event.driver_id, **more)]
        elif event.price is not None:
            more = {"reason": "amount_changed", "cost": money(event.price, event.currency)}
            own = [self._scan(order, "ORDER_AMOUNT_CHANGED", problem, at, str(event.price), **more)]
        return [*own, *self._scans(order, at)]

    def _scans(self, order: _Order, at: datetime, place: _Place = _Place()) -> list[Scan]:
        """Nothing numbers what happened: a status is known again by the driver who reached it, a proof by its word."""
        scans, more, delivered_at = list[Scan](), place.model_dump(), order.pod_at or at
        proven = order.pod not in (None, "PENDING")
        if order.status:
            kind = ScanKind.FINISHED if order.status == "COMPLETED" and proven else order.kind
            who = order.driver_id if order.status in _BY_A_DRIVER else None
            if order.status == "CANCELED" and order.cancel_party == "LALAMOVE_CUSTOMER_SUPPORT":
                # It may go on as another order (ORDER_REPLACED): booking anew would send a second courier.
                kind, more = ScanKind.PROBLEM, {"reason": "cancelled_by_support", "needs_decision": True}
            elif kind in _LET_GO:
                more = {"reason": as_code(order.status)}
            when = delivered_at if order.status == "COMPLETED" else at
            scans.append(self._scan(order, order.status, kind, when, who, **more))
        if order.pod and proven:
            kind = _STATUSES.get(order.pod, ScanKind.UNKNOWN)
            more = {"needs_decision": kind is ScanKind.ATTEMPT_FAILED}
            if kind is ScanKind.DELIVERED:
                image = "signature_url" if order.pod == "SIGNED" else "photo_url"
                more["proof"] = Proof(at=delivered_at, **{image: public_url(order.pod_image)})
            scans.append(self._scan(order, order.pod, kind, delivered_at, **more))
        return scans

    def _scan(self, order: _Order, word: str, kind: ScanKind, at: datetime, who: str | None = "", **more: Any) -> Scan:
        told = {"kind": kind, "carrier_code": clean(word, 64, masked=False), "occurred_at": at, "cost": order.cost}
        told |= {"booking_reference": order.order_id, "booking_key": order.key, **more}
        return self.scan(id=scan_id(order.order_id, word, who or ""), **told)


ADAPTER = Lalamove


def _ordered(order: BookingOrder) -> dict[str, Any]:
    quoted = (order.offer.carrier_reference or "").split(" ")
    if len(quoted) != 3:
        raise errors.CarrierRejected("the offer names no quotation", reason="quotation_expired")
    stops, own = (order.request.pickup, order.request.dropoff), order.delivery_id.removeprefix("del_")[:8].upper()
    sender, recipient = (
        {"stopId": stop_id, "name": stop.contact.name, "phone": stop.contact.phone or ""}
        for stop_id, stop in zip(quoted[1:], stops, strict=True)
    )
    # What courier and counter read to each other; then what is to be known at the first stop, and at the second.
    number = f"{order.reference}-{own[:4]}" if order.reference else own
    notes = [f"{n}: {stop.instructions}" for n, stop in enumerate(stops, 1) if stop.instructions]
    return {
        "quotationId": quoted[0],
        "sender": sender,
        "recipients": [{**recipient, "remarks": "\r\n".join((number, *notes))}],
        "isPODEnabled": True,
        "isRecipientSMSEnabled": False,
        "metadata": {"booking_key": order.key, "delivery_id": order.delivery_id},
    }


def _stop(stop: Stop) -> dict[str, Any]:
    """Raises CarrierRejected without coordinates, which nobody shall guess, or a phone, which an order needs."""
    place = stop.address
    for lacking, there in (("coordinates", place.located), ("phone", stop.contact.phone)):
        if not there:
            raise errors.CarrierRejected(f"a stop has no {lacking}", reason=f"no_{lacking}")
    code = f"{place.postal_code[:5]}-{place.postal_code[5:]}" if place.country == "BR" else place.postal_code
    lines = (place.street, place.number, place.complement, place.district, place.city, place.state, code, place.country)
    at = {"lat": f"{place.latitude:.7f}", "lng": f"{place.longitude:.7f}"}
    return {"coordinates": at, "address": ", ".join(filter(None, lines))}


def _components(said: _Quotation) -> tuple[Component, ...]:
    """What adds up to the total: every line that is an amount and no total itself."""
    lines = ((to_snake(name), money(str(value), said.currency)) for name, value in said.price_breakdown.items())
    ours = ((code, amount) for code, amount in lines if amount is not None and not code.startswith("total"))
    return tuple(Component(code=code, label=code.replace("_", " "), amount=amount) for code, amount in ours)
