"""EasyPost: what it says and the value it becomes, what we tell it, and who may speak for it."""

import hashlib
import hmac
import json
import unicodedata
from base64 import b64encode
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from carriers.easypost import STATUSES, EasyPost
from domain import errors
from domain.availability import Refusal
from domain.bookings import Booking, BookingOrder, Cancellation, Decision, Instruction
from domain.deliveries import Proof
from domain.money import Currency, Money
from domain.places import Address
from domain.quotes import CarrierAccount, CarrierOffer, Offer, QuoteRequest
from domain.tracking import Scan, ScanKind, scan_id

KEY = "52122852-6626-51ed-9022-0242ac120002"
SHIPMENT = "shp_4f5381cd729d48c2adc4d2d801d655e2"
PRIORITY, GROUND = "rate_e10ea4fea5ba4d98a1a4135fe54737d7", "rate_96763f5dc32548538c44e7c479243e38"
TRACKED = "9400100208303109505657"
SECRET = "sécret"

SHIPMENTS, ITS = "/v2/shipments", f"/v2/shipments/{SHIPMENT}"
BUY, REFUND = f"{ITS}/buy", f"{ITS}/refund"


def usd(amount: int) -> Money:
    return Money(amount=amount, currency=Currency.USD)


def rate(rate_id: str, service: str, price: str, **more: Any) -> dict[str, Any]:
    return {
        "id": rate_id,
        "object": "Rate",
        "created_at": "2030-01-01T12:00:00Z",
        "mode": "test",
        "service": service,
        "carrier": "USPS",
        "rate": price,
        "currency": "USD",
        "retail_rate": "39.10",
        "retail_currency": "USD",
        "list_rate": price,
        "list_currency": "USD",
        "billing_type": "easypost",
        "delivery_days": 2,
        "delivery_date": None,
        "delivery_date_guaranteed": False,
        "est_delivery_days": 2,
        "shipment_id": SHIPMENT,
        "carrier_account_id": "ca_b25657e9896e4d63ac8151ac346ac41e",
        **more,
    }


RATES = [rate(PRIORITY, "Priority", "7.42"), rate(GROUND, "GroundAdvantage", "6.07", delivery_days=3)]


def shipment(**more: Any) -> dict[str, Any]:
    """As it is answered before it is bought."""
    return {
        "id": SHIPMENT,
        "created_at": "2030-01-01T12:00:00Z",
        "is_return": False,
        "messages": [],
        "mode": "test",
        "options": {"currency": "USD", "payment": {"type": "SENDER"}, "date_advance": 0},
        "reference": None,
        "status": "unknown",
        "tracking_code": None,
        "updated_at": "2030-01-01T12:00:00Z",
        "batch_id": None,
        "parcel": {"id": "prcl_1", "length": 10.0, "width": 8.0, "height": 4.0, "weight": 15.4},
        "postage_label": None,
        "rates": RATES,
        "refund_status": None,
        "selected_rate": None,
        "tracker": None,
        "forms": [],
        "fees": [],
        "object": "Shipment",
        **more,
    }


def step(status: str, at: str, detail: str = "status_update", message: str = "", **place: Any) -> dict[str, Any]:
    where = {"object": "TrackingLocation", "city": None, "state": None, "country": None, "zip": None, **place}
    return {
        "object": "TrackingDetail",
        "message": message,
        "description": "",
        "status": status,
        "status_detail": detail,
        "datetime": at,
        "source": "USPS",
        "carrier_code": "",
        "tracking_location": where,
    }


def tracker(*steps: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "id": "trk_279431562ef84af89555e5c8a2029b2f",
        "object": "Tracker",
        "mode": "test",
        "tracking_code": TRACKED,
        "status": steps[-1]["status"] if steps else "unknown",
        "status_detail": steps[-1]["status_detail"] if steps else "unknown",
        "created_at": "2030-01-01T12:00:00Z",
        "updated_at": "2030-01-03T12:00:00Z",
        "signed_by": None,
        "weight": None,
        "est_delivery_date": None,
        "shipment_id": SHIPMENT,
        "carrier": "USPS",
        "tracking_details": list(steps),
        "fees": [],
        "carrier_detail": None,
        "public_url": "https://track.easypost.com/djE6dHJr",
        **more,
    }


