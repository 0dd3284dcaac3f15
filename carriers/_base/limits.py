"""How hard an account may be called, and when to leave it alone: a token bucket and a circuit breaker."""

import asyncio
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import IntEnum

from domain.errors import CarrierRejected, CarrierThrottled, CarrierUnavailable


class Bucket:
    """At most `rate` calls a second in the long run, and as many at once as a second holds."""

    def __init__(self, rate: float) -> None:
        self._each = 1 / rate
        self._burst = max(1.0, rate) * self._each
        self._full_at = 0.0

    async def take(self, until: float) -> None:
        """Waits for a turn, first come first served; raises CarrierThrottled at once when it would come after
        `until` (the loop's clock)."""
        loop = asyncio.get_running_loop()
        now = loop.time()
        # The generic cell rate algorithm: one number says when the bucket will be full again.
        wait = max(self._full_at - now, 0.0) + self._each - self._burst
        if wait > 0 and now + wait > until:
            raise CarrierThrottled("our own limit on calls", reason="rate_limited", sent=False, retry_after=wait)
        self._full_at = max(self._full_at, now) + self._each
        if wait > 0:
            await asyncio.sleep(wait)


class BreakerState(IntEnum):
    """As the metric shows it."""

    CLOSED = 0
    HALF_OPEN = 1
    OPEN = 2


class Breaker:
    """Opens after `threshold` unavailable answers in a row; after `cool_down_s` lets a single call try."""

    def __init__(
        self,
        threshold: int = 8,
        cool_down_s: float = 10.0,
        changed: Callable[[BreakerState], None] = lambda _state: None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.state = BreakerState.CLOSED
        self._threshold, self._cool_down_s = threshold, cool_down_s
        self._changed, self._clock = changed, clock
        self._failures = 0
        self._opened_at = 0.0
        self._trying = False

    @contextmanager
    def guard(self) -> Iterator[None]:
        """Around one call. A refusal is an answer, hence success; a call that was cancelled or throttled says
        nothing, and gives the trial's place back. Raises CarrierUnavailable while open."""
        trial = self._enter()
        try:
            yield
        except CarrierThrottled:
            raise
        except CarrierUnavailable:
            self._failed(trial)
            raise
        except CarrierRejected:
            self._answered(trial)
            raise
        else:
            self._answered(trial)
        finally:
            if trial:
                self._trying = False

    def _enter(self) -> bool:
        """Whether this call is the trial of a half-open breaker."""
        if self.state is BreakerState.CLOSED:
            return False
        left = self._opened_at + self._cool_down_s - self._clock()
        if left > 0 or self._trying:
            raise CarrierUnavailable(
                "left alone after failing repeatedly", reason="circuit_open", sent=False, retry_after=max(left, 0.5)
            )
        self._trying = True
        self._turn(BreakerState.HALF_OPEN)
        return True

    def _answered(self, trial: bool) -> None:
        if trial or self.state is BreakerState.CLOSED:
            self._failures = 0
            self._turn(BreakerState.CLOSED)

    def _failed(self, trial: bool) -> None:
        self._failures += 1
        # Calls from before it opened say nothing about now: only the trial keeps an open breaker open.
        if trial or (self.state is BreakerState.CLOSED and self._failures >= self._threshold):
            self._opened_at = self._clock()
            self._turn(BreakerState.OPEN)

    def _turn(self, state: BreakerState) -> None:
        if state is not self.state:
            self.state = state
            self._changed(state)
