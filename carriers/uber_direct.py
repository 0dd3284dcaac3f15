"""Uber Direct, couriers on demand: https://developer.uber.com/docs/deliveries."""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BeforeValidator, Field, SecretStr

from carriers._base import (
    BearerAdapter,
    BearerSettings,
    ClientCredentials,
    Instant,
    OrNone,
    Reference,
    Reply,
    SnakeSaid,
    again,
    at,
    cents,
    clean,
    coded,
    hmac_sha256,
    no,
    path_to,
    public_url,
    rfc3339,
    signed,
    throttled,
)
from domain import errors
from domain.availability import Availability
from domain.bookings import Booking, BookingOrder, BookingSafety, Cancellation, Instruction
from domain.deliveries import Proof
from domain.money import Money
from domain.places import Address, Latitude, Longitude
from domain.quotes import CarrierOffer, Offer, QuoteRequest
from domain.tracking import Scan, ScanKind, scan_id

# ── settings and credentials ──────────────────────────────────────────────────────────────────────────────


class Settings(BearerSettings):
    """One organisation. In production `base_url` is https://api.uber.com, `auth_url` https://auth.uber.com."""

    customer_id: Annotated[str, Field(min_length=1, max_length=100, description="the organisation's id")]
    verification: Annotated[Literal["picture", "signature", "pincode"], Field(description="asked as proof")] = "picture"


class Credentials(ClientCredentials):
    """From its dashboard, where each webhook has a signing key of its own."""

    webhook_secret: Annotated[SecretStr, Field(min_length=1)]


# ── status and error tables ───────────────────────────────────────────────────────────────────────────────

STATUSES = {
    "pending": ScanKind.ACCEPTED, "pickup": ScanKind.COURIER_TO_PICKUP, "pickup_complete": ScanKind.PICKED_UP,
    "dropoff": ScanKind.OUT_FOR_DELIVERY, "delivered": ScanKind.DELIVERED, "canceled": ScanKind.CANCELLED,
    "returned": ScanKind.RETURNING,
}  # fmt: skip
_KINDS = {
    **STATUSES, "returned/arrived": ScanKind.RETURNED,
    "pickup/near": ScanKind.AT_PICKUP, "dropoff/near": ScanKind.AT_DROPOFF,  # within some eighty metres
    # What could not be handed over travels back as a delivery of its own; this is what its words mean to the first.
    **dict.fromkeys((f"back/{status}" for status in STATUSES), ScanKind.RETURNING),
    "back/delivered": ScanKind.RETURNED, "back/returned": ScanKind.RETURNED, "back/canceled": ScanKind.PROBLEM,
}  # fmt: skip

_TIMES, _PLACE = no("does_not_meet_requested_times"), no("invalid_address")
_BUSY, _TIPS = throttled("couriers_busy"), no("tip_refused")
_MEANINGS = {
    # What follows the stroke is found in the words beside the code.
    "invalid_params": no("malformed"), "invalid_params/phone": no("invalid_phone"), "invalid_params/time": _TIMES,
    "invalid_params/address": _PLACE, "invalid_params/geocoding": _PLACE, "invalid_params/location": _PLACE,
    "unknown_location": _PLACE, "address_undeliverable": no("region_not_served"),
    "pickup_window_too_small": _TIMES, "pickup_ready_too_early": _TIMES, "pickup_ready_too_late": _TIMES,
    "pickup_deadline_too_early": _TIMES, "dropoff_deadline_too_early": _TIMES,
    "dropoff_deadline_before_pickup_deadline": _TIMES, "dropoff_ready_after_pickup_deadline": _TIMES,
    # Not `again`: a busy evening is no fault of the wire, and must not open the breaker.
    "couriers_busy": _BUSY, "robo_couriers_busy": _BUSY, "address_undeliverable_limited_couriers": _BUSY,
    "customer_limited": throttled(), "expired_quote": no("quote_expired"), "used_quote": no("quote_used"),
    "mismatched_price_quote": no("quote_mismatch"), "duplicate_delivery": again("duplicate_delivery"),
    "unauthorized": no("unauthorized"), "not_allowed": no("not_allowed"), "customer_blocked": no("access_denied"),
    "customer_not_found": no("unknown_account"), "customer_suspended": no("payment_overdue"),
    "missing_payment": no("payment_missing"), "delivery_not_found": no("not_found"),
    "noncancelable_delivery": no("too_late"), "request_timeout": again("request_timeout"),
    "service_unavailable": again("service_unavailable"), "unknown_error": again("unknown_error"),
    "internal_server_error": again("internal_server_error"), "invalid_tipping_state": _TIPS,
    "max_tip_exceeded": _TIPS, "tip_already_recorded_error": _TIPS, "no_tip": _TIPS,
}  # fmt: skip
_TOPICS = ("phone", "time", "address", "geocoding", "location")
_PERHAPS_OURS = ("duplicate_delivery", "used_quote", "expired_quote")  # by a try whose answer was lost
_NOT_LET_GO = ("delivery_not_found", "noncancelable_delivery")
_PROOFS: dict[str, dict[str, Any]] = {
    "picture": {"picture": True}, "pincode": {"pincode": {"enabled": True}},
    "signature": {"signature_requirement": {"enabled": True, "collect_signer_name": True}},
}  # fmt: skip
_PAGE, _OVERLAP, _PAGES, _LONGEST_NOTE = 50, 10, 20, 280
_About = tuple[str, str | None]  # which delivery of theirs, and the key under which we booked it

