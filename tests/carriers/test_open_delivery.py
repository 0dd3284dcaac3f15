"""Open Delivery: what it says and the value it becomes, what we tell it, and who may speak for it."""

import hashlib
import hmac
import json
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from carriers.open_delivery import EVENTS, OpenDelivery
from domain import errors
from domain.availability import Refusal
from domain.bookings import Booking, BookingOrder, Cancellation, Decision, Instruction
from domain.deliveries import Proof
from domain.money import Currency, Money
from domain.quotes import CarrierOffer, QuoteRequest
from domain.tracking import Scan, ScanKind, scan_id

KEY = "52122852-6626-51ed-9022-0242ac120002"
REFERENCE = "48ae4d68-6626-11ed-9022-0242ac120002"
MERCHANT = "22815773000169-dbc7e35a-c936-4665-9e13-eb55eb8b6824"
APP = "0b8b2f0e-7d52-4f0e-8a52-9d2f2f0f7a11"
SECRET = "s3cret"

AVAILABILITY = "/v2/logistics/availability"
DELIVERY = "/v2/logistics/delivery"
DETAILS = f"/v2/logistics/delivery/{KEY}"
CANCEL = f"/v2/logistics/cancel/{KEY}"
PROBLEM = f"/v2/logistics/handleProblem/{KEY}"

BRL = Currency.BRL
AT = datetime(2030, 1, 1, 12, 30, 15, tzinfo=UTC)
PRICE = {"price": {"value": 12.9, "currency": "BRL"}, "pricingList": "NORMAL", "additionalPricePercentual": 0}
ETA = {
    "updateMethod": "ONLINE",
    "pickupEtaInMinutes": 10,
    "pickupEtaDatetime": "2030-01-01T12:40:00Z",
    "deliveryEtaInMinutes": 30,
    "deliveryEtaDatetime": "2030-01-01T13:00:00Z",
    "maxDeliveryTime": "2030-01-01T13:30:00Z",
}
FREE = {"availableVehicles": 2, "vehiclesAvailable": {"type": ["MOTORBIKE_BAG", "CAR"], "container": "NORMAL"}}


def details(*events: str, **more: Any) -> dict[str, Any]:
    history = [{"type": kind, "datetime": f"2030-01-01T12:{n:02}:00Z"} for n, kind in enumerate(events)]
    return {
        "deliveryId": REFERENCE,
        "orderId": KEY,
        "orderDisplayId": "P-77-3F9A",
        "merchant": {"id": MERCHANT, "name": "P"},
        "customerName": "Maria Souza",
        "events": history,
        **more,
    }


def notice(kind: str = "ORDER_PICKED", at: str = "2030-01-01T12:30:15Z", **more: Any) -> dict[str, Any]:
    told = details()
    del told["events"]
    return {**told, "event": {"type": kind, "datetime": at}, **more}


def sign(body: bytes) -> dict[str, str]:
    signature = hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
    return {"x-app-id": APP, "x-app-merchantid": MERCHANT, "x-app-signature": signature}


def hear(adapter: OpenDelivery, told: object) -> list[Scan]:
    body = json.dumps(told).encode()
    return list(adapter.parse_webhook(sign(body), body))


def booking(**more: Any) -> Booking:
    known = {"carrier": "open_delivery", "carrier_account": "ligeiro", "offer_id": "off_1", "key": KEY, "attempt": 1}
    return Booking(**{**known, "reference": REFERENCE, **more})


# ── asking ────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_simulation_becomes_an_offer(adapter: OpenDelivery, scripted: Any, request_: QuoteRequest) -> None:
    scripted.on(AVAILABILITY, (200, {"deliveryPrice": PRICE, "vehicles": FREE, "ETAs": ETA}))
    assert await adapter.quote(request_) == [
        CarrierOffer(
            service="motorbike_bag",
            vehicle="motorbike_bag",
            cost=Money(amount=1290, currency=BRL),
            pickup_eta_at=datetime(2030, 1, 1, 12, 40, tzinfo=UTC),
            delivery_eta_at=datetime(2030, 1, 1, 13, 0, tzinfo=UTC),
        )
    ]


