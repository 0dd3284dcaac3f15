"""Uber Direct: what it says and the value it becomes, what we tell it, who may speak for it, and whole lives."""

import hashlib
import json
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs

import httpx
import pytest
from uber_direct_said import (
    AT,
    BACK,
    BRL,
    CANCEL,
    DELIVERIES,
    DELIVERY,
    HOOK,
    KEY,
    ONE,
    QUOTE,
    QUOTES,
    RETURN,
    SECRET,
    account,
    booking,
    completed,
    delivery,
    error,
    event,
    hear,
    scan,
    sign,
    status,
)

from carriers.uber_direct import STATUSES, UberDirect
from domain import errors
from domain.availability import Availability, Refusal
from domain.bookings import BookingOrder, Cancellation, Decision, Instruction
from domain.deliveries import Proof
from domain.money import Money
from domain.places import Contact
from domain.quotes import CarrierOffer, QuoteRequest
from domain.tracking import Scan, ScanKind


@pytest.fixture
def carrier(scripted: Any) -> Any:
    scripted.on("/oauth/v2/token", (200, {"access_token": "t1", "token_type": "Bearer", "expires_in": 2592000}))
    return scripted


@pytest.fixture
def adapter(carrier: Any, http: httpx.AsyncClient) -> UberDirect:
    return UberDirect(account(carrier.url), http)


@pytest.fixture
def order(order: BookingOrder) -> BookingOrder:
    ours = {"carrier": "uber_direct", "carrier_account": "urbano", "carrier_reference": QUOTE["id"]}
    return order.model_copy(update={"offer": order.offer.model_copy(update=ours)})


def asked(carrier: Any) -> list[Any]:
    return [each for each in carrier.asked if "oauth" not in each.path]


# ── asking ────────────────────────────────────────────────────────────────────────────────────────────────

ADDRESS = (
    '{"street_address":["Avenida Paulista, %s","Bela Vista"],"city":"São Paulo","state":"SP","country":"BR",'
    '"zip_code":"01310200"}'
)
SHIPMENT = {
    "pickup_address": ADDRESS % 1578,
    "pickup_phone_number": "+5511999990000",
    "pickup_latitude": -23.56,
    "pickup_longitude": -46.65,
    "dropoff_address": ADDRESS % 900,
    "dropoff_phone_number": "+5511999990000",
    "dropoff_latitude": -23.56,
    "dropoff_longitude": -46.65,
    "manifest_total_value": 8990,
}


async def test_a_quote_becomes_an_offer(adapter: UberDirect, carrier: Any, request_: QuoteRequest) -> None:
    carrier.on(QUOTES, (200, QUOTE))
    assert await adapter.quote(request_) == [
        CarrierOffer(
            service="delivery",
            cost=Money(amount=1290, currency=BRL),
            pickup_eta_at=datetime(2030, 1, 1, 12, 24, 37, 887000, tzinfo=UTC),
            delivery_eta_at=datetime(2030, 1, 1, 12, 34, 22, tzinfo=UTC),
            expires_at=datetime(2030, 1, 1, 12, 15, 37, 887000, tzinfo=UTC),
            carrier_reference="dqt_6gQ2dt31TjiOPfwux-NCXg",
        )
    ]
    token, question = carrier.asked
    assert token.headers["content-type"] == "application/x-www-form-urlencoded"
    assert parse_qs(token.body.decode()) == {
        "client_id": ["us"],
        "client_secret": [SECRET],
        "grant_type": ["client_credentials"],
        "scope": ["eats.deliveries"],
    }
    assert question.json == SHIPMENT
    assert question.headers["authorization"] == "Bearer t1"


async def test_times_are_told_while_they_lie_ahead(adapter: UberDirect, carrier: Any, request_: QuoteRequest) -> None:
    carrier.on(QUOTES, (200, QUOTE))
    now = datetime.now(UTC)
    times = {"ready_at": datetime(2099, 1, 1, 9, tzinfo=UTC), "deliver_by": datetime(2099, 1, 1, 10, tzinfo=UTC)}
    await adapter.quote(request_.model_copy(update=times))
    await adapter.quote(request_.model_copy(update={"ready_at": now - timedelta(minutes=1)}))
    ahead, past = asked(carrier)
    told = {"pickup_ready_dt": "2099-01-01T09:00:00Z", "dropoff_deadline_dt": "2099-01-01T10:00:00Z"}
    assert ahead.json == {**SHIPMENT, **told}
    assert past.json == SHIPMENT


