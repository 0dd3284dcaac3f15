"""The base against carriers that refuse, hang, drip, flood, lie and break off, on real sockets."""

import asyncio
import gzip
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import httpx
import pytest
from prometheus_client import REGISTRY

from carriers._base import Reply
from carriers._base.limits import Breaker, BreakerState, Bucket
from carriers.open_delivery import OpenDelivery
from domain import errors
from domain.quotes import QuoteRequest

Make = Callable[..., OpenDelivery]
AVAILABILITY = "/v2/logistics/availability"
PRICE = {"deliveryPrice": {"price": {"value": 10, "currency": "BRL"}}}
TOKEN = json.dumps({"access_token": "t", "token_type": "bearer"}).encode()


def http_answer(status: int, body: bytes, *headers: str, length: int | None = None) -> bytes:
    lines = [f"HTTP/1.1 {status} x", f"Content-Length: {len(body) if length is None else length}", *headers, "", ""]
    return "\r\n".join(lines).encode() + body


async def head_and_body(reader: asyncio.StreamReader) -> str:
    """Reads a request to its end; its path."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode()
    length = next((line for line in head.split("\r\n") if line.lower().startswith("content-length:")), ":0")
    await reader.readexactly(int(length.split(":")[1]))
    return head.split(" ")[1]


def after_token(then: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Any]) -> Any:
    """Grants a token, then does its worst."""

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            path = await head_and_body(reader)
            if path == "/oauth/token":
                writer.write(http_answer(200, TOKEN))
            else:
                await then(reader, writer)
            await writer.drain()

    return handle


def saying(raw: bytes) -> Any:
    async def say(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(raw)
        await writer.drain()
        writer.close()

    return say


async def hang(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await asyncio.Event().wait()


async def drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(http_answer(200, b"", length=1000))
    while True:
        writer.write(b" ")
        await writer.drain()
        await asyncio.sleep(0.02)


async def drip_headers(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 x\r\nX: ")
    while True:
        writer.write(b"y")
        await writer.drain()
        await asyncio.sleep(0.02)


def flood(head: bytes) -> Any:
    async def pour(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(head)
        while True:
            writer.write(b"10000\r\n" + b" " * 0x10000 + b"\r\n")
            await writer.drain()

    return pour


CHUNKED = b"HTTP/1.1 200 x\r\nTransfer-Encoding: chunked\r\n\r\n"
BOMB = gzip.compress(b" " * 50_000_000)
GOOD = json.dumps(PRICE).encode()
GZIP = "Content-Encoding: gzip"

FAULTS = {
    "hangs": (hang, errors.CarrierUnavailable, "timeout"),
    "drips": (drip, errors.CarrierUnavailable, "timeout"),
    "drips headers": (drip_headers, errors.CarrierUnavailable, "timeout"),
    "never ends": (flood(CHUNKED), errors.CarrierMisbehaved, "too_long"),
    "gzip bomb": (saying(http_answer(200, BOMB, GZIP)), errors.CarrierMisbehaved, "too_long"),
    "gzip in gzip": (
        saying(http_answer(200, gzip.compress(BOMB), "Content-Encoding: gzip, gzip")),
        errors.CarrierMisbehaved,
        "encoding",
    ),
    "endless after gzip": (
        saying(http_answer(200, gzip.compress(GOOD) + b"x" * 2_000_000, GZIP)),
        errors.CarrierMisbehaved,
        "too_long",
    ),
    "no gzip at all": (saying(http_answer(200, GOOD, GZIP)), errors.CarrierMisbehaved, "encoding"),
    "half a gzip": (saying(http_answer(200, gzip.compress(GOOD)[:-9], GZIP)), errors.CarrierUnavailable, "broken"),
    "redirects": (
        saying(http_answer(302, b"", "Location: http://127.0.0.1:1/")),
        errors.CarrierMisbehaved,
        "http_302",
    ),
    "garbage": (saying(http_answer(200, b"<html>oi</html>")), errors.CarrierMisbehaved, "not_json"),
    "empty": (saying(http_answer(200, b"")), errors.CarrierMisbehaved, "not_json"),
    "NaN": (saying(http_answer(200, b'{"deliveryPrice": NaN}')), errors.CarrierMisbehaved, "not_json"),
    "Infinity": (saying(http_answer(200, b'{"deliveryPrice": -Infinity}')), errors.CarrierMisbehaved, "not_json"),
    "a bare value": (saying(http_answer(200, b"12")), errors.CarrierMisbehaved, "not_json"),
    "a deep one": (saying(http_answer(200, b"[" * 500_000)), errors.CarrierMisbehaved, "not_json"),
    "a long number": (saying(http_answer(200, b"[" + b"9" * 9000 + b"]")), errors.CarrierMisbehaved, "not_json"),
    "another shape": (saying(http_answer(200, b"[]")), errors.CarrierMisbehaved, "schema"),
    "500": (saying(http_answer(500, b"oops")), errors.CarrierUnavailable, "http_500"),
    "503": (saying(http_answer(503, b"{}")), errors.CarrierUnavailable, "http_503"),
    "408": (saying(http_answer(408, b"{}")), errors.CarrierUnavailable, "http_408"),
    "closes at once": (saying(b""), errors.CarrierUnavailable, "broken"),
    "closes mid-body": (saying(http_answer(200, b'{"a', length=100)), errors.CarrierUnavailable, "broken"),
    "not HTTP": (saying(b"220 smtp ready\r\n\r\n"), errors.CarrierUnavailable, "broken"),
    "endless header": (saying(b"HTTP/1.1 200 x\r\nX: " + b"y" * 300_000), errors.CarrierUnavailable, "broken"),
}


@pytest.mark.parametrize("fault", FAULTS)
async def test_whatever_a_carrier_does_is_an_error_with_a_name(
    serve: Any, make: Make, request_: QuoteRequest, fault: str
) -> None:
    then, kind, reason = FAULTS[fault]
    adapter = make(await serve(after_token(then)), deadline_s=1 if reason == "timeout" else 10)
    with pytest.raises(errors.CarrierError) as raised:
        await adapter.quote(request_)
    assert type(raised.value) is kind
    assert raised.value.data["reason"] == reason
    assert raised.value.data["sent"] is True
    json.dumps(raised.value.data)


async def test_a_good_answer_may_be_packed(serve: Any, make: Make, request_: QuoteRequest) -> None:
    adapter = make(await serve(after_token(saying(http_answer(200, gzip.compress(GOOD), GZIP)))))
    assert (await adapter.quote(request_))[0].cost.amount == 1000


@pytest.mark.parametrize("base_url", ["http://127.0.0.1:1", "http://nowhere.invalid", "https://{server}"])
async def test_what_cannot_be_reached_was_not_sent(
    serve: Any, make: Make, request_: QuoteRequest, base_url: str
) -> None:
    server = await serve(saying(b"not TLS at all"))
    adapter = make(base_url.format(server=server.removeprefix("http://")))
    with pytest.raises(errors.CarrierUnavailable) as raised:
        await adapter.quote(request_)
    assert (raised.value.data["reason"], raised.value.data["sent"]) == ("unreachable", False)


@pytest.mark.parametrize("then", [hang, saying(http_answer(500, b"")), saying(http_answer(200, b"<html>"))])
async def test_without_a_token_nothing_was_sent(serve: Any, make: Make, request_: QuoteRequest, then: Any) -> None:
    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await head_and_body(reader)
        await then(reader, writer)

    adapter = make(await serve(handle), deadline_s=1)
    with pytest.raises(errors.CarrierUnavailable) as raised:
        await adapter.quote(request_)
    assert raised.value.data["sent"] is False


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("Retry-After: 7", 7),
        ("Retry-After: 99999999", 900),
        (f"Retry-After: {'9' * 400}", None),
        ("Retry-After: -5", None),
        ("Retry-After: soon", None),
        ("Retry-After: Thu, 01 Jan 2099 00:00:00 GMT", 900),
        ("Retry-After: Thu, 01 Jan 1970 00:00:00 GMT", 0),
        ("X: y", None),
    ],
)
async def test_a_throttling_carrier_says_how_long(
    serve: Any, make: Make, request_: QuoteRequest, header: str, seconds: float | None
) -> None:
    adapter = make(await serve(after_token(saying(http_answer(429, b"", header)))))
    with pytest.raises(errors.CarrierThrottled) as raised:
        await adapter.quote(request_)
    assert raised.value.data.get("retry_after") == seconds
    assert raised.value.data["sent"] is False


# ── tokens ────────────────────────────────────────────────────────────────────────────────────────────────


async def test_many_calls_share_one_token(scripted: Any, adapter: OpenDelivery, request_: QuoteRequest) -> None:
    scripted.on(AVAILABILITY, (200, PRICE))
    await asyncio.gather(*(adapter.quote(request_) for _ in range(20)))
    assert (scripted.tokens, len(scripted.asked)) == (1, 20)


async def test_a_revoked_token_is_renewed_once(scripted: Any, adapter: OpenDelivery, request_: QuoteRequest) -> None:
    scripted.on(AVAILABILITY, (200, PRICE), (401, {}), (200, PRICE), (401, {}))
    await adapter.quote(request_)
    await adapter.quote(request_)
    assert [asked.headers["authorization"] for asked in scripted.asked] == ["Bearer t1", "Bearer t1", "Bearer t2"]
    with pytest.raises(errors.CarrierRejected) as refused:
        await adapter.quote(request_)
    assert refused.value.data["reason"] == "unauthorized"
    assert (scripted.tokens, len(scripted.asked)) == (3, 5)


async def test_an_expired_token_is_renewed(scripted: Any, adapter: OpenDelivery, request_: QuoteRequest) -> None:
    scripted.on("/oauth/token", (200, {"access_token": "x", "expires_in": 0}))
    scripted.on(AVAILABILITY, (200, PRICE))
    await adapter.quote(request_)
    await adapter.quote(request_)
    assert scripted.tokens == 2


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        ((401, {}), errors.CarrierRejected),
        ((200, {"access_token": "a\r\nX-Evil: 1"}), errors.CarrierMisbehaved),
        ((200, {"access_token": ""}), errors.CarrierMisbehaved),
        ((200, {"access_token": "a", "expires_in": -1}), errors.CarrierMisbehaved),
    ],
)
async def test_a_token_that_is_none_is_refused(
    scripted: Any, adapter: OpenDelivery, request_: QuoteRequest, said: Any, kind: type[errors.CarrierError]
) -> None:
    scripted.on("/oauth/token", said)
    with pytest.raises(kind) as raised:
        await adapter.quote(request_)
    assert "s3cret" not in f"{raised.value.detail}{raised.value.data}"
    assert not scripted.asked


async def test_cookies_do_not_travel_between_accounts(serve: Any, make: Make, request_: QuoteRequest) -> None:
    heads: list[str] = []

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            heads.append(head.lower())
            length = next(line for line in head.lower().split("\r\n") if line.startswith("content-length:"))
            await reader.readexactly(int(length.split(":")[1]))
            body = TOKEN if "/oauth/token" in head else GOOD
            writer.write(http_answer(200, body, "Set-Cookie: session=1; Path=/"))

    url = await serve(handle)
    for adapter in (make(url), make(url)):
        await adapter.quote(request_)
    assert len(heads) == 4
    assert not any("cookie:" in head for head in heads)


# ── limits and the breaker ────────────────────────────────────────────────────────────────────────────────


async def test_an_account_left_alone_comes_back(scripted: Any, make: Make, request_: QuoteRequest) -> None:
    adapter = make(scripted.url, breaker_failures=3, breaker_cool_down_s=4)
    scripted.on(AVAILABILITY, (500, {}))
    for _ in range(3):
        with pytest.raises(errors.CarrierUnavailable):
            await adapter.quote(request_)
    with pytest.raises(errors.CarrierUnavailable) as raised:
        await adapter.quote(request_)
    assert (raised.value.data["reason"], raised.value.data["sent"]) == ("circuit_open", False)
    assert len(scripted.asked) == 3
    labels = {"carrier": "open_delivery", "account": "ligeiro"}
    assert REGISTRY.get_sample_value("entrega_carrier_breaker_state", labels) == 2
    scripted.on(AVAILABILITY, (200, PRICE))
    await asyncio.sleep(4.05)
    await adapter.quote(request_)
    assert REGISTRY.get_sample_value("entrega_carrier_breaker_state", labels) == 0


async def test_refusals_do_not_open_the_breaker(scripted: Any, make: Make, request_: QuoteRequest) -> None:
    adapter = make(scripted.url, breaker_failures=1)
    for status in (400, 429, 404):
        scripted.on(AVAILABILITY, (status, {}))
        with pytest.raises((errors.CarrierRejected, errors.CarrierThrottled)):
            await adapter.quote(request_)
    scripted.on(AVAILABILITY, (200, PRICE))
    assert await adapter.quote(request_)


class _Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def fail(breaker: Breaker, error: BaseException) -> None:
    with pytest.raises(type(error)), breaker.guard():
        raise error


def test_one_trial_at_a_time_and_a_cancelled_one_frees_its_place() -> None:
    clock = _Clock()
    breaker = Breaker(threshold=2, cool_down_s=10, clock=clock)
    fail(breaker, errors.CarrierUnavailable())
    fail(breaker, asyncio.CancelledError())
    assert breaker.state is BreakerState.CLOSED
    fail(breaker, errors.CarrierUnavailable())
    assert breaker.state is BreakerState.OPEN
    clock.now = 11
    with breaker.guard():
        assert breaker.state is BreakerState.HALF_OPEN
        with pytest.raises(errors.CarrierUnavailable), breaker.guard():
            pass
    assert breaker.state is BreakerState.CLOSED
    fail(breaker, errors.CarrierUnavailable())
    fail(breaker, errors.CarrierUnavailable())
    clock.now = 22
    fail(breaker, asyncio.CancelledError())
    assert breaker.state is BreakerState.HALF_OPEN
    fail(breaker, errors.CarrierUnavailable())
    assert breaker.state is BreakerState.OPEN
    with pytest.raises(errors.CarrierUnavailable, match="left alone"), breaker.guard():
        pass


def test_an_answer_from_before_it_opened_does_not_close_it() -> None:
    breaker = Breaker(threshold=1, clock=_Clock())
    with breaker.guard():
        fail(breaker, errors.CarrierUnavailable())
    assert breaker.state is BreakerState.OPEN


async def test_a_full_bucket_refuses_what_would_come_too_late() -> None:
    bucket, loop = Bucket(rate=0.1), asyncio.get_running_loop()
    await bucket.take(until=loop.time())
    with pytest.raises(errors.CarrierThrottled) as raised:
        await bucket.take(until=loop.time() + 1)
    assert raised.value.data["sent"] is False
    assert 0 < raised.value.data["retry_after"] <= 10


async def test_what_comes_in_time_waits_its_turn() -> None:
    bucket, loop = Bucket(rate=50), asyncio.get_running_loop()
    await asyncio.gather(*(bucket.take(until=loop.time() + 60) for _ in range(60)))


async def test_waiting_for_a_place_counts_and_is_nobodys_fault(serve: Any, make: Make, request_: QuoteRequest) -> None:
    adapter = make(await serve(after_token(hang)), concurrency=1, deadline_s=1, breaker_failures=2)
    results = await asyncio.gather(*(adapter.quote(request_) for _ in range(4)), return_exceptions=True)
    kinds = sorted(type(result).__name__ for result in results)
    assert kinds == ["CarrierThrottled"] * 3 + ["CarrierUnavailable"]


async def test_calls_are_counted_by_what_became_of_them(
    scripted: Any, adapter: OpenDelivery, request_: QuoteRequest
) -> None:
    def count(outcome: str) -> float:
        labels = {"carrier": "open_delivery", "account": "ligeiro", "operation": "quote", "outcome": outcome}
        return REGISTRY.get_sample_value("entrega_carrier_calls_total", labels) or 0

    before = {outcome: count(outcome) for outcome in ("ok", "carrier_rejected", "cancelled")}
    scripted.on(AVAILABILITY, (200, PRICE), (400, {}))
    await adapter.quote(request_)
    with pytest.raises(errors.CarrierRejected):
        await adapter.quote(request_)
    task = asyncio.create_task(adapter.quote(request_))
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert {outcome: count(outcome) - was for outcome, was in before.items()} == dict.fromkeys(before, 1)


def test_the_date_form_is_read_in_any_zone() -> None:
    soon = format_datetime(datetime.now(UTC) + timedelta(seconds=60), usegmt=True)
    wait = Reply(429, httpx.Headers({"retry-after": soon}), b"").retry_after
    assert wait is not None
    assert 0 < wait <= 60