@pytest.mark.parametrize(
    ("value", "amount"), [("40", 4000), ("12.9", 1290), ("0.005", 1), ("0", 0), ("1e2", 10000), ("19.994", 1999)]
)
async def test_a_price_is_read_without_floats(
    adapter: OpenDelivery, scripted: Any, request_: QuoteRequest, value: str, amount: int
) -> None:
    body = f'{{"deliveryPrice": {{"price": {{"value": {value}, "currency": "BRL"}}}}}}'
    scripted.on(AVAILABILITY, (200, body.encode()))
    [offer] = await adapter.quote(request_)
    assert offer.cost == Money(amount=amount, currency=BRL)


@pytest.mark.parametrize(
    ("status", "said", "reason"),
    [
        (200, {}, "no_price"),
        (200, {"vehicles": {"availableVehicles": 0}, "deliveryPrice": PRICE}, "no_deliveryperson_available"),
        (200, {"deliveryPrice": {"price": {"value": -1, "currency": "BRL"}}}, "no_price"),
        (200, {"deliveryPrice": {"price": {"value": 1, "currency": "JPY"}}}, "no_price"),
        (200, {"deliveryPrice": {"price": {"value": 1e300, "currency": "BRL"}}}, "no_price"),
        (400, {"title": "REGION_NOT_SERVED", "status": 400}, "region_not_served"),
        (422, {"title": "Does not meet requested times", "status": 422}, "does_not_meet_requested_times"),
        (404, {"title": "nope", "status": 404}, "not_found"),
        (403, ["odd"], "access_denied"),
        (418, b"<html>", "http_418"),
    ],
)
async def test_no_offer_is_a_refusal_with_a_reason(
    adapter: OpenDelivery,
    scripted: Any,
    request_: QuoteRequest,
    order: BookingOrder,
    status: int,
    said: Any,
    reason: str,
) -> None:
    scripted.on(AVAILABILITY, (status, said))
    with pytest.raises(errors.CarrierRejected) as refused:
        await adapter.quote(request_)
    assert refused.value.data["reason"] == reason
    answer = await adapter.availability(request_, order.offer)
    assert (answer.available, answer.reason) == (False, Refusal.CARRIER_REFUSED)


async def test_it_is_available_when_the_simulation_says_so(
    adapter: OpenDelivery, scripted: Any, request_: QuoteRequest, order: BookingOrder
) -> None:
    scripted.on(AVAILABILITY, (200, {"deliveryPrice": PRICE, "vehicles": FREE}), (503, {"title": "x", "status": 503}))
    assert (await adapter.availability(request_, order.offer)).available
    with pytest.raises(errors.CarrierUnavailable):
        await adapter.availability(request_, order.offer)


async def test_what_a_carrier_quotes_back_is_masked(
    adapter: OpenDelivery, scripted: Any, request_: QuoteRequest
) -> None:
    title = "bad phone +55 11 99999-0000 of maria@example.com\r\n\x1b[31m" + "x" * 5000
    scripted.on(AVAILABILITY, (400, {"title": title, "status": 400}))
    with pytest.raises(errors.CarrierRejected) as refused:
        await adapter.quote(request_)
    assert refused.value.detail.startswith("bad phone … of … ")
    assert refused.value.detail.isprintable()
    assert len(refused.value.detail) <= 200


# ── booking ───────────────────────────────────────────────────────────────────────────────────────────────


async def test_an_order_tells_what_the_carrier_needs(adapter: OpenDelivery, scripted: Any, order: BookingOrder) -> None:
    scripted.on(DELIVERY, (202, {"deliveryId": REFERENCE, "event": "PENDING", "completion": {}}))
    await adapter.book(order)
    [asked] = scripted.asked
    told = asked.json
    created_at = told["limitTimes"].pop("orderCreatedAt")
    assert datetime.fromisoformat(created_at).tzinfo is not None
    address = {
        "country": "BR",
        "state": "BR-SP",
        "city": "São Paulo",
        "district": "Bela Vista",
        "street": "Avenida Paulista",
        "postalCode": "01310200",
        "complement": "",
        "latitude": -23.56,
        "longitude": -46.65,
    }
    assert told == {
        "orderId": KEY,
        "orderDisplayId": "P-77-3F9A",
        "merchant": {"id": MERCHANT, "name": "P"},
        "pickupAddress": {**address, "number": "1578", "instructions": "pelos fundos"},
        "deliveryAddress": {**address, "number": "900", "instructions": "tocar duas vezes"},
        "returnToMerchant": False,
        "canCombine": False,
        "customerName": "Maria Souza",
        "customerPhone": "+5511999990000",
        "vehicle": {
            "type": ["BICYCLE", "SCOOTER", "MOTORBIKE_BAG", "MOTORBIKE_BOX", "CAR", "VUC"],
            "container": "NORMAL",
        },
        "limitTimes": {},
        "totalOrderPrice": {"value": 89.9, "currency": "BRL"},
        "totalWeight": 1500,
        "packageVolume": 0.008,
        "packageQuantity": 1,
        "specialInstructions": "tocar duas vezes",
        "additionalPricePercentual": 10,
        "payments": {"method": "ONLINE"},
    }
    assert asked.headers["authorization"] == "Bearer t1"