# ── what it says ──────────────────────────────────────────────────────────────────────────────────────────


class _Quote(SnakeSaid):
    id: Reference
    external_id: OrNone[str] = None
    created: OrNone[Instant] = None
    expires: OrNone[Instant] = None
    fee: OrNone[Annotated[int, Field(ge=0, le=10**11)]] = None
    currency: OrNone[str] = None
    currency_type: OrNone[str] = None
    pickup_duration: OrNone[Annotated[int, Field(ge=0, le=100_000)]] = None
    dropoff_eta: OrNone[Instant] = None

    @property
    def cost(self) -> Money | None:
        return cents(self.fee, self.currency_type or self.currency)


class _Page(SnakeSaid):
    data: Annotated[tuple[_Quote, ...], BeforeValidator(lambda told: () if told is None else told)]


class _Waypoint(SnakeSaid):
    status: OrNone[str] = None
    status_timestamp: OrNone[Instant] = None
    photo: OrNone[str] = at("verification", "picture", "image_url")
    signature: OrNone[str] = at("verification", "signature", "image_url")
    signed_by: OrNone[str] = at("verification", "signature", "name")
    pin: OrNone[str] = at("verification", "pin_code", "entered")

    @property
    def completed_at(self) -> datetime | None:
        return self.status_timestamp if self.status == "completed" else None

    def proof(self, since: datetime) -> Proof:
        photo, signature, pin_ok = public_url(self.photo), public_url(self.signature), bool(self.pin) or None
        signer = clean(self.signed_by, masked=False) or None
        return Proof(photo_url=photo, signature_url=signature, signed_by=signer, pin_ok=pin_ok, at=since)


class _Refund(SnakeSaid):
    id: OrNone[Reference] = None
    created_at: OrNone[Instant] = None
    currency: OrNone[str] = at("currency_code")
    amount: OrNone[Annotated[int, Field(ge=0, le=10**11)]] = at("total_uber_refund")
    reason: OrNone[str] = at("refund_order_items", 0, "reason")


def _other(relationship: str, told: object) -> object:
    """The id of the delivery that stands so (documented as `return`, and as `returned`) to this one."""
    others = [other for other in (told if isinstance(told, list) else [told]) if isinstance(other, dict)]
    return next((o.get("id") for o in others if str(o.get("relationship")).startswith(relationship)), None)


class _Delivery(_Quote):
    status: str
    complete: OrNone[bool] = None
    courier_imminent: OrNone[bool] = None
    updated: OrNone[Instant] = None
    tracking_url: OrNone[str] = None
    latitude: OrNone[Latitude] = at("courier", "location", "lat")
    longitude: OrNone[Longitude] = at("courier", "location", "lng")
    pickup: OrNone[_Waypoint] = None
    dropoff: OrNone[_Waypoint] = None
    back: OrNone[_Waypoint] = at("return")
    way_back: Annotated[OrNone[Reference], BeforeValidator(partial(_other, "return"))] = at("related_deliveries")
    original: Annotated[OrNone[Reference], BeforeValidator(partial(_other, "original"))] = at("related_deliveries")
    refund: OrNone[_Refund] = None
    undeliverable_action: OrNone[str] = None
    undeliverable_reason: OrNone[str] = None
    cancel_reason: OrNone[str] = at("cancelation_reason", "primary_reason")

    @property
    def about(self) -> _About:
        return self.original or self.id, self.external_id

    @property
    def word(self) -> str:
        if self.id.startswith("ret_") or self.about[0] != self.id:
            return f"back/{self.status}"
        if self.courier_imminent and self.status in ("pickup", "dropoff"):
            return f"{self.status}/near"
        arrived = (self.back and self.back.completed_at) or (self.complete and not self.way_back)
        return "returned/arrived" if self.status == "returned" and arrived else self.status


