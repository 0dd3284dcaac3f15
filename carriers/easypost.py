"""EasyPost, whose one account reaches over a hundred parcel carriers: https://docs.easypost.com."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from decimal import ROUND_UP, Decimal
from typing import Annotated, Any, ClassVar, Literal

import httpx
from pydantic import Field, SecretStr

from carriers import _base as base
from carriers._base import Instant, Many, OrNone, Reference, Reply, SnakeSaid, again, at, clean, no, public_url
from domain import errors
from domain._values import as_code
from domain.availability import Availability, Refusal
from domain.availability import no as unavailable
from domain.bookings import Booking, BookingOrder, BookingSafety, Cancellation, Instruction
from domain.deliveries import Proof
from domain.money import Money
from domain.places import Stop
from domain.quotes import CarrierOffer, Offer, QuoteRequest
from domain.tracking import Scan, ScanKind, scan_id

# ── settings and credentials ──────────────────────────────────────────────────────────────────────────────


class Settings(base.AdapterSettings):
    """One EasyPost account."""

    label_format: Literal["PDF", "PNG", "ZPL", "EPL2"] = "PDF"
    carrier_accounts: tuple[Annotated[str, Field(pattern=r"^ca_[0-9A-Za-z]{1,64}$")], ...] = Field(
        default=(), max_length=60, description="which of the carriers behind it are asked; all, if none is named"
    )


class Credentials(base.AdapterCredentials):
    """The key is HTTP's user name; the secret is the one that its webhook was created with."""

    api_key: Annotated[SecretStr, Field(min_length=1)]
    webhook_secret: Annotated[SecretStr, Field(min_length=1)]


# ── status and error tables ───────────────────────────────────────────────────────────────────────────────

STATUSES = {
    "unknown": ScanKind.UNKNOWN, "pre_transit": ScanKind.ACCEPTED, "in_transit": ScanKind.IN_TRANSIT,
    "out_for_delivery": ScanKind.OUT_FOR_DELIVERY, "delivered": ScanKind.DELIVERED,
    "available_for_pickup": ScanKind.READY_FOR_COLLECTION, "return_to_sender": ScanKind.RETURNING,
    "failure": ScanKind.ATTEMPT_FAILED, "cancelled": ScanKind.CANCELLED, "error": ScanKind.PROBLEM,
}  # fmt: skip
# The details that say why; all others say where.
_REASONS = {
    **{word: word for word in ("awaiting_information", "delayed", "delivery_exception", "expired", "failure", "held")},
    **{word: word for word in ("return", "transit_exception", "weather_delay")},
    "address_correction": "consignee_incorrect_address", "damaged": "carrier_damaged_parcel",
    "lost": "carrier_parcel_lost", "missorted": "carrier_sorting_error", "refused": "consignee_refused",
}  # fmt: skip
_REFUNDS = {"refunded": ScanKind.REFUNDED, "rejected": ScanKind.REFUND_REJECTED}
_LET_GO = ("submitted", "refunded")
_KEPT = {"rejected": "refund_rejected", "not_applicable": "refund_not_offered"}
_BOUGHT, _UNBOUGHT, _TOO_LATE, _NO_REFUND = "SHIPMENT.POSTAGE.EXISTS", "nothing_bought", "too_late", "refund_failed"

