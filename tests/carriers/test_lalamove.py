"""Lalamove: what it says and the value it becomes, and what we tell it."""

import json
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from lalamove_side import (
    API_KEY,
    AT,
    BRL,
    CANCEL,
    DELIVERED_AT,
    DELIVERY,
    DETAILS,
    DRIVER,
    KEY,
    ORDER,
    PENDING,
    PHOTO,
    PLACE,
    POD,
    QUOTE,
    QUOTED,
    SECRET,
    WHO,
    Scripted,
    account,
    booking,
    hmac_of,
    ordered,
    told,
    wrong,
)

from carriers._base import Reply
from carriers.lalamove import Lalamove
from domain import errors
from domain.availability import Availability, Refusal
from domain.bookings import BookingOrder, Cancellation, Decision, Instruction
from domain.deliveries import Proof
from domain.money import Money
from domain.parcels import Parcel
from domain.quotes import CarrierOffer, Component, Offer, QuoteRequest
from domain.tracking import Scan, ScanKind


@pytest.fixture
async def scripted(serve: Callable[..., Awaitable[str]]) -> Scripted:  # type: ignore[override, unused-ignore]
    carrier = Scripted()
    carrier.url = await serve(carrier.handle)
    return carrier


@pytest.fixture
def adapter(scripted: Scripted, http: httpx.AsyncClient) -> Lalamove:
    return Lalamove(account(scripted.url), http)


@pytest.fixture
def order(request_: QuoteRequest) -> BookingOrder:
    money = Money(amount=1954, currency=BRL)
    offer = Offer(
        id="off_1",
        carrier="lalamove",
        carrier_account="br",
        service="LALAGO",
        cost=money,
        price=money,
        expires_at="2030-01-01T12:35:01Z",
        carrier_reference="1537145754991403053 1537145755364696142 1537145755364696143",
    )
    return BookingOrder(key=KEY, delivery_id=DELIVERY, attempt=1, offer=offer, request=request_, reference="P-77")


# ── asking ────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_quotation_becomes_an_offer(adapter: Lalamove, scripted: Scripted, request_: QuoteRequest) -> None:
    scripted.on(QUOTE, (201, {"data": QUOTED}))
    assert await adapter.quote(request_) == [
        CarrierOffer(
            service="LALAGO",
            vehicle="motorbike",
            cost=Money(amount=1954, currency=BRL),
            breakdown=(
                Component(code="base", label="base", amount=Money(amount=950, currency=BRL)),
                Component(code="extra_mileage", label="extra mileage", amount=Money(amount=678, currency=BRL)),
                Component(code="vat", label="vat", amount=Money(amount=326, currency=BRL)),
            ),
            expires_at=datetime(2030, 1, 1, 12, 35, 1, tzinfo=UTC),
            carrier_reference="1537145754991403053 1537145755364696142 1537145755364696143",
        )
    ]
    [asked] = scripted.asked
    stop = {
        "coordinates": {"lat": "-23.5600000", "lng": "-46.6500000"},
        "address": "Avenida Paulista, 1578, Bela Vista, São Paulo, SP, 01310-200, BR",
    }
    other = {**stop, "address": "Avenida Paulista, 900, Bela Vista, São Paulo, SP, 01310-200, BR"}
    assert asked.data == {"serviceType": "LALAGO", "language": "pt_BR", "stops": [stop, other]}


async def test_every_request_is_signed_as_it_goes_out(
    adapter: Lalamove, scripted: Scripted, request_: QuoteRequest
) -> None:
    scripted.on(QUOTE, (201, {"data": QUOTED}))
    scripted.on(CANCEL, (204, b""))
    await adapter.quote(request_)
    await adapter.cancel(booking(), "other")
    for asked in scripted.asked:
        scheme, token = asked.headers["authorization"].split(" ")
        key, stamp, mac = token.split(":")
        assert (scheme, key, asked.headers["market"]) == ("hmac", API_KEY, "BR")
        assert mac == hmac_of(stamp, asked.method, asked.path, asked.body)
        assert abs(int(stamp) / 1000 - time.time()) < 60
    assert len({asked.headers["request-id"] for asked in scripted.asked}) == 2