def bought(rate_id: str = GROUND, *steps: dict[str, Any], **more: Any) -> dict[str, Any]:
    chosen = next(one for one in RATES if one["id"] == rate_id)
    label = {"object": "PostageLabel", "id": "pl_1", "label_size": "4x6", "label_url": "https://files.example/1.png"}
    told = {"selected_rate": chosen, "tracking_code": TRACKED, "postage_label": label, "tracker": tracker(*steps)}
    return shipment(**{**told, **more})


def event(description: str, result: object) -> dict[str, Any]:
    return {
        "description": description,
        "mode": "production",
        "previous_attributes": {"status": "in_transit"},
        "created_at": "2030-01-03T12:00:00.000Z",
        "pending_urls": ["https://example.com/easypost"],
        "completed_urls": [],
        "updated_at": "2030-01-03T12:00:00.000Z",
        "id": "evt_1",
        "user_id": "user_1",
        "status": "pending",
        "object": "Event",
        "result": result,
    }


REFUNDED = {
    "id": "rfnd_f85f150c71c748649ec06d319a26e54c",
    "object": "Refund",
    "created_at": "2030-01-01T12:00:00Z",
    "updated_at": "2030-01-16T12:00:00Z",
    "tracking_code": TRACKED,
    "confirmation_number": None,
    "status": "refunded",
    "carrier": "USPS",
    "shipment_id": SHIPMENT,
}


def failure(code: str, message: str = "No.") -> dict[str, Any]:
    return {
        "error": {"code": code, "message": message, "errors": [{"field": "shipment", "message": "cannot be blank"}]}
    }


def account(base_url: str = "http://127.0.0.1:9", secret: str = SECRET, **settings: object) -> CarrierAccount:
    return CarrierAccount(
        carrier="easypost",
        account="main",
        name="EasyPost",
        settings={"base_url": base_url, **settings},
        credentials={"api_key": "EZTK1", "webhook_secret": secret},
    )


@pytest.fixture
def adapter(scripted: Any, http: httpx.AsyncClient) -> EasyPost:
    return EasyPost(account(scripted.url), http)


@pytest.fixture
def make(scripted: Any, http: httpx.AsyncClient) -> Callable[..., EasyPost]:
    """An adapter with settings of its own."""
    return lambda **settings: EasyPost(account(scripted.url, **settings), http)


@pytest.fixture
def order(request_: QuoteRequest) -> BookingOrder:
    offer = Offer(
        id="off_1",
        carrier="easypost",
        carrier_account="main",
        service="usps_ground_advantage",
        cost=usd(607),
        price=usd(700),
        expires_at="2030-01-01T00:00:00Z",
        carrier_reference=f"{SHIPMENT}/{GROUND}",
    )
    return BookingOrder(key=KEY, delivery_id="del_1", attempt=1, offer=offer, request=request_)


def without_reference(order: BookingOrder) -> BookingOrder:
    return order.model_copy(update={"offer": order.offer.model_copy(update={"carrier_reference": None})})


def booking(**more: Any) -> Booking:
    known = {"carrier": "easypost", "carrier_account": "main", "offer_id": "off_1", "key": KEY, "attempt": 1}
    return Booking(**{**known, "reference": SHIPMENT, **more})


HELD: dict[str, Any] = {
    "tracking_number": TRACKED,
    "tracking_url": "https://track.easypost.com/djE6dHJr",
    "label_url": "https://files.example/1.png",
    "confirmed": True,
    "cost": usd(607),
}


# ── asking ────────────────────────────────────────────────────────────────────────────────────────────────


async def test_each_rate_becomes_an_offer(adapter: EasyPost, scripted: Any, request_: QuoteRequest) -> None:
    days = rate(
        "rate_3", "2ndDayAir", "34.15", carrier="UPS", delivery_days=None, delivery_date="2030-01-03T20:00:00Z",
        delivery_date_guaranteed=True,
    )  # fmt: skip
    yen = rate("rate_4", "Express", "5000", currency="JPY")
    free = rate("rate_5", "Express", "dear")
    scripted.on(SHIPMENTS, (201, shipment(rates=[*RATES, days, yen, free])))
    assert await adapter.quote(request_) == [
        CarrierOffer(
            service="usps_priority", cost=usd(742), delivery_days=2, carrier_reference=f"{SHIPMENT}/{PRIORITY}"
        ),
        CarrierOffer(
            service="usps_ground_advantage", cost=usd(607), delivery_days=3, carrier_reference=f"{SHIPMENT}/{GROUND}"
        ),
        CarrierOffer(
            service="ups_2nd_day_air",
            cost=usd(3415),
            delivery_eta_at=datetime(2030, 1, 3, 20, tzinfo=UTC),
            guaranteed=True,
            carrier_reference=f"{SHIPMENT}/rate_3",
        ),
    ]


