"""Lalamove's adapter and its side in the sandbox, over real HTTP with real signatures."""

import asyncio
import json
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from lalamove_side import (
    BRL,
    DELIVERY,
    KEY,
    account,
)
from sandboxed import CourierSide

from carriers.lalamove import Lalamove
from domain import errors
from domain.bookings import Booking, BookingOrder, Cancellation
from domain.money import Money
from domain.quotes import Offer, QuoteRequest
from domain.tracking import Scan, ScanKind
from sandbox.app import create_app


@pytest.fixture
def veloz(couriers: dict[str, CourierSide]) -> CourierSide:
    return couriers["lalamove"]


@pytest.fixture
def carrier(veloz: CourierSide, http: httpx.AsyncClient) -> Lalamove:
    return Lalamove(veloz.account(), http)


async def placed(carrier: Lalamove, request: QuoteRequest, marks: str = "") -> Booking:
    dropoff = request.dropoff.model_copy(update={"instructions": marks})
    request = request.model_copy(update={"dropoff": dropoff})
    [offer] = await carrier.quote(request)
    own = {"id": "off_1", "carrier": "lalamove", "carrier_account": carrier.ref.account, "price": offer.cost}
    taken = Offer(**{**offer.model_dump(), **own})
    return await carrier.book(BookingOrder(key=KEY, delivery_id=DELIVERY, attempt=1, offer=taken, request=request))


async def heard_until(side: CourierSide, carrier: Lalamove, booking: Booking, word: str) -> list[Scan]:
    """What its webhooks tell of a booking, each scan once, until the word is said."""
    scans: dict[str, Scan] = {}
    async with asyncio.timeout(60):
        while word not in {scan.carrier_code for scan in scans.values()}:
            heard = await side.heard.get()
            for scan in carrier.parse_webhook(heard.headers, heard.body):
                if scan.booking_reference == booking.reference:
                    scans.setdefault(scan.id, scan)
    return list(scans.values())


async def test_a_parcel_is_carried_and_its_photo_shown(
    veloz: CourierSide, carrier: Lalamove, http: httpx.AsyncClient, request_: QuoteRequest
) -> None:
    booked = await placed(carrier, request_)
    assert (booked.confirmed, booked.cost) == (False, Money(amount=1550, currency=BRL))
    scans = await heard_until(veloz, carrier, booked, "COMPLETED")
    assert [(scan.carrier_code, scan.kind) for scan in scans] == [
        ("DRIVER_ASSIGNED", ScanKind.COURIER_ASSIGNED),
        ("ON_GOING", ScanKind.COURIER_TO_PICKUP),
        ("PICKED_UP", ScanKind.PICKED_UP),
        ("DELIVERED", ScanKind.DELIVERED),
        ("COMPLETED", ScanKind.FINISHED),
    ]
    assert scans[0].latitude is not None
    assert {scan.booking_key for scan in scans[1:]} == {KEY}
    assert all(abs((scan.occurred_at - datetime.now(UTC)).total_seconds()) < 60 for scan in scans)
    polled = {scan.id: scan for scan in await carrier.track(booked)}
    assert polled.keys() == {scan.id for scan in scans[-2:]}
    assert scans[-2].proof == polled[scans[-2].id].proof
    assert scans[-2].proof is not None
    photo = await http.get(str(scans[-2].proof.photo_url))
    assert (photo.status_code, photo.headers["content-type"]) == (200, "image/png")
    assert (await http.get(str(booked.tracking_url))).text.endswith("COMPLETED")
    with pytest.raises(errors.CarrierRejected) as late:
        await carrier.cancel(booked, "customer_request")
    assert late.value.data["reason"] == "too_late"


@pytest.mark.parametrize(
    ("mark", "word", "kind"),
    [
        ("refused", "EXPIRED", ScanKind.REJECTED),
        ("cancelled_by_carrier", "CANCELED", ScanKind.CANCELLED),
        ("lost", "CANCELED", ScanKind.CANCELLED),
        ("waits_for_decision", "FAILED", ScanKind.ATTEMPT_FAILED),
        ("price_drift", "ORDER_AMOUNT_CHANGED", ScanKind.PROBLEM),
    ],
)
async def test_what_goes_wrong_is_heard(
    veloz: CourierSide, carrier: Lalamove, request_: QuoteRequest, mark: str, word: str, kind: ScanKind
) -> None:
    booked = await placed(carrier, request_, f"[sandbox:{mark}]")
    last = (await heard_until(veloz, carrier, booked, word))[-1]
    assert (last.carrier_code, last.kind) == (word, kind)
    if mark == "price_drift":
        assert last.cost == Money(amount=2480, currency=BRL)
    else:
        polled = {scan.id: scan.kind for scan in await carrier.track(booked)}
        assert polled[last.id] is kind


