"""What our quoting costs beside bare HTTP requests to the same carriers, with the very same bytes."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from typing import Any

import httpx

from activities.quotes import AskCarrier, QuoteActivities
from api.deliveries.schemas import DeliveryCreate
from benchmarks.shop import REQUEST
from carriers import CarrierBook
from domain.quotes import AccountRef, CarrierAccount, Quote
from runtime.settings import Settings
from runtime.wiring import Wiring

_DEADLINE, _TTL = timedelta(seconds=10), timedelta(minutes=15)
_UNBOUND = {"rate_per_s": 1000, "concurrency": 500}
"""So that what is measured is our work and not our limits."""

Progress = Callable[[int], None]


class _Accounts:
    """The accounts as they are, without their limits."""

    def __init__(self, accounts: Sequence[CarrierAccount]) -> None:
        self._accounts = accounts

    async def get(self, ref: AccountRef) -> CarrierAccount | None:
        return next((account for account in self._accounts if account.ref == ref), None)

    async def all(self) -> Sequence[CarrierAccount]:
        return self._accounts

    async def put(self, account: CarrierAccount, actor: str) -> None:
        raise NotImplementedError


class Quoting:
    """Four carriers asked by our activity, and by bare requests recorded from it."""

    def __init__(self, book: CarrierBook, accounts: Sequence[CarrierAccount], bare: httpx.AsyncClient) -> None:
        self._activities, self._accounts, self._bare = QuoteActivities(book), accounts, bare
        self._recorded: list[httpx.Request] = []
        self._request = DeliveryCreate.model_validate(REQUEST).for_carriers()

    async def warm(self, http: httpx.AsyncClient) -> None:
        """Connections and tokens are there, and what was asked is known."""
        await self.ours()

        async def note(request: httpx.Request) -> None:
            self._recorded.append(request)

        http.event_hooks["request"].append(note)
        await self.ours()
        http.event_hooks["request"].remove(note)
        if len(self._recorded) != len(self._accounts):
            raise RuntimeError(f"{len(self._recorded)} requests for {len(self._accounts)} carriers: no fair baseline")
        await self.theirs()

    async def ours(self) -> None:
        """Every carrier at once, as a delivery asks them."""
        quotes = await asyncio.gather(*(self._ask(account) for account in self._accounts))
        if not all(quote.offers for quote in quotes):
            raise RuntimeError("a carrier made no offer")

    async def _ask(self, account: CarrierAccount) -> Quote:
        ask = AskCarrier(account=account.ref, request=self._request, deadline=_DEADLINE, offer_ttl=_TTL)
        return await self._activities.ask_carrier(ask)

    async def theirs(self) -> None:
        """The same bytes to the same carriers, and nothing made of the answers."""
        answers = await asyncio.gather(*(self._send(request) for request in self._recorded))
        for answer in answers:
            answer.raise_for_status()

    async def _send(self, request: httpx.Request) -> httpx.Response:
        return await self._bare.request(
            request.method, request.url, headers=dict(request.headers), content=request.content
        )


async def _rate(at_once: int, rounds: int, one: Callable[[], Awaitable[None]]) -> float:
    """Seconds a call, `at_once` of them at a time."""

    async def several() -> None:
        for _ in range(rounds):
            await one()

    began = time.perf_counter()
    await asyncio.gather(*(several() for _ in range(at_once)))
    return (time.perf_counter() - began) / (at_once * rounds)


async def measure(env: dict[str, str], names: Sequence[str], progress: Progress) -> dict[str, Any]:
    """Overhead at one and at 32 at a time, each the best of several turns with the baseline between."""
    fields = {name.removeprefix("ENTREGA_").lower(): value for name, value in env.items() if name != "ENTREGA_POLICY"}
    settings = Settings.model_validate(fields)
    async with Wiring(settings) as wiring:
        stored = await wiring.accounts("quotes").all()
    accounts = [
        account.model_copy(update={"settings": {**account.settings, **_UNBOUND}})
        for account in stored
        if account.account in names
    ]
    book = CarrierBook(_Accounts(accounts))
    async with httpx.AsyncClient(
        timeout=30, trust_env=False, limits=httpx.Limits(max_connections=500, keepalive_expiry=2)
    ) as bare:
        quoting = Quoting(book, accounts, bare)
        await quoting.warm(book._http)
        found: dict[str, Any] = {"carriers": len(accounts)}
        for at_once, rounds, turns in ((1, 20, 5), (32, 4, 5)):
            ours, theirs = [], []
            for _ in range(turns):
                theirs.append(await _rate(at_once, rounds, quoting.theirs))
                ours.append(await _rate(at_once, rounds, quoting.ours))
                progress(1)
            found[f"at_{at_once}"] = {"ours_ms": min(ours) * 1000, "bare_ms": min(theirs) * 1000}
        await book.close()
    return found
