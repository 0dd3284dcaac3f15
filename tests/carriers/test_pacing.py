"""How fast a carrier lets itself be asked: what its headers say, and whom that holds up; waiting is in virtual time."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from datetime import timedelta
from email.utils import formatdate
from typing import Any

import httpx
import pytest
from fakes.carriers import InMemoryAccountStore

from activities.quotes import AskCarrier, QuoteActivities
from carriers import CarrierBook
from carriers._base import Reply
from carriers._base.gate import Gate
from carriers._base.pacing import pauses
from carriers.open_delivery import OpenDelivery
from domain import errors
from domain.bookings import BookingOrder
from domain.quotes import CarrierAccount, QuoteRequest

Make = Callable[..., OpenDelivery]
NOW = 2_000_000_000
DATE = {"date": formatdate(NOW, usegmt=True)}


@pytest.mark.parametrize(
    ("status", "headers", "asked"),
    [
        (200, {}, {}),
        (200, {"retry-after": "7"}, {}),
        (429, {"retry-after": "7"}, {"": 7}),
        (429, {"retry-after": "86400"}, {"": 900}),
        (429, {"retry-after": "0"}, {}),
        (200, {"x-ratelimit-remaining": "1", "x-ratelimit-reset": "60"}, {}),
        (200, {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "60"}, {"": 60}),
        (200, {"x-rate-limit-remaining": "0", "x-rate-limit-reset": "60"}, {"": 60}),
        (200, {"ratelimit-limit": "50", "ratelimit-remaining": "0", "ratelimit-reset": "5"}, {"": 5}),
        (200, {"ratelimit-remaining": "0"}, {"": 1}),
        (200, {"ratelimit-remaining": "0", "ratelimit-reset": "soon"}, {"": 1}),
        (200, {"ratelimit-remaining": "0", "ratelimit-reset": "99999999"}, {"": 900}),
        (200, {"ratelimit-remaining": "-1", "ratelimit-reset": "60"}, {}),
        # An instant, in seconds or milliseconds, by the carrier's own clock.
        (200, {"x-ratelimit-remaining": "0", "x-ratelimit-reset": f"{NOW + 30}", **DATE}, {"": 30}),
        (200, {"x-ratelimit-remaining": "0", "x-ratelimit-reset": f"{(NOW + 30) * 1000}", **DATE}, {"": 30}),
        (200, {"x-ratelimit-remaining": "0", "x-ratelimit-reset": f"{NOW - 30}", **DATE}, {}),
        # One limit for each operation holds up that operation alone.
        (200, {"ratelimits-remaining-postquotation": "0", "ratelimits-reset-postquotation": "9"}, {"quote": 9}),
        (
            429,
            {"ratelimits-remaining-postquotation": "0", "ratelimits-reset-postquotation": "9", "retry-after": "2"},
            {"quote": 9, "": 2},
        ),
        # The IETF's single field, older and newer.
        (200, {"ratelimit": "limit=100, remaining=0, reset=5"}, {"": 5}),
        (200, {"ratelimit": "limit=100, remaining=3, reset=5"}, {}),
        (200, {"ratelimit": '"default";r=0;t=5'}, {"": 5}),
        (200, {"ratelimit": '"burst";r=3;t=1, "daily";r=0;t=50'}, {"": 50}),
        (200, {"ratelimit": "nonsense"}, {}),
    ],
)
def test_what_the_headers_ask(status: int, headers: dict[str, str], asked: dict[str, float]) -> None:
    assert pauses(Reply(status, httpx.Headers(headers), b""), "quote") == asked


def test_without_its_date_an_instant_is_read_by_our_clock() -> None:
    headers = httpx.Headers({"x-ratelimit-remaining": "0", "x-ratelimit-reset": str(int(time.time()) + 100)})
    assert 90 < pauses(Reply(200, headers, b""), "quote")[""] <= 100


# ── the gate ──────────────────────────────────────────────────────────────────────────────────────────────


class VirtualTime(asyncio.SelectorEventLoop):
    """A loop in which waiting takes no time, and the clock knows how long it was."""

    def __init__(self) -> None:
        super().__init__()
        self._ahead = 0.0
        self._look = self._selector.select  # type: ignore[attr-defined]
        self._selector.select = self._skip  # type: ignore[attr-defined]

    def _skip(self, timeout: float | None) -> Any:
        if timeout is None:
            return self._look(None)
        self._ahead += max(timeout, 0)
        return self._look(0)

    def time(self) -> float:
        return super().time() + self._ahead


def lived(story: Coroutine[Any, Any, None]) -> None:
    with asyncio.Runner(loop_factory=VirtualTime) as runner:
        runner.run(story)


@asynccontextmanager
async def lasting(seconds: float) -> AsyncIterator[None]:
    """That what happens inside takes so long, a second more or less."""
    loop = asyncio.get_running_loop()
    began = loop.time()
    yield
    assert abs(loop.time() - began - seconds) < 1


async def enter(gate: Gate, operation: str = "book", patience: float = 60) -> None:
    async with gate.turn(operation, patience):
        pass


def test_everybody_waits_until_the_carrier_lets_us_in() -> None:
    async def story() -> None:
        gate = Gate(5, 50)
        gate.hold(30)
        async with lasting(30):
            await asyncio.gather(*(enter(gate, operation) for operation in ("quote", "book", "track") * 3))
        async with lasting(0):
            await enter(gate)

    lived(story())


def test_who_would_wait_too_long_is_refused_at_once() -> None:
    async def story() -> None:
        gate = Gate(5, 50)
        gate.hold(30)
        async with lasting(0):
            with pytest.raises(errors.CarrierThrottled) as raised:
                await enter(gate, patience=29)
        assert raised.value.data["sent"] is False
        assert raised.value.data["reason"] == "throttled"
        assert 29 < raised.value.data["retry_after"] <= 30

    lived(story())


def test_a_limit_on_one_operation_lets_the_others_in() -> None:
    async def story() -> None:
        gate = Gate(1, 50)
        gate.hold(30, "quote")
        waiting = asyncio.create_task(enter(gate, "quote"))
        async with lasting(0):
            await enter(gate, "book")
        async with lasting(30):
            await waiting

    lived(story())


def test_what_is_said_while_we_wait_counts_and_the_longer_word_stands() -> None:
    async def story() -> None:
        gate = Gate(5, 50)
        gate.hold(10)
        patient, impatient = (asyncio.create_task(enter(gate, patience=p)) for p in (60, 20))
        await asyncio.sleep(5)
        gate.hold(30)
        gate.hold(1)
        async with lasting(5):
            with pytest.raises(errors.CarrierThrottled):
                await impatient
        async with lasting(25):
            await patient

    lived(story())


def test_who_waits_for_a_place_hears_it_too() -> None:
    async def story() -> None:
        gate = Gate(1, 50)
        async with gate.turn("book", 60):
            waiting = asyncio.create_task(enter(gate))
            await asyncio.sleep(1)
            gate.hold(40)
        async with lasting(40):
            await waiting

    lived(story())


# ── on the wire ───────────────────────────────────────────────────────────────────────────────────────────

PRICE = json.dumps({"deliveryPrice": {"price": {"value": 10, "currency": "BRL"}}}).encode()
TOKEN = json.dumps({"access_token": "t", "token_type": "bearer"}).encode()


@pytest.fixture
def saying(serve: Any) -> Callable[..., Coroutine[Any, Any, tuple[str, list[str]]]]:
    """A carrier that answers every call alike, and the paths it was asked for."""

    async def start(status: int, *headers: str) -> tuple[str, list[str]]:
        asked: list[str] = []

        async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode()
                length = next((line for line in head.lower().split("\r\n") if line.startswith("content-length:")), ":0")
                await reader.readexactly(int(length.split(":")[1]))
                path = head.split(" ")[1]
                token = path == "/oauth/token"
                asked.extend([] if token else [path])
                body, more = (TOKEN, ()) if token else (PRICE, headers)
                lines = [f"HTTP/1.1 {200 if token else status} x", f"Content-Length: {len(body)}", *more, "", ""]
                writer.write("\r\n".join(lines).encode() + body)
                await writer.drain()

        return await serve(handle), asked

    return start


async def test_after_a_429_the_account_is_left_alone(
    saying: Any, make: Make, request_: QuoteRequest, order: BookingOrder
) -> None:
    url, asked = await saying(429, "Retry-After: 100")
    adapter = make(url)
    for call in (lambda: adapter.quote(request_), lambda: adapter.book(order), lambda: adapter.quote(request_)):
        with pytest.raises(errors.CarrierThrottled) as raised:
            await call()
        assert raised.value.data["sent"] is False
        assert 90 < raised.value.data["retry_after"] <= 100
    assert len(asked) == 1


async def test_when_nothing_remains_we_wait_without_being_told_off(
    saying: Any, make: Make, request_: QuoteRequest
) -> None:
    url, asked = await saying(200, "X-RateLimit-Remaining: 0", "X-RateLimit-Reset: 100")
    adapter = make(url)
    assert await adapter.quote(request_)
    with pytest.raises(errors.CarrierThrottled):
        await adapter.quote(request_)
    assert len(asked) == 1


async def test_a_quote_does_not_wait_as_long_as_a_booking(saying: Any, make: Make, request_: QuoteRequest) -> None:
    url, asked = await saying(200, "RateLimit-Remaining: 0", "RateLimit-Reset: 5")
    adapter = make(url, deadline_s=10)
    assert await adapter.quote(request_)
    with pytest.raises(errors.CarrierThrottled):  # a booking's ten seconds would have been enough
        await adapter.quote(request_)
    assert len(asked) == 1


async def test_being_throttled_is_nobodys_fault(saying: Any, make: Make, request_: QuoteRequest) -> None:
    url, _ = await saying(429, "Retry-After: 100")
    adapter = make(url, breaker_failures=2)
    for _ in range(5):
        with pytest.raises(errors.CarrierThrottled):  # and never circuit_open
            await adapter.quote(request_)


async def test_an_account_left_alone_declines_at_once(
    saying: Any, account_: Callable[..., CarrierAccount], request_: QuoteRequest
) -> None:
    url, asked = await saying(500)
    account = account_(url, breaker_failures=2)
    book = CarrierBook(InMemoryAccountStore(account))
    activities, minute = QuoteActivities(book), timedelta(minutes=1)
    ask = AskCarrier(account=account.ref, request=request_, deadline=minute, offer_ttl=minute)
    for _ in range(2):
        with pytest.raises(errors.CarrierUnavailable, match="500"):
            await activities.ask_carrier(ask)
    [declined] = (await activities.ask_carrier(ask)).declined
    await book.close()
    assert (declined.reason, len(asked)) == ("circuit_open", 2)
