"""Lalamove's side of the wire as its tests script it: what it says, in the shapes that it says it in."""

import asyncio
import hashlib
import hmac
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from domain.bookings import Booking
from domain.money import Currency
from domain.quotes import CarrierAccount
from domain.tracking import Scan, ScanKind, scan_id

KEY = "52122852-6626-51ed-9022-0242ac120002"
DELIVERY = "del_3f9a5c00000000000000000000000000"
ORDER = "3443160224863834408"
DRIVER = "80036"
API_KEY, SECRET = "pk_test_us", "sk_test_s3cret"
HOOK = "/v1/webhooks/lalamove/br"
BRL = Currency.BRL
AT = datetime(2030, 1, 1, 12, 30, 15, tzinfo=UTC)
STAMP = int(AT.timestamp())

QUOTE, PLACE = "POST /v3/quotations", "POST /v3/orders"
DETAILS, CANCEL = f"GET /v3/orders/{ORDER}", f"DELETE /v3/orders/{ORDER}"
WHO = f"GET /v3/orders/{ORDER}/drivers/{DRIVER}"

QUOTED: dict[str, Any] = {
    "quotationId": "1537145754991403053",
    "scheduleAt": "2030-01-01T12:30:00.00Z",
    "expiresAt": "2030-01-01T12:35:01.00Z",
    "serviceType": "LALAGO",
    "language": "PT_BR",
    "stops": [
        {
            "stopId": "1537145755364696142",
            "coordinates": {"lat": "-23.5600000", "lng": "-46.6500000"},
            "address": "Avenida Paulista, 1578",
        },
        {
            "stopId": "1537145755364696143",
            "coordinates": {"lat": "-23.5600000", "lng": "-46.6500000"},
            "address": "Avenida Paulista, 900",
        },
    ],
    "isRouteOptimized": False,
    "priceBreakdown": {
        "base": "9.50",
        "extraMileage": "6.78",
        "vat": "3.26",
        "totalBeforeOptimization": "19.54",
        "totalExcludePriorityFee": "19.54",
        "total": "19.54",
        "currency": "BRL",
    },
    "distance": {"value": "9822", "unit": "m"},
}
PENDING = {"status": "PENDING"}
PHOTO = "http://sg-oimg.example/appdriver/1625479646347738192598.png"
DELIVERED_AT = datetime(2030, 1, 1, 12, 29, 32, tzinfo=UTC)
POD = {"status": "DELIVERED", "image": PHOTO, "deliveredAt": "2030-01-01T12:29:32.00Z"}


def ordered(status: str = "ASSIGNING_DRIVER", pod: Any = PENDING, **more: Any) -> dict[str, Any]:
    driver = DRIVER if status in ("ON_GOING", "PICKED_UP", "COMPLETED") else ""
    where = {"coordinates": {"lat": "-23.5986957", "lng": "-46.6850130"}, "address": "Rua Funchal, 1"}
    return {
        "orderId": ORDER,
        "quotationId": "1537145754991403053",
        "priceBreakdown": {"base": "9.50", "vat": "9.63", "total": "19.13", "currency": "BRL"},
        "driverId": driver,
        "shareLink": "https://share.lalamove.example/?BR1002&lang=pt_BR&sign=07ba",
        "status": status,
        "distance": {"value": "9823", "unit": "m"},
        "stops": [
            {**where, "name": "Padaria", "phone": "11999990000"},
            {**where, "name": "Maria Souza", "phone": "11999990000", "POD": pod},
        ],
        **more,
    }


def wrong(error_id: str, message: str = "", detail: str = "") -> dict[str, Any]:
    said = {"id": error_id, "message": message, "detail": detail}
    return {"errors": [{name: text for name, text in said.items() if text}]}


@dataclass
class Asked:
    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def data(self) -> Any:
        return json.loads(self.body)["data"]


@dataclass
class Scripted:
    """Answers each method and path from its script, the last answer again and again; remembers what it was asked."""

    url: str = ""
    asked: list[Asked] = field(default_factory=list)
    script: dict[str, list[tuple[int, object]]] = field(default_factory=dict)

    def on(self, what: str, *answers: tuple[int, object]) -> None:
        self.script[what] = list(answers)

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
            method, path, _ = head[0].split(" ")
            headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in head[1:] if line)}
            body = await reader.readexactly(int(headers.get("content-length", 0)))
            self.asked.append(Asked(method, path, headers, body))
            answers = self.script.get(f"{method} {path}", [(404, wrong("ERR_ORDER_NOT_FOUND", "Order not found."))])
            status, told = answers.pop(0) if len(answers) > 1 else answers[0]
            text = told if isinstance(told, bytes) else json.dumps(told).encode()
            writer.write(f"HTTP/1.1 {status} x\r\nContent-Length: {len(text)}\r\n\r\n".encode() + text)
            await writer.drain()


def account(base_url: str, **settings: object) -> CarrierAccount:
    return CarrierAccount(
        carrier="lalamove",
        account="br",
        name="Lalamove",
        settings={"base_url": base_url, **settings},
        credentials={"api_key": API_KEY, "api_secret": SECRET},
    )


def booking(**more: Any) -> Booking:
    known = {"carrier": "lalamove", "carrier_account": "br", "offer_id": "off_1", "key": KEY, "attempt": 1}
    return Booking(**{**known, "reference": ORDER, **more})


def hmac_of(stamp: object, method: str, path: str, body: bytes, secret: str = SECRET) -> str:
    signed = f"{stamp}\r\n{method}\r\n{path}\r\n\r\n".encode() + body
    return hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()


def told(word: str, kind: ScanKind, who: str = "", **more: Any) -> Scan:
    known = {"carrier": "lalamove", "carrier_account": "br", "booking_reference": ORDER, "occurred_at": AT}
    return Scan(**{**known, "id": scan_id(ORDER, word, who), "kind": kind, "carrier_code": word, **more})
