"""What Uber Direct says, as its OpenAPI has it, and what that is to us."""

import hashlib
import hmac
import json
from datetime import UTC, datetime
from typing import Any

from carriers.uber_direct import UberDirect
from domain.bookings import Booking
from domain.money import Currency, Money
from domain.quotes import CarrierAccount
from domain.tracking import Scan, ScanKind, scan_id

KEY = "52122852-6626-51ed-9022-0242ac120002"
DELIVERY, RETURN = "del_gDcyfRgyQcyN0obpqqS_1B", "ret_BiymjKtjTwKpoS2kSIuxlv"
SECRET, HOOK = "s3cret", "h00k-s3cret"
ROOT = "/v1/customers/cus_1"
QUOTES, DELIVERIES = f"{ROOT}/delivery_quotes", f"{ROOT}/deliveries"
ONE, BACK, CANCEL = f"{DELIVERIES}/{DELIVERY}", f"{DELIVERIES}/{RETURN}", f"{DELIVERIES}/{DELIVERY}/cancel"

BRL = Currency.BRL
AT = datetime(2030, 1, 1, 12, 30, 15, tzinfo=UTC)

QUOTE = {
    "kind": "delivery_quote",
    "id": "dqt_6gQ2dt31TjiOPfwux-NCXg",
    "created": "2030-01-01T12:00:37.887Z",
    "expires": "2030-01-01T12:15:37.887Z",
    "fee": 1290,
    "currency": "brl",
    "currency_type": "BRL",
    "dropoff_eta": "2030-01-01T12:34:22Z",
    "duration": 33,
    "pickup_duration": 24,
    "dropoff_deadline": "2030-01-01T13:09:20Z",
}


def delivery(status: str = "pending", **more: Any) -> dict[str, Any]:
    waypoint = {"name": "Maria S.", "phone_number": "+16283337630", "address": "Avenida Paulista, 900", "notes": ""}
    return {
        "id": DELIVERY,
        "quote_id": "dqt_6gQ2dt31TjiOPfwux-NCXg",
        "external_id": KEY,
        "kind": "delivery",
        "status": status,
        "complete": status in ("delivered", "canceled", "returned"),
        "courier_imminent": False,
        "created": "2030-01-01T12:01:00.000Z",
        "updated": "2030-01-01T12:30:15.000Z",
        "currency": "brl",
        "fee": 1290,
        "pickup": waypoint,
        "dropoff": waypoint,
        "dropoff_eta": "2030-01-01T12:34:22.000Z",
        "live_mode": True,
        "tracking_url": "https://www.ubereats.com/orders/62105936",
        "undeliverable_action": "",
        "undeliverable_reason": "",
        "uuid": "62105936E41340D5AECD4C335C3CD3C2",
        **more,
    }


def completed(at: str, **verification: Any) -> dict[str, Any]:
    return {"name": "Maria S.", "status": "completed", "status_timestamp": at, "verification": verification}


def error(code: str, **metadata: Any) -> dict[str, Any]:
    told = {"code": code, "message": f"In words: {code}.", "kind": "error"}
    return {**told, "metadata": metadata} if metadata else told


def event(kind: str = "event.delivery_status", at: str = "2030-01-01T12:30:15.000Z", **more: Any) -> dict[str, Any]:
    told = {"id": "evt_1", "kind": kind, "created": at, "delivery_id": DELIVERY, "external_id": KEY, "live_mode": True}
    return {**told, "customer_id": "cus_1", **more}


def status(word: str, at: str = "2030-01-01T12:30:15.000Z", **more: Any) -> dict[str, Any]:
    return event(at=at, status=word, data=delivery(word, **more))


def sign(body: bytes, secret: str = HOOK) -> dict[str, str]:
    return {"x-uber-signature": hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()}


def hear(adapter: UberDirect, told: object) -> list[Scan]:
    body = json.dumps(told).encode()
    return list(adapter.parse_webhook(sign(body), body))


def scan(identity: str, kind: ScanKind, code: str, at: datetime = AT, **more: Any) -> Scan:
    whose = {"carrier": "uber_direct", "carrier_account": "urbano", "booking_reference": DELIVERY, "booking_key": KEY}
    return Scan(id=scan_id(DELIVERY, identity), kind=kind, carrier_code=code, occurred_at=at, **{**whose, **more})


def booking(**more: Any) -> Booking:
    known = {"carrier": "uber_direct", "carrier_account": "urbano", "offer_id": "off_1", "key": KEY, "attempt": 1}
    said = {
        "tracking_url": "https://www.ubereats.com/orders/62105936",
        "cost": Money(amount=1290, currency=BRL),
        "delivery_eta_at": datetime(2030, 1, 1, 12, 34, 22, tzinfo=UTC),
    }
    return Booking(**{**known, **said, "reference": DELIVERY, **more})


def account(base_url: str, **settings: Any) -> CarrierAccount:
    return CarrierAccount(
        carrier="uber_direct",
        account="urbano",
        name="Urbano",
        settings={"base_url": base_url, "customer_id": "cus_1", **settings},
        credentials={"client_id": "us", "client_secret": SECRET, "webhook_secret": HOOK},
    )
