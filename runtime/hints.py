"""One listener per process, its hints fanned out to every live stream."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from domain.ports import Hints


class Bell:
    """Rings for everybody who waits whenever the journal may have grown; a hint, never the source of truth."""

    def __init__(self, hints: Hints) -> None:
        self._hints = hints
        self._rung = asyncio.Event()

    @asynccontextmanager
    async def ringing(self) -> AsyncIterator["Bell"]:
        """Listens while the block runs."""
        task = asyncio.create_task(self._listen())
        try:
            yield self
        finally:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task

    async def _listen(self) -> None:
        async for _ in self._hints.hints():
            self._rung.set()
            self._rung = asyncio.Event()

    async def wait(self, seconds: float) -> None:
        """Until the bell rings, or so many seconds have passed: readers also look by themselves."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._rung.wait(), seconds)
