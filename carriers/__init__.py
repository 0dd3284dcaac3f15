"""Carriers: one file each, found by being there, and the book of accounts through which they are reached."""

import asyncio
import importlib
import pkgutil
import ssl
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from types import MappingProxyType
from typing import Any, cast

from carriers._base import CarrierAdapter, client
from domain import errors
from domain.pauses import Pause, pause_of
from domain.ports import AccountStore, Carrier, CarrierProfile, ExchangeLog, RoutingStore
from domain.quotes import AccountRef, CarrierAccount, QuoteRequest
from domain.routing import AccountRule, Asking, asking

Adapter = type[CarrierAdapter[Any, Any]]

_FRESH_S = 5.0
_MISSED_S = 1.0
_PATIENCE_S = 2.0


@cache
def discover() -> Mapping[str, Adapter]:
    """Every adapter by its code: the `ADAPTER` of each module here whose name does not begin with `_`."""
    names = sorted(found.name for found in pkgutil.iter_modules(__path__) if not found.name.startswith("_"))
    adapters: list[Adapter] = [importlib.import_module(f"{__name__}.{name}").ADAPTER for name in names]
    return MappingProxyType({adapter.code: adapter for adapter in adapters})


@dataclass(frozen=True)
class _Pages:
    """What the book last read."""

    accounts: Mapping[AccountRef, CarrierAccount]
    rules: Sequence[AccountRule] = ()
    pauses: Sequence[Pause] = ()


class CarrierBook:
    """`domain.ports.Carriers` over a store of accounts, and one of rules and pauses; without that there are none.

    Reads the stores at most every five seconds and keeps what it read while they are down. An account's adapter
    lives until its settings or credentials change, and its breaker, limits and token with it. What is said to
    carriers is noted in `log`, if there is one; their certificates are believed by `trust`, else as usual.
    """

    def __init__(
        self,
        store: AccountStore,
        routing: RoutingStore | None = None,
        *,
        log: ExchangeLog | None = None,
        trust: ssl.SSLContext | None = None,
    ) -> None:
        self._store, self._routing, self._log = store, routing, log
        self._http = client(trust)
        self._pages: _Pages | None = None
        self._read_at = 0.0
        self._reading = asyncio.Lock()
        self._adapters: dict[AccountRef, tuple[CarrierAccount, Carrier]] = {}

    async def reach(self, ref: AccountRef) -> Carrier:
        """The adapter for an account, enabled or not: what is booked there must still be tracked and cancelled.
        Raises NotFound for an account that is not there or cannot be used as it is."""
        account = await self.account(ref)
        known = self._adapters.get(ref)
        if known is not None and _same_wire(known[0], account):
            return known[1]
        if found := self.problems(account):
            raise errors.NotFound("the account cannot be used as it is", problems=list(found))
        adapter = discover()[account.carrier](account, self._http)
        adapter.log = self._log
        carrier = cast(Carrier, adapter)
        self._adapters[ref] = (account, carrier)
        return carrier

    async def account(self, ref: AccountRef) -> CarrierAccount:
        """The account itself; raises NotFound, or Unavailable while the store has never answered."""
        accounts = (await self._read(_FRESH_S)).accounts
        if ref not in accounts:
            accounts = (await self._read(_MISSED_S)).accounts  # perhaps it was added a moment ago
        if ref not in accounts:
            raise errors.NotFound("no such carrier account")
        return accounts[ref]

    async def enabled(self) -> Sequence[CarrierAccount]:
        """Every account that may be asked for offers: switched on, and complete."""
        return self._enabled(await self._read(_FRESH_S))

    async def asked(self, request: QuoteRequest, organisation_id: str) -> Asking:
        """Which of them are asked for this request of this organisation, by countries, rules and pauses."""
        pages = await self._read(_FRESH_S)
        return asking(self._enabled(pages), pages.rules, pages.pauses, request, organisation_id, datetime.now(UTC))

    async def pause(self, ref: AccountRef) -> Pause | None:
        """What holds new bookings back from an account, if anything does."""
        return pause_of((await self._read(_FRESH_S)).pauses, ref, datetime.now(UTC))

    def profiles(self) -> Sequence[CarrierProfile]:
        """Every carrier there is an adapter for, by code."""
        return [
            CarrierProfile(
                code=code,
                name=adapter.name,
                safety=adapter.safety,
                settings_schema=adapter.settings_model.model_json_schema(),
                credentials_schema=adapter.credentials_model.model_json_schema(),
            )
            for code, adapter in discover().items()
        ]

    def problems(self, account: CarrierAccount) -> Sequence[str]:
        """Why an account cannot be used as it is; nothing secret."""
        adapter = discover().get(account.carrier)
        return adapter.problems(account) if adapter else ["carrier: there is no adapter for it"]

    async def close(self) -> None:
        """Lets go of every connection."""
        await self._http.aclose()

    def _enabled(self, pages: _Pages) -> list[CarrierAccount]:
        return [account for account in pages.accounts.values() if account.enabled and not self.problems(account)]

    async def _read(self, max_age_s: float) -> _Pages:
        async with self._reading:
            if self._pages is not None and time.monotonic() - self._read_at < max_age_s:
                return self._pages
            try:
                async with asyncio.timeout(_PATIENCE_S if self._pages is not None else None):
                    self._pages = await self._read_anew()
            except (errors.Unavailable, TimeoutError):
                if self._pages is None:
                    raise
            self._read_at = time.monotonic()
            return self._pages

    async def _read_anew(self) -> _Pages:
        accounts = {account.ref: account for account in await self._store.all()}
        if self._routing is None:
            return _Pages(accounts)
        return _Pages(accounts, await self._routing.rules(), await self._routing.pauses())


def _same_wire(one: CarrierAccount, other: CarrierAccount) -> bool:
    return (one.settings, one.credentials) == (other.settings, other.credentials)