@pytest.mark.parametrize(
    ("parcels", "service"),
    [
        ([{"weight_g": 20_000}], "LALAGO"),
        ([{"weight_g": 500, "height_mm": 400}], "LALAGO"),
        ([{"weight_g": 500, "length_mm": 350, "width_mm": 350, "height_mm": 50}], "LALAPRO"),
        ([{"weight_g": 20_001}], "HATCHBACK"),
        ([{"weight_g": 11_000}, {"weight_g": 11_000}], "HATCHBACK"),
        ([{"weight_g": 100}] * 5, "LALAPRO"),  # each would go, all of them would not
        ([{"weight_g": 100, "length_mm": 1100}], "CAR"),
        ([{"weight_g": 300_001}], "UV_FIORINO"),
        ([{"weight_g": 100, "length_mm": 2700}], "VAN"),
        ([{"weight_g": 1_000_000}, {"weight_g": 1}], "TRUCK330"),
        ([{"weight_g": 1_000_000}, {"weight_g": 500_001}], None),
        ([{"weight_g": 1, "length_mm": 3001}], None),
    ],
)
async def test_the_smallest_vehicle_that_takes_it_is_asked(
    adapter: Lalamove, scripted: Scripted, request_: QuoteRequest, parcels: list[dict[str, int]], service: str | None
) -> None:
    scripted.on(QUOTE, (201, {"data": QUOTED}))
    load = tuple(Parcel(description="x", **parcel) for parcel in parcels)
    asking = adapter.quote(request_.model_copy(update={"parcels": load}))
    if service is None:
        with pytest.raises(errors.CarrierRejected) as refused:
            await asking
        assert (refused.value.data["reason"], scripted.asked) == ("too_large", [])
    else:
        await asking
        assert [asked.data["serviceType"] for asked in scripted.asked] == [service]


async def test_services_that_are_named_are_each_an_offer(
    scripted: Scripted, http: httpx.AsyncClient, request_: QuoteRequest
) -> None:
    named = Lalamove(account(scripted.url, services=["LALAGO", "VAN", "SIDECAR"]), http)
    scripted.on(QUOTE, (201, {"data": QUOTED}))
    assert {offer.service for offer in await named.quote(request_)} == {"LALAGO", "VAN", "SIDECAR"}
    heavy = request_.model_copy(update={"parcels": (Parcel(description="x", weight_g=30_000),)})
    assert [(offer.service, offer.vehicle) for offer in await named.quote(heavy)] == [("VAN", "van"), ("SIDECAR", None)]
    scripted.on(QUOTE, (422, wrong("ERR_INVALID_SERVICE_TYPE")), (201, {"data": QUOTED}))
    assert len(await named.quote(request_)) == 2
    scripted.on(QUOTE, (422, wrong("ERR_OUT_OF_SERVICE_AREA")))
    with pytest.raises(errors.CarrierRejected):
        await named.quote(request_)


def test_another_market_has_other_services(http: httpx.AsyncClient) -> None:
    assert Lalamove.problems(account("https://x.example", market="HK"))
    assert not Lalamove.problems(account("https://x.example", market="HK", services=["MOTORCYCLE"], language="en_HK"))


@pytest.mark.parametrize("end", ["pickup", "dropoff"])
@pytest.mark.parametrize("lacking", ["coordinates", "phone"])
async def test_what_it_needs_is_never_guessed(
    adapter: Lalamove, scripted: Scripted, request_: QuoteRequest, order: BookingOrder, end: str, lacking: str
) -> None:
    stop = getattr(request_, end)
    nowhere = stop.address.model_copy(update={"latitude": None, "longitude": None})
    mute = stop.contact.model_copy(update={"phone": None})
    change = {"address": nowhere} if lacking == "coordinates" else {"contact": mute}
    request = request_.model_copy(update={end: stop.model_copy(update=change)})
    with pytest.raises(errors.CarrierRejected) as refused:
        await adapter.quote(request)
    assert refused.value.data == {"reason": f"no_{lacking}"}
    answer = await adapter.availability(request, order.offer)
    assert (answer.available, answer.reason) == (False, Refusal.CARRIER_REFUSED)
    assert scripted.asked == []


async def test_what_is_ready_later_is_scheduled(adapter: Lalamove, scripted: Scripted, request_: QuoteRequest) -> None:
    scripted.on(QUOTE, (201, {"data": QUOTED}))
    now = datetime.now(UTC)
    for ready_at in (now + timedelta(minutes=5), datetime(2040, 5, 6, 7, 8, 9, tzinfo=UTC)):
        await adapter.quote(request_.model_copy(update={"ready_at": ready_at}))
    assert [asked.data.get("scheduleAt") for asked in scripted.asked] == [None, "2040-05-06T07:08:09.000Z"]