PLACED = {"deliveryId": REFERENCE, "completion": {"rejectAfter": "2030-01-01T12:35:00Z"}}


@pytest.mark.parametrize(
    ("said", "becomes"),
    [
        ({"event": "PENDING"}, {"confirmed": False, "accept_by": datetime(2030, 1, 1, 12, 35, tzinfo=UTC)}),
        ({"event": "ACCEPTED"}, {"confirmed": True, "accept_by": datetime(2030, 1, 1, 12, 35, tzinfo=UTC)}),
        ({"event": "ACCEPTED", "completion": {}}, {"confirmed": True}),
        ({"event": "PENDING", "completion": {"rejectAfter": "soon"}}, {"confirmed": False}),
        ({"event": "SOMETHING_NEW", "completion": None}, {"confirmed": False}),
    ],
)
async def test_a_booking_is_confirmed_once_the_carrier_said_yes(
    adapter: OpenDelivery, scripted: Any, order: BookingOrder, said: Any, becomes: dict[str, Any]
) -> None:
    scripted.on(DELIVERY, (202, {**PLACED, **said}))
    assert await adapter.book(order) == booking(**becomes)


async def test_a_rejected_booking_is_refused(adapter: OpenDelivery, scripted: Any, order: BookingOrder) -> None:
    scripted.on(DELIVERY, (202, {**PLACED, "event": "REJECTED"}))
    with pytest.raises(errors.CarrierRejected) as refused:
        await adapter.book(order)
    assert refused.value.data["reason"] == "rejected"


@pytest.mark.parametrize("status", [400, 409, 422])
async def test_a_duplicate_is_the_booking_itself(
    adapter: OpenDelivery, scripted: Any, order: BookingOrder, status: int
) -> None:
    scripted.on(DELIVERY, (status, {"title": "duplicate orderId", "status": status}))
    with pytest.raises(errors.CarrierRejected):
        await adapter.book(order)  # not a duplicate at all: it knows of none
    scripted.on(DETAILS, (200, details("PENDING", "REJECTED")))
    with pytest.raises(errors.CarrierRejected):
        await adapter.book(order)
    scripted.on(DETAILS, (200, details("PENDING")))
    assert await adapter.book(order) == booking(confirmed=False)
    scripted.on(DETAILS, (503, {"title": "later", "status": 503}))
    with pytest.raises(errors.CarrierUnavailable) as unknown:
        await adapter.book(order)
    assert unknown.value.data["sent"]


@pytest.mark.parametrize(
    ("said", "becomes"),
    [
        (details(), booking(confirmed=False)),
        (details("PENDING"), booking(confirmed=False)),
        (details("PENDING", "ACCEPTED"), booking(confirmed=True)),
        (details("ACCEPTED", "PENDING"), booking(confirmed=True)),
        (details("PENDING", "REJECTED"), booking(confirmed=False, closed=True)),
        (details("ACCEPTED", "CANCELLED", "DELIVERY_FINISHED"), booking(confirmed=False, closed=True)),
        (
            details(
                "ACCEPTED",
                deliveryPrice=PRICE,
                times={"deliveryEtaDate": "2030-01-01T13:00:00Z"},
                externalTrackingURL="https://ligeiro.example/t/1",
            ),
            booking(
                confirmed=True,
                cost=Money(amount=1290, currency=BRL),
                delivery_eta_at=datetime(2030, 1, 1, 13, tzinfo=UTC),
                tracking_url="https://ligeiro.example/t/1",
            ),
        ),
        (details("ACCEPTED", externalTrackingURL="javascript:alert(1)"), booking(confirmed=True)),
        ({**details("ACCEPTED"), "orderId": KEY.upper()}, booking(confirmed=True)),
    ],
)
async def test_a_booking_is_found_by_its_key(
    adapter: OpenDelivery, scripted: Any, order: BookingOrder, said: Any, becomes: Booking
) -> None:
    scripted.on(DETAILS, (200, said))
    assert await adapter.find_booking(order) == becomes