async def test_a_request_for_prices_tells_what_carriers_need(
    make: Callable[..., EasyPost], scripted: Any, request_: QuoteRequest
) -> None:
    scripted.on(SHIPMENTS, (201, shipment()))
    ready = request_.model_copy(update={"ready_at": datetime(2030, 1, 1, 9, tzinfo=UTC)})
    await make(label_format="ZPL", carrier_accounts=["ca_1"]).quote(ready)
    [asked] = scripted.asked
    address = {
        "street2": "Bela Vista",
        "city": "São Paulo",
        "state": "SP",
        "zip": "01310200",
        "country": "BR",
        "phone": "+5511999990000",
    }
    assert asked.json == {
        "shipment": {
            "from_address": {**address, "name": "Padaria", "street1": "Avenida Paulista, 1578"},
            "to_address": {**address, "name": "Maria Souza", "street1": "Avenida Paulista, 900"},
            "parcel": {"weight": 53.0, "length": 7.9, "width": 7.9, "height": 7.9},
            "options": {
                "label_format": "ZPL",
                "currency": "BRL",
                "handling_instructions": "tocar duas vezes",
                "label_date": "2030-01-01T09:00:00Z",
            },
            "carrier_accounts": ["ca_1"],
        }
    }
    assert asked.headers["authorization"] == f"Basic {b64encode(b'EZTK1:').decode()}"


@pytest.mark.parametrize(
    ("grams", "millimetres", "ounces", "inches"), [(28, 254, 1.0, 10.0), (1, 1, 0.1, 0.1), (1000, 255, 35.3, 10.1)]
)
async def test_a_parcel_is_never_told_smaller_than_it_is(
    adapter: EasyPost, scripted: Any, request_: QuoteRequest, grams: int, millimetres: int, ounces: float, inches: float
) -> None:
    scripted.on(SHIPMENTS, (201, shipment()))
    parcel = request_.parcels[0].model_copy(update={"weight_g": grams, "length_mm": millimetres})
    await adapter.quote(request_.model_copy(update={"parcels": (parcel,)}))
    told = scripted.asked[0].json["shipment"]["parcel"]
    assert (told["weight"], told["length"]) == (ounces, inches)


async def test_an_address_elsewhere_is_written_as_it_is_there(
    adapter: EasyPost, scripted: Any, request_: QuoteRequest
) -> None:
    scripted.on(SHIPMENTS, (201, shipment()))
    abroad = Address(street="179 N Harbor Dr", city="Redondo Beach", state="CA", postal_code="90277", country="US")
    there = request_.dropoff.model_copy(update={"address": abroad, "instructions": ""})
    await adapter.quote(request_.model_copy(update={"dropoff": there}))
    told = scripted.asked[0].json["shipment"]
    assert told["to_address"] == {
        "name": "Maria Souza",
        "street1": "179 N Harbor Dr",
        "city": "Redondo Beach",
        "state": "CA",
        "zip": "90277",
        "country": "US",
        "phone": "+5511999990000",
    }
    assert told["options"] == {"label_format": "PDF", "currency": "BRL"}


SILENT = {"carrier": "UPS", "type": "rate_error", "message": "shipper 99999-0000 of ana@example.com is not set up"}


@pytest.mark.parametrize(
    ("said", "reason", "detail"),
    [
        (shipment(rates=[], messages=[SILENT]), "no_offer", "UPS: shipper … of … is not set up"),
        (shipment(rates=[]), "no_offer", "no rate that we could settle"),
        (shipment(rates=None, messages=None), "no_offer", "no rate that we could settle"),
        (shipment(rates=[rate(GROUND, "x", "-1")]), "no_offer", "no rate that we could settle"),
        (shipment(rates=[rate(GROUND, "x", "NaN")]), "no_offer", "no rate that we could settle"),
        (
            failure("ADDRESS.VERIFY.FAILURE", "Unable to verify address."),
            "invalid_address",
            "Unable to verify address.",
        ),
    ],
)
async def test_no_rate_is_a_refusal_with_what_was_said(
    adapter: EasyPost, scripted: Any, request_: QuoteRequest, said: Any, reason: str, detail: str
) -> None:
    scripted.on(SHIPMENTS, (201, said))
    with pytest.raises(errors.CarrierRejected) as refused:
        await adapter.quote(request_)
    assert (refused.value.data["reason"], refused.value.detail) == (reason, detail)


