"""The cache that the settings name: this process's memory, or one that several share by Redis's protocol, as Valkey's.

It holds nothing that is missed: while it is away carriers and maps are asked more often. So nobody waits for it long,
and nothing it says is more than text: whoever can write to it must not make us run what they wrote.
"""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from functools import partial
from typing import TYPE_CHECKING, Any, cast

import structlog
from cashews import Cache
from cashews.commands import Command
from cashews.exceptions import CacheBackendInteractionError
from cashews.picklers import Pickler
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

if TYPE_CHECKING:
    from cashews._typing import Middleware

_LEFT_ALONE_S = 5.0
_LOOK_S = 0.02  # those who wait for another process's answer look so often; by default they would spin
_SHARED: dict[str, Any] = {
    "suppress": False,  # what goes wrong is for `_Sparing` to know
    "socket_connect_timeout": 3.0,
    "socket_timeout": 1.0,
    "wait_for_connection_timeout": 3.0,
    "max_connections": 4,  # each is a handshake, and a burst of those would look like an outage
    "retry": Retry(NoBackoff(), 0),
}
_log = structlog.get_logger(__name__)


class _Sparing:
    """Around every command: a server that failed is as an empty one, and is not asked for a while, so that of all who
    ask meanwhile only the first waits."""

    def __init__(self) -> None:
        self._until = 0.0

    async def __call__(
        self, call: Callable[..., Awaitable[Any]], command: Command, _backend: object, *args: Any, **kwargs: Any
    ) -> Any:
        if time.monotonic() >= self._until:
            try:
                return await call(*args, **kwargs)
            except (CacheBackendInteractionError, RedisError, OSError) as error:
                if time.monotonic() >= self._until:  # of all that were under way, one says so
                    _log.warning("cache away", error=type(error.__cause__ or error).__name__)
                self._until = time.monotonic() + _LEFT_ALONE_S
        if command is Command.PING:  # how a lock learns that nobody can hold it
            raise CacheBackendInteractionError
        return kwargs.get("default")


class _Text(Pickler):
    """What is kept there and read back; by default it would be unpickled."""

    @staticmethod
    def dumps(value: Any) -> bytes:
        """As JSON."""
        return json.dumps(value).encode()

    @staticmethod
    def loads(value: bytes) -> Any:
        """Raises AttributeError, by which nonsense is as nothing."""
        try:
            return json.loads(value)
        except ValueError as error:
            raise AttributeError from error


class Once:
    """Has a question answered once for all who ask it at the same time, and for a while after: in this process by one
    task, among processes by a lock in the cache."""

    def __init__(self, cache: Cache) -> None:
        self._cache = cache
        self._asking: dict[str, asyncio.Task[str]] = {}

    async def __call__(
        self, question: str, ask: Callable[[], Awaitable[str]], keep_s: float, worth: Callable[[str], bool]
    ) -> str:
        """What is remembered, or what `ask` answers, kept if it is worth that. Raises what `ask` raises."""
        task = self._asking.get(question)
        if task is None:
            task = self._asking[question] = asyncio.create_task(self._answer(question, ask, keep_s, worth))
            task.add_done_callback(partial(self._done, question))
        return await asyncio.shield(task)  # who goes away takes nothing from the others

    async def _answer(
        self, question: str, ask: Callable[[], Awaitable[str]], keep_s: float, worth: Callable[[str], bool]
    ) -> str:
        async with self._cache.lock(f"asking:{question}", keep_s, check_interval=_LOOK_S):
            known = await self._cache.get(question)
            if isinstance(known, str):
                return known
            answer = await ask()
            if worth(answer):
                await self._cache.set(question, answer, expire=keep_s)
            return answer

    def _done(self, question: str, task: asyncio.Task[str]) -> None:
        del self._asking[question]
        if not task.cancelled():
            task.exception()  # it may be that nobody waits for it any more


def open_cache(url: str) -> Cache:
    """A cache to be closed, connected when it is first asked; `rediss://…?ssl_ca_certs=…` names an authority."""
    cache = Cache()
    if url.startswith("mem:"):
        cache.setup(url)
    else:
        backend: Any = cache.setup(url, middlewares=(cast("Middleware", _Sparing()),), **_SHARED)
        backend._serializer.set_pickler(_Text())
    return cache