@pytest.mark.parametrize(
    ("said", "amount"),
    [
        ({"fee": 0}, 0),
        ({"currency_type": None}, 1290),
        ({"currency": None}, 1290),
        ({"currency_type": None, "currency": "BRL"}, 1290),
        ({"fee": 10**11}, 10**11),
        ({"fee": None}, None),
        ({"fee": -1}, None),
        ({"fee": 12.5}, None),
        ({"fee": "dear"}, None),
        ({"currency": None, "currency_type": None}, None),
        ({"currency": "jpy", "currency_type": "JPY"}, None),
    ],
)
async def test_a_price_is_minor_units_in_a_currency_of_either_size(
    adapter: UberDirect, carrier: Any, request_: QuoteRequest, said: dict[str, Any], amount: int | None
) -> None:
    carrier.on(QUOTES, (200, {**QUOTE, **said}))
    if amount is None:
        with pytest.raises(errors.CarrierRejected) as refused:
            await adapter.quote(request_)
        assert refused.value.data["reason"] == "no_price"
    else:
        [offer] = await adapter.quote(request_)
        assert offer.cost == Money(amount=amount, currency=BRL)


async def test_without_a_phone_it_is_not_even_asked(adapter: UberDirect, carrier: Any, request_: QuoteRequest) -> None:
    silent = request_.dropoff.model_copy(update={"contact": Contact(name="Maria Souza")})
    with pytest.raises(errors.CarrierRejected) as refused:
        await adapter.quote(request_.model_copy(update={"dropoff": silent}))
    assert refused.value.data["reason"] == "no_phone"
    assert not carrier.asked


NO, AGAIN, SLOWER = errors.CarrierRejected, errors.CarrierUnavailable, errors.CarrierThrottled
TABLE = [
    ("invalid_params", 400, NO, "malformed"),
    ("unknown_location", 400, NO, "invalid_address"),
    ("address_undeliverable", 400, NO, "region_not_served"),
    ("address_undeliverable_limited_couriers", 400, SLOWER, "couriers_busy"),
    ("pickup_window_too_small", 400, NO, "does_not_meet_requested_times"),
    ("pickup_ready_too_early", 400, NO, "does_not_meet_requested_times"),
    ("pickup_ready_too_late", 400, NO, "does_not_meet_requested_times"),
    ("pickup_deadline_too_early", 400, NO, "does_not_meet_requested_times"),
    ("dropoff_deadline_too_early", 400, NO, "does_not_meet_requested_times"),
    ("dropoff_deadline_before_pickup_deadline", 400, NO, "does_not_meet_requested_times"),
    ("dropoff_ready_after_pickup_deadline", 400, NO, "does_not_meet_requested_times"),
    ("not_allowed", 400, NO, "not_allowed"),
    ("expired_quote", 400, NO, "quote_expired"),
    ("used_quote", 400, NO, "quote_used"),
    ("mismatched_price_quote", 400, NO, "quote_mismatch"),
    ("missing_payment", 400, NO, "payment_missing"),
    ("duplicate_delivery", 409, AGAIN, "duplicate_delivery"),
    ("unauthorized", 401, NO, "unauthorized"),
    ("customer_suspended", 402, NO, "payment_overdue"),
    ("customer_blocked", 403, NO, "access_denied"),
    ("customer_not_found", 404, NO, "unknown_account"),
    ("customer_limited", 429, SLOWER, "throttled"),
    ("customer_limited", 400, SLOWER, "throttled"),
    ("couriers_busy", 503, SLOWER, "couriers_busy"),
    ("robo_couriers_busy", 503, SLOWER, "couriers_busy"),
    ("request_timeout", 408, AGAIN, "request_timeout"),
    ("internal_server_error", 500, AGAIN, "internal_server_error"),
    ("service_unavailable", 503, AGAIN, "service_unavailable"),
    ("unknown_error", 500, AGAIN, "unknown_error"),
    ("noncancelable_delivery", 400, NO, "too_late"),
    ("delivery_not_found", 404, NO, "not_found"),
    ("max_tip_exceeded", 400, NO, "tip_refused"),
    ("tip_already_recorded_error", 400, NO, "tip_refused"),
    ("no_tip", 400, NO, "tip_refused"),
    ("invalid_tipping_state", 400, NO, "tip_refused"),
]


@pytest.mark.parametrize(("code", "http_status", "means", "reason"), TABLE)
async def test_every_documented_error_has_its_meaning(
    adapter: UberDirect, carrier: Any, request_: QuoteRequest, code: str, http_status: int, means: Any, reason: str
) -> None:
    carrier.on(QUOTES, (http_status, error(code)))
    with pytest.raises(errors.CarrierError) as raised:
        await adapter.quote(request_)
    assert (type(raised.value), raised.value.data["reason"]) == (means, reason)
    assert "unrecognised" not in raised.value.data
    assert raised.value.detail == f"In words: {code}."


def test_no_error_is_left_out() -> None:
    assert {code for code in UberDirect.meanings if "/" not in code} == {code for code, *_ in TABLE}