# Of the published list, what a shipment's creation, purchase, refund and look-up can be answered with: the rest speaks
# of batches, claims, insurance, orders, pickups, reports, scan forms, trackers of their own, users and webhooks.
_MEANINGS = {
    code: meaning
    for meaning, codes in (
        (no("malformed"), "BAD_REQUEST NOT_ACCEPTABLE PARAMETER.REQUIRED PARAMETER.FORBIDDEN DATE.PARSE.FAILURE"),
        (no("malformed"), "SHIPMENT.INVALID SHIPMENT.INVALID_PARAMS SHIPMENT.MISSING_INFORMATION"),
        (no("unauthorized"), "UNAUTHORIZED FORBIDDEN MODE.UNAUTHORIZED MODE.CONFLICT"),
        (no("not_found"), "NOT_FOUND"),
        (no("payment_failed"), "PAYMENT_REQUIRED CREDIT_CARD.CHARGE.FAILURE BANK_ACCOUNT.CHARGE.FAILURE"),
        (again("internal_error"), "INTERNAL_SERVER_ERROR PAYMENT_GATEWAY.ERROR"),
        (base.throttled(), "RATE_LIMITED"),
        (no("invalid_address"), "ADDRESS.PARAMETERS.INVALID ADDRESS.PARAMETERS.INVALID_CHARACTER"),
        (no("invalid_address"), "ADDRESS.COUNTRY.INVALID ADDRESS.VERIFICATION.NOT_FOUND ADDRESS.VERIFICATION.FAILURE"),
        (no("invalid_address"), "ADDRESS.VERIFICATION.INVALID ADDRESS.VERIFY.FAILURE ADDRESS.VERIFY.CARRIER_INVALID"),
        (no("invalid_address"), "ADDRESS.VERIFY.ONLY_US ADDRESS.VERIFY.INTL_NOT_ENABLED ADDRESS.VERIFY.MISSING_STREET"),
        (no("invalid_address"), "ADDRESS.VERIFY.MISSING_CITY_STATE_ZIP"),
        (again("address_unverified"), "ADDRESS.VERIFY.UNAVAILABLE ADDRESS.VERIFY.UPSTREAM_UNAVAILABLE"),
        (no("invalid_parcel"), "PARCEL.PARAMETERS.INVALID PARCEL.PREDEFINED_PACKAGE.INVALID"),
        (no("customs_incomplete"), "SHIPMENT.CUSTOMS_INFO.REQUIRED SHIPMENT.CUSTOMS_INFO.DESCRIPTION_REQUIRED"),
        (no("account_invalid"), "SHIPMENT.RATE.CARRIER_ACCOUNT_INVALID SHIPMENT.CARRIER_ACCOUNTS.CONFLICT"),
        (no("options_invalid"), "SHIPMENT.OPTIONS.INVALID SHIPMENT.POSTAGE.ASCII SHIPMENT.POSTAGE.INVALID_FORMAT"),
        (no("options_invalid"), "SHIPMENT.POSTAGE.FORMAT_UNAVAILABLE"),
        (no("no_rate"), "SHIPMENT.RATES.UNAVAILABLE SHIPMENT.RATE.STAMP_UNAVAILABLE SHIPMENT.RATE.BARCODE_UNAVAILABLE"),
        (no("purchase_failed"), "SHIPMENT.PURCHASE.FAILURE SHIPMENT.POSTAGE.FAILURE SHIPMENT.MISSING_RATE"),
        (again("purchase_in_progress"), "SHIPMENT.PURCHASE.IN_PROGRESS"),
        (again("carrier_silent"), "SHIPMENT.POSTAGE.NO_RESPONSE SHIPMENT.POSTAGE.TIMED_OUT REFUND.NO_RESPONSE"),
        (no("already_bought"), _BOUGHT),
        (no(_UNBOUGHT), "SHIPMENT.POSTAGE.REQUIRED"),
        (no(_TOO_LATE), "SHIPMENT.REFUND.UNAVAILABLE"),
        (no(_NO_REFUND), "SHIPMENT.REFUND.FAILURE REFUND.FAILURE"),
    )
    for code in codes.split()
}

# ── what it says ──────────────────────────────────────────────────────────────────────────────────────────


class _Rate(SnakeSaid):
    id: Reference
    carrier: str
    service: str
    rate: OrNone[Annotated[Decimal, Field(ge=0, le=10**9)]] = None
    currency: OrNone[str] = None
    delivery_days: OrNone[Annotated[int, Field(ge=0, le=365)]] = None
    delivery_date: OrNone[Instant] = None
    delivery_date_guaranteed: OrNone[bool] = None

    @property
    def cost(self) -> Money | None:
        """None where it names no price, or none that we could settle."""
        return None if self.rate is None else base.money(self.rate, self.currency)


class _Step(SnakeSaid):
    status: str
    status_detail: OrNone[str] = None
    datetime: Instant
    message: OrNone[str] = None
    city: OrNone[str] = at("tracking_location", "city")
    state: OrNone[str] = at("tracking_location", "state")
    country: OrNone[str] = at("tracking_location", "country")

    @property
    def kind(self) -> ScanKind:
        lost = self.status_detail == "lost" and self.status in ("failure", "error")
        return ScanKind.LOST if lost else STATUSES.get(self.status, ScanKind.UNKNOWN)