async def test_a_refusal_to_tell_is_not_a_no(adapter: OpenDelivery, scripted: Any, order: BookingOrder) -> None:
    assert await adapter.find_booking(order) is None
    for refusal in (401, 403, 400):
        scripted.on(DETAILS, (refusal, {"title": "no", "status": refusal}))
        with pytest.raises(errors.CarrierUnavailable):
            await adapter.find_booking(order)
    scripted.on(DETAILS, (200, {**details("ACCEPTED"), "orderId": REFERENCE}))
    with pytest.raises(errors.CarrierMisbehaved):
        await adapter.find_booking(order)


# ── cancelling and deciding ───────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("status", "history", "becomes"),
    [
        (202, None, Cancellation()),
        (404, None, Cancellation(nothing_booked=True)),
        (422, ("ACCEPTED", "CANCELLED"), Cancellation()),
        (409, ("PENDING", "REJECTED"), Cancellation()),
        (422, ("ACCEPTED", "ORDER_PICKED"), "too_late"),
        (409, None, "too_late"),
    ],
)
async def test_a_booking_is_cancelled_unless_it_is_too_late(
    adapter: OpenDelivery, scripted: Any, status: int, history: Any, becomes: Any
) -> None:
    scripted.on(CANCEL, (status, {"additionalCharges": False} if status == 202 else {"title": "x", "status": status}))
    if history:
        scripted.on(DETAILS, (200, details(*history)))
    if becomes == "too_late":
        with pytest.raises(errors.CarrierRejected) as refused:
            await adapter.cancel(booking(), "customer_request")
        assert refused.value.data["reason"] == "too_late"
    else:
        assert await adapter.cancel(booking(), "customer_request") == becomes
    assert scripted.asked[0].json == {"reason": "CONSUMER_CANCELLATION_REQUESTED", "action": "CANCEL_DELIVERY"}


async def test_a_cancel_that_was_not_heard_is_not_too_late(adapter: OpenDelivery, scripted: Any) -> None:
    scripted.on(CANCEL, (403, {"title": "no", "status": 403}))
    with pytest.raises(errors.CarrierUnavailable):
        await adapter.cancel(booking(), "other")


@pytest.mark.parametrize(
    ("decision", "reason", "note", "told"),
    [
        (Decision.RETRY, "nobody_to_receive", None, {"reason": "NOBODY_TO_RECEIVE", "action": "DELIVER_PRODUCT"}),
        (Decision.REDIRECT, None, "portaria", {"reason": "OTHER", "action": "DELIVER_PRODUCT", "message": "portaria"}),
        (Decision.RETURN, "silent", None, {"reason": "OTHER", "action": "RETURN_TO_STORE"}),
    ],
)
async def test_a_decision_is_passed_on(
    adapter: OpenDelivery, scripted: Any, decision: Decision, reason: str | None, note: str | None, told: Any
) -> None:
    scripted.on(PROBLEM, (200, b""), (422, {"title": "no problem", "status": 422}))
    instruction = Instruction(booking=booking(), decision=decision, reason=reason, note=note)
    await adapter.decide(instruction)
    assert scripted.asked[0].json == told
    with pytest.raises(errors.CarrierRejected):
        await adapter.decide(instruction)


# ── hearing ───────────────────────────────────────────────────────────────────────────────────────────────


