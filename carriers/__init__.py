"""Carriers: one file each, found by being there, and the book of accounts through which they are reached."""

import asyncio
import importlib
import pkgutil
import time
from collections.abc import Mapping, Sequence
from functools import cache
from types import MappingProxyType
from typing import Any, cast

from carriers._base import CarrierAdapter, client
from domain import errors
from domain.ports import AccountStore, Carrier, CarrierProfile, ExchangeLog
from domain.quotes import AccountRef, CarrierAccount

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


class CarrierBook:
    """`domain.ports.Carriers` over a store of accounts; what is said to carriers is noted in `log`, if there is one.

    Reads the store at most every five seconds and keeps what it read while the store is down. An account's
    adapter lives until its settings or credentials change, and its breaker, limits and token with it.
    """

    def __init__(self, store: AccountStore, *, log: ExchangeLog | None = None) -> None:
        self._store = store
        self._log = log
        self._http = client()
        self._accounts: dict[AccountRef, CarrierAccount] | None = None
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
        accounts = await self._read(_FRESH_S)
        if ref not in accounts:
            accounts = await self._read(_MISSED_S)  # perhaps it was added a moment ago
        if ref not in accounts:
            raise errors.NotFound("no such carrier account")
        return accounts[ref]

    async def enabled(self) -> Sequence[CarrierAccount]:
        """Every account that is asked for offers: switched on, and complete."""
        accounts = await self._read(_FRESH_S)
        return [account for account in accounts.values() if account.enabled and not self.problems(account)]

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

    async def _read(self, max_age_s: float) -> Mapping[AccountRef, CarrierAccount]:
        async with self._reading:
            if self._accounts is not None and time.monotonic() - self._read_at < max_age_s:
                return self._accounts
            try:
                async with asyncio.timeout(_PATIENCE_S if self._accounts is not None else None):
                    self._accounts = {account.ref: account for account in await self._store.all()}
            except (errors.Unavailable, TimeoutError):
                if self._accounts is None:
                    raise
            self._read_at = time.monotonic()
            return self._accounts


def _same_wire(one: CarrierAccount, other: CarrierAccount) -> bool:
    return (one.settings, one.credentials) == (other.settings, other.credentials)