@pytest.mark.parametrize(
    ("metadata", "reason"),
    [
        ({"dropoff_phone_number": "dropoff phone number is not valid."}, "invalid_phone"),
        ({"param_details": "cannot determine pickup address"}, "invalid_address"),
        ({"param_details": "No geocoding result found"}, "invalid_address"),
        ({"param_details": "invalid pickup location"}, "invalid_address"),
        ({"param_details": "The dropoff ready time needs to be later."}, "does_not_meet_requested_times"),
        ({"param_details": "Invalid restaurant gateway request"}, "malformed"),
        ({"address": ["odd"]}, "invalid_address"),
    ],
)
async def test_an_invalid_parameter_says_which(
    adapter: UberDirect, carrier: Any, request_: QuoteRequest, metadata: dict[str, Any], reason: str
) -> None:
    carrier.on(QUOTES, (400, error("invalid_params", **metadata)))
    with pytest.raises(errors.CarrierRejected) as refused:
        await adapter.quote(request_)
    assert refused.value.data["reason"] == reason
    assert str(next(iter(metadata.values()))) in refused.value.detail


async def test_an_unknown_error_says_what_it_saw(adapter: UberDirect, carrier: Any, request_: QuoteRequest) -> None:
    carrier.on(
        QUOTES, (400, error("moon_in_aquarius")), (400, ["odd"]), (400, {**error("invalid_params"), "metadata": 7})
    )
    for seen in ("moon_in_aquarius", "http_400", None):
        with pytest.raises(errors.CarrierRejected) as refused:
            await adapter.quote(request_)
        assert refused.value.data.get("unrecognised") == seen


async def test_availability_is_another_quote(
    adapter: UberDirect, carrier: Any, request_: QuoteRequest, order: BookingOrder
) -> None:
    refusals = [(400, error("address_undeliverable")), (503, error("couriers_busy"))]
    carrier.on(QUOTES, (200, QUOTE), *refusals, (429, error("customer_limited")), (503, error("service_unavailable")))
    assert await adapter.availability(request_, order.offer) == Availability(available=True)
    for _, told in refusals:
        answer = await adapter.availability(request_, order.offer)
        assert (answer.available, answer.reason) == (False, Refusal.CARRIER_REFUSED)
        assert answer.detail == told["message"]
    for unanswered in (errors.CarrierThrottled, errors.CarrierUnavailable):
        with pytest.raises(unanswered):
            await adapter.availability(request_, order.offer)


async def test_busy_couriers_do_not_open_the_breaker(
    carrier: Any, http: httpx.AsyncClient, request_: QuoteRequest
) -> None:
    adapter = UberDirect(account(carrier.url, breaker_failures=1), http)
    carrier.on(QUOTES, (503, error("couriers_busy")))
    carrier.on(ONE, (200, delivery()))
    for _ in range(3):
        with pytest.raises(errors.CarrierThrottled):
            await adapter.quote(request_)
    assert await adapter.track(booking())


# ── booking ───────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("verification", "told"),
    [
        ("picture", {"picture": True}),
        ("signature", {"signature_requirement": {"enabled": True, "collect_signer_name": True}}),
        ("pincode", {"pincode": {"enabled": True}}),
    ],
)
async def test_an_order_tells_what_the_courier_needs(
    carrier: Any, http: httpx.AsyncClient, order: BookingOrder, verification: str, told: Any
) -> None:
    adapter = UberDirect(account(carrier.url, verification=verification), http)
    carrier.on(DELIVERIES, (200, delivery()))
    assert await adapter.book(order) == booking(confirmed=True)
    [question] = asked(carrier)
    assert question.json == {
        **SHIPMENT,
        "quote_id": "dqt_6gQ2dt31TjiOPfwux-NCXg",
        "pickup_name": "Padaria",
        "pickup_notes": "pelos fundos",
        "dropoff_name": "Maria Souza",
        "dropoff_notes": "tocar duas vezes",
        "dropoff_verification": told,
        "undeliverable_action": "return",
        "manifest_items": [
            {
                "name": "Bolo",
                "quantity": 1,
                "weight": 1500,
                "dimensions": {"length": 20, "height": 20, "depth": 20},
                "price": 8990,
            }
        ],
        "manifest_reference": "P-77-3F9A",
        "external_id": KEY,
        "idempotency_key": KEY,
    }


