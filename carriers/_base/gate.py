"""Whose turn it is at an account: what the carrier asked us to wait, how many may be there at once, and how often."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from carriers._base.limits import Bucket
from domain.errors import CarrierThrottled


class Gate:
    """The way to the wire: first what the carrier asked us to wait, then a place among so many, then the bucket."""

    def __init__(self, places: int, rate: float) -> None:
        self._places = asyncio.Semaphore(places)
        self._bucket = Bucket(rate)
        self._held_until: dict[str, float] = {}

    def hold(self, seconds: float, operation: str = "") -> None:
        """Lets nobody in for so long, or nobody with this operation; a hold that lasts longer already stays."""
        until = asyncio.get_running_loop().time() + seconds
        self._held_until[operation] = max(until, self._held_until.get(operation, 0.0))

    @asynccontextmanager
    async def turn(self, operation: str, patience: float) -> AsyncIterator[None]:
        """Around one call; raises CarrierThrottled when its turn would come after `patience` seconds, at once where
        that is known. Whoever waits for the carrier's sake takes no place from operations that it lets in."""
        until = asyncio.get_running_loop().time() + patience
        await self._wait_out(operation, until)
        try:
            async with asyncio.timeout_at(until):
                await self._places.acquire()
        except TimeoutError as error:
            raise CarrierThrottled("too many calls at once", reason="busy", sent=False) from error
        try:
            await self._bucket.take(until)
            await self._wait_out(operation, until)  # it may have said so while we waited
            yield
        finally:
            self._places.release()

    async def _wait_out(self, operation: str, until: float) -> None:
        loop = asyncio.get_running_loop()
        while (free_at := max(self._held_until.get(name, 0.0) for name in ("", operation))) > (now := loop.time()):
            if free_at > until:
                wait = free_at - now
                raise CarrierThrottled("it asked us to wait", reason="throttled", sent=False, retry_after=wait)
            await asyncio.sleep(free_at - now)
