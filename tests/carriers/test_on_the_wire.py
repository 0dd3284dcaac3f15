"""Every carrier there is, against its own side of the wire: what each must survive, and do once.

No carrier is named: adapters are those discovered, and the sandbox says what each protocol documents.
"""

import asyncio
import json
import random
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any
from uuid import uuid4

import httpx
import pytest
from sandboxed import CourierSide

from carriers import discover
from carriers._base import CarrierAdapter, Reply
from domain import errors
from domain.bookings import Booking, BookingOrder, BookingSafety
from domain.quotes import CarrierOffer, Offer, QuoteRequest
from domain.tracking import Scan, ScanKind
from sandbox.providers import Documented, Means, protocols

Adapter = CarrierAdapter[Any, Any]
PROTOCOLS = {protocol.name: protocol for protocol in protocols()}
CODES = sorted(code for code in discover() if code in PROTOCOLS)
ERRORS = [(code, error) for code in CODES for error in PROTOCOLS[code].errors]


@pytest.fixture(params=CODES)
def side(request: pytest.FixtureRequest, couriers: dict[str, CourierSide]) -> CourierSide:
    """The couriers of one carrier."""
    found: CourierSide = couriers[request.param]
    return found


@pytest.fixture
async def carrier(side: CourierSide, http: httpx.AsyncClient) -> Adapter:
    return reached(side, http)


def reached(side: CourierSide, http: httpx.AsyncClient, **settings: Any) -> Adapter:
    account = side.account(**settings)
    return discover()[account.carrier](account, http)


def ordered(carrier: Adapter, offer: CarrierOffer, request: QuoteRequest) -> BookingOrder:
    """An order under a key of its own."""
    own = {"id": "off_1", "carrier": carrier.ref.carrier, "carrier_account": carrier.ref.account, "price": offer.cost}
    known = {**offer.model_dump(), "expires_at": offer.expires_at or "2030-01-01T00:00:00Z"}
    return BookingOrder(
        key=str(uuid4()),
        delivery_id=f"del_{uuid4().hex}",
        attempt=1,
        offer=Offer(**{**known, **own}),
        request=request,
        price_drift_percent=10,
    )


async def an_order(carrier: Adapter, request: QuoteRequest) -> BookingOrder:
    return ordered(carrier, (await carrier.quote(request))[0], request)


# ── asking ────────────────────────────────────────────────────────────────────────────────────────────────


def test_whatever_the_sandbox_speaks_is_understood() -> None:
    assert sorted(PROTOCOLS) == CODES


def test_nothing_is_asked_at_import() -> None:
    deaf = "import socket\ndef no(*_, **__): raise SystemExit('asked')\nsocket.socket.connect = no\n"
    code = deaf + "import carriers\nprint(len(carriers.discover()))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.strip()) == (0, str(len(discover()))), done.stderr


async def test_a_price_has_a_currency_and_a_way_to_be_booked(carrier: Adapter, request_: QuoteRequest) -> None:
    offers = await carrier.quote(request_)
    assert offers
    for offer in offers:
        assert offer.cost.amount > 0
        assert offer.cost.currency == request_.currency
    asked = ordered(carrier, offers[0], request_)
    assert (await carrier.availability(request_, asked.offer)).available


REJECTED, UNAVAILABLE = errors.CarrierRejected, errors.CarrierUnavailable
MISBEHAVED, THROTTLED = errors.CarrierMisbehaved, errors.CarrierThrottled
FAULTS: dict[str, tuple[type[errors.CarrierError], bool]] = {
    # what goes wrong: what it is to us, and whether another try may mend it
    "5xx": (UNAVAILABLE, True),
    "429": (THROTTLED, True),
    "garbage": (MISBEHAVED, True),
    "truncated": (UNAVAILABLE, True),
    "lose_reply": (UNAVAILABLE, True),
    "hang": (UNAVAILABLE, True),
    "drip": (UNAVAILABLE, True),
    "huge": (MISBEHAVED, True),
    "bomb": (MISBEHAVED, True),
    "redirect": (MISBEHAVED, True),
    "wrong_types": (errors.CarrierError, True),
    "refuse": (REJECTED, False),
}


@pytest.mark.parametrize("fault", FAULTS)
async def test_whatever_goes_wrong_is_an_error_with_a_name_before_the_deadline(
    side: CourierSide, http: httpx.AsyncClient, request_: QuoteRequest, fault: str
) -> None:
    kind, mends = FAULTS[fault]
    carrier = reached(side, http, deadline_s=1 if fault in ("hang", "drip") else 10)
    await side.will(fault, "quote", times=20)
    with pytest.raises(kind) as raised:
        async with asyncio.timeout(30):
            await carrier.quote(request_)
    assert raised.value.data["reason"]
    if fault != "wrong_types":
        assert raised.value.retryable is mends


async def test_a_price_that_is_no_number_is_never_an_offer(
    side: CourierSide, carrier: Adapter, request_: QuoteRequest
) -> None:
    await side.will("not_numbers", "quote", times=20)
    try:
        offers = await carrier.quote(request_)
    except errors.CarrierError:
        return
    assert all(offer.cost.amount > 0 for offer in offers)