async def test_several_parcels_are_more_than_one_booking(adapter: EasyPost, request_: QuoteRequest) -> None:
    with pytest.raises(errors.CarrierRejected) as refused:
        await adapter.quote(request_.model_copy(update={"parcels": request_.parcels * 2}))
    assert refused.value.data["reason"] == "one_parcel_only"


@pytest.mark.parametrize(
    "said", [{"id": SHIPMENT}, shipment(rates=[{"id": GROUND}]), shipment(id="a b"), shipment(rates={"a": 1}), [], b"<"]
)
async def test_what_cannot_be_read_is_no_offer_and_no_refusal(
    adapter: EasyPost, scripted: Any, request_: QuoteRequest, said: Any
) -> None:
    scripted.on(SHIPMENTS, (201, said))
    with pytest.raises(errors.CarrierMisbehaved):
        await adapter.quote(request_)


@pytest.mark.parametrize(
    ("said", "available"),
    [(shipment(), True), (shipment(rates=RATES[:1]), False), (bought(), False), (bought(PRIORITY), False)],
)
async def test_an_offer_is_available_while_its_rate_can_be_bought(
    adapter: EasyPost, scripted: Any, order: BookingOrder, said: Any, available: bool
) -> None:
    scripted.on(ITS, (200, said))
    answer = await adapter.availability(order.request, order.offer)
    assert (answer.available, answer.reason) == (available, None if available else Refusal.CARRIER_REFUSED)


# ── booking ───────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_bought_shipment_becomes_a_booking(adapter: EasyPost, scripted: Any, order: BookingOrder) -> None:
    scripted.on(BUY, (200, bought(tracker=tracker(est_delivery_date="2030-01-05T00:00:00Z"))))
    assert await adapter.book(order) == booking(**HELD, delivery_eta_at=datetime(2030, 1, 5, tzinfo=UTC))
    assert scripted.asked[0].json == {"rate": {"id": GROUND}}


EXISTS = (422, failure("SHIPMENT.POSTAGE.EXISTS"))


async def test_a_shipment_bought_before_is_the_booking_itself(
    adapter: EasyPost, scripted: Any, order: BookingOrder
) -> None:
    scripted.on(BUY, EXISTS)
    scripted.on(ITS, (200, bought()))
    assert await adapter.book(order) == booking(**HELD)
    scripted.on(ITS, (200, bought(refund_status="submitted")))
    assert await adapter.book(order) == booking(**HELD, closed=True)
    scripted.on(ITS, (503, failure("INTERNAL_SERVER_ERROR")))
    with pytest.raises(errors.CarrierUnavailable) as unknown:
        await adapter.book(order)
    assert unknown.value.data["sent"]


async def test_a_refused_purchase_is_a_refusal(adapter: EasyPost, scripted: Any, order: BookingOrder) -> None:
    scripted.on(BUY, (422, failure("SHIPMENT.POSTAGE.FAILURE")))
    with pytest.raises(errors.CarrierRejected) as refused:
        await adapter.book(order)
    assert refused.value.data["reason"] == "purchase_failed"
    assert [asked.path for asked in scripted.asked] == [BUY]


@pytest.mark.parametrize(("refund", "asks"), [(None, True), ("submitted", False), ("refunded", False)])
async def test_what_an_earlier_attempt_bought_too_late_is_given_back(
    adapter: EasyPost, scripted: Any, order: BookingOrder, refund: str | None, asks: bool
) -> None:
    scripted.on(BUY, EXISTS)
    scripted.on(ITS, (200, bought(PRIORITY, refund_status=refund)))
    scripted.on(REFUND, (200, bought(PRIORITY, refund_status="submitted")))
    with pytest.raises(errors.CarrierRejected) as refused:
        await adapter.book(order)
    assert refused.value.data["reason"] == "shipment_used"
    assert (REFUND in [asked.path for asked in scripted.asked]) is asks


