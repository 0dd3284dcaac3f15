"""Lalamove's webhooks: what an event becomes, and who may speak for it."""

import json
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest
from lalamove_side import (
    API_KEY,
    AT,
    BRL,
    DELIVERED_AT,
    DELIVERY,
    DETAILS,
    DRIVER,
    HOOK,
    KEY,
    ORDER,
    PENDING,
    PHOTO,
    POD,
    STAMP,
    WHO,
    Scripted,
    account,
    booking,
    hmac_of,
    ordered,
    told,
)

from carriers.lalamove import Lalamove
from domain import errors
from domain.deliveries import Proof
from domain.money import Money
from domain.tracking import Scan, ScanKind, scan_id


@pytest.fixture
async def scripted(serve: Callable[..., Awaitable[str]]) -> Scripted:  # type: ignore[override, unused-ignore]
    carrier = Scripted()
    carrier.url = await serve(carrier.handle)
    return carrier


@pytest.fixture
def adapter(scripted: Scripted, http: httpx.AsyncClient) -> Lalamove:
    return Lalamove(account(scripted.url), http)


# ── webhooks ──────────────────────────────────────────────────────────────────────────────────────────────


def concerning(status: str | None = None, **more: Any) -> dict[str, Any]:
    """An order as webhooks tell it, with times as they write them."""
    known = {"orderId": ORDER, "market": "BR_SAO", "createdAt": "2030-01-01T09:20.00Z"}
    said = {**known, "status": status, "driverId": DRIVER, "previousStatus": ""} if status else known
    return {**said, **more}


def posted(data: object, event: str = "ORDER_STATUS_CHANGED", stamp: object = STAMP, **more: Any) -> bytes:
    """A webhook's body, signed over `data` as it stands there."""
    raw = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    proofs = {"apiKey": API_KEY, "timestamp": stamp, "signature": hmac_of(stamp, "POST", HOOK, raw.encode()), **more}
    head = json.dumps({**proofs, "eventId": "B35F478A", "eventType": event, "eventVersion": "v3"})
    return f'{head[:-1]},"data":{raw}}}'.encode()


LOCATION = {"lng": -46.1763239, "lat": -23.3352951}
UPDATED = {"updatedAt": "2030-01-01T09:30.00Z"}
MINE = {"metadata": {"booking_key": KEY, "delivery_id": DELIVERY}}


@pytest.mark.parametrize(
    ("event", "data", "becomes"),
    [
        (
            "ORDER_STATUS_CHANGED",
            {"order": concerning("PICKED_UP", **MINE), **UPDATED},
            [told("PICKED_UP", ScanKind.PICKED_UP, DRIVER, booking_key=KEY)],
        ),
        (
            "DRIVER_ASSIGNED",
            {
                "driver": {"driverId": DRIVER, "phone": "+5511", "name": "João", "photo": "", "plateNumber": "VP"},
                "location": LOCATION,
                "order": concerning(),
                **UPDATED,
            },
            [
                told(
                    "DRIVER_ASSIGNED",
                    ScanKind.COURIER_ASSIGNED,
                    DRIVER,
                    latitude=-23.3352951,
                    longitude=-46.1763239,
                )
            ],
        ),
        (
            "ORDER_AMOUNT_CHANGED",
            {
                "order": concerning(price={"totalPrice": "24.10", "subTotal": "19.13", "currency": "BRL"}),
                "balance": {"currency": "BRL", "amount": "100.00"},
            },
            [
                told(
                    "ORDER_AMOUNT_CHANGED",
                    ScanKind.PROBLEM,
                    "24.10",
                    reason="amount_changed",
                    cost=Money(amount=2410, currency=BRL),
                )
            ],
        ),
        (
            "ORDER_REPLACED",
            {"order": {"orderId": "3463513590991397328"}, "prevOrderId": ORDER, **UPDATED},
            [
                told(
                    "ORDER_REPLACED",
                    ScanKind.PROBLEM,
                    reason="order_replaced",
                    description="it goes on as order 3463513590991397328",
                    needs_decision=True,
                )
            ],
        ),
        (
            "POD_STATUS_CHANGED",
            {"order": {**concerning(), "stops": [{}, {"POD": POD}]}},
            [
                told(
                    "DELIVERED",
                    ScanKind.DELIVERED,
                    occurred_at=DELIVERED_AT,
                    proof=Proof(photo_url=PHOTO, at=DELIVERED_AT),
                )
            ],
        ),
        (
            "POD_STATUS_CHANGED",
            {"order": {**concerning(), "stops": [{}, {"POD": {**POD, "deliveredAt": "2030-01-01T09:29.00Z"}}]}},
            [told("DELIVERED", ScanKind.DELIVERED, proof=Proof(photo_url=PHOTO, at=AT))],
        ),
        (
            "ORDER_STATUS_CHANGED",
            {"order": concerning("CANCELED", cancelParty="USER", cancelReason="other")},
            [told("CANCELED", ScanKind.CANCELLED, reason="canceled")],
        ),
        (
            "ORDER_STATUS_CHANGED",
            {"order": concerning("CANCELED", cancelParty="LALAMOVE_CUSTOMER_SUPPORT")},
            [told("CANCELED", ScanKind.PROBLEM, reason="cancelled_by_support", needs_decision=True)],
        ),
        ("ORDER_CREATED", {"order": concerning("ASSIGNING_DRIVER")}, [told("ASSIGNING_DRIVER", ScanKind.PENDING)]),
        ("ORDER_EDITED", {"editParty": "USER", "order": concerning()}, []),
        ("WALLET_BALANCE_CHANGED", {"balance": {"currency": "BRL", "amount": "99858"}}, []),
        ("SOMETHING_NEW", {}, []),
    ],
)
def test_an_event_becomes_its_scans(adapter: Lalamove, event: str, data: Any, becomes: list[Scan]) -> None:
    assert list(adapter.parse_webhook({}, posted(data, event))) == becomes