class _Tracker(SnakeSaid):
    """`status` is the last step's, or one that no step tells of. A refund reads like one without steps."""

    id: Reference
    status: str
    status_detail: OrNone[str] = None
    shipment_id: OrNone[Reference] = None
    tracking_code: OrNone[Reference] = None
    updated_at: OrNone[Instant] = None
    est_delivery_date: OrNone[Instant] = None
    signed_by: OrNone[str] = None
    tracking_details: Many[_Step] = ()

    @property
    def steps(self) -> list[tuple[str, _Step]]:
        """Each with what tells it from another of its status; oldest first."""
        steps = sorted(self.tracking_details, key=lambda step: step.datetime)
        told = [(step.datetime.isoformat(), step) for step in steps]
        if self.updated_at is not None and self.status not in {"unknown", *(step.status for step in steps)}:
            told.append(("", _Step(status=self.status, status_detail=self.status_detail, datetime=self.updated_at)))
        return told


class _Shipment(SnakeSaid):
    """`selected_rate` is the one that was bought: unreadable or missing, it must not pass for none."""

    id: Reference
    selected_rate: _Rate | None
    refund_status: str | None = None
    rates: Many[_Rate] = ()
    messages: Many[OrNone[dict[str, Any]]] = ()
    tracking_code: OrNone[Reference] = None
    tracker: _Tracker | None = None
    tracking_url: OrNone[str] = at("tracker", "public_url")
    delivery_eta_at: OrNone[Instant] = at("tracker", "est_delivery_date")
    label_url: OrNone[str] = at("postage_label", "label_url")
    updated_at: OrNone[Instant] = None


class _Event(SnakeSaid):
    description: str
    result: OrNone[_Tracker] = None


# ── operations ────────────────────────────────────────────────────────────────────────────────────────────