async def test_a_purchase_without_a_rate_is_no_booking(adapter: EasyPost, scripted: Any, order: BookingOrder) -> None:
    scripted.on(BUY, (200, shipment()))
    with pytest.raises(errors.CarrierMisbehaved) as unknown:
        await adapter.book(order)
    assert unknown.value.data["sent"]


async def test_an_offer_without_a_rate_cannot_be_booked_nor_was(adapter: EasyPost, order: BookingOrder) -> None:
    lost = without_reference(order)
    with pytest.raises(errors.CarrierRejected):
        await adapter.book(lost)
    assert await adapter.find_booking(lost) is None
    assert not (await adapter.availability(lost.request, lost.offer)).available


@pytest.mark.parametrize(
    ("said", "becomes"),
    [
        (shipment(), None),
        (bought(PRIORITY), None),
        (bought(), booking(**HELD)),
        (bought(refund_status="rejected"), booking(**HELD)),
        (bought(refund_status="refunded"), booking(**HELD, closed=True)),
        (bought(tracker=None, postage_label=None, tracking_code=None), booking(cost=usd(607))),
    ],
)
async def test_a_booking_is_found_by_its_shipment_and_rate(
    adapter: EasyPost, scripted: Any, order: BookingOrder, said: Any, becomes: Booking | None
) -> None:
    scripted.on(ITS, (200, said))
    assert await adapter.find_booking(order) == becomes


@pytest.mark.parametrize(
    "answer",
    [
        (404, failure("NOT_FOUND")),
        (401, failure("UNAUTHORIZED")),
        (403, failure("FORBIDDEN")),
        (200, {**bought(), "selected_rate": [[]]}),
        (200, {name: value for name, value in bought().items() if name != "selected_rate"}),
        (200, bought(id="shp_other")),
    ],
)
async def test_a_refusal_to_tell_is_not_a_no(
    adapter: EasyPost, scripted: Any, order: BookingOrder, answer: tuple[int, object]
) -> None:
    scripted.on(ITS, answer)
    with pytest.raises(errors.CarrierUnavailable):
        await adapter.find_booking(order)


# ── cancelling and deciding ───────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("answer", "afterwards", "becomes"),
    [
        ((200, bought(refund_status="submitted")), None, Cancellation(refund_pending=True)),
        ((200, bought(refund_status="refunded")), None, Cancellation()),
        ((422, failure("SHIPMENT.POSTAGE.REQUIRED")), None, Cancellation(nothing_booked=True)),
        # A second one, which is refused like a late one.
        ((422, failure("SHIPMENT.REFUND.UNAVAILABLE")), "submitted", Cancellation(refund_pending=True)),
        ((422, failure("SHIPMENT.REFUND.FAILURE")), "refunded", Cancellation()),
        ((422, failure("SOMETHING.NEW")), "submitted", Cancellation(refund_pending=True)),
        ((422, failure("SHIPMENT.REFUND.UNAVAILABLE")), None, "too_late"),
        ((422, failure("SHIPMENT.REFUND.FAILURE")), None, "refund_failed"),
        ((200, bought(refund_status="rejected")), None, "refund_rejected"),
        ((422, failure("SHIPMENT.REFUND.UNAVAILABLE")), "rejected", "refund_rejected"),
        ((200, bought(refund_status="not_applicable")), None, "refund_not_offered"),
    ],
)
async def test_a_booking_is_cancelled_by_giving_its_postage_back(
    adapter: EasyPost, scripted: Any, answer: Any, afterwards: str | None, becomes: Any
) -> None:
    scripted.on(REFUND, answer)
    scripted.on(ITS, (200, bought(refund_status=afterwards)))
    if isinstance(becomes, str):
        with pytest.raises(errors.CarrierRejected) as refused:
            await adapter.cancel(booking(), "customer_request")
        assert refused.value.data["reason"] == becomes
    else:
        assert await adapter.cancel(booking(), "customer_request") == becomes
    assert scripted.asked[0].json == {}


@pytest.mark.parametrize(
    ("answer", "afterwards"),
    [
        ((403, failure("FORBIDDEN")), (200, bought())),
        ((422, failure("SOMETHING.NEW")), (200, bought())),
        ((422, failure("SHIPMENT.REFUND.UNAVAILABLE")), (401, failure("UNAUTHORIZED"))),
        ((200, bought()), (200, bought())),
        ((200, bought(refund_status="on its way")), (200, bought())),
    ],
)
async def test_a_cancel_that_was_not_heard_is_not_too_late(
    adapter: EasyPost, scripted: Any, answer: Any, afterwards: Any
) -> None:
    scripted.on(REFUND, answer)
    scripted.on(ITS, afterwards)
    with pytest.raises(errors.CarrierUnavailable):
        await adapter.cancel(booking(), "other")


