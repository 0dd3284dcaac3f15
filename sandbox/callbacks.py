"""Webhooks on their way: each is sent until its receiver says 2xx, and none waits for another delivery's."""

import asyncio
import time
from collections.abc import Callable
from functools import partial

import httpx

from sandbox.bookings import Booking
from sandbox.clock import CityClock
from sandbox.faults import Fault, Faults
from sandbox.providers import Callback, Provider
from sandbox.store import PendingCallback, Store

_AT_ONCE = 200
_ANSWER_WITHIN_S = 10.0
_GIVE_UP_AFTER_S = 900.0
_FIRST_RETRY_S = 15.0  # city seconds, then doubled
_LONGEST_RETRY_S = 300.0  # city seconds
_SHORTEST_RETRY_S = 0.1
_SECOND_COPY_AFTER_S = 45.0  # city seconds


class Callbacks:
    """Writes webhooks down, and sends them: one at a time per delivery, so a calm carrier's come in order."""

    def __init__(self, store: Store, clock: CityClock, faults: Faults, wake: Callable[[], None]) -> None:
        self._store, self._clock, self._faults, self._wake = store, clock, faults, wake
        self._in_flight: dict[str, asyncio.Task[None]] = {}
        self._places = asyncio.Semaphore(_AT_ONCE)

    def enqueue(self, provider: Provider, booking: Booking, callback: Callback) -> None:
        """Write down the webhook of a booking's latest happening, with copies and delays as is the carrier's temper."""
        faults = self._faults.take_for_webhook(provider)
        if Fault.DROP_WEBHOOKS in faults:
            return
        shuffled = "duplicated" in booking.scenarios
        now, due_at = time.time(), booking.history[-1].at + callback.after / self._clock.speed
        if (
            (shuffled and len(booking.history) % 2 == 0) or Fault.REORDER_WEBHOOKS in faults
        ) and booking.next_due is not None:
            # Held back until just after the next happening's own webhook.
            due_at = self._clock.wall(booking.next_due + 1)
        self._store.add_callback(booking, callback.body, callback.headers, now, due_at)
        if shuffled or Fault.DUPLICATE_WEBHOOKS in faults:
            again = due_at + _SECOND_COPY_AFTER_S / self._clock.speed
            self._store.add_callback(booking, callback.body, callback.headers, now, again)

    def dispatch(self, client: httpx.AsyncClient) -> None:
        """Start sending what is due."""
        for callback_id, delivery_id in self._store.due_callbacks(time.time()):
            if delivery_id not in self._in_flight:
                task = asyncio.create_task(self._send(client, self._store.callback(callback_id)))
                self._in_flight[delivery_id] = task
                task.add_done_callback(partial(self._sent, delivery_id))

    async def stop(self) -> None:
        """Let go of what is in flight; unacknowledged, it is sent again after the next start."""
        for task in self._in_flight.values():
            task.cancel()
        await asyncio.gather(*self._in_flight.values(), return_exceptions=True)

    def _sent(self, delivery_id: str, task: asyncio.Task[None]) -> None:
        del self._in_flight[delivery_id]
        if not task.cancelled():
            task.result()
        self._wake()

    async def _send(self, client: httpx.AsyncClient, callback: PendingCallback) -> None:
        async with self._places:
            acknowledged = await self._acknowledged(client, callback)
        now = time.time()
        if acknowledged:
            self._store.end_callback(callback.id, "acknowledged")
        elif now - callback.created_at > _GIVE_UP_AFTER_S:
            self._store.end_callback(callback.id, "given_up")
        else:
            wait = min(_FIRST_RETRY_S * 2**callback.attempts, _LONGEST_RETRY_S) / self._clock.speed
            self._store.retry_callback(callback.id, now + max(wait, _SHORTEST_RETRY_S))

    async def _acknowledged(self, client: httpx.AsyncClient, callback: PendingCallback) -> bool:
        url = self._store.endpoints().get(callback.provider)
        if url is None:
            return False
        headers = {"Content-Type": "application/json", **callback.headers}
        try:
            # The answer's body is never read: it could be endless.
            async with (
                asyncio.timeout(_ANSWER_WITHIN_S),
                client.stream("POST", url, content=callback.body, headers=headers) as response,
            ):
                return response.is_success
        except (httpx.HTTPError, httpx.InvalidURL, TimeoutError):
            return False