def priced(**breakdown: object) -> dict[str, Any]:
    return {"data": {**QUOTED, "priceBreakdown": {"currency": "BRL", **breakdown}}}


@pytest.mark.parametrize(("total", "amount"), [("19.54", 1954), ("20", 2000), ("0.005", 1), (19.5, 1950), (7, 700)])
async def test_a_price_is_read_without_floats(
    adapter: Lalamove, scripted: Scripted, request_: QuoteRequest, total: object, amount: int
) -> None:
    scripted.on(QUOTE, (201, priced(total=total)))
    [offer] = await adapter.quote(request_)
    assert offer.cost == Money(amount=amount, currency=BRL)


@pytest.mark.parametrize(
    "said",
    [
        {},
        [],
        {"data": []},
        {"data": {**QUOTED, "stops": QUOTED["stops"][:1]}},
        {"data": {**QUOTED, "quotationId": "a b"}},
        *(priced(total=total) for total in ("NaN", "Infinity", "dear", "-1", "1e300", "", None, [], {})),
        priced(),
        b'{"data": {"priceBreakdown": {"total": NaN}}}',
    ],
)
async def test_a_quotation_that_makes_no_sense_is_no_offer(
    adapter: Lalamove, scripted: Scripted, request_: QuoteRequest, said: Any
) -> None:
    scripted.on(QUOTE, (201, said))
    with pytest.raises(errors.CarrierMisbehaved):
        await adapter.quote(request_)


async def test_a_price_we_cannot_settle_is_a_refusal(
    adapter: Lalamove, scripted: Scripted, request_: QuoteRequest
) -> None:
    scripted.on(QUOTE, (201, priced(total="19.54", currency="HKD")))
    with pytest.raises(errors.CarrierRejected) as refused:
        await adapter.quote(request_)
    assert refused.value.data["reason"] == "no_price"


async def test_a_line_of_the_price_may_be_odd(adapter: Lalamove, scripted: Scripted, request_: QuoteRequest) -> None:
    lines = {"base": "9.50", "discount": "-1.00", "odd": None, "worse": "NaN", "worst": {}}
    scripted.on(QUOTE, (201, priced(total="8.50", **lines)))
    [offer] = await adapter.quote(request_)
    assert [(line.code, line.amount.amount) for line in offer.breakdown] == [("base", 950), ("discount", -100)]


@pytest.mark.parametrize(
    ("status", "said", "becomes"),
    [
        (201, {"data": QUOTED}, Availability(available=True)),
        (201, priced(total="22.10"), Availability(available=True, detail="it would now ask BRL 22.10")),
        (
            422,
            wrong("ERR_OUT_OF_SERVICE_AREA", "Given latitude/longitude is out of service area."),
            Availability(
                available=False,
                reason=Refusal.CARRIER_REFUSED,
                detail="Given latitude/longitude is out of service area.",
            ),
        ),
    ],
)
async def test_it_is_available_when_a_fresh_quotation_says_so(
    adapter: Lalamove,
    scripted: Scripted,
    request_: QuoteRequest,
    order: BookingOrder,
    status: int,
    said: Any,
    becomes: Availability,
) -> None:
    scripted.on(QUOTE, (status, said))
    offer = order.offer.model_copy(update={"service": "VAN"})
    assert await adapter.availability(request_, offer) == becomes
    assert scripted.asked[0].data["serviceType"] == "VAN"


# ── booking ───────────────────────────────────────────────────────────────────────────────────────────────


async def test_an_order_tells_what_the_carrier_needs(
    adapter: Lalamove, scripted: Scripted, order: BookingOrder
) -> None:
    scripted.on(PLACE, (201, {"data": ordered()}))
    assert await adapter.book(order) == booking(
        confirmed=False,
        tracking_url="https://share.lalamove.example/?BR1002&lang=pt_BR&sign=07ba",
        cost=Money(amount=1913, currency=BRL),
    )
    [asked] = scripted.asked
    assert asked.data == {
        "quotationId": "1537145754991403053",
        "sender": {"stopId": "1537145755364696142", "name": "Padaria", "phone": "+5511999990000"},
        "recipients": [
            {
                "stopId": "1537145755364696143",
                "name": "Maria Souza",
                "phone": "+5511999990000",
                "remarks": "P-77-3F9A\r\n1: pelos fundos\r\n2: tocar duas vezes",
            }
        ],
        "isPODEnabled": True,
        "isRecipientSMSEnabled": False,
        "metadata": {"booking_key": KEY, "delivery_id": DELIVERY},
    }