async def test_a_parcel_in_the_mail_takes_no_instructions(adapter: EasyPost) -> None:
    with pytest.raises(errors.CarrierRejected) as refused:
        await adapter.decide(Instruction(booking=booking(), decision=Decision.RETURN))
    assert refused.value.data["reason"] == "not_supported"


# ── its errors ────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("code", "meaning"), EasyPost.meanings.items())
@pytest.mark.parametrize("status", [422, 200])
async def test_every_row_of_the_table_is_read_under_any_status(
    adapter: EasyPost, scripted: Any, request_: QuoteRequest, code: str, meaning: Any, status: int
) -> None:
    scripted.on(SHIPMENTS, (status, failure(code, "why")))
    with pytest.raises(errors.CarrierError) as raised:
        await adapter.quote(request_)
    assert type(raised.value) is meaning.error
    assert (raised.value.data["reason"], raised.value.detail) == (meaning.reason, "why")
    assert "unrecognised" not in raised.value.data


@pytest.mark.parametrize(
    ("status", "said", "kind", "seen"),
    [
        (422, failure("AN.ALIEN"), errors.CarrierRejected, "AN.ALIEN"),
        (503, failure("AN.ALIEN"), errors.CarrierUnavailable, "AN.ALIEN"),
        (200, failure("AN.ALIEN"), errors.CarrierMisbehaved, "AN.ALIEN"),
        (418, {"error": "teapot"}, errors.CarrierRejected, "http_418"),
        (502, b"<html>", errors.CarrierUnavailable, "http_502"),
    ],
)
async def test_an_unknown_error_says_what_it_saw(
    adapter: EasyPost, scripted: Any, request_: QuoteRequest, status: int, said: Any, kind: type, seen: str
) -> None:
    scripted.on(SHIPMENTS, (status, said))
    with pytest.raises(errors.CarrierError) as raised:
        await adapter.quote(request_)
    assert (type(raised.value), raised.value.data["unrecognised"]) == (kind, seen)


# ── hearing ───────────────────────────────────────────────────────────────────────────────────────────────

STEPS = (
    step("pre_transit", "2030-01-01T12:00:00Z", "label_created", "Shipping Label Created"),
    step("in_transit", "2030-01-02T09:30:00-03:00", "arrived_at_facility", "Arrived", city="HOUSTON", state="TX"),
    step("delivered", "2030-01-03T11:00:00Z", "arrived_at_destination", "Left with J., tel. 11 99999-0000"),
)


def sign(body: bytes, secret: str = SECRET) -> dict[str, str]:
    key = unicodedata.normalize("NFKD", secret).encode()
    return {"x-hmac-signature": f"hmac-sha256-hex={hmac.new(key, body, hashlib.sha256).hexdigest()}"}


def hear(adapter: EasyPost, told: object) -> list[Scan]:
    body = json.dumps(told).encode()
    return list(adapter.parse_webhook(sign(body), body))


def scan(status: str, detail: str, at: str, kind: ScanKind, **more: Any) -> Scan:
    known = {
        "carrier": "easypost",
        "carrier_account": "main",
        "booking_reference": SHIPMENT,
        "tracking_number": TRACKED,
    }
    its = {"id": scan_id(SHIPMENT, status, detail, at), "kind": kind, "carrier_code": status, "occurred_at": at}
    return Scan.model_validate({**known, **its, **more})


async def test_a_tracker_becomes_a_scan_for_each_of_its_steps_by_webhook_and_by_poll(
    adapter: EasyPost, scripted: Any
) -> None:
    told = tracker(*STEPS, signed_by="J. Doe", est_delivery_date="2030-01-04T00:00:00Z")
    heard = hear(adapter, event("tracker.updated", told))
    at = "2030-01-03T11:00:00+00:00"
    assert heard == [
        scan(
            "pre_transit",
            "label_created",
            "2030-01-01T12:00:00+00:00",
            ScanKind.ACCEPTED,
            description="Shipping Label Created",
        ),
        scan(
            "in_transit",
            "arrived_at_facility",
            "2030-01-02T12:30:00+00:00",
            ScanKind.IN_TRANSIT,
            description="Arrived",
            place="HOUSTON, TX",
        ),
        scan(
            "delivered",
            "arrived_at_destination",
            at,
            ScanKind.DELIVERED,
            description="Left with J., tel. …",
            delivery_eta_at=datetime(2030, 1, 4, tzinfo=UTC),
            proof=Proof(signed_by="J. Doe", at=at),
        ),
    ]
    scripted.on(ITS, (200, bought(tracker=told)))
    assert await adapter.track(booking()) == heard


