"""What was asked once is remembered, and asked once however many want to know."""

import asyncio
import hashlib
import json
import ssl
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import timedelta
from functools import partial
from typing import Any, TypeVar

from cashews import Cache
from pydantic import BaseModel, ValidationError

from domain import errors
from domain.places import Address, PartialAddress, Point
from places.cep import ViaCep
from places.nominatim import Nominatim, question
from wire import client

_FOUND_FOR = timedelta(days=30)
_NOT_FOUND_FOR = timedelta(hours=1)
_NOT_FOUND = "-"
_CEPS_A_SECOND = 10.0

M = TypeVar("M", bound=BaseModel)


class Atlas:
    """The ports `Geocoder` and `PostalCodes` over a cache; without a URL there is nobody to ask.

    Whoever asks waits at most `deadline_s`, the cache included; who left somebody waiting so long, or answered with
    nonsense, is left alone for `cool_down_s`.
    """

    def __init__(
        self,
        cache: Cache,
        *,
        geocoder_url: str | None = None,
        cep_url: str | None = None,
        deadline_s: float = 1.5,
        geocoder_rate: float = 1.0,
        cool_down_s: float = 15.0,
        agent: str = "entrega",
        trust: ssl.SSLContext | None = None,
    ) -> None:
        self._cache, self._deadline_s, self._http = cache, deadline_s, client(trust)
        self._asking: dict[str, asyncio.Task[Any]] = {}
        alike: dict[str, Any] = {"deadline_s": deadline_s, "cool_down_s": cool_down_s, "agent": agent}
        self._geocoder = Nominatim(self._http, geocoder_url, rate=geocoder_rate, **alike) if geocoder_url else None
        self._postal_codes = ViaCep(self._http, cep_url, rate=_CEPS_A_SECOND, **alike) if cep_url else None

    async def locate(self, address: Address) -> Point | None:
        """The address's point, if anybody knows it in time; never raises."""
        geocoder = self._geocoder
        if geocoder is None:
            return None
        key = _key("point", geocoder.url, question(address))
        try:
            return await self._remembered(key, Point, lambda: geocoder.locate(address))
        except errors.Unavailable:
            return None

    async def look_up(self, country: str, postal_code: str) -> PartialAddress | None:
        """What lies behind a postal code; None for no such code. Raises Unavailable."""
        source = self._postal_codes
        if source is None:
            raise errors.Unavailable("no look-up of postal codes is configured here", reason="not_configured")
        key = _key("postal_code", source.url, [country, postal_code])
        return await self._remembered(key, PartialAddress, lambda: source.look_up(country, postal_code))

    async def close(self) -> None:
        """Lets go of every question and connection."""
        tasks = list(self._asking.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._http.aclose()

    async def _remembered(self, key: str, model: type[M], ask: Callable[[], Awaitable[M | None]]) -> M | None:
        # A task of its own: whoever stops waiting takes from the others neither the answer nor, when there is none,
        # the breaker's lesson.
        task = self._asking.get(key)
        if task is None:
            task = self._asking[key] = asyncio.create_task(self._found(key, model, ask))
            task.add_done_callback(partial(self._done, key))
        try:
            async with asyncio.timeout(self._deadline_s):
                return await asyncio.shield(task)
        except TimeoutError as error:
            raise errors.Unavailable("no answer in time", reason="timeout") from error

    async def _found(self, key: str, model: type[M], ask: Callable[[], Awaitable[M | None]]) -> M | None:
        async with asyncio.timeout(2 * self._deadline_s):  # a cache may hang, too
            known = await self._cache.get(key)
            if known == _NOT_FOUND:
                return None
            with suppress(ValidationError):  # what another version of ours wrote is asked anew
                if known is not None:
                    return model.model_validate_json(known)
            found = await ask()
            value, kept = (_NOT_FOUND, _NOT_FOUND_FOR) if found is None else (found.model_dump_json(), _FOUND_FOR)
            await self._cache.set(key, value, expire=kept)
            return found

    def _done(self, key: str, task: asyncio.Task[Any]) -> None:
        del self._asking[key]
        if not task.cancelled():
            task.exception()  # it may be that nobody waits for it any more


def _key(kind: str, url: str, asked: object) -> str:
    """Whom and what was asked, as a digest: a cache's keys are seen by many, and streets are somebody's."""
    text = json.dumps([url, asked], sort_keys=True, ensure_ascii=False).casefold()
    return f"places:{kind}:{hashlib.sha256(text.encode()).hexdigest()}"
