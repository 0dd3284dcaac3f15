"""Requests larger or deeper than any honest one end before anything is made of them."""

import json
from typing import Any

import httpx
import pytest
from test_webhooks import HOOK

from api.deps import Parts
from api.sizes import MOST_DEPTH, MOST_ELEMENTS, TooComplex, measure


def nested(levels: int) -> bytes:
    return b"[" * levels + b"]" * levels


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{}",
        nested(MOST_DEPTH),
        b"[" + b"1," * (MOST_ELEMENTS - 2) + b"1]",
        b'{"a": "' + b"[" * 30_000 + b'"}',
        b'{"a": "\\"' + b"[{,:" * 9_000 + b'\\\\"}',
        b'"' + b"," * 60_000,  # never ended: no JSON, which is for the parser to say
        b'"' + b'\\"' * 32_000,
        b'"\\',
        '{"nome": "São Paulo [centro]"}'.encode(),
    ],
)
def test_what_an_honest_body_may_hold_passes(body: bytes) -> None:
    measure(body)


@pytest.mark.parametrize(
    "body",
    [
        nested(MOST_DEPTH + 1),
        b"[" * 65_536,
        b'{"a":' * (MOST_DEPTH + 1),
        b"[" + b"1," * MOST_ELEMENTS + b"1]",
        b"[" + b"{}," * MOST_ELEMENTS,
        json.dumps({str(n): n for n in range(MOST_ELEMENTS)}).encode(),
        b'["\\\\' + b'",' + b"[" * 100,
        b'"a"' * 5 + b"[" * 100,
    ],
)
def test_what_none_holds_is_refused(body: bytes) -> None:
    with pytest.raises(TooComplex):
        measure(body)


async def test_every_body_is_measured_before_it_is_read(http: httpx.AsyncClient, signed: Any, parts: Parts) -> None:
    deep = b'{"settings":' * 5_000 + b"1" + b"}" * 5_000
    headers = {**await signed(), "Content-Type": "application/json"}
    for method, path in (
        ("POST", "/v1/deliveries"),
        ("PATCH", "/v1/users/me"),
        ("POST", "/v1/users/sign-in"),
        ("POST", HOOK),
    ):
        answer = await http.request(method, path, content=deep, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (400, "too_complex")


async def test_a_body_of_a_get_has_the_same_limits(http: httpx.AsyncClient) -> None:
    answer = await http.request("GET", "/v1/users/jwks", content=b"x" * 70_000)
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


@pytest.mark.parametrize(
    ("headers", "query", "status"),
    [
        ({"X-Large": "x" * 17_000}, "", 431),
        ({f"X-{n}": "x" for n in range(120)}, "", 431),
        ({}, "x" * 9_000, 414),
        ({"X-Large": "x" * 8_000}, "x" * 4_000, 200),
    ],
)
async def test_headers_and_addresses_end_somewhere(
    headers: dict[str, str], query: str, status: int, http: httpx.AsyncClient
) -> None:
    answer = await http.get(f"/v1/users/jwks?more={query}", headers=headers)
    assert answer.status_code == status
    if status != 200:
        assert answer.json()["code"] == "too_large"


async def test_who_goes_while_sending_is_answered_nothing(app: Any) -> None:
    sent: list[Any] = []
    coming = [{"type": "http.request", "body": b"{", "more_body": True}, {"type": "http.disconnect"}]

    async def receive() -> Any:
        return coming.pop(0)

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "POST", "scheme": "http",
        "path": "/v1/users/sign-in", "raw_path": b"/v1/users/sign-in", "query_string": b"", "root_path": "",
        "headers": [(b"content-type", b"application/json"), (b"content-length", b"20")],
        "client": ("127.0.0.1", 1), "server": ("api", 80),
    }  # fmt: skip
    await app(scope, receive, send)
    assert not sent