@pytest.mark.parametrize(("word", "kind"), [*STATUSES.items(), ("something_new", ScanKind.UNKNOWN)])
def test_every_status_has_its_kind(adapter: EasyPost, word: str, kind: ScanKind) -> None:
    [heard] = hear(adapter, event("tracker.updated", tracker(step(word, "2030-01-01T12:00:00Z"))))
    assert (heard.kind, heard.carrier_code) == (kind, word)


@pytest.mark.parametrize(
    ("status", "detail", "kind", "reason"),
    [
        ("failure", "lost", ScanKind.LOST, "carrier_parcel_lost"),
        ("error", "lost", ScanKind.LOST, "carrier_parcel_lost"),
        ("in_transit", "lost", ScanKind.IN_TRANSIT, "carrier_parcel_lost"),
        ("failure", "refused", ScanKind.ATTEMPT_FAILED, "consignee_refused"),
        ("in_transit", "weather_delay", ScanKind.IN_TRANSIT, "weather_delay"),
        ("in_transit", "departed_facility", ScanKind.IN_TRANSIT, None),
        ("in_transit", None, ScanKind.IN_TRANSIT, None),
    ],
)
def test_a_detail_says_why(adapter: EasyPost, status: str, detail: Any, kind: ScanKind, reason: str | None) -> None:
    [heard] = hear(adapter, event("tracker.updated", tracker(step(status, "2030-01-01T12:00:00Z", detail))))
    assert (heard.kind, heard.reason) == (kind, reason)


def test_what_is_delivered_on_its_way_back_is_returned(adapter: EasyPost) -> None:
    back = (step("delivered", "2030-01-09T12:00:00Z"), step("return_to_sender", "2030-01-05T12:00:00Z", "return"))
    heard = hear(adapter, event("tracker.updated", tracker(*back)))
    assert [(one.kind, one.proof) for one in heard] == [(ScanKind.RETURNING, None), (ScanKind.RETURNED, None)]


def test_a_status_that_no_step_tells_of_is_told_once(adapter: EasyPost) -> None:
    told = tracker(*STEPS[:2], status="cancelled", status_detail="cancelled")
    first = hear(adapter, event("tracker.updated", told))
    again = hear(adapter, event("tracker.updated", {**told, "updated_at": "2030-01-04T12:00:00Z"}))
    assert [one.kind for one in first] == [ScanKind.ACCEPTED, ScanKind.IN_TRANSIT, ScanKind.CANCELLED]
    assert first[-1].id == again[-1].id
    assert hear(adapter, event("tracker.created", tracker())) == []


def test_a_tracker_made_by_hand_is_known_by_its_number(adapter: EasyPost) -> None:
    [heard] = hear(adapter, event("tracker.updated", tracker(STEPS[1], shipment_id=None)))
    assert heard.booking_reference == TRACKED


async def test_a_refund_is_told_by_webhook_and_by_poll_alike(adapter: EasyPost, scripted: Any) -> None:
    at = datetime(2030, 1, 16, 12, tzinfo=UTC)
    [heard] = hear(adapter, event("refund.successful", REFUNDED))
    assert heard == Scan(
        id=scan_id(SHIPMENT, "refund", "refunded"),
        carrier="easypost",
        carrier_account="main",
        booking_reference=SHIPMENT,
        kind=ScanKind.REFUNDED,
        carrier_code="refunded",
        occurred_at=at,
    )
    scripted.on(ITS, (200, bought(refund_status="refunded", updated_at="2030-01-16T12:00:00Z")))
    assert await adapter.track(booking()) == [heard]
    scripted.on(ITS, (200, bought(refund_status="rejected", updated_at="2030-01-16T12:00:00Z")))
    [kept] = await adapter.track(booking())
    assert (kept.kind, kept.id) == (ScanKind.REFUND_REJECTED, scan_id(SHIPMENT, "refund", "rejected"))
    for other in ("submitted", "not_applicable", None):
        scripted.on(ITS, (200, bought(refund_status=other)))
        assert await adapter.track(booking()) == []