async def test_a_carrier_that_asks_for_patience_says_for_how_long(
    side: CourierSide, carrier: Adapter, request_: QuoteRequest
) -> None:
    await side.will("429", "quote", seconds=7, times=20)
    with pytest.raises(THROTTLED) as raised:
        await carrier.quote(request_)
    assert raised.value.data["retry_after"] == 7
    assert raised.value.data["sent"] is False


async def test_nobody_at_home_is_known_not_to_have_heard(
    side: CourierSide, http: httpx.AsyncClient, request_: QuoteRequest
) -> None:
    nowhere = reached(side, http).settings.model_dump() | {"base_url": "http://127.0.0.1:9"}
    account = side.account().model_copy(update={"settings": _moved(side.account().settings, nowhere["base_url"])})
    with pytest.raises(UNAVAILABLE) as raised:
        await discover()[account.carrier](account, http).quote(request_)
    assert raised.value.data["sent"] is False


def _moved(settings: dict[str, Any], to: str) -> dict[str, Any]:
    """The same settings with every address elsewhere."""
    return {name: to if str(value).startswith("http") else value for name, value in settings.items()}


async def test_refused_credentials_are_a_refusal(
    side: CourierSide, http: httpx.AsyncClient, request_: QuoteRequest
) -> None:
    account = side.account()
    wrong = account.model_copy(update={"credentials": {name: f"{v}x" for name, v in account.credentials.items()}})
    with pytest.raises(REJECTED) as raised:
        await discover()[account.carrier](wrong, http).quote(request_)
    assert raised.value.data["reason"] == "unauthorized"


# ── its own words ─────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("code", CODES)
def test_every_word_it_documents_for_a_status_is_known(code: str) -> None:
    known = discover()[code].statuses
    assert PROTOCOLS[code].statuses
    assert not [word for word in PROTOCOLS[code].statuses if known.get(word, ScanKind.UNKNOWN) is ScanKind.UNKNOWN]


@pytest.mark.parametrize(("code", "error"), ERRORS, ids=[f"{code}-{error.code}" for code, error in ERRORS])
async def test_every_error_it_documents_means_what_it_should(
    code: str, error: Documented, couriers: dict[str, CourierSide], http: httpx.AsyncClient, request_: QuoteRequest
) -> None:
    side = couriers[code]
    carrier = reached(side, http, breaker_failures=1000)
    order = await an_order(carrier, request_)
    booking = await carrier.book(order) if {"find", "cancel"} & set(error.operations) else None
    calls: dict[str, Callable[[], Awaitable[object]]] = {
        "quote": lambda: carrier.quote(request_),
        "book": lambda: carrier.book(order),
        "cancel": lambda: carrier.cancel(_known(booking), "customer_request"),
        "find": lambda: carrier.track(_known(booking)),
    }
    for operation in [name for name in calls if name in error.operations]:
        await side.will("documented", operation, code=error.code, times=20)
        with pytest.raises(errors.CarrierError) as raised:
            await calls[operation]()
        # Being refused an answer about a booking is no answer: it is asked again, whatever the reason.
        asked_again = error.means is Means.AGAIN or isinstance(raised.value, MISBEHAVED)
        assert raised.value.retryable is asked_again, operation
        assert "unrecognised" not in raised.value.data, raised.value.data
        if error.means is Means.NO and operation in ("quote", "book"):
            assert isinstance(raised.value, REJECTED)
        await side.http.delete("/control/faults")


@pytest.mark.parametrize(("code", "error"), ERRORS, ids=[f"{code}-{error.code}" for code, error in ERRORS])
def test_a_row_taken_out_of_the_table_is_missed(
    code: str, error: Documented, couriers: dict[str, CourierSide], http: httpx.AsyncClient
) -> None:
    account, whole = couriers[code].account(), discover()[code]
    reply = Reply(error.status, httpx.Headers(dict(error.headers)), json.dumps(dict(error.body)).encode())
    assert "unrecognised" not in whole(account, http).refusal(reply).data
    explained, _ = whole(account, http).explain(reply)
    row = explained if explained in whole.meanings else str(error.status)
    rest = {name: meaning for name, meaning in whole.meanings.items() if name != row}
    poorer = type("Poorer", (whole,), {"meanings": rest})
    assert "unrecognised" in poorer(account, http).refusal(reply).data


def _known(booking: Booking | None) -> Booking:
    assert booking is not None
    return booking


# ── booking once ──────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("fault", ["lose_reply", "truncated"])
async def test_a_lost_answer_never_books_a_second_courier(
    side: CourierSide, carrier: Adapter, request_: QuoteRequest, fault: str
) -> None:
    order = await an_order(carrier, request_)
    before = len(await side.bookings())
    await side.will(fault, "book")
    with pytest.raises(UNAVAILABLE) as raised:
        await carrier.book(order)
    assert raised.value.data["sent"] is True
    match carrier.safety:
        case BookingSafety.IDEMPOTENT:
            again = await carrier.book(order)
            assert (await carrier.book(order)).reference == again.reference
        case BookingSafety.FINDABLE:
            found = await carrier.find_booking(order)  # type: ignore[attr-defined]
            assert found is not None
            assert found.key == order.key
    assert len(await side.bookings()) == before + 1


