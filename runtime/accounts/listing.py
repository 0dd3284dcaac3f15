"""Every carrier there is an adapter for, its accounts, and how each fares."""

import asyncio
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import httpx
from prometheus_client.parser import text_string_to_metric_families

from carriers import CarrierBook
from domain import errors
from domain.exchanges import Exchange
from domain.ports import CarrierProfile, ExchangeLog
from domain.quotes import AccountRef, CarrierAccount
from runtime.accounts.finding import Found, answering
from runtime.wiring import Wiring

_METRICS_WITHIN_S = 2.0
_BREAKERS = {0: "closed", 1: "half-open", 2: "open"}
_REQUIRED = re.compile(r"([\w.]+): Field required")


@dataclass(frozen=True)
class Standing:
    """An account, or (without one) a carrier that nobody has an account at."""

    carrier: str
    carrier_name: str
    account: CarrierAccount | None = None
    problems: tuple[str, ...] = ()
    """What keeps it from being used; without an account, what one would need."""
    breaker: str | None = None
    """The worst of any process that has called it; None where nobody knows."""
    last: Exchange | None = None


@dataclass(frozen=True)
class Overview:
    """All of them, and what could not be learned."""

    standings: Sequence[Standing]
    unknown: Sequence[str] = field(default=())


async def overview(found: Found) -> Overview:
    """Raises DatabaseUnusable; whatever else does not answer is said to be unknown."""
    async with Wiring(found.settings) as wiring:
        with answering():
            accounts = await wiring.accounts("quotes").all()
        log = wiring.exchanges() if found.settings.mongo_url else None
        lasts, breakers = await asyncio.gather(_lasts(log, accounts), _breakers(found.metrics))
        unknown = [] if lasts is not None else ["what was last answered (MongoDB does not answer)"]
        unknown += [] if log is not None else ["what was last answered (ENTREGA_MONGO_URL is not set)"]
        return Overview(_standings(wiring.carriers("quotes"), accounts, breakers, lasts or {}), unknown)


def _standings(
    book: CarrierBook,
    accounts: Sequence[CarrierAccount],
    breakers: dict[AccountRef, int],
    lasts: dict[AccountRef, Exchange],
) -> list[Standing]:
    profiles = {profile.code: profile for profile in book.profiles()}
    standings = [
        Standing(code, profile.name, problems=_needs(profile))
        for code, profile in profiles.items()
        if not any(account.carrier == code for account in accounts)
    ]
    for account in accounts:
        profile = profiles.get(account.carrier)
        state = breakers.get(account.ref)
        standings.append(
            Standing(
                account.carrier,
                profile.name if profile else account.carrier,
                account,
                tuple(plainly(problem) for problem in book.problems(account)),
                None if state is None else _BREAKERS.get(state),
                lasts.get(account.ref),
            )
        )
    return sorted(standings, key=lambda standing: standing.carrier)  # accounts come in order


def plainly(problem: str) -> str:
    """A problem of an account, without a validator's words where there are plainer ones."""
    required = _REQUIRED.fullmatch(problem)
    return f"{required[1]} is missing" if required else problem


def _needs(profile: CarrierProfile) -> tuple[str, ...]:
    parts: dict[str, dict[str, Any]] = {
        "settings": profile.settings_schema,
        "credentials": profile.credentials_schema,
    }
    return tuple(f"{part}.{name}" for part, schema in parts.items() for name in schema.get("required", ()))


async def _lasts(log: ExchangeLog | None, accounts: Sequence[CarrierAccount]) -> dict[AccountRef, Exchange] | None:
    """The newest exchange of each account; None where the log does not answer."""
    if log is None:
        return {}
    asked = (log.search(carrier=account.carrier, account=account.account, limit=1) for account in accounts)
    try:
        answers = await asyncio.gather(*asked)
    except errors.Unavailable:
        return None
    return {page[0].ref: page[0] for page, _ in answers if page}


async def _breakers(urls: Sequence[str]) -> dict[AccountRef, int]:
    """The worst state of each account's breaker in any process that tells its metrics."""
    worst: dict[AccountRef, int] = {}
    async with httpx.AsyncClient(trust_env=False) as http:
        for text in await asyncio.gather(*(_told(http, url) for url in urls)):
            for family in text_string_to_metric_families(text):
                for sample in family.samples:
                    if sample.name == "entrega_carrier_breaker_state":
                        ref = AccountRef(carrier=sample.labels["carrier"], account=sample.labels["account"])
                        worst[ref] = max(worst.get(ref, 0), int(sample.value))
    return worst


async def _told(http: httpx.AsyncClient, url: str) -> str:
    """A process's metrics; nothing from one that is not there."""
    try:
        async with asyncio.timeout(_METRICS_WITHIN_S):
            answer = await http.get(url)
    except (httpx.HTTPError, TimeoutError):
        return ""
    return answer.text if answer.is_success else ""