async def test_sizes_are_rounded_up_and_notes_cut(adapter: UberDirect, carrier: Any, order: BookingOrder) -> None:
    carrier.on(DELIVERIES, (200, delivery()))
    small = {"length_mm": 1, "width_mm": 101, "height_mm": 110, "declared_value": None}
    parcel, dropoff = order.request.parcels[0].model_copy(update=small), order.request.dropoff
    request = {"parcels": (parcel,), "dropoff": dropoff.model_copy(update={"instructions": "x" * 500})}
    changed = {"request": order.request.model_copy(update=request), "reference": ""}
    await adapter.book(order.model_copy(update=changed))
    [question] = asked(carrier)
    [item] = question.json["manifest_items"]
    assert item == {
        "name": "Bolo",
        "quantity": 1,
        "weight": 1500,
        "dimensions": {"length": 1, "height": 11, "depth": 11},
    }
    assert question.json["dropoff_notes"] == "x" * 280
    assert question.json["manifest_reference"] == "3F9A5C00"


def page(offset: int) -> str:
    return f"{DELIVERIES}?filter=ongoing&limit=50&offset={offset}&Offset={offset}"


def listed(*numbers: int) -> dict[str, Any]:
    data = [{**delivery(), "id": f"del_{number}", "external_id": f"other-{number}"} for number in numbers]
    return {"data": data, "next_href": "", "total_count": -1}


async def test_a_duplicate_is_the_booking_itself(adapter: UberDirect, carrier: Any, order: BookingOrder) -> None:
    carrier.on(DELIVERIES, (409, error("duplicate_delivery", delivery_id=DELIVERY)))
    carrier.on(ONE, (200, delivery("pickup")))
    assert await adapter.book(order) == booking(confirmed=True)
    carrier.on(ONE, (200, delivery("pickup", external_id="")))
    assert await adapter.book(order) == booking(confirmed=True)


@pytest.mark.parametrize("theirs", [delivery("pickup", external_id="another"), delivery("canceled")])
async def test_a_duplicate_of_another_or_of_nothing_alive_is_refused(
    adapter: UberDirect, carrier: Any, order: BookingOrder, theirs: Any
) -> None:
    carrier.on(DELIVERIES, (409, error("duplicate_delivery", delivery_id=DELIVERY)))
    carrier.on(ONE, (200, theirs))
    with pytest.raises(errors.CarrierRejected) as refused:
        await adapter.book(order)
    assert refused.value.data["reason"] == "duplicate_delivery"


@pytest.mark.parametrize("told", [(404, error("delivery_not_found")), (503, error("service_unavailable"))])
async def test_a_duplicate_that_cannot_be_read_may_have_been_booked(
    adapter: UberDirect, carrier: Any, order: BookingOrder, told: Any
) -> None:
    carrier.on(DELIVERIES, (409, error("duplicate_delivery", delivery_id=DELIVERY)))
    carrier.on(ONE, told)
    with pytest.raises(errors.CarrierUnavailable) as unknown:
        await adapter.book(order)
    assert unknown.value.data["sent"]


@pytest.mark.parametrize("code", ["used_quote", "expired_quote", "duplicate_delivery"])
async def test_a_spent_quote_may_have_been_spent_by_us(
    adapter: UberDirect, carrier: Any, order: BookingOrder, code: str
) -> None:
    carrier.on(DELIVERIES, (400, error(code)))
    carrier.on(page(0), (200, listed(1)))
    with pytest.raises(errors.CarrierError) as refused:
        await adapter.book(order)
    assert refused.value.data["reason"] in ("quote_used", "quote_expired", "duplicate_delivery")
    carrier.on(page(0), (200, {"data": [delivery("pickup")]}))
    carrier.on(ONE, (200, delivery("pickup")))
    assert await adapter.book(order) == booking(confirmed=True)


async def test_a_booking_is_found_among_what_is_under_way(
    adapter: UberDirect, carrier: Any, order: BookingOrder
) -> None:
    carrier.on(page(0), (200, listed(*range(50))))
    carrier.on(page(40), (200, {"data": [*listed(*range(42, 60))["data"], delivery("dropoff")]}))
    carrier.on(ONE, (200, delivery("dropoff")))
    assert await adapter.find_booking(order) == booking(confirmed=True)


async def test_it_is_not_there_once_the_list_says_nothing_new(
    adapter: UberDirect, carrier: Any, order: BookingOrder
) -> None:
    carrier.on(page(0), (200, listed(*range(50))))
    carrier.on(page(40), (200, listed(*range(40, 55))))
    carrier.on(page(45), (200, listed(*range(45, 55))))
    assert await adapter.find_booking(order) is None
    assert [each.path for each in asked(carrier)] == [page(0), page(40), page(45)]
    for nothing in ([], None):
        carrier.on(page(0), (200, {"data": nothing}))
        assert await adapter.find_booking(order) is None