async def test_what_was_never_booked_is_not_found(carrier: Adapter, request_: QuoteRequest) -> None:
    order = await an_order(carrier, request_)
    if carrier.safety is BookingSafety.FINDABLE:
        assert await carrier.find_booking(order) is None  # type: ignore[attr-defined]


async def test_cancelling_twice_is_harmless(side: CourierSide, carrier: Adapter, request_: QuoteRequest) -> None:
    booking = await carrier.book(await an_order(carrier, request_))
    await carrier.cancel(booking, "customer_request")
    await carrier.cancel(booking, "customer_request")
    assert [one["state"] for one in await side.bookings()][-1] == "cancelled"


async def test_a_cancel_whose_answer_was_lost_may_be_repeated(
    side: CourierSide, carrier: Adapter, request_: QuoteRequest
) -> None:
    booking = await carrier.book(await an_order(carrier, request_))
    await side.will("lose_reply", "cancel")
    with pytest.raises(UNAVAILABLE):
        await carrier.cancel(booking, "customer_request")
    await carrier.cancel(booking, "customer_request")


# ── what it tells ─────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
async def told(
    side: CourierSide, carrier: Adapter, request_: QuoteRequest
) -> AsyncIterator[tuple[Booking, dict[str, str], bytes]]:
    """The first webhook of a booking, as it came over the wire."""
    booking = await carrier.book(await an_order(carrier, request_))
    async with asyncio.timeout(30):
        while True:
            heard = await side.heard.get()
            if any(
                scan.booking_reference == booking.reference for scan in carrier.parse_webhook(heard.headers, heard.body)
            ):
                yield booking, heard.headers, heard.body
                return


async def test_a_signed_report_is_heard(carrier: Adapter, told: tuple[Booking, dict[str, str], bytes]) -> None:
    booking, headers, body = told
    scans: list[Scan] = list(carrier.parse_webhook(headers, body))
    assert scans
    assert {scan.booking_reference for scan in scans} == {booking.reference}
    assert all(scan.kind is not ScanKind.UNKNOWN for scan in scans)


async def test_another_secret_signs_nothing_for_us(
    side: CourierSide, http: httpx.AsyncClient, told: tuple[Booking, dict[str, str], bytes]
) -> None:
    _, headers, body = told
    account = side.account()
    other = account.model_copy(update={"credentials": {name: f"{v}x" for name, v in account.credentials.items()}})
    with pytest.raises(errors.SignatureInvalid):
        discover()[account.carrier](other, http).parse_webhook(headers, body)


async def test_a_report_that_was_tampered_with_is_never_heard_otherwise(
    carrier: Adapter, told: tuple[Booking, dict[str, str], bytes]
) -> None:
    """A change is refused, or was to what the protocol does not sign and changes nothing that we hear."""
    _, headers, body = told
    honest = carrier.parse_webhook(headers, body)
    rng, letters = random.Random(7), [at for at, letter in enumerate(body) if chr(letter).isalnum()]
    refused = 0
    for at in rng.sample(letters, min(200, len(letters))):
        changed = bytes([*body[:at], body[at] ^ 1, *body[at + 1 :]])
        try:
            assert carrier.parse_webhook(headers, changed) == honest
        except (errors.SignatureInvalid, errors.PayloadInvalid):
            refused += 1
    assert refused > 100


async def test_a_report_without_its_signature_is_nobodys(
    carrier: Adapter, told: tuple[Booking, dict[str, str], bytes]
) -> None:
    _, headers, body = told
    plain = {name: value for name, value in headers.items() if "signature" not in name}
    bare = body.replace(b'"signature"', b'"unsigned"')
    with pytest.raises((errors.SignatureInvalid, errors.PayloadInvalid)):
        carrier.parse_webhook(plain, bare)


async def test_a_poll_and_a_webhook_tell_the_same_scan(
    side: CourierSide, carrier: Adapter, request_: QuoteRequest
) -> None:
    """What both tell is one scan, by its id, once the parcel is there."""
    booking = await carrier.book(await an_order(carrier, request_))
    by_webhook: dict[str, Scan] = {}
    async with asyncio.timeout(60):
        while not any(scan.kind is ScanKind.DELIVERED for scan in by_webhook.values()):
            heard = await side.heard.get()
            for scan in carrier.parse_webhook(heard.headers, heard.body):
                if scan.booking_reference == booking.reference:
                    by_webhook[scan.id] = scan
    polled = {scan.id: scan for scan in await carrier.track(booking)}
    delivered = [scan for scan in polled.values() if scan.kind is ScanKind.DELIVERED]
    assert [scan.id for scan in delivered] == [s.id for s in by_webhook.values() if s.kind is ScanKind.DELIVERED]