@pytest.mark.parametrize("stamp", [STAMP, str(STAMP), STAMP * 1000, str(STAMP * 1000)])
def test_its_clock_counts_seconds_or_milliseconds(adapter: Lalamove, stamp: object) -> None:
    [scan] = adapter.parse_webhook({}, posted({"order": concerning("ON_GOING")}, stamp=stamp))
    assert scan.occurred_at == AT


async def test_an_order_and_its_webhooks_tell_the_same_scans(adapter: Lalamove, scripted: Scripted) -> None:
    scripted.on(WHO, (403, {}))
    for status, pod in (("ASSIGNING_DRIVER", PENDING), ("ON_GOING", PENDING), ("PICKED_UP", POD), ("COMPLETED", POD)):
        whole = ordered(status, pod)
        scripted.on(DETAILS, (200, {"data": whole}))
        heard = adapter.parse_webhook({}, posted({"order": concerning(status, stops=whole["stops"])}))
        polled = await adapter.track(booking())
        assert [(scan.id, scan.kind) for scan in heard] == [(scan.id, scan.kind) for scan in polled]
    again = adapter.parse_webhook({}, posted({"order": concerning("ON_GOING", driverId="967219")}))
    assert again[0].id != scan_id(ORDER, "ON_GOING", DRIVER)


# ── who may speak ─────────────────────────────────────────────────────────────────────────────────────────

DATA = {"order": concerning("ON_GOING", shareLink="https://share.example/?a=1&b=2", name="São João")}
RAW = json.dumps(DATA, ensure_ascii=False, separators=(",", ":"))
BODY = posted(DATA)
SIGNATURE = hmac_of(STAMP, "POST", HOOK, RAW.encode())