@pytest.mark.parametrize(
    "told",
    [
        (401, error("unauthorized")),
        (404, error("customer_not_found")),
        (400, error("invalid_params")),
        (200, {}),
        (200, {"data": 0}),
        (200, {"data": [{"kind": "delivery"}]}),
    ],
)
async def test_a_refusal_to_tell_is_not_a_no(adapter: UberDirect, carrier: Any, order: BookingOrder, told: Any) -> None:
    carrier.on(page(0), told)
    with pytest.raises(errors.CarrierUnavailable):
        await adapter.find_booking(order)


async def test_a_list_without_end_is_not_a_no(adapter: UberDirect, carrier: Any, order: BookingOrder) -> None:
    for turn in range(20):
        carrier.on(page(max(0, 50 * turn - 10)), (200, listed(*range(50 * turn, 50 * turn + 50))))
    with pytest.raises(errors.CarrierUnavailable) as endless:
        await adapter.find_booking(order)
    assert endless.value.data["reason"] == "list_too_long"


# ── cancelling and deciding ───────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("told", "stands", "becomes"),
    [
        ((200, delivery("canceled")), None, Cancellation()),
        ((200, delivery("pickup")), None, Cancellation()),
        ((200, delivery("returned")), None, "too_late"),
        ((404, error("delivery_not_found")), (404, error("delivery_not_found")), Cancellation(nothing_booked=True)),
        ((400, error("noncancelable_delivery")), (200, delivery("canceled")), Cancellation()),
        ((400, error("noncancelable_delivery")), (200, delivery("pickup_complete")), "too_late"),
        ((400, error("noncancelable_delivery")), (200, delivery("pickup")), "too_late"),
        ((400, error("noncancelable_delivery")), (404, error("delivery_not_found")), Cancellation(nothing_booked=True)),
    ],
)
async def test_a_booking_is_cancelled_unless_it_is_too_late(
    adapter: UberDirect, carrier: Any, told: Any, stands: Any, becomes: Any
) -> None:
    carrier.on(CANCEL, told)
    if stands:
        carrier.on(ONE, stands)
    if becomes == "too_late":
        with pytest.raises(errors.CarrierRejected) as refused:
            await adapter.cancel(booking(), "customer_request")
        assert refused.value.data["reason"] == "too_late"
    else:
        assert await adapter.cancel(booking(), "customer_request") == becomes
    assert (asked(carrier)[0].method, asked(carrier)[0].body) == ("POST", b"")


@pytest.mark.parametrize("told", [(401, error("unauthorized")), (404, error("customer_not_found")), (400, {})])
async def test_a_cancel_that_was_not_heard_is_not_too_late(adapter: UberDirect, carrier: Any, told: Any) -> None:
    carrier.on(CANCEL, told)
    with pytest.raises(errors.CarrierUnavailable):
        await adapter.cancel(booking(), "customer_request")


async def test_it_takes_no_instructions(adapter: UberDirect, carrier: Any) -> None:
    with pytest.raises(errors.CarrierRejected) as refused:
        await adapter.decide(Instruction(booking=booking(), decision=Decision.RETRY))
    assert refused.value.data["reason"] == "takes_no_instructions"
    assert not carrier.asked


# ── hearing ───────────────────────────────────────────────────────────────────────────────────────────────

PRICED = {
    "cost": Money(amount=1290, currency=BRL),
    "delivery_eta_at": datetime(2030, 1, 1, 12, 34, 22, tzinfo=UTC),
}
HERE = {"courier": {"name": "Alex I.", "location": {"lat": -23.5, "lng": -46.6}}}
PROOF = {
    "picture": {"image_url": "https://tb-static.uber.com/p"},
    "signature": {"image_url": "https://tb-static.uber.com/s", "name": "Joan"},
    "pin_code": {"entered": "3902"},
}


def test_a_status_becomes_a_scan(adapter: UberDirect) -> None:
    assert hear(adapter, status("pickup", **HERE)) == [
        scan("pickup", ScanKind.COURIER_TO_PICKUP, "pickup", latitude=-23.5, longitude=-46.6, **PRICED)
    ]


def test_a_delivery_shows_its_proof_and_when_it_was_picked_up(adapter: UberDirect) -> None:
    there, here = completed("2030-01-01T12:10:00Z"), completed("2030-01-01T12:30:00Z", **PROOF)
    handed_over_at = datetime(2030, 1, 1, 12, 30, tzinfo=UTC)
    picked_up_at = datetime(2030, 1, 1, 12, 10, tzinfo=UTC)
    proof = Proof(
        photo_url="https://tb-static.uber.com/p",
        signature_url="https://tb-static.uber.com/s",
        signed_by="Joan",
        pin_ok=True,
        at=handed_over_at,
    )
    assert hear(adapter, status("delivered", pickup=there, dropoff=here, **HERE)) == [
        scan("pickup_complete", ScanKind.PICKED_UP, "pickup_complete", picked_up_at),
        scan("delivered", ScanKind.DELIVERED, "delivered", handed_over_at, proof=proof, cost=PRICED["cost"]),
    ]


