"""Open Delivery Logistics V2, the Brazilian restaurants' open protocol: https://www.opendelivery.com.br."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Any, ClassVar

from pydantic import AfterValidator, AliasChoices, AliasPath, BeforeValidator, Field

from carriers._base import (
    BearerAdapter,
    BearerSettings,
    ClientCredentials,
    Instant,
    OrNone,
    Reference,
    Reply,
    Said,
    at,
    clean,
    coded,
    hmac_sha256,
    money,
    no,
    path_to,
    public_url,
    rfc3339,
    signed,
)
from domain import errors
from domain._values import as_code
from domain.availability import Availability
from domain.bookings import Booking, BookingOrder, BookingSafety, Cancellation, Decision, Instruction
from domain.deliveries import Proof
from domain.money import Money
from domain.places import Latitude, Longitude, Stop
from domain.quotes import CarrierOffer, Offer, QuoteRequest, Service
from domain.tracking import Scan, ScanKind, scan_id

# ── settings (the credentials are OAuth's) ────────────────────────────────────────────────────────────────


class Settings(BearerSettings):
    """One merchant at one logistics service; the service issues `app_id`, the merchant's software `merchant_id`."""

    token_path: Annotated[str, Field(pattern=r"^/[!-~]*$")] = "/oauth/token"  # noqa: S105
    api_path: Annotated[str, Field(pattern=r"^(/[!-~]*)?$")] = "/v2"
    merchant_id: Annotated[str, Field(min_length=1, max_length=100)]
    merchant_name: Annotated[str, Field(min_length=1, max_length=500)]
    app_id: Annotated[str, Field(min_length=1, max_length=100, description="its X-App-Id in webhooks")]


# ── status and error tables ───────────────────────────────────────────────────────────────────────────────

EVENTS = {
    "PENDING": ScanKind.PENDING, "ACCEPTED": ScanKind.ACCEPTED, "REJECTED": ScanKind.REJECTED,
    "PICKUP_ONGOING": ScanKind.COURIER_TO_PICKUP, "ARRIVED_AT_MERCHANT": ScanKind.AT_PICKUP,
    "ORDER_PICKED": ScanKind.PICKED_UP, "DELIVERY_ONGOING": ScanKind.IN_TRANSIT,
    "ARRIVED_AT_CUSTOMER": ScanKind.AT_DROPOFF, "ORDER_DELIVERED": ScanKind.DELIVERED,
    "RETURNING_TO_MERCHANT": ScanKind.RETURNING, "RETURNED_TO_MERCHANT": ScanKind.RETURNED,
    "CANCELLED": ScanKind.CANCELLED, "DELIVERY_FINISHED": ScanKind.FINISHED,
}  # fmt: skip
_LET_GO = frozenset({ScanKind.REJECTED, ScanKind.CANCELLED})
_UNDECIDED = frozenset({ScanKind.PENDING, ScanKind.UNKNOWN})

_NOT_HANDED_OVER = ("NOBODY_TO_RECEIVE", "CUSTOMER_ADDRESS_UNKNOWN")
_GONE = "FRAUD_OR_THEFT"
_PROBLEMS = (
    *_NOT_HANDED_OVER, _GONE, "DELIVERYPERSON_OCCURRENCE", "PAYMENT_PROBLEMS", "WRONG_PRODUCT_OR_ITEM", "ORDER_DELAYED",
    "ORDER_DAMAGED_OR_VIOLATED", "CUSTOMER_DID_NOT_PLACE_ORDER", "ORDER_MISSING_ITEMS",
    "DELIVERYPERSON_WAITING_PAYMENT_FOR_ALREADY_PAID_ORDER", "ORDER_DELIVERED_WITHOUT_PAYMENT",
)  # fmt: skip
_ACTIONS = {
    Decision.RETRY: "DELIVER_PRODUCT", Decision.REDIRECT: "DELIVER_PRODUCT", Decision.RETURN: "RETURN_TO_STORE",
}  # fmt: skip
_CANCEL_REASONS = {
    "customer_request": "CONSUMER_CANCELLATION_REQUESTED", "wrong_details": "CONSUMER_CANCELLATION_REQUESTED",
    "too_slow": "HIGH_ACCEPTANCE_TIME", "too_late": "HIGH_ACCEPTANCE_TIME", "not_ready": "PROBLEM_AT_MERCHANT",
}  # fmt: skip