@pytest.mark.parametrize(
    ("status", "becomes"),
    [
        ("ASSIGNING_DRIVER", (False, False)),
        ("ON_GOING", (True, False)),
        ("SOMETHING_NEW", (False, False)),
        (None, (False, False)),
        ("REJECTED", (False, True)),
        ("CANCELED", (False, True)),
    ],
)
async def test_a_booking_is_confirmed_once_a_driver_has_it(
    adapter: Lalamove, scripted: Scripted, order: BookingOrder, status: Any, becomes: tuple[bool, bool]
) -> None:
    scripted.on(PLACE, (201, {"data": {"orderId": ORDER, "status": status, "shareLink": "javascript:alert(1)"}}))
    booked = await adapter.book(order)
    assert (booked.confirmed, booked.closed) == becomes
    assert (booked.tracking_url, booked.cost) == (None, None)


async def test_an_expired_quotation_is_refused_for_the_next_offer(
    adapter: Lalamove, scripted: Scripted, order: BookingOrder
) -> None:
    scripted.on(PLACE, (422, wrong("ERR_INVALID_QUOTATION_ID")))
    with pytest.raises(errors.CarrierRejected) as refused:
        await adapter.book(order)
    assert refused.value.data["reason"] == "quotation_expired"
    unquoted = order.offer.model_copy(update={"carrier_reference": None})
    with pytest.raises(errors.CarrierRejected):
        await adapter.book(order.model_copy(update={"offer": unquoted}))
    assert len(scripted.asked) == 1


@pytest.mark.parametrize("answer", [(500, {}), (502, b"<html>"), (201, b"{"), (201, {"data": {}}), (408, {})])
async def test_an_answer_that_says_neither_yes_nor_no_is_unknown(
    adapter: Lalamove, scripted: Scripted, order: BookingOrder, answer: Any
) -> None:
    scripted.on(PLACE, answer)
    with pytest.raises(errors.CarrierUnavailable) as unknown:
        await adapter.book(order)
    assert unknown.value.data["sent"] is True
    with pytest.raises(errors.BookingUnknown):
        await adapter.find_booking(order)
    assert len(scripted.asked) == 1


# ── cancelling and deciding ───────────────────────────────────────────────────────────────────────────────

FORBIDDEN, CANNOT = wrong("ERR_CANCELLATION_FORBIDDEN"), wrong("ERR_CANCELLATION", "Cannot cancel order.")


@pytest.mark.parametrize(
    ("answer", "stands", "becomes"),
    [
        ((204, b""), None, Cancellation()),
        ((422, CANNOT), "CANCELED", Cancellation()),
        ((409, FORBIDDEN), "EXPIRED", Cancellation()),
        ((409, {"message": "ERR_CANCELLATION_FORBIDDEN"}), "REJECTED", Cancellation()),
        ((404, wrong("ERR_ORDER_NOT_FOUND")), None, Cancellation(nothing_booked=True)),
        ((422, {"message": "ERR_ORDER_NOT_FOUND"}), None, Cancellation(nothing_booked=True)),
        ((409, FORBIDDEN), "PICKED_UP", "too_late"),
        ((409, {"message": "ERR_CANCELLATION_FORBIDDEN"}), "ON_GOING", "too_late"),
        ((422, CANNOT), "COMPLETED", "too_late"),
        ((403, {}), "ON_GOING", None),
        ((404, {}), "ON_GOING", None),
        ((422, wrong("ERR_INVALID_FIELD")), "ON_GOING", None),
        ((503, {}), "ON_GOING", None),
    ],
)
async def test_a_booking_is_cancelled_unless_it_is_too_late(
    adapter: Lalamove, scripted: Scripted, answer: Any, stands: str | None, becomes: Any
) -> None:
    scripted.on(CANCEL, answer)
    if stands:
        scripted.on(DETAILS, (200, {"data": ordered(stands)}))
    if becomes == "too_late":
        with pytest.raises(errors.CarrierRejected) as refused:
            await adapter.cancel(booking(), "customer_request")
        assert refused.value.data["reason"] == "too_late"
    elif becomes is None:  # not heard, which is neither done nor too late
        with pytest.raises(errors.CarrierUnavailable):
            await adapter.cancel(booking(), "customer_request")
    else:
        assert await adapter.cancel(booking(), "customer_request") == becomes


