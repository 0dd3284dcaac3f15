"""Whether a process that serves no API lives and works: `/healthz/live` and `/healthz/ready` beside its metrics."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from typing import Any

_BEAT_S = 1.0
_DEAD_AFTER_S = 30.0
_PLAIN = [("Content-Type", "text/plain; charset=utf-8")]
Page = Callable[[dict[str, Any], Any], Iterable[bytes]]


class Pulse:
    """The loop beats; a thread of the metrics looks when it last did, so a loop that stands still is found dead."""

    def __init__(self) -> None:
        self._beat_at = time.monotonic()
        self._serving = False

    @contextlib.asynccontextmanager
    async def beating(self, *, serving: bool = False) -> AsyncIterator[None]:
        """While inside; it may take work from the beginning."""
        beats = asyncio.create_task(self._beats())
        try:
            with self.serving() if serving else contextlib.nullcontext():
                yield
        finally:
            beats.cancel()

    @contextlib.contextmanager
    def serving(self) -> Iterator[None]:
        """While inside it takes work; whoever leaves still lives, to end what is under way."""
        self._serving = True
        try:
            yield
        finally:
            self._serving = False

    async def _beats(self) -> None:
        while True:
            self._beat_at = time.monotonic()
            await asyncio.sleep(_BEAT_S)

    def live(self, now: float | None = None) -> bool:
        """It has beaten within half a minute."""
        return (now or time.monotonic()) - self._beat_at < _DEAD_AFTER_S

    def ready(self) -> bool:
        """It lives and works."""
        return self._serving and self.live()

    def beside(self, page: Page) -> Page:
        """The same page, and what probes ask."""
        asked = {"/healthz/live": self.live, "/healthz/ready": self.ready}

        def answer(environ: dict[str, Any], start: Any) -> Iterable[bytes]:
            look = asked.get(environ.get("PATH_INFO", ""))
            if look is None:
                return page(environ, start)
            well = look()
            start("200 OK" if well else "503 Service Unavailable", _PLAIN)
            return [b"ok\n" if well else b"no\n"]

        return answer


pulse = Pulse()
"""This process's, as its metrics are one registry."""