class EasyPost(base.CarrierAdapter[Settings, Credentials]):
    """Each request for prices makes a shipment, each of its rates an offer. A shipment is bought once, whoever asks
    how often: its id is what makes booking safe, and our booking's reference."""

    code = "easypost"
    name = "EasyPost"
    safety = BookingSafety.FINDABLE
    statuses: ClassVar = STATUSES
    meanings: ClassVar = _MEANINGS
    settings_model = Settings
    credentials_model = Credentials

    async def quote(self, request: QuoteRequest) -> Sequence[CarrierOffer]:
        """Every rate that we could settle. One parcel only: several would be an order of several shipments, each
        bought, tracked and refunded apart, and a booking is one."""
        if len(request.parcels) != 1:
            raise errors.CarrierRejected("one parcel a shipment", reason="one_parcel_only")
        reply = await self.send("POST", _SHIPMENTS, operation="quote", json={"shipment": self._asked(request)})
        shipment = reply.read(_Shipment)
        offers = [_offer(shipment.id, rate, rate.cost) for rate in shipment.rates if rate.cost is not None]
        if not offers:
            said = "; ".join(f"{each.get('carrier')}: {each.get('message')}" for each in shipment.messages if each)
            raise errors.CarrierRejected(clean(said) or "no rate that we could settle", reason="no_offer")
        return offers

    async def availability(self, request: QuoteRequest, offer: Offer) -> Availability:  # noqa: ARG002
        """Whether the rate still stands, and its shipment is still to be bought."""
        if named := _named(offer):
            shipment = await self._shipment(named[0], "availability")
            if shipment.selected_rate is None and any(rate.id == named[1] for rate in shipment.rates):
                return Availability(available=True)
        return unavailable(Refusal.CARRIER_REFUSED, "this rate is not to be bought any more")

    async def book(self, order: BookingOrder) -> Booking:
        """Buys the rate. A shipment that was bought before is looked at: bought at this rate, it is this booking."""
        named = _named(order.offer)
        if named is None:
            raise errors.CarrierRejected("the offer names no rate", reason="offer_unknown")
        shipment_id, rate_id = named
        path, json = base.path_to(_SHIPMENTS, shipment_id, "buy"), {"rate": {"id": rate_id}}
        reply = await self.send("POST", path, operation="book", json=json, answers=(_BOUGHT,))
        shipment = reply.read(_Shipment) if reply.ok else await self._shipment(shipment_id, "book")
        if shipment.selected_rate is None:
            raise errors.CarrierMisbehaved("bought, and yet not", reason="not_bought", sent=True)
        if shipment.selected_rate.id != rate_id:
            # An earlier attempt's purchase, which came through after it had been given up: nobody else undoes it.
            if shipment.refund_status is None:
                await self._refund(shipment_id)
            raise errors.CarrierRejected("its shipment was bought at another rate", reason="shipment_used")
        return self._held(order, shipment, shipment.selected_rate)

    async def find_booking(self, order: BookingOrder) -> Booking | None:
        """The offer's shipment, if it was bought at the offer's rate."""
        if named := _named(order.offer):
            shipment = await self._shipment(named[0], "find")
            if shipment.selected_rate is not None and shipment.selected_rate.id == named[1]:
                return self._held(order, shipment, shipment.selected_rate)
        return None

    async def cancel(self, booking: Booking, reason: str) -> Cancellation:  # noqa: ARG002
        """Asks for the postage back, which most carriers give within weeks; what they keep cannot be cancelled."""
        shipment = await self._refund(booking.reference)
        pending = shipment is not None and shipment.refund_status == "submitted"
        return Cancellation(nothing_booked=shipment is None, refund_pending=pending)

    async def track(self, booking: Booking) -> Sequence[Scan]:
        """Its tracker's steps, and what became of a refund."""
        shipment = await self._shipment(booking.reference, "track")
        scans = self._scans(shipment.tracker, shipment.id) if shipment.tracker else []
        if shipment.refund_status in _REFUNDS and shipment.updated_at is not None:
            scans.append(self._refund_scan(shipment.id, shipment.refund_status, shipment.updated_at))
        return scans

    async def decide(self, instruction: Instruction) -> None:  # noqa: ARG002
        """A parcel in the mail takes no instructions."""
        raise errors.CarrierRejected("it takes no instructions", reason="not_supported")

    def parse_webhook(self, headers: Mapping[str, str], body: bytes) -> Sequence[Scan]:
        """An event, signed over its raw bytes; of batches, pickups and the like nothing is heard."""
        secret = unicodedata.normalize("NFKD", self.credentials.webhook_secret.get_secret_value())
        due = f"hmac-sha256-hex={base.hmac_sha256(SecretStr(secret), body)}"
        event = base.signed(body, _Event, (headers.get("x-hmac-signature", ""), due))
        if event.description not in ("tracker.created", "tracker.updated", "refund.successful"):
            return []
        told = event.result
        if told is None or told.updated_at is None:
            raise errors.PayloadInvalid("unreadable: result")
        # A tracker that somebody made by hand belongs to no shipment, and to no booking of ours.
        reference = told.shipment_id or told.tracking_code or told.id
        if event.description == "refund.successful":
            return [self._refund_scan(reference, "refunded", told.updated_at)]
        return self._scans(told, reference)

    async def authorise(self, request: httpx.Request) -> None:
        """The key as user name, without a password."""
        next(httpx.BasicAuth(self.credentials.api_key.get_secret_value(), "").auth_flow(request))

    def explain(self, reply: Reply) -> tuple[str, str]:
        """Its code and its message; the fields that it complains of are for whoever reads the exchange."""
        return reply.text_at("error", "code"), reply.text_at("error", "message")

    def verdict(self, reply: Reply) -> errors.CarrierError | None:
        """An error is one under any status."""
        return self.refusal(reply) if reply.text_at("error", "code") else super().verdict(reply)

    async def _shipment(self, shipment_id: str, operation: str) -> _Shipment:
        """We made it, so it is there: "not found" is no answer either, as with a key of the other mode."""
        reply = await self.send("GET", base.path_to(_SHIPMENTS, shipment_id), operation=operation, must_answer=True)
        shipment = reply.read(_Shipment)
        if shipment.id != shipment_id:
            raise errors.CarrierMisbehaved("another shipment", reason="another_order", sent=True)
        return shipment

    async def _refund(self, shipment_id: str) -> _Shipment | None:
        """The shipment that is given back; None where nothing was bought. A second request is refused like a late
        one, so the shipment is asked what became of the first; a refusal to answer is none to give back."""
        try:
            path = base.path_to(_SHIPMENTS, shipment_id, "refund")
            shipment = (await self.send("POST", path, operation="cancel", json={})).read(_Shipment)
        except errors.CarrierRejected as refused:
            reason = refused.data["reason"]
            if reason == _UNBOUGHT:
                return None
            shipment = await self._shipment(shipment_id, "cancel")
            if shipment.refund_status is None and reason in (_TOO_LATE, _NO_REFUND):
                raise
        if shipment.refund_status in _KEPT:
            raise errors.CarrierRejected("it keeps the postage", reason=_KEPT[shipment.refund_status])
        if shipment.refund_status not in _LET_GO:
            raise errors.CarrierMisbehaved("no refund was begun", reason="not_refunded", sent=True)
        return shipment

    def _asked(self, request: QuoteRequest) -> dict[str, Any]:
        [parcel], instructions = request.parcels, request.dropoff.instructions
        options = {"label_format": self.settings.label_format, "currency": str(request.currency)}
        options |= {"handling_instructions": instructions} if instructions else {}
        options |= {"label_date": base.rfc3339(request.ready_at)} if request.ready_at else {}
        sizes = {side: _tenths(getattr(parcel, f"{side}_mm") / _INCH_MM) for side in ("length", "width", "height")}
        return {
            "from_address": _address(request.pickup),
            "to_address": _address(request.dropoff),
            "parcel": {"weight": _tenths(parcel.weight_g / _OUNCE_G), **sizes},
            "options": options,
            **({"carrier_accounts": accounts} if (accounts := self.settings.carrier_accounts) else {}),
        }

    def _held(self, order: BookingOrder, shipment: _Shipment, chosen: _Rate) -> Booking:
        return self.booking(
            order,
            shipment.id,
            tracking_number=shipment.tracking_code,
            tracking_url=public_url(shipment.tracking_url),
            label_url=public_url(shipment.label_url),
            cost=chosen.cost,
            delivery_eta_at=shipment.delivery_eta_at or chosen.delivery_date,
            closed=shipment.refund_status in _LET_GO,
        )

    def _scans(self, told: _Tracker, reference: str) -> list[Scan]:
        scans: list[Scan] = []
        returning = False
        for when, step in told.steps:
            kind = ScanKind.RETURNED if returning and step.kind is ScanKind.DELIVERED else step.kind
            returning = returning or kind is ScanKind.RETURNING
            detail, word = step.status_detail or "", clean(step.status, 64, masked=False)
            ours = {"booking_reference": reference, "tracking_number": told.tracking_code}
            said = {"carrier_code": word, "reason": _REASONS.get(detail), "description": clean(step.message, 500)}
            place = clean(", ".join(filter(None, (step.city, step.state, step.country))))
            signed_by = clean(told.signed_by, 100, masked=False) or None
            proof = Proof(signed_by=signed_by, at=step.datetime) if kind is ScanKind.DELIVERED else None
            known = {"id": scan_id(reference, step.status, detail, when), "kind": kind, "occurred_at": step.datetime}
            scans.append(self.scan(**known, **ours, **said, place=place, proof=proof))
        # The estimate is of now, hence the newest report's.
        return scans[:-1] + [s.model_copy(update={"delivery_eta_at": told.est_delivery_date}) for s in scans[-1:]]

    def _refund_scan(self, shipment_id: str, word: str, at: Instant) -> Scan:
        ours = {"id": scan_id(shipment_id, "refund", word), "booking_reference": shipment_id}
        return self.scan(**ours, kind=_REFUNDS[word], carrier_code=word, occurred_at=at)