@pytest.mark.parametrize("decision", list(Decision))
async def test_it_takes_no_instructions(adapter: Lalamove, scripted: Scripted, decision: Decision) -> None:
    with pytest.raises(errors.CarrierRejected) as refused:
        await adapter.decide(Instruction(booking=booking(), decision=decision))
    assert (refused.value.data["reason"], scripted.asked) == ("takes_no_instructions", [])


# ── hearing ───────────────────────────────────────────────────────────────────────────────────────────────


async def tracked(adapter: Lalamove) -> list[Scan]:
    """What it tracks, with AT in place of now."""
    now = datetime.now(UTC)
    scans = await adapter.track(booking())
    return [
        s.model_copy(update={"occurred_at": AT}) if s.occurred_at - now < timedelta(minutes=1) else s for s in scans
    ]


COST = {"booking_key": KEY, "cost": Money(amount=1913, currency=BRL)}


async def test_an_order_becomes_where_it_stands_and_its_proof(adapter: Lalamove, scripted: Scripted) -> None:
    scripted.on(DETAILS, (200, {"data": ordered("COMPLETED", POD)}))
    assert await tracked(adapter) == [
        told("COMPLETED", ScanKind.FINISHED, DRIVER, occurred_at=DELIVERED_AT, **COST),
        told(
            "DELIVERED",
            ScanKind.DELIVERED,
            occurred_at=DELIVERED_AT,
            proof=Proof(photo_url=PHOTO, at=DELIVERED_AT),
            **COST,
        ),
    ]


@pytest.mark.parametrize(
    ("status", "kind", "more"),
    [
        ("ASSIGNING_DRIVER", ScanKind.PENDING, {}),
        ("ON_GOING", ScanKind.COURIER_TO_PICKUP, {}),
        ("PICKED_UP", ScanKind.PICKED_UP, {}),
        ("COMPLETED", ScanKind.DELIVERED, {}),
        ("CANCELED", ScanKind.CANCELLED, {"reason": "canceled"}),
        ("REJECTED", ScanKind.REJECTED, {"reason": "rejected"}),
        ("EXPIRED", ScanKind.REJECTED, {"reason": "expired"}),
        ("SOMETHING_NEW", ScanKind.UNKNOWN, {}),
    ],
)
@pytest.mark.parametrize("pod", [PENDING, None, "odd", {"status": 7}])
async def test_every_status_has_its_kind(
    adapter: Lalamove, scripted: Scripted, status: str, kind: ScanKind, more: Any, pod: Any
) -> None:
    scripted.on(DETAILS, (200, {"data": ordered(status, pod)}))
    who = DRIVER if status in ("ON_GOING", "PICKED_UP", "COMPLETED") else ""
    assert await tracked(adapter) == [told(status, kind, who, **COST, **more)]


@pytest.mark.parametrize(
    ("pod", "kind", "more"),
    [
        (
            {"status": "SIGNED", "image": PHOTO},
            ScanKind.DELIVERED,
            {"proof": Proof(signature_url=PHOTO, at=AT)},
        ),
        ({"status": "DELIVERED", "image": "javascript:x"}, ScanKind.DELIVERED, {"proof": Proof(at=AT)}),
        ({"status": "FAILED"}, ScanKind.ATTEMPT_FAILED, {"needs_decision": True}),
        ({"status": "EATEN"}, ScanKind.UNKNOWN, {}),
    ],
)
async def test_every_proof_has_its_kind(
    adapter: Lalamove, scripted: Scripted, pod: dict[str, str], kind: ScanKind, more: Any
) -> None:
    scripted.on(DETAILS, (200, {"data": ordered("COMPLETED", pod)}))
    finished, proof = await tracked(adapter)
    when = proof.proof.at if proof.proof else AT
    fixed = {**more, "proof": more["proof"].model_copy(update={"at": when})} if "proof" in more else more
    assert finished.kind is ScanKind.FINISHED
    assert proof == told(pod["status"], kind, **COST, **fixed)