@pytest.mark.parametrize("description", ["batch.updated", "insurance.purchased", "refund.failed", "something.new", ""])
def test_of_other_events_nothing_is_heard(adapter: EasyPost, description: str) -> None:
    assert hear(adapter, event(description, {"id": "batch_1", "state": "created"})) == []
    assert hear(adapter, event(description, None)) == []


@pytest.mark.parametrize(
    "odd",
    [
        {"est_delivery_date": "soon"},
        {"signed_by": 7},
        {"tracking_code": "a\u0000b"},
        {"public_url": ["x"]},
        {"weight": "heavy"},
        {"tracking_details": [{**STEPS[1], "tracking_location": "HOUSTON", "message": None, "status_detail": 5}]},
    ],
)
def test_what_is_nice_to_have_may_be_odd(adapter: EasyPost, odd: dict[str, Any]) -> None:
    [heard] = hear(adapter, event("tracker.updated", {**tracker(STEPS[1]), **odd}))
    assert (heard.kind, heard.booking_reference) == (ScanKind.IN_TRANSIT, SHIPMENT)


# ── who may speak ─────────────────────────────────────────────────────────────────────────────────────────

BODY = json.dumps(event("tracker.updated", tracker(*STEPS))).encode()
GOOD = sign(BODY)["x-hmac-signature"]


@pytest.mark.parametrize(
    "signature",
    [
        None,
        "",
        GOOD.removeprefix("hmac-sha256-hex="),
        GOOD.upper(),
        GOOD[:-1],
        f"hmac-sha256-hex={'0' * 64}",
        sign(BODY + b" ")["x-hmac-signature"],
        f"hmac-sha256-hex={hmac.new(SECRET.encode(), BODY, hashlib.sha256).hexdigest()}",  # not decomposed
        f"hmac-sha256-hex={hmac.new(b'', BODY, hashlib.sha256).hexdigest()}",
        "ü" * 64,
        "\udcff",
    ],
)
def test_a_webhook_without_its_signature_is_nobodys(adapter: EasyPost, signature: str | None) -> None:
    assert len(adapter.parse_webhook({"x-hmac-signature": GOOD}, BODY)) == 3
    with pytest.raises(errors.SignatureInvalid):
        adapter.parse_webhook({} if signature is None else {"x-hmac-signature": signature}, BODY)


@pytest.mark.parametrize("secret", ["plain", "se\u0301cret", "ﬁ², Ａ", "日本語", "s\u00e9cret\u212b"])
def test_any_secret_signs(http: httpx.AsyncClient, secret: str) -> None:
    adapter = EasyPost(account(secret=secret), http)
    assert len(adapter.parse_webhook(sign(BODY, secret), BODY)) == 3
    with pytest.raises(errors.SignatureInvalid):
        adapter.parse_webhook(sign(BODY, f"{secret}x"), BODY)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b'"x"',
        b"[]",
        b"{}",
        b"\xff\xfe\x00",
        b'{"description": NaN}',
        b"[" * 60_000,
        BODY[:-1],
        b"x" * 65_537,
        json.dumps(event("tracker.updated", None)).encode(),
        json.dumps(event("tracker.updated", "Maria")).encode(),
        json.dumps(event("tracker.updated", {**tracker(), "status": ["Maria"]})).encode(),
        json.dumps(event("tracker.updated", tracker(step("delivered", "yesterday, by Maria")))).encode(),
        json.dumps(event("refund.successful", {**REFUNDED, "updated_at": None})).encode(),
        json.dumps({**event("tracker.updated", tracker()), "description": 7}).encode(),
    ],
)
def test_garbage_with_a_good_signature_is_a_bad_payload(adapter: EasyPost, body: bytes) -> None:
    with pytest.raises(errors.PayloadInvalid) as refused:
        adapter.parse_webhook(sign(body), body)
    assert "Maria" not in f"{refused.value.detail}{refused.value.data}"


def test_credentials_do_not_show(adapter: EasyPost) -> None:
    assert SECRET not in repr(adapter.credentials) + repr(vars(adapter))
    assert isinstance(adapter.credentials.api_key, SecretStr)