def test_an_event_becomes_a_scan(adapter: OpenDelivery) -> None:
    told = notice(
        "ORDER_DELIVERED",
        deliveryPrice=PRICE,
        eta=ETA,
        geoLocalization={"latitude": -23.5, "longitude": -46.6},
        deliveryPerson={"id": "1", "name": "João"},
    )
    told["event"]["message"] = "com o porteiro, tel. 11 99999-0000"
    assert hear(adapter, told) == [
        Scan(
            id=scan_id(KEY, "ORDER_DELIVERED", "2030-01-01T12:30:15+00:00"),
            carrier="open_delivery",
            carrier_account="ligeiro",
            booking_reference=REFERENCE,
            booking_key=KEY,
            kind=ScanKind.DELIVERED,
            carrier_code="ORDER_DELIVERED",
            description="com o porteiro, tel. …",
            latitude=-23.5,
            longitude=-46.6,
            occurred_at=AT,
            cost=Money(amount=1290, currency=BRL),
            delivery_eta_at=datetime(2030, 1, 1, 13, tzinfo=UTC),
            proof=Proof(at=AT),
        )
    ]


@pytest.mark.parametrize(
    ("word", "kind"), [*EVENTS.items(), ("SOMETHING_NEW", ScanKind.UNKNOWN), ("", ScanKind.UNKNOWN)]
)
def test_every_event_has_its_kind(adapter: OpenDelivery, word: str, kind: ScanKind) -> None:
    [scan] = hear(adapter, notice(word))
    assert (scan.kind, scan.carrier_code) == (kind, word)


def test_a_rejection_says_why(adapter: OpenDelivery) -> None:
    told = notice("REJECTED")
    told["event"]["rejectionInfo"] = {"reason": "PRICE_EXCEEDED", "metadata": {}}
    assert [scan.reason for scan in hear(adapter, told)] == ["price_exceeded"]


@pytest.mark.parametrize(
    ("problem", "kind", "asks"),
    [
        ({"reason": "FRAUD_OR_THEFT", "canFinishDeliver": False, "needMerchantAction": False}, ScanKind.LOST, False),
        ({"reason": "FRAUD_OR_THEFT", "canFinishDeliver": True, "needMerchantAction": True}, ScanKind.PROBLEM, True),
        (
            {"reason": "NOBODY_TO_RECEIVE", "canFinishDeliver": True, "needMerchantAction": True},
            ScanKind.ATTEMPT_FAILED,
            True,
        ),
        (
            {"reason": "CUSTOMER_ADDRESS_UNKNOWN", "canFinishDeliver": False, "needMerchantAction": True},
            ScanKind.ATTEMPT_FAILED,
            True,
        ),
        (
            {"reason": "NOBODY_TO_RECEIVE", "canFinishDeliver": True, "needMerchantAction": False},
            ScanKind.PROBLEM,
            False,
        ),
        ({"reason": "ORDER_DELAYED", "canFinishDeliver": True, "needMerchantAction": True}, ScanKind.PROBLEM, True),
        ({"reason": "AN_ALIEN", "canFinishDeliver": True, "needMerchantAction": False}, ScanKind.PROBLEM, False),
        # As the details' history tells them, without the two flags:
        ({"reason": "NOBODY_TO_RECEIVE", "resolved": False}, ScanKind.ATTEMPT_FAILED, True),
        (
            {"reason": "NOBODY_TO_RECEIVE", "resolved": True, "actionTaken": "DELIVER_PRODUCT"},
            ScanKind.ATTEMPT_FAILED,
            False,
        ),
        ({"reason": "NOBODY_TO_RECEIVE", "resolved": True}, ScanKind.PROBLEM, False),
        ({"reason": "FRAUD_OR_THEFT", "resolved": False}, ScanKind.PROBLEM, True),
        ({"reason": "ORDER_DELAYED", "resolved": False}, ScanKind.PROBLEM, False),
    ],
)
async def test_a_problem_becomes_a_scan_of_its_own(
    adapter: OpenDelivery, scripted: Any, problem: dict[str, Any], kind: ScanKind, asks: bool
) -> None:
    problem = {**problem, "datetime": "2030-01-01T12:20:00Z", "message": "x"}
    scripted.on(DETAILS, (200, details("DELIVERY_ONGOING", problem=[problem])))
    heard = hear(adapter, notice("DELIVERY_ONGOING", problem=[problem]))
    for event, scan in (heard, await adapter.track(booking())):
        assert event.kind is ScanKind.IN_TRANSIT
        assert (scan.kind, scan.needs_decision, scan.carrier_code) == (kind, asks, problem["reason"])
        assert (scan.reason, scan.occurred_at.minute) == (problem["reason"].lower(), 20)
    assert heard[1].id == (await adapter.track(booking()))[1].id