async def test_the_driver_is_shown_while_he_tells_where_he_is(adapter: Lalamove, scripted: Scripted) -> None:
    driver = {
        "driverId": DRIVER,
        "name": "João",
        "phone": "+5511133111",
        "plateNumber": "**001761*",
        "photo": "",
        "coordinates": {"lat": "-23.3354893", "lng": "-46.1761475", "updatedAt": "2030-01-01T09:30.00Z"},
    }
    odd = {"coordinates": {"lat": "NaN", "lng": "900"}}
    answers: list[tuple[tuple[int, Any], tuple[float | None, float | None]]] = [
        ((200, {"data": driver}), (-23.3354893, -46.1761475)),
        ((200, {"data": odd}), (None, None)),
        ((200, {"data": {}}), (None, None)),
        ((403, {"message": "Forbidden"}), (None, None)),
        ((404, wrong("ERR_DRIVER_NOT_FOUND")), (None, None)),
        ((503, b""), (None, None)),
    ]
    scripted.on(DETAILS, (200, {"data": ordered("PICKED_UP")}))
    for answer, place in answers:
        scripted.on(WHO, answer)
        [scan] = await adapter.track(booking())
        assert (scan.kind, (scan.latitude, scan.longitude)) == (ScanKind.PICKED_UP, place)
        assert "João" not in scan.model_dump_json()


async def test_a_refusal_to_tell_is_not_a_no(adapter: Lalamove, scripted: Scripted) -> None:
    assert await adapter.track(booking()) == []
    unheard = [(401, {}), (403, {}), (404, {}), (422, wrong("ERR_INVALID_FIELD")), (503, {})]
    garbled = [(200, {"data": {**ordered(), "orderId": "1"}}), (200, {"data": {"status": "ON_GOING"}}), (200, [])]
    for answer in [*unheard, *garbled]:
        scripted.on(DETAILS, answer)
        with pytest.raises(errors.CarrierUnavailable):
            await adapter.track(booking())


# ── its errors ────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("error_id", [row for row in Lalamove.meanings if row.startswith("ERR_")])
def test_every_error_is_known_in_every_form(adapter: Lalamove, error_id: str) -> None:
    row = Lalamove.meanings[error_id]
    said = {"id": error_id, "message": "Call Maria, +55 11 99999-0000", "detail": "/data/stops/0"}
    forms: list[Any] = [{"errors": [said, {"id": "ERR_OTHER"}]}, {"errors": said}, {"message": error_id}]
    for form in forms:
        refusal = adapter.refusal(Reply(418, httpx.Headers(), json.dumps(form).encode()))
        assert (type(refusal), refusal.data["reason"]) == (row.error, row.reason)
        assert "unrecognised" not in refusal.data
        assert "99999" not in refusal.detail


@pytest.mark.parametrize(
    ("status", "said", "kind", "reason", "detail"),
    [
        (422, wrong("ERR_NEW", "Strange.", "/data/x"), errors.CarrierRejected, "unprocessable", "Strange. /data/x"),
        (401, {"message": "Unauthorized"}, errors.CarrierRejected, "unauthorized", "Unauthorized"),
        (404, {"message": "no Route matched"}, errors.CarrierRejected, "not_found", "no Route matched"),
        (418, ["odd"], errors.CarrierRejected, "http_418", "The carrier will not do it"),
        (500, {}, errors.CarrierUnavailable, "server_error", "answered with status 500"),
        (502, b"<html>", errors.CarrierUnavailable, "http_502", "answered with status 502"),
        (429, {"message": "ERR_RATE_LIMIT_EXCEEDED"}, errors.CarrierThrottled, "throttled", None),
    ],
)
def test_an_error_says_what_was_seen(
    adapter: Lalamove, status: int, said: Any, kind: type[Exception], reason: str, detail: str | None
) -> None:
    body = said if isinstance(said, bytes) else json.dumps(said).encode()
    refusal = adapter.refusal(Reply(status, httpx.Headers(), body))
    assert (type(refusal), refusal.data["reason"]) == (kind, reason)
    assert detail in (None, refusal.detail)
    assert (refusal.data.get("unrecognised") == "ERR_NEW") is (status == 422)


async def test_credentials_do_not_show(adapter: Lalamove) -> None:
    assert SECRET not in repr(adapter.credentials) + repr(vars(adapter))