# An error is a status and a title; some services write the reason for a rejection there.
_MEANINGS = {
    "PRICE_EXCEEDED": no("price_exceeded"), "VEHICLE_NOT_AVAILABLE": no("vehicle_not_available"),
    "NO_DELIVERYPERSON_AVAILABLE": no("no_deliveryperson_available"), "REGION_NOT_SERVED": no("region_not_served"),
    "DOES_NOT_MEET_REQUESTED_TIMES": no("does_not_meet_requested_times"), "INVALID_ADDRESS": no("invalid_address"),
    "400": no("malformed"), "401": no("unauthorized"), "403": no("access_denied"), "404": no("not_found"),
    "422": no("unprocessable"),
}  # fmt: skip
_MISSING, _TOO_LATE = 404, (409, 422)
# The protocol promises "a duplicate orderId error" and gives it no status of its own.
_PERHAPS_DUPLICATE = (400, 409, 422)

# Smallest first: what takes how many grams and litres. The protocol gives no sizes; these are couriers' usual ones.
_VEHICLES = (
    ("BICYCLE", 8_000, 45), ("SCOOTER", 15_000, 60), ("MOTORBIKE_BAG", 15_000, 60), ("MOTORBIKE_BOX", 25_000, 100),
    ("CAR", 150_000, 400), ("VUC", 10**9, 10**9),
)  # fmt: skip


# ── what it says ──────────────────────────────────────────────────────────────────────────────────────────


class _Priced(Said):
    amount: OrNone[Annotated[Decimal, Field(ge=0, le=10**9)]] = at("deliveryPrice", "price", "value")
    currency: OrNone[str] = at("deliveryPrice", "price", "currency")

    @property
    def cost(self) -> Money | None:
        """None where it names no price, or none that we could settle."""
        return None if self.amount is None else money(self.amount, self.currency)


class _Simulation(_Priced):
    couriers: OrNone[int] = at("vehicles", "availableVehicles")
    vehicle: OrNone[str] = at("vehicles", "vehiclesAvailable", "type", 0)
    pickup_eta_at: OrNone[Instant] = at("ETAs", "pickupEtaDatetime")
    delivery_eta_at: OrNone[Instant] = at("ETAs", "deliveryEtaDatetime")


class _Placed(Said):
    delivery_id: Reference
    event: str
    accept_by: OrNone[Instant] = at("completion", "rejectAfter")


class _Event(Said):
    type: str
    datetime: Instant
    message: OrNone[str] = None
    rejection: OrNone[str] = at("rejectionInfo", "reason")

    @property
    def kind(self) -> ScanKind:
        return EVENTS.get(self.type, ScanKind.UNKNOWN)


class _Problem(Said):
    """As a webhook tells it, with two flags; as the details' history tells it, with what became of it."""

    reason: str
    datetime: Instant
    message: OrNone[str] = None
    can_finish_deliver: OrNone[bool] = None
    need_merchant_action: OrNone[bool] = None
    resolved: OrNone[bool] = None
    action_taken: OrNone[str] = None

    @property
    def asks(self) -> bool:
        """Whether we are to decide. A history does not say: then we are, if it stops the courier and still stands."""
        if self.need_merchant_action is not None:
            return self.need_merchant_action
        return not self.resolved and self.reason in (*_NOT_HANDED_OVER, _GONE)

    @property
    def kind(self) -> ScanKind:
        if self.reason == _GONE and self.can_finish_deliver is False:
            return ScanKind.LOST
        if self.reason in _NOT_HANDED_OVER and (self.asks or self.action_taken):
            return ScanKind.ATTEMPT_FAILED
        return ScanKind.PROBLEM


class _Report(_Priced):
    """A webhook, which tells one event, or the details, which tell them all."""

    order_id: Annotated[Reference, AfterValidator(str.lower)]  # a UUID in whatever case
    delivery_id: OrNone[Reference] = None
    events: Annotated[list[_Event], BeforeValidator(lambda told: [told] if isinstance(told, dict) else told)] = Field(
        validation_alias=AliasChoices("event", "events")
    )
    problem: Annotated[tuple[_Problem, ...], BeforeValidator(lambda told: told or ())] = ()
    delivery_eta_at: OrNone[Instant] = Field(
        default=None,
        validation_alias=AliasChoices(AliasPath("eta", "deliveryEtaDatetime"), AliasPath("times", "deliveryEtaDate")),
    )
    latitude: OrNone[Latitude] = at("geoLocalization", "latitude")
    longitude: OrNone[Longitude] = at("geoLocalization", "longitude")
    tracking_url: OrNone[str] = at("externalTrackingURL")

    @property
    def reference(self) -> str:
        return self.delivery_id or self.order_id

    @property
    def closed(self) -> bool:
        """Whether it was rejected or cancelled before pickup: what became of a parcel afterwards is a story to tell."""
        kinds = {event.kind for event in self.events}
        return bool(kinds & _LET_GO) and ScanKind.PICKED_UP not in kinds

    @property
    def confirmed(self) -> bool:
        return not self.closed and any(event.kind not in _UNDECIDED for event in self.events)