ADAPTER = EasyPost

_SHIPMENTS = "/v2/shipments"
_OUNCE_G, _INCH_MM = Decimal("28.349523125"), Decimal("25.4")


def _tenths(amount: Decimal) -> Decimal:
    """It measures in tenths; never less than there is."""
    return amount.quantize(Decimal("0.1"), ROUND_UP)


def _named(offer: Offer) -> tuple[str, str] | None:
    """The shipment and the rate that an offer stands for."""
    found = re.fullmatch(r"(shp_[0-9A-Za-z]+)/(rate_[0-9A-Za-z]+)", offer.carrier_reference or "")
    return (found[1], found[2]) if found else None


def _offer(shipment_id: str, rate: _Rate, cost: Money) -> CarrierOffer:
    return CarrierOffer(
        service=as_code(f"{rate.carrier} {re.sub(r'(?<=[a-z0-9])(?=[A-Z])', '_', rate.service)}"),
        cost=cost,
        delivery_eta_at=rate.delivery_date,
        delivery_days=rate.delivery_days,
        guaranteed=bool(rate.delivery_date_guaranteed),
        carrier_reference=f"{shipment_id}/{rate.id}",
    )


def _address(stop: Stop) -> dict[str, str]:
    """It has two lines for what Brazil writes in four."""
    address, contact = stop.address, stop.contact
    lines = ((address.street, address.number), (address.complement, address.district))
    told = {f"street{n}": ", ".join(filter(None, line)) for n, line in enumerate(lines, start=1)}
    told |= {"name": contact.name, "zip": address.postal_code, "federal_tax_id": contact.tax_id or ""}
    told |= contact.model_dump(include={"phone", "email"}) | address.model_dump(include={"city", "state", "country"})
    return {name: value for name, value in told.items() if value}