@pytest.mark.parametrize(
    ("word", "imminent", "kind"),
    [
        *((word, False, kind) for word, kind in STATUSES.items() if word != "returned"),
        ("returned", False, ScanKind.RETURNED),
        ("pickup", True, ScanKind.AT_PICKUP),
        ("dropoff", True, ScanKind.AT_DROPOFF),
        ("delivered", True, ScanKind.DELIVERED),
        ("shopping_completed", False, ScanKind.UNKNOWN),
        ("", False, ScanKind.UNKNOWN),
    ],
)
def test_every_status_has_its_kind(adapter: UberDirect, word: str, imminent: bool, kind: ScanKind) -> None:
    [told] = hear(adapter, status(word, courier_imminent=imminent))
    assert (told.kind, told.carrier_code) == (kind, word)


def test_an_arrival_is_another_scan_than_the_ride(adapter: UberDirect) -> None:
    [ride], [arrival] = (hear(adapter, status("dropoff", courier_imminent=near)) for near in (False, True))
    assert ride.id != arrival.id


@pytest.mark.parametrize(
    ("word", "more", "reason"),
    [
        ("canceled", {"cancelation_reason": {"primary_reason": "MERCHANT CANCEL"}}, "merchant_cancel"),
        ("returned", {"undeliverable_reason": "NO_SECURE_LOCATION_TO_DROPOFF"}, "no_secure_location_to_dropoff"),
        ("delivered", {"undeliverable_action": "left_at_door", "undeliverable_reason": "X"}, "left_at_door"),
        ("delivered", {}, None),
    ],
)
def test_it_says_why(adapter: UberDirect, word: str, more: Any, reason: str | None) -> None:
    assert [told.reason for told in hear(adapter, status(word, **more))] == [reason]


def test_a_couriers_place_is_kept_once_a_minute(adapter: UberDirect) -> None:
    def moved(at: str, latitude: float) -> list[Scan]:
        where = {"lat": latitude, "lng": -46.6}
        data = delivery("dropoff", courier={"location": where})
        return hear(adapter, event("event.courier_update", at, location=where, data=data))

    first, place = moved("2030-01-01T12:30:15Z", -23.5)
    assert first == scan("dropoff", ScanKind.OUT_FOR_DELIVERY, "dropoff", latitude=-23.5, longitude=-46.6, **PRICED)
    assert place == first.model_copy(update={"id": place.id, "carrier_code": "courier_update"})
    assert [told.id for told in moved("2030-01-01T12:30:55Z", -23.4)] == [first.id, place.id]
    later = moved("2030-01-01T12:31:15Z", -23.3)
    assert (later[0].id, later[1].latitude, later[1].occurred_at.minute) == (first.id, -23.3, 31)
    assert later[1].id != place.id


def test_a_courier_without_a_place_moves_nothing(adapter: UberDirect) -> None:
    data = delivery("pickup", courier=None)
    assert [told.carrier_code for told in hear(adapter, event("event.courier_update", data=data))] == ["pickup"]


REFUND = {
    "id": "6817a070-115e-4ca9-8266-c245fe18a2d6",
    "created_at": "2030-01-01T12:30:15Z",
    "currency_code": "BRL",
    "refund_fees": [{"category": "DELIVERY", "fee_code": "UBER_DELIVERY_FEE", "value": 1290}],
    "refund_order_items": [{"party_at_fault": "UBER", "reason": "UBER_DAMAGED_ITEM", "uber_refund_amount": 8990}],
    "total_partner_refund": 8990,
    "total_uber_refund": 10280,
}


async def test_a_refund_says_how_much_and_names_no_price(adapter: UberDirect, carrier: Any) -> None:
    refunded = scan(
        f"refund/{REFUND['id']}",
        ScanKind.REFUNDED,
        "refund_request",
        reason="uber_damaged_item",
        description="BRL 102.80 refunded",
    )
    assert hear(adapter, event("event.refund_request", data=REFUND)) == [refunded]
    carrier.on(ONE, (200, delivery("canceled", refund=REFUND)))
    polled, standing = await adapter.track(booking())
    assert (polled, standing.kind) == (refunded, ScanKind.CANCELLED)


@pytest.mark.parametrize(
    ("told", "code"),
    [
        (event("event.shopping_progress", data={"items": []}), "event.shopping_progress"),
        (event(data={"status": "pickup"}), "event.delivery_status"),
        (event(), "event.delivery_status"),
        (event("event.refund_request", data=[1]), "event.refund_request"),
    ],
)
def test_what_is_not_understood_is_kept_and_moves_nothing(adapter: UberDirect, told: Any, code: str) -> None:
    assert hear(adapter, told) == [scan("evt_1", ScanKind.UNKNOWN, code)]