async def test_details_and_webhook_give_the_same_id(adapter: OpenDelivery, scripted: Any) -> None:
    said = details("ACCEPTED", deliveryPrice=PRICE)
    said["events"][0]["datetime"] = "2030-01-01T09:30:15.750-03:00"
    scripted.on(DETAILS, (200, said))
    [polled] = await adapter.track(booking())
    [told] = hear(adapter, notice("ACCEPTED", "2030-01-01T12:30:15.750Z", deliveryPrice=PRICE))
    assert polled == told
    [sloppy] = hear(adapter, {**notice("ACCEPTED", "2030-01-01T12:30:15"), "orderId": KEY.upper()})
    assert (sloppy.id, sloppy.booking_key) == (polled.id, KEY)


async def test_nothing_is_tracked_of_an_unknown_booking(adapter: OpenDelivery) -> None:
    assert await adapter.track(booking()) == []


@pytest.mark.parametrize(
    "odd",
    [
        {"deliveryPrice": {"price": {"value": "NaN", "currency": "BRL"}}},
        {"deliveryPrice": "dear"},
        {"eta": {"deliveryEtaDatetime": "0001-01-01T00:00:00+14:00"}},
        {"eta": ["soon"]},
        {"geoLocalization": {"latitude": 900, "longitude": 0}},
        {"geoLocalization": None},
        {"externalTrackingURL": {"a": 1}},
        {"deliveryId": "a\u0000b"},
        {"problem": None},
    ],
)
def test_what_is_nice_to_have_may_be_odd(adapter: OpenDelivery, odd: dict[str, Any]) -> None:
    [scan] = hear(adapter, notice(**odd))
    assert (scan.kind, scan.booking_key) == (ScanKind.PICKED_UP, KEY)


# ── who may speak ─────────────────────────────────────────────────────────────────────────────────────────

BODY = json.dumps(notice()).encode()


@pytest.mark.parametrize(
    "change",
    [
        {"x-app-signature": ""},
        {"x-app-signature": "0" * 64},
        {"x-app-signature": sign(BODY)["x-app-signature"].upper()},
        {"x-app-signature": sign(BODY)["x-app-signature"][:-1]},
        {"x-app-signature": sign(BODY + b" ")["x-app-signature"]},
        {"x-app-signature": hmac.new(b"", BODY, hashlib.sha256).hexdigest()},
        {"x-app-signature": hashlib.sha256(BODY).hexdigest()},
        {"x-app-signature": "ü" * 64},
        {"x-app-signature": "\udcff"},
        {"x-app-id": MERCHANT},
        {"x-app-merchantid": APP},
        *({missing: None} for missing in ("x-app-signature", "x-app-id", "x-app-merchantid")),
    ],
)
def test_a_webhook_without_its_signature_is_nobodys(adapter: OpenDelivery, change: dict[str, str | None]) -> None:
    assert adapter.parse_webhook(sign(BODY), BODY)
    headers = {name: value for name, value in {**sign(BODY), **change}.items() if value is not None}
    with pytest.raises(errors.SignatureInvalid):
        adapter.parse_webhook(headers, BODY)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b'"x"',
        b"[]",
        b"{}",
        b"\xff\xfe\x00",
        b'{"orderId": NaN}',
        b"[" * 60_000,
        BODY[:-1],
        b"x" * 65_537,
        json.dumps({"orderId": KEY, "deliveryCode": "1234"}).encode(),
        json.dumps({**notice(), "orderId": "a\u0000b"}).encode(),
        json.dumps({**notice(), "orderId": "\ud800"}).encode(),
        json.dumps({**notice(), "orderId": 7}).encode(),
        json.dumps(notice(at="yesterday")).encode(),
        json.dumps(notice(at="0001-01-01T00:00:00+14:00")).encode(),
        json.dumps(notice(problem=[{"reason": "OTHER"}])).encode(),
    ],
)
def test_garbage_with_a_good_signature_is_a_bad_payload(adapter: OpenDelivery, body: bytes) -> None:
    with pytest.raises(errors.PayloadInvalid) as refused:
        adapter.parse_webhook(sign(body), body)
    assert "Maria" not in f"{refused.value.detail}{refused.value.data}"


async def test_credentials_do_not_show(adapter: OpenDelivery, http: httpx.AsyncClient) -> None:
    assert SECRET not in repr(adapter.credentials) + repr(vars(adapter))