async def test_the_driver_is_on_the_map_until_it_is_cancelled(
    veloz: CourierSide, carrier: Lalamove, request_: QuoteRequest
) -> None:
    booked = await placed(carrier, request_, "[sandbox:slow_pickup]")
    await heard_until(veloz, carrier, booked, "ON_GOING")
    [scan] = await carrier.track(booked)
    assert (scan.kind, scan.latitude is not None) == (ScanKind.COURIER_TO_PICKUP, True)
    assert await carrier.cancel(booked, "customer_request") == Cancellation()
    assert await carrier.cancel(booked, "customer_request") == Cancellation()
    [scan] = await carrier.track(booked)
    assert scan.kind is ScanKind.CANCELLED


async def test_a_booking_whose_answer_is_lost_tells_its_key_later(
    veloz: CourierSide, carrier: Lalamove, request_: QuoteRequest
) -> None:
    await veloz.will("lose_reply", "book")
    with pytest.raises(errors.CarrierUnavailable):
        await placed(carrier, request_)
    keys: set[str | None] = set()
    async with asyncio.timeout(60):
        while KEY not in keys:
            heard = await veloz.heard.get()
            keys |= {scan.booking_key for scan in carrier.parse_webhook(heard.headers, heard.body)}


async def test_a_refusal_at_once_is_lalamoves(carrier: Lalamove, request_: QuoteRequest) -> None:
    with pytest.raises(errors.CarrierRejected) as refused:
        await placed(carrier, request_, "[sandbox:refused_at_once]")
    assert refused.value.data == {"reason": "insufficient_credit", "status": 402}


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"authorization": "hmac pk_test_veloz:1:0"}, 401),
        ({"authorization": "Bearer x"}, 401),
        ({"authorization": ""}, 401),
        ({"request-id": ""}, 400),
        ({"market": "HK"}, 422),
    ],
)
async def test_the_sandbox_turns_away_who_does_not_sign(
    veloz: CourierSide, http: httpx.AsyncClient, request_: QuoteRequest, change: dict[str, str], status: int
) -> None:
    class Careless(Lalamove):
        async def authorise(self, request: httpx.Request) -> None:
            await super().authorise(request)
            request.headers.update(change)

    with pytest.raises(errors.CarrierRejected) as refused:
        await Careless(veloz.account(), http).quote(request_)
    assert refused.value.data["status"] == status


async def test_a_quotation_is_used_once_and_within_five_minutes(tmp_path: Path, request_: QuoteRequest) -> None:
    app = create_app(str(tmp_path / "sandbox.db"), 600)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app)) as wire:
        provider = app.state.world.providers["veloz"]
        known = account("http://sandbox.example/lalamove/veloz")
        carrier = Lalamove(known.model_copy(update={"credentials": provider.credentials}), wire)
        [offer] = await carrier.quote(request_)
        assert offer.expires_at is not None
        assert timedelta(minutes=4) < offer.expires_at - datetime.now(UTC) <= timedelta(minutes=5)
        await placed(carrier, request_)
        store = app.state.world.store
        own = {"id": "off_1", "carrier": "lalamove", "carrier_account": "br", "price": offer.cost}
        order = BookingOrder(
            key=KEY, delivery_id=DELIVERY, attempt=1, offer=Offer(**{**offer.model_dump(), **own}), request=request_
        )
        note = f"lalamove/quotation/{str(offer.carrier_reference).split(' ')[0]}"
        whole = json.loads(store.note(note))
        store.set_note(note, json.dumps({**whole, "until": time.time() - 1}))
        for _ in range(2):
            with pytest.raises(errors.CarrierRejected) as refused:
                await carrier.book(order)
            assert refused.value.data["reason"] == "quotation_expired"
        store.set_note(note, json.dumps(whole))
        assert (await carrier.book(order)).reference
        with pytest.raises(errors.CarrierRejected) as refused:
            await carrier.book(order)
        assert refused.value.data["reason"] == "quotation_expired"
        assert len(store.bookings()) == 2
