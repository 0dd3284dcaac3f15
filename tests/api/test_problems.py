"""Bad input gets a clear problem with a stable code: never a 500, never a half-written row."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx
import pytest
from bodies import delivery as body
from world import stop

from api.deps import Parts
from api.errors import MEDIA_TYPE, answer


def parcel(**more: Any) -> dict[str, Any]:
    return {"parcels": [{"description": "Bolo", "weight_g": 1500, **more}]}


def address(**more: Any) -> dict[str, Any]:
    made = stop()
    return {"dropoff": {**made, "address": {**made["address"], **more}}}


def contact(**more: Any) -> dict[str, Any]:
    return {"dropoff": {**stop(), "contact": {"name": "Ana", **more}}}


BAD: dict[str, tuple[dict[str, Any], str]] = {
    "an unknown field": ({"colour": "red"}, "/colour"),
    "no parcels": ({"parcels": []}, "/parcels"),
    "too many parcels": ({"parcels": [{"description": "x", "weight_g": 1}] * 21}, "/parcels"),
    "a negative weight": (parcel(weight_g=-1), "/parcels/0/weight_g"),
    "no weight": (parcel(weight_g=0), "/parcels/0/weight_g"),
    "an absurd weight": (parcel(weight_g=10**12), "/parcels/0/weight_g"),
    "half a gram": (parcel(weight_g=0.5), "/parcels/0/weight_g"),
    "a weight as text": (parcel(weight_g="1500"), "/parcels/0/weight_g"),
    "a side of eleven metres": (parcel(length_mm=11_000), "/parcels/0/length_mm"),
    "foreign currency": (parcel(declared_value={"amount": 100, "currency": "USD"}), "body"),
    "a negative value": (parcel(declared_value={"amount": -100, "currency": "BRL"}), "body"),
    "money as a float": (parcel(declared_value={"amount": 1.5, "currency": "BRL"}), "/parcels/0/declared_value/amount"),
    "a CEP of seven digits": (address(postal_code="0131020"), "/dropoff/address"),
    "no UF": (address(state="XX"), "/dropoff/address"),
    "no district": (address(district=""), "/dropoff/address"),
    "no number": (address(number=""), "/dropoff/address"),
    "half a place": (address(latitude=-23.5), "/dropoff/address"),
    "off the globe": (address(latitude=-230.0, longitude=0.0), "/dropoff/address/latitude"),
    "a country by name": (address(country="Brasil"), "/dropoff/address/country"),
    "NUL in a name": (contact(name="A\x00na"), "/dropoff/contact/name"),
    "a name of spaces": (contact(name="   "), "/dropoff/contact/name"),
    "an endless name": (contact(name="A" * 201), "/dropoff/contact/name"),
    "a phone in words": (contact(phone="call me"), "/dropoff/contact/phone"),
    "an e-mail without a host": (contact(email="ana@"), "/dropoff/contact/email"),
    "a CPF with letters": (contact(tax_id="1234567890A"), "/dropoff/contact/tax_id"),
    "an unknown service": ({"service": "teleport"}, "/service"),
    "an unknown rule": ({"choice": {"rule": "prettiest"}}, "/choice/rule"),
    "cheapest_by without when": ({"choice": {"rule": "cheapest_by"}}, "/choice"),
    "a time without a zone": ({"ready_at": "2026-12-01T10:00:00"}, "/ready_at"),
    "no time at all": ({"ready_at": "tomorrow"}, "/ready_at"),
    "there before it is ready": (
        {"ready_at": "2026-12-01T10:00:00Z", "deliver_by": "2026-12-01T09:00:00Z"},
        "body",
    ),
    "a list for an address": ({"dropoff": [1, 2, 3]}, "/dropoff"),
    "null for an address": ({"dropoff": None}, "/dropoff"),
}


@pytest.mark.parametrize("what", BAD)
async def test_a_delivery_that_cannot_be_is_refused_and_says_where(
    what: str, http: httpx.AsyncClient, signed: Any, parts: Parts
) -> None:
    more, pointer = BAD[what]
    headers = {**await signed(), "Idempotency-Key": "key"}
    answer = await http.post("/v1/deliveries", json=body(**more), headers=headers)
    assert answer.status_code == 422, answer.text
    problem = answer.json()
    assert answer.headers["content-type"] == MEDIA_TYPE
    assert problem["code"] == "invalid"
    assert pointer in [error["pointer"] for error in problem["errors"]]
    assert not (await parts.deliveries.page(_all(), 10, None))[0]


def _all() -> Any:
    from domain.ports import DeliveryFilter

    return DeliveryFilter()


@pytest.mark.parametrize(
    ("content", "status", "code"),
    [
        (b"{", 400, "malformed"),
        (b"", 422, "invalid"),
        (b"[]", 422, "invalid"),
        (b'"text"', 422, "invalid"),
        (b"null", 422, "invalid"),
        (b'{"parcels": NaN}', 422, "invalid"),
        (b'{"reference": "\\ud800"}', 422, "invalid"),
        (b"\xff\xfe{}", 400, "malformed"),
        (b"[" * 50_000, 400, "too_complex"),
        (b"x" * 70_000, 413, "too_large"),
        (b" " * 10_000_000, 413, "too_large"),
    ],
)
async def test_what_is_not_a_request_is_refused(
    content: bytes, status: int, code: str, http: httpx.AsyncClient, signed: Any
) -> None:
    headers = {**await signed(), "Idempotency-Key": "key", "Content-Type": "application/json"}
    answer = await http.post("/v1/deliveries", content=content, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


async def test_a_body_without_a_length_has_the_same_limit(http: httpx.AsyncClient, signed: Any) -> None:
    async def endless() -> AsyncIterator[bytes]:
        for _ in range(200):
            yield b" " * 1000

    headers = {**await signed(), "Idempotency-Key": "key", "Content-Type": "application/json"}
    answer = await http.post("/v1/deliveries", content=endless(), headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


async def test_a_delivery_wants_an_idempotency_key(http: httpx.AsyncClient, signed: Any) -> None:
    answer = await http.post("/v1/deliveries", json=body(), headers=await signed())
    assert (answer.status_code, answer.json()["code"]) == (400, "idempotency_key_missing")


@pytest.mark.parametrize("key", ["", "x" * 256, "with space", "ünïcode"])
async def test_a_key_is_printable_and_not_endless(key: str, http: httpx.AsyncClient, signed: Any) -> None:
    headers = [*(await signed()).items(), ("Idempotency-Key", key.encode("latin-1"))]
    answer = await http.post("/v1/deliveries", json=body(), headers=headers)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "header/Idempotency-Key"


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/v1/nothing", 404, "not_found"),
        ("GET", "/", 404, "not_found"),
        ("DELETE", "/v1/users", 405, "method_not_allowed"),
        ("GET", "/v1/deliveries/not-an-id", 422, "invalid"),
        ("GET", f"/v1/deliveries/del_{'0' * 32}", 404, "not_found"),
        ("GET", "/v1/deliveries?limit=0", 422, "invalid"),
        ("GET", "/v1/deliveries?limit=100000", 422, "invalid"),
        ("GET", "/v1/deliveries?cursor=nonsense", 422, "invalid"),
        ("GET", "/v1/deliveries?created_from=yesterday", 422, "invalid"),
        ("GET", "/v1/stream?after=nonsense", 422, "invalid"),
        ("GET", f"/v1/track/trk_{'A' * 43}", 404, "not_found"),
    ],
)
async def test_what_is_not_there_says_so(
    method: str, path: str, status: int, code: str, http: httpx.AsyncClient, signed: Any
) -> None:
    answer = await http.request(method, path, headers=await signed())
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.headers["content-type"] == MEDIA_TYPE


@pytest.mark.parametrize(
    ("path", "allowed"),
    [("/v1/areas/area_x", "DELETE, GET, PUT"), ("/v1/users", "POST"), ("/v1/deliveries", "GET, POST")],
)
async def test_a_method_a_path_does_not_take_is_told_those_it_takes(
    path: str, allowed: str, http: httpx.AsyncClient
) -> None:
    answer = await http.patch(path)
    assert (answer.status_code, answer.headers["allow"]) == (405, allowed)


async def test_an_error_of_ours_tells_nothing(http: httpx.AsyncClient) -> None:
    answer = await http.get("/v1/broken")
    assert (answer.status_code, answer.json()["code"]) == (500, "internal_error")
    assert not {part for part in ("Ana", "5511", "1234") if part in answer.text}


async def test_temporal_being_away_is_a_503_that_says_what_to_do(http: httpx.AsyncClient, signed: Any) -> None:
    headers = {**await signed(), "Idempotency-Key": "key"}
    answer = await http.post("/v1/deliveries", json=body(), headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
    assert answer.headers["retry-after"]


async def test_carriers_that_are_asked_for_long_hold_no_request(
    http: httpx.AsyncClient, signed: Any, parts: Parts, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def thinking(*_: Any, **__: Any) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(parts.temporal, "execute_update_with_start_workflow", thinking)
    monkeypatch.setattr("runtime.requesting._WAIT", timedelta(milliseconds=50))
    answer = await http.post("/v1/deliveries", json=body(), headers={**await signed(), "Idempotency-Key": "key"})
    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
    assert "same Idempotency-Key" in answer.json()["detail"]
    assert answer.headers["retry-after"]


async def test_an_answer_carries_the_requests_id(http: httpx.AsyncClient) -> None:
    theirs = await http.get("/v1/users/me", headers={"X-Request-Id": "order-42"})
    forged = await http.get("/v1/users/me", headers={"X-Request-Id": "x\ty" * 50})
    assert theirs.headers["x-request-id"] == "order-42"
    assert len(forged.headers["x-request-id"]) == 32


def test_what_an_error_carries_never_replaces_what_every_problem_has() -> None:
    carried = {"status": "picked_up", "title": "x", "possible": ["decide"]}
    response = answer(409, "too_late_to_cancel", "Too late", "the courier has it", carried)
    told = json.loads(bytes(response.body))
    assert (response.status_code, told["status"], told["title"], told["possible"]) == (409, 409, "Too late", ["decide"])