# ── operations ────────────────────────────────────────────────────────────────────────────────────────────


class OpenDelivery(BearerAdapter[Settings, ClientCredentials]):
    """Our `order.key` is its orderId, under which everything is asked; its deliveryId is our reference."""

    code = "open_delivery"
    name = "Open Delivery"
    safety = BookingSafety.FINDABLE
    statuses: ClassVar = EVENTS
    meanings: ClassVar = _MEANINGS
    settings_model = Settings
    credentials_model = ClientCredentials

    async def quote(self, request: QuoteRequest) -> Sequence[CarrierOffer]:
        """Its one simulation, as one offer; an answer without price or vehicle is a refusal."""
        return [await self._simulate(request, "quote")]

    async def availability(self, request: QuoteRequest, offer: Offer) -> Availability:  # noqa: ARG002
        """The same simulation once more: it holds nothing for anybody."""
        return await self.available(self._simulate(request, "availability"))

    async def book(self, order: BookingOrder) -> Booking:
        """Asks for it; whether it is taken usually comes later, as an event, until `accept_by`."""
        path, json = self._path("delivery"), self._order(order)
        reply = await self.send("POST", path, operation="book", json=json, answers=_PERHAPS_DUPLICATE)
        if not reply.ok:
            found = await self.find_booking(order)
            if found is None or found.closed:
                raise self.verdict(reply) or errors.CarrierMisbehaved(sent=True)
            return found
        placed = reply.read(_Placed)
        kind = EVENTS.get(placed.event, ScanKind.UNKNOWN)
        if kind in _LET_GO:
            raise errors.CarrierRejected(reason=str(kind))
        confirmed = kind not in _UNDECIDED
        return self.booking(order, placed.delivery_id, confirmed=confirmed, accept_by=placed.accept_by)

    async def find_booking(self, order: BookingOrder) -> Booking | None:
        """By our orderId. A refusal to tell is not a no: it raises CarrierMisbehaved and is asked again."""
        details = await self._details(order.key, "find")
        if details is None:
            return None
        return self.booking(
            order,
            details.reference,
            confirmed=details.confirmed,
            closed=details.closed,
            tracking_url=public_url(details.tracking_url),
            cost=details.cost,
            delivery_eta_at=details.delivery_eta_at,
        )

    async def cancel(self, booking: Booking, reason: str) -> Cancellation:
        """A second cancel is refused like a late one: the details tell them apart. Fees come without amounts."""
        json = {"reason": _CANCEL_REASONS.get(reason, "OTHER"), "action": "CANCEL_DELIVERY"}
        path, answers = self._path("cancel", booking.key), (_MISSING, *_TOO_LATE)
        reply = await self.send(
            "POST", path, operation="cancel", json=json, answers=answers, json_due=False, must_answer=True
        )
        if reply.status == _MISSING:
            return Cancellation(nothing_booked=True)
        if not reply.ok:
            details = await self._details(booking.key, "cancel")
            if details is None or not details.closed:
                raise errors.CarrierRejected("it is under way", reason="too_late", status=reply.status)
        return Cancellation()

    async def track(self, booking: Booking) -> Sequence[Scan]:
        """Its history; nothing for a booking that it does not know."""
        details = await self._details(booking.key, "track")
        return self._scans(details) if details else []

    async def decide(self, instruction: Instruction) -> None:
        """Tries again or returns; the note goes with it."""
        reason = (instruction.reason or "").upper()
        json = {"reason": reason if reason in _PROBLEMS else "OTHER", "action": _ACTIONS[instruction.decision]}
        json |= {"message": instruction.note} if instruction.note else {}
        await self.send(
            "POST", self._path("handleProblem", instruction.booking.key), operation="decide", json=json, json_due=False
        )

    def parse_webhook(self, headers: Mapping[str, str], body: bytes) -> Sequence[Scan]:
        """A `newLogisticEvent`, signed over its raw bytes."""
        proofs = {
            "x-app-signature": hmac_sha256(self.credentials.client_secret, body),
            "x-app-id": self.settings.app_id,
            "x-app-merchantid": self.settings.merchant_id,
        }
        return self._scans(signed(body, _Report, *((headers.get(name, ""), due) for name, due in proofs.items())))

    def explain(self, reply: Reply) -> tuple[str, str]:
        """A title is a reason where it is one of the protocol's; else it is for people."""
        title = clean(reply.text_at("title"))
        named = as_code(title).upper()
        return named if named in _MEANINGS or named == title else "", title

    def token_request(self) -> tuple[str, Mapping[str, Any]]:
        """As JSON, which the protocol wants instead of RFC 6749's form."""
        return self.settings.token_path, {"json": self.grant()}

    async def _simulate(self, request: QuoteRequest, operation: str) -> CarrierOffer:
        path, json = self._path("availability"), self._shipment(request)
        said = (await self.send("POST", path, operation=operation, json=json)).read(_Simulation)
        if said.couriers == 0:
            raise errors.CarrierRejected("no courier is free", reason="no_deliveryperson_available")
        if said.cost is None:
            raise errors.CarrierRejected("it names no price that we could settle", reason="no_price")
        vehicle = coded(said.vehicle)
        etas = said.model_dump(include={"pickup_eta_at", "delivery_eta_at"})
        return CarrierOffer(service=vehicle or "delivery", vehicle=vehicle, cost=said.cost, **etas)

    async def _details(self, key: str, operation: str) -> _Report | None:
        path = self._path("delivery", key)
        reply = await self.send("GET", path, operation=operation, answers=(_MISSING,), must_answer=True)
        if reply.status == _MISSING:
            return None
        details = reply.read(_Report)
        if details.order_id != key:
            raise errors.CarrierMisbehaved("another order's details", reason="another_order", sent=True)
        return details

    def _path(self, *parts: str) -> str:
        return path_to(f"{self.settings.api_path}/logistics", *parts)

    def _order(self, order: BookingOrder) -> dict[str, Any]:
        contact = order.request.dropoff.contact
        return {
            **self._shipment(order.request),
            **({"customerPhone": contact.phone} if contact.phone else {}),
            "orderId": order.key,
            "orderDisplayId": order.display_id,
            "additionalPricePercentual": order.price_drift_percent,
            "customerName": contact.name,
            "payments": {"method": "ONLINE"},
        }

    def _shipment(self, request: QuoteRequest) -> dict[str, Any]:
        """What asking and booking have in common, so that it is the same thing that is priced and carried."""
        now = datetime.now(UTC)
        limits: dict[str, Any] = {"orderCreatedAt": rfc3339(now)}
        if request.deliver_by is not None:
            limits["deliveryLimit"] = max(1, int((request.deliver_by - now).total_seconds() // 60))
        value, grams, mm3 = request.declared_value, request.weight_g, sum(p.volume_mm3 for p in request.parcels)
        fitting = [name for name, most, litres in _VEHICLES if grams <= most and mm3 <= litres * 10**6]
        return {
            "merchant": {"id": self.settings.merchant_id, "name": self.settings.merchant_name},
            "pickupAddress": _address(request.pickup),
            "deliveryAddress": _address(request.dropoff),
            "returnToMerchant": False,
            "canCombine": request.service is Service.STANDARD,
            "vehicle": {"type": fitting, "container": "NORMAL"},
            "limitTimes": limits,
            "totalOrderPrice": {"value": value.major(), "currency": str(value.currency)},
            "totalWeight": grams,
            "packageVolume": Decimal(mm3).scaleb(-9),
            "packageQuantity": len(request.parcels),
            "specialInstructions": request.dropoff.instructions,
        }

    def _scans(self, report: _Report) -> list[Scan]:
        scans = []
        for event in report.events:
            proof = Proof(at=event.datetime) if event.kind is ScanKind.DELIVERED else None
            reason = coded(event.rejection)
            scans.append(self._scan(report, event, event.type, event.type, reason=reason, proof=proof))
        for problem in report.problem:
            # With its kind: a history knows less of a problem than its webhook told, and must not pass for it.
            identity, reason = f"PROBLEM/{problem.reason}/{problem.kind}", as_code(problem.reason)
            more = {"reason": reason, "needs_decision": problem.asks}
            scans.append(self._scan(report, problem, identity, problem.reason, **more))
        return scans

    def _scan(self, report: _Report, told: _Event | _Problem, identity: str, word: str, **more: Any) -> Scan:
        return self.scan(
            id=scan_id(report.order_id, identity, told.datetime.isoformat(timespec="seconds")),
            booking_reference=report.reference,
            booking_key=report.order_id,
            kind=told.kind,
            carrier_code=clean(word, 64, masked=False),
            description=clean(told.message, 500),
            occurred_at=told.datetime,
            cost=report.cost,
            **report.model_dump(include={"latitude", "longitude", "delivery_eta_at"}),
            **more,
        )


ADAPTER = OpenDelivery


def _address(stop: Stop) -> dict[str, Any]:
    address = stop.address
    told = address.model_dump(include={"country", "city", "district", "street", "number", "complement"})
    told |= {"postalCode": address.postal_code, "instructions": stop.instructions}
    told["state"] = f"{address.country}-{address.state}" if address.state else ""  # ISO 3166-2, as recommended
    if address.located:
        told |= {"latitude": address.latitude, "longitude": address.longitude}
    return told