def leg(word: str, **more: Any) -> dict[str, Any]:
    relation = {"id": DELIVERY, "relationship": "original"}
    return delivery(word, **{"id": RETURN, "related_deliveries": [relation], "fee": 500, **more})


@pytest.mark.parametrize(
    ("word", "kind", "asks"),
    [
        ("pending", ScanKind.RETURNING, False),
        ("pickup_complete", ScanKind.RETURNING, False),
        ("dropoff", ScanKind.RETURNING, False),
        ("delivered", ScanKind.RETURNED, False),
        ("returned", ScanKind.RETURNED, False),
        ("canceled", ScanKind.PROBLEM, True),
        ("something_new", ScanKind.UNKNOWN, False),
    ],
)
def test_the_way_back_is_told_of_the_first_delivery(adapter: UberDirect, word: str, kind: ScanKind, asks: bool) -> None:
    [told] = hear(adapter, {**event(), "delivery_id": RETURN, "status": word, "data": leg(word)})
    assert told == scan(f"back/{word}", kind, word, needs_decision=asks)


ON_ITS_WAY_BACK = {"related_deliveries": {"id": RETURN, "relationship": "return"}}


@pytest.mark.parametrize(
    ("more", "kind"),
    [
        ({}, ScanKind.RETURNED),
        ({"complete": False}, ScanKind.RETURNING),
        (ON_ITS_WAY_BACK, ScanKind.RETURNING),
        ({"related_deliveries": [{"id": RETURN, "relationship": "returned"}]}, ScanKind.RETURNING),
        ({**ON_ITS_WAY_BACK, "return": {"status": "failed"}}, ScanKind.RETURNING),
        ({**ON_ITS_WAY_BACK, "return": completed("2030-01-01T12:30:15Z")}, ScanKind.RETURNED),
        ({"related_deliveries": [{"id": DELIVERY, "relationship": "original"}]}, ScanKind.RETURNED),
    ],
)
def test_returned_means_going_back_until_it_is_there(adapter: UberDirect, more: Any, kind: ScanKind) -> None:
    [told] = hear(adapter, status("returned", **more))
    assert (told.kind, told.occurred_at) == (kind, AT)


async def test_the_way_back_is_followed(adapter: UberDirect, carrier: Any) -> None:
    carrier.on(ONE, (200, delivery("returned", undeliverable_reason="NOBODY_HOME", **ON_ITS_WAY_BACK)))
    carrier.on(BACK, (200, leg("delivered", related_deliveries=[], dropoff=completed("2030-01-01T12:50:00Z"))))
    assert await adapter.track(booking()) == [
        scan("returned", ScanKind.RETURNING, "returned", reason="nobody_home", cost=PRICED["cost"]),
        scan("back/delivered", ScanKind.RETURNED, "delivered", datetime(2030, 1, 1, 12, 50, tzinfo=UTC)),
    ]
    carrier.on(BACK, (404, error("delivery_not_found")))
    assert [told.kind for told in await adapter.track(booking())] == [ScanKind.RETURNING]


@pytest.mark.parametrize("word", STATUSES)
async def test_webhook_and_poll_give_the_same_id(adapter: UberDirect, carrier: Any, word: str) -> None:
    more = {"pickup": completed("2030-01-01T12:10:00Z"), "dropoff": completed("2030-01-01T12:30:00Z")}
    carrier.on(ONE, (200, delivery(word, updated="2030-01-01T12:31:00Z", **more)))
    heard = [told.id for told in hear(adapter, status(word, "2030-01-01T12:30:20Z", **more))]
    assert heard == [told.id for told in hear(adapter, status(word, "2030-01-01T12:30:40Z", **more))]
    assert heard == [told.id for told in await adapter.track(booking())]
    assert len(heard) == (1 if word == "pickup_complete" else 2)


async def test_nothing_is_tracked_of_an_unknown_booking(adapter: UberDirect, carrier: Any) -> None:
    carrier.on(ONE, (404, error("delivery_not_found")))
    assert await adapter.track(booking()) == []
    carrier.on(ONE, (404, error("customer_not_found")))
    with pytest.raises(errors.CarrierUnavailable):
        await adapter.track(booking())