@pytest.mark.parametrize(
    "body",
    [
        posted(DATA, signature=""),
        posted(DATA, signature="0" * 64),
        posted(DATA, signature=SIGNATURE.upper()),
        posted(DATA, signature=SIGNATURE[:-1]),
        posted(DATA, signature=hmac_of(STAMP, "POST", HOOK, RAW.encode(), "")),
        posted(DATA, signature=hmac_of(STAMP, "POST", HOOK, RAW.encode(), "another")),
        posted(DATA, signature=hmac_of(STAMP, "POST", "/", RAW.encode())),
        posted(DATA, signature=hmac_of(STAMP, "POST", f"{HOOK}x", RAW.encode())),
        posted(DATA, signature=hmac_of(STAMP, "GET", HOOK, RAW.encode())),
        posted(DATA, signature=hmac_of(STAMP + 1, "POST", HOOK, RAW.encode())),
        posted(DATA, signature=hmac_of(STAMP, "POST", HOOK, BODY)),
        posted(DATA, signature=None),
        posted(DATA, signature=[SIGNATURE]),
        posted(DATA, signature="ü" * 64),
        posted(DATA, apiKey="pk_test_them"),
        posted(DATA, apiKey=""),
        BODY.replace(b"signature", b"unsigned"),
        BODY.replace(b"ON_GOING", b"COMPLETED"),
        BODY.replace(b'{"order":{', b'{"order": {'),
        BODY.replace(str(STAMP).encode(), str(STAMP + 1).encode()),
        BODY.replace(b'"apiKey"', b'"other"'),
        # Of two members with one name the last counts, for the signature as for the meaning.
        BODY[:-1] + b',"data":{"order":{"orderId":"1","status":"COMPLETED"}}}',
        BODY[:-1],
        b"",
        b"{}",
        b"null",
        b"[]",
        b"\xff\xfe\x00",
        b"[" * 60_000,
        b'{"data":' * 8_000,
    ],
)
def test_a_webhook_without_its_signature_is_nobodys(adapter: Lalamove, body: bytes) -> None:
    assert adapter.parse_webhook({}, BODY)
    with pytest.raises(errors.SignatureInvalid):
        adapter.parse_webhook({}, body)


def test_data_is_verified_as_it_was_written(adapter: Lalamove) -> None:
    order = f'{{"orderId":"{ORDER}", "shareLink":"a\\u0026b", "status":"ON_GOING","driverId":"{DRIVER}"}}'
    raw = f'{{ "order" : {order}\n}}'
    mac = hmac_of(STAMP, "POST", HOOK, raw.encode())
    body = f'{{"data": {raw} , "apiKey":"{API_KEY}","timestamp": {STAMP},"signature":"{mac}"}}\n'
    assert [scan.carrier_code for scan in adapter.parse_webhook({}, body.encode())] == ["ON_GOING"]


def test_what_is_not_signed_means_nothing(adapter: Lalamove) -> None:
    honest = adapter.parse_webhook({}, BODY)
    assert adapter.parse_webhook({}, BODY.replace(b"ORDER_STATUS_CHANGED", b"ORDER_REPLACED")) == honest
    assert adapter.parse_webhook({}, BODY.replace(b"eventType", b"eventKind")) == honest


def test_the_path_is_the_one_that_it_calls(scripted: Scripted, http: httpx.AsyncClient) -> None:
    behind = Lalamove(account(scripted.url, webhook_path="/hooks/llm"), http)
    with pytest.raises(errors.SignatureInvalid):
        behind.parse_webhook({}, BODY)
    assert behind.parse_webhook({}, posted(DATA, signature=hmac_of(STAMP, "POST", "/hooks/llm", RAW.encode())))


@pytest.mark.parametrize(
    "body",
    [
        posted({"order": {"status": "ON_GOING", "name": "Maria"}}),
        posted({"order": {"orderId": "a b", "name": "Maria"}}),
        posted({"order": {"orderId": 7}}),
        posted({"order": ["Maria"]}),
        posted(DATA, stamp="soon"),
        posted({"order": concerning("ON_GOING", name="Maria" * 20_000)}),
    ],
)
def test_garbage_with_a_good_signature_is_a_bad_payload(adapter: Lalamove, body: bytes) -> None:
    with pytest.raises(errors.PayloadInvalid) as refused:
        adapter.parse_webhook({}, body)
    assert "Maria" not in f"{refused.value.detail}{refused.value.data}"


@pytest.mark.parametrize(
    "odd",
    [
        {"driverId": 7},
        {"stops": []},
        {"stops": [{"POD": []}]},
        {"stops": {"a": 1}},
        {"metadata": "x"},
        {"metadata": {"booking_key": "a b"}},
        {"price": {"totalPrice": "NaN"}},
        {"priceBreakdown": {"total": "dear"}},
    ],
)
def test_what_is_nice_to_have_may_be_odd(adapter: Lalamove, odd: dict[str, Any]) -> None:
    [scan] = adapter.parse_webhook({}, posted({"order": concerning("PICKED_UP", **odd), "location": [], "driver": 7}))
    assert (scan.kind, scan.booking_key, scan.cost) == (ScanKind.PICKED_UP, None, None)