class _Event(SnakeSaid):
    id: OrNone[Reference] = None
    kind: str
    created: Instant
    delivery_id: Reference
    external_id: OrNone[str] = None
    delivery: OrNone[_Delivery] = at("data")
    refund: OrNone[_Refund] = at("data")


# ── operations ────────────────────────────────────────────────────────────────────────────────────────────


class UberDirect(BearerAdapter[Settings, Credentials]):
    """Our `order.key` is its idempotency_key, which it remembers for an hour, and its external_id."""

    code = "uber_direct"
    name = "Uber Direct"
    safety = BookingSafety.IDEMPOTENT
    statuses: ClassVar = STATUSES
    meanings: ClassVar = _MEANINGS
    settings_model = Settings
    credentials_model = Credentials

    async def quote(self, request: QuoteRequest) -> Sequence[CarrierOffer]:
        """Its one price, which stands for about a quarter of an hour."""
        if not (request.pickup.contact.phone and request.dropoff.contact.phone):
            raise errors.CarrierRejected("it wants a phone number at both ends", reason="no_phone")
        path, json = self._path("delivery_quotes"), self._shipment(request)
        said = (await self.send("POST", path, operation="quote", json=json)).read(_Quote)
        if said.cost is None:
            raise errors.CarrierRejected("it names no price that we could settle", reason="no_price")
        since, minutes = said.created or datetime.now(UTC), said.pickup_duration
        pickup_eta_at = None if minutes is None else since + timedelta(minutes=minutes)
        times = {"pickup_eta_at": pickup_eta_at, "delivery_eta_at": said.dropoff_eta, "expires_at": said.expires}
        return [CarrierOffer(service="delivery", cost=said.cost, carrier_reference=said.id, **times)]

    async def availability(self, request: QuoteRequest, offer: Offer) -> Availability:  # noqa: ARG002
        """Another quote, since it holds nothing for anybody. Busy couriers are an answer too."""
        return await self.available(self.quote(request), _BUSY.reason)

    async def book(self, order: BookingOrder) -> Booking:
        """Takes the quote. What an earlier try has booked is found by the id in the refusal, or by our key."""
        path, json = self._path("deliveries"), self._order(order)
        reply = await self.send("POST", path, operation="book", json=json, answers=_PERHAPS_OURS)
        if reply.ok:
            return self._booked(order, reply.read(_Delivery))
        named = reply.text_at("metadata", "delivery_id")
        found = await (self._delivery(named, "book") if named else self._under_way(order.key, "book"))
        if found is None:
            raise self.refusal(reply)
        if found.external_id not in (None, "", order.key) or found.status == "canceled":
            raise errors.CarrierRejected("another delivery like it, or canceled", reason="duplicate_delivery")
        return self._booked(order, found)

    async def find_booking(self, order: BookingOrder) -> Booking | None:
        """Among what is under way: no look-up by our key is documented, and to post it again could book it."""
        found = await self._under_way(order.key, "find")
        return self._booked(order, found) if found else None

    async def cancel(self, booking: Booking, reason: str) -> Cancellation:  # noqa: ARG002
        """Refused a second time as when it is too late: the delivery tells. No fee for it is documented."""
        path = self._path("deliveries", booking.reference, "cancel")
        reply = await self.send("POST", path, operation="cancel", answers=_NOT_LET_GO, must_answer=True)
        told = reply.read(_Delivery) if reply.ok else await self._delivery(booking.reference, "cancel")
        if told is None:
            return Cancellation(nothing_booked=True)
        # A cancel after pickup may be answered with success, and sends the courier back: the scans tell.
        if told.status != "canceled" and not (reply.ok and told.status in ("pending", "pickup")):
            raise errors.CarrierRejected("the courier has it", reason="too_late", status=reply.status)
        return Cancellation()

    async def track(self, booking: Booking) -> Sequence[Scan]:
        """Where it stands, when it was picked up, and how far it has come back; nothing for an unknown one."""
        told = await self._delivery(booking.reference, "track")
        scans = self._scans(told) if told else []
        if told and told.way_back and (back := await self._delivery(told.way_back, "track")):
            scans += self._scans(back.model_copy(update={"original": told.id}))
        return scans

    async def decide(self, instruction: Instruction) -> None:  # noqa: ARG002
        """What it cannot hand over it brings back, as was agreed on booking."""
        raise errors.CarrierRejected("it brings back what it cannot hand over", reason="takes_no_instructions")

    def parse_webhook(self, headers: Mapping[str, str], body: bytes) -> Sequence[Scan]:
        """An event, signed over its raw bytes with the webhook's own key; older ones say so under another name."""
        given = headers.get("x-uber-signature") or headers.get("x-postmates-signature", "")
        event = signed(body, _Event, (given, hmac_sha256(self.credentials.webhook_secret, body)))
        about, told_at = (event.delivery_id, event.external_id), event.created
        match event.kind, event.delivery, event.refund:
            case "event.delivery_status", _Delivery() as told, _:
                return self._scans(told, told_at)
            case "event.courier_update", _Delivery() as told, _:  # every 20 s; one a minute is enough for a map
                scans, minute = self._scans(told, told_at), told_at.isoformat(timespec="minutes")
                here = {"id": scan_id(told.about[0], minute), "occurred_at": told_at, "carrier_code": "courier_update"}
                return scans if told.latitude is None else [*scans, scans[-1].model_copy(update=here)]
            case "event.refund_request", _, _Refund() as refund:
                return [self._refunded(about, refund, told_at)]
        return [self._scan(about, event.id or told_at.isoformat(), event.kind, told_at, kind=ScanKind.UNKNOWN)]

    def explain(self, reply: Reply) -> tuple[str, str]:
        """A code and a message; `invalid_params` has its details beside them."""
        code, words = reply.text_at("code"), reply.text_at("message")
        if code == "invalid_params" and isinstance(told := reply.json().get("metadata"), dict):
            words += "".join(f" {name}: {text}" for name, text in told.items())
            code = next((f"{code}/{topic}" for topic in _TOPICS if topic in words.lower()), code)
        return code, words

    def token_request(self) -> tuple[str, Mapping[str, Any]]:
        return "/oauth/v2/token", {"data": {**self.grant(), "scope": "eats.deliveries"}}

    async def _delivery(self, reference: str, operation: str) -> _Delivery | None:
        path, known = self._path("deliveries", reference), ("delivery_not_found",)
        reply = await self.send("GET", path, operation=operation, answers=known, must_answer=True)
        return reply.read(_Delivery) if reply.ok else None

    async def _under_way(self, key: str, operation: str) -> _Delivery | None:
        """Until a page says nothing new; they overlap, since what ends meanwhile moves the rest up."""
        seen: set[str] = set()  # `offset` is documented in both spellings
        for _ in range(_PAGES):
            offset = max(0, len(seen) - _OVERLAP)
            path = f"{self._path('deliveries')}?filter=ongoing&limit={_PAGE}&offset={offset}&Offset={offset}"
            page = (await self.send("GET", path, operation=operation, must_answer=True)).read(_Page).data
            if found := next((listed.id for listed in page if listed.external_id == key), None):
                return await self._delivery(found, operation)
            if seen.issuperset(listed.id for listed in page):
                return None
            seen |= {listed.id for listed in page}
        raise errors.CarrierUnavailable("too many deliveries to look through", reason="list_too_long", sent=True)

    def _path(self, *parts: str) -> str:
        return path_to("/v1/customers", self.settings.customer_id, *parts)

    def _shipment(self, request: QuoteRequest) -> dict[str, Any]:
        """What asking and booking have in common, so that it is the same thing that is priced and carried."""
        told: dict[str, Any] = {"manifest_total_value": request.declared_value.amount}
        for end, stop in (("pickup", request.pickup), ("dropoff", request.dropoff)):
            told |= {f"{end}_address": _address(stop.address), f"{end}_phone_number": stop.contact.phone}
            if stop.address.located:
                told |= {f"{end}_latitude": stop.address.latitude, f"{end}_longitude": stop.address.longitude}
        if request.ready_at is not None and request.ready_at > datetime.now(UTC):
            told["pickup_ready_dt"] = rfc3339(request.ready_at)
        return told | ({"dropoff_deadline_dt": rfc3339(request.deliver_by)} if request.deliver_by else {})

    def _order(self, order: BookingOrder) -> dict[str, Any]:
        request, quote, items = order.request, order.offer.carrier_reference, []
        for parcel in request.parcels:
            length, height, depth = (-(-mm // 10) for mm in (parcel.length_mm, parcel.height_mm, parcel.width_mm))
            item = {"name": parcel.description, "quantity": 1, "weight": parcel.weight_g}
            item |= {"dimensions": {"length": length, "height": height, "depth": depth}}  # whole centimetres
            items.append(item | ({"price": parcel.declared_value.amount} if parcel.declared_value else {}))
        return {
            **self._shipment(request),
            **({"quote_id": quote} if quote else {}),
            "pickup_name": request.pickup.contact.name,
            "pickup_notes": request.pickup.instructions[:_LONGEST_NOTE],
            "dropoff_name": request.dropoff.contact.name,
            "dropoff_notes": request.dropoff.instructions[:_LONGEST_NOTE],
            "dropoff_verification": _PROOFS[self.settings.verification],
            "undeliverable_action": "return",
            "manifest_items": items,
            "manifest_reference": order.display_id,  # together with external_id it is good for one delivery
            "external_id": order.key,
            "idempotency_key": order.key,
        }

    def _booked(self, order: BookingOrder, told: _Delivery) -> Booking:
        closed, url = told.status == "canceled", public_url(told.tracking_url)
        more = {"confirmed": not closed, "closed": closed, "tracking_url": url, "delivery_eta_at": told.dropoff_eta}
        return self.booking(order, told.id, cost=told.cost, **more)

    def _scans(self, told: _Delivery, told_at: datetime | None = None) -> list[Scan]:
        """The last is where it stands. A status begins once: its word is its identity, whoever tells it."""
        about, word, scans = told.about, told.word, []
        waypoint = {"pickup_complete": told.pickup, "delivered": told.dropoff, "returned": told.back}.get(told.status)
        since = (waypoint and waypoint.completed_at) or told_at or told.updated or datetime.now(UTC)
        more: dict[str, Any] = {} if told.complete else told.model_dump(include={"latitude", "longitude"})
        if not word.startswith("back/"):
            more |= {"cost": told.cost, "delivery_eta_at": None if told.complete else told.dropoff_eta}
            past, picked_up_at = "pickup_complete", told.pickup and told.pickup.completed_at
            if picked_up_at and word != past:
                scans.append(self._scan(about, past, past, picked_up_at, kind=STATUSES[past]))
        scans += [self._refunded(about, told.refund, since)] if told.refund else []
        more |= {"proof": (told.dropoff or _Waypoint()).proof(since)} if word == "delivered" else {}
        why = told.undeliverable_action if word == "delivered" else told.undeliverable_reason or told.cancel_reason
        kind, asks = _KINDS.get(word, ScanKind.UNKNOWN), word == "back/canceled"
        more |= {"kind": kind, "reason": coded(why), "needs_decision": asks}
        return [*scans, self._scan(about, word, told.status, since, **more)]

    def _refunded(self, about: _About, refund: _Refund, told_at: datetime) -> Scan:
        """What is given back is told in words: `cost` is a price, which this is not."""
        since, amount = refund.created_at or told_at, cents(refund.amount, refund.currency)
        words = {"description": f"{amount} refunded" if amount else "", "reason": coded(refund.reason)}
        identity = f"refund/{refund.id or since.isoformat()}"
        return self._scan(about, identity, "refund_request", since, kind=ScanKind.REFUNDED, **words)

    def _scan(self, about: _About, identity: str, word: str, since: datetime, **more: Any) -> Scan:
        whose = {"booking_reference": about[0], "booking_key": about[1] or None, "id": scan_id(about[0], identity)}
        return self.scan(carrier_code=clean(word, 64, masked=False), occurred_at=since, **whose, **more)


ADAPTER = UberDirect


def _address(address: Address) -> str:
    street = ", ".join(part for part in (address.street, address.number) if part)
    lines = [line for line in (street, address.complement, address.district) if line]
    told = {"street_address": lines, **address.model_dump(include={"city", "state", "country"})}
    return json.dumps({**told, "zip_code": address.postal_code}, ensure_ascii=False, separators=(",", ":"))