@pytest.mark.parametrize(
    "odd",
    [
        {"fee": "dear"},
        {"currency": ["brl"]},
        {"dropoff_eta": "soon"},
        {"courier": "Alex"},
        {"courier": {"location": {"lat": 900, "lng": 0}}},
        {"pickup": None, "dropoff": [], "return": "?"},
        {"dropoff": {"status": "completed", "status_timestamp": "x", "verification": {"picture": "javascript:x"}}},
        {"related_deliveries": [7, None, {"id": "a b"}, {"relationship": "return"}]},
        {"related_deliveries": 7},
        {"refund": "yes"},
        {"tracking_url": {"a": 1}},
        {"external_id": 7},
        {"complete": "perhaps"},
        {"cancelation_reason": []},
    ],
)
def test_what_is_nice_to_have_may_be_odd(adapter: UberDirect, odd: dict[str, Any]) -> None:
    told = hear(adapter, status("delivered", **odd))[-1]
    assert (told.kind, told.booking_reference) == (ScanKind.DELIVERED, DELIVERY)


# ── who may speak, and where tokens come from ─────────────────────────────────────────────────────────────

BODY = json.dumps(status("pickup")).encode()
RIGHT = sign(BODY)["x-uber-signature"]


@pytest.mark.parametrize("header", ["x-uber-signature", "x-postmates-signature"])
def test_a_signature_may_come_under_either_name(adapter: UberDirect, header: str) -> None:
    assert adapter.parse_webhook({header: RIGHT}, BODY)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"x-uber-signature": ""},
        {"x-uber-signature": "0" * 64},
        {"x-uber-signature": RIGHT.upper()},
        {"x-uber-signature": RIGHT[:-1]},
        {"x-uber-signature": "ü" * 64},
        {"x-uber-signature": hashlib.sha256(BODY).hexdigest()},
        {"x-uber-signature": "0" * 64, "x-postmates-signature": RIGHT},
        sign(BODY + b" "),
        sign(BODY, SECRET),
        sign(BODY, ""),
    ],
)
def test_a_webhook_without_its_signature_is_nobodys(adapter: UberDirect, headers: dict[str, str]) -> None:
    with pytest.raises(errors.SignatureInvalid):
        adapter.parse_webhook(headers, BODY)


def test_a_body_that_was_tampered_with_is_nobodys(adapter: UberDirect) -> None:
    with pytest.raises(errors.SignatureInvalid):
        adapter.parse_webhook({"x-uber-signature": RIGHT}, BODY.replace(b"pickup", b"dropof"))


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b"{}",
        b"\xff\xfe\x00",
        b'{"kind": NaN}',
        b"[" * 60_000,
        BODY[:-1],
        b"x" * 65_537,
        json.dumps({**status("pickup"), "delivery_id": "a\u0000b"}).encode(),
        json.dumps({**status("pickup"), "created": "yesterday"}).encode(),
        json.dumps({**status("pickup"), "kind": 7}).encode(),
    ],
)
def test_garbage_with_a_good_signature_is_a_bad_payload(adapter: UberDirect, body: bytes) -> None:
    with pytest.raises(errors.PayloadInvalid) as refused:
        adapter.parse_webhook(sign(body), body)
    assert "Maria" not in f"{refused.value.detail}{refused.value.data}"


async def test_tokens_come_from_a_host_of_their_own(
    carrier: Any, serve: Any, http: httpx.AsyncClient, request_: QuoteRequest
) -> None:
    elsewhere = type(carrier)()
    elsewhere.on("/oauth/v2/token", (200, {"access_token": "t2", "token_type": "Bearer", "expires_in": 2592000}))
    adapter = UberDirect(account(carrier.url, auth_url=f"{await serve(elsewhere.handle)}/"), http)
    carrier.on(QUOTES, (200, QUOTE))
    for _ in range(2):
        await adapter.quote(request_)
    assert [each.path for each in elsewhere.asked] == ["/oauth/v2/token"]
    assert [each.headers["authorization"] for each in carrier.asked] == ["Bearer t2"] * 2


async def test_a_token_that_was_taken_back_is_asked_for_again(
    adapter: UberDirect, carrier: Any, request_: QuoteRequest
) -> None:
    tokens = [(200, {"access_token": f"t{n}", "token_type": "Bearer", "expires_in": 2592000}) for n in (1, 2)]
    carrier.on("/oauth/v2/token", *tokens)
    carrier.on(QUOTES, (401, error("unauthorized")), (200, QUOTE))
    assert await adapter.quote(request_)
    assert [each.headers["authorization"] for each in asked(carrier)] == ["Bearer t1", "Bearer t2"]


@pytest.mark.parametrize("auth_url", ["ftp://x", "x", "http://", "http://a:b@c", "http://c/?q=1"])
def test_tokens_are_asked_for_only_where_http_goes(auth_url: str) -> None:
    problems = UberDirect.problems(account("http://127.0.0.1:9", auth_url=auth_url))
    assert [problem.split(":")[0] for problem in problems] == ["settings.auth_url"]


def test_credentials_do_not_show(adapter: UberDirect) -> None:
    shown = repr(adapter.credentials) + repr(vars(adapter))
    assert SECRET not in shown
    assert HOOK not in shown
