"""A carrier's report: verified over its raw bytes, stored once, answered only when it is stored."""

import hashlib
import hmac
import json
from typing import Any

import httpx
import pytest
from hands import SECRET, Told

from api.deps import Parts
from domain import audit
from domain.errors import Unavailable

HOOK = "/v1/webhooks/open_delivery/ligeiro"
ORDER = "0e8c7a1f-9b2d-4c6e-8f0a-1b2c3d4e5f60"
DELIVERY = f"del_{'a' * 32}"


def report(kind: str = "ORDER_PICKED", at: str = "2026-11-20T12:00:00Z", **more: Any) -> bytes:
    body = {
        "deliveryId": "48ae4d68-6626-11ed-9022-0242ac120002",
        "orderId": ORDER,
        "orderDisplayId": "96b41025",
        "merchant": {"id": "m-1", "name": "Entrega"},
        "event": {"type": kind, "datetime": at, "message": "on the way"},
        "customerName": "Ana",
    }
    return json.dumps({**body, **more}).encode()


def signed(body: bytes, secret: str = SECRET, **more: str) -> dict[str, str]:
    mac = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    usual = {"X-App-Id": "app-1", "X-App-MerchantId": "m-1", "X-App-Signature": mac}
    return {"Content-Type": "application/json", **usual, **more}


async def inbox(parts: Parts) -> list[Any]:
    return list(await parts.scans.waiting(100))


@pytest.fixture
def told(parts: Parts) -> Told:
    assert isinstance(parts.deliverer, Told)
    return parts.deliverer


def booked(parts: Parts) -> None:
    """The journal says which delivery the carrier's order is."""
    from datetime import UTC, datetime

    data = {"carrier": "open_delivery", "account": "ligeiro", "booking_key": ORDER, "status": "booked"}
    line = audit.Line(seq=1, kind="delivery.booked", actor="system", at=datetime.now(UTC), data=data)
    parts.journal.write(DELIVERY, "org_1", [line])  # type: ignore[attr-defined]


async def test_a_report_reaches_its_delivery(http: httpx.AsyncClient, parts: Parts, told: Told) -> None:
    booked(parts)
    answer = await http.post(HOOK, content=report(), headers=signed(report()))
    assert (answer.status_code, answer.json()) == (202, {"accepted": 1})
    ((delivery_id, scans),) = told.reports
    assert (delivery_id, scans[0].kind, scans[0].booking_key) == (DELIVERY, "picked_up", ORDER)
    assert not await inbox(parts)


async def test_the_same_report_again_is_stored_once(http: httpx.AsyncClient, parts: Parts, told: Told) -> None:
    booked(parts)
    for _ in range(3):
        assert (await http.post(HOOK, content=report(), headers=signed(report()))).status_code == 202
    assert len(told.reports) == 1
    assert len(await parts.scans.of(DELIVERY)) == 1


async def test_an_unknown_bookings_report_is_kept_until_it_is_known(
    http: httpx.AsyncClient, parts: Parts, told: Told
) -> None:
    answer = await http.post(HOOK, content=report(), headers=signed(report()))
    assert answer.status_code == 202
    assert not told.reports
    assert [item.delivery_id for item in await inbox(parts)] == [None]
    booked(parts)
    assert [item.delivery_id for item in await inbox(parts)] == [DELIVERY]


async def test_what_comes_after_the_end_is_kept_as_such(http: httpx.AsyncClient, parts: Parts, told: Told) -> None:
    booked(parts)
    told.alive = False
    assert (await http.post(HOOK, content=report(), headers=signed(report()))).status_code == 202
    assert parts.scans.after_close  # type: ignore[attr-defined]


async def test_temporal_being_away_costs_the_carrier_nothing(
    http: httpx.AsyncClient, parts: Parts, told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    booked(parts)

    async def away(delivery_id: str, scans: Any) -> bool:
        raise Unavailable

    monkeypatch.setattr(told, "report", away)
    assert (await http.post(HOOK, content=report(), headers=signed(report()))).status_code == 202
    assert [item.delivery_id for item in await inbox(parts)] == [DELIVERY]


ATTACKS = {
    "no signature": lambda body: {"Content-Type": "application/json", "X-App-Id": "app-1", "X-App-MerchantId": "m-1"},
    "an empty one": lambda body: signed(body, **{"X-App-Signature": ""}),
    "another secret's": lambda body: signed(body, secret="guess"),
    "another body's": lambda body: signed(report("ORDER_DELIVERED")),
    "not hexadecimal": lambda body: signed(body, **{"X-App-Signature": "zz" * 32}),
    "not even ASCII": lambda body: signed(body, **{"X-App-Signature": "\xfc" * 64}),
    "cut short": lambda body: signed(body, **{"X-App-Signature": signed(body)["X-App-Signature"][:-2]}),
}


@pytest.mark.parametrize("attack", ATTACKS)
async def test_a_wrong_signature_leaves_nothing_behind(attack: str, http: httpx.AsyncClient, parts: Parts) -> None:
    headers = [(name, value.encode("latin-1")) for name, value in ATTACKS[attack](report()).items()]
    answer = await http.post(HOOK, content=report(), headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (401, "signature_invalid")
    assert not await inbox(parts)


GARBAGE = {
    "nothing": b"",
    "no JSON": b"{",
    "not an object": b"[]",
    "null": b"null",
    "no order": json.dumps({"event": {"type": "ORDER_PICKED", "datetime": "2026-11-20T12:00:00Z"}}).encode(),
    "an order that is no text": report(orderId=7),
    "no event": report(event=None),
    "no time": report(at="yesterday"),
    "a time without end": report(at="9" * 400),
    "NUL": report(orderId="a\x00b"),
    "not UTF-8": b'{"orderId": "\xff"}',
    "NaN": report().replace(b'"on the way"', b"NaN"),
    "deep": b"[" * 30,
}


@pytest.mark.parametrize("what", GARBAGE)
async def test_signed_garbage_is_refused(what: str, http: httpx.AsyncClient, parts: Parts) -> None:
    body = GARBAGE[what]
    answer = await http.post(HOOK, content=body, headers=signed(body))
    assert (answer.status_code, answer.json()["code"]) == (400, "payload_invalid"), answer.text
    assert not await inbox(parts)


async def test_an_unknown_word_is_kept_and_moves_nothing(http: httpx.AsyncClient, parts: Parts, told: Told) -> None:
    booked(parts)
    body = report("COURIER_SINGS")
    assert (await http.post(HOOK, content=body, headers=signed(body))).status_code == 202
    assert told.reports[0][1][0].kind == "unknown"
    assert told.reports[0][1][0].carrier_code == "COURIER_SINGS"


@pytest.mark.parametrize("hook", ["/v1/webhooks/open_delivery/nobody", "/v1/webhooks/pigeons/ligeiro"])
async def test_there_is_no_hook_for_accounts_that_are_not_there(hook: str, http: httpx.AsyncClient) -> None:
    answer = await http.post(hook, content=report(), headers=signed(report()))
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


async def test_a_huge_report_is_refused(http: httpx.AsyncClient, parts: Parts) -> None:
    body = report(message="x" * 100_000)
    answer = await http.post(HOOK, content=body, headers=signed(body))
    assert answer.status_code == 413
    assert not await inbox(parts)
