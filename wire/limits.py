"""How hard somebody may be called, and when to leave it alone: a token bucket and a circuit breaker."""

import asyncio
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import IntEnum
from typing import ClassVar

from wire.errors import BadAnswer, HeldBack, NoAnswer

Errors = tuple[type[Exception], ...]


class Bucket:
    """At most `rate` calls a second in the long run, and as many at once as a second holds."""

    def __init__(self, rate: float) -> None:
        self._each = 1 / rate
        self._burst = max(1.0, rate) * self._each
        self._full_at = 0.0

    async def take(self, until: float) -> None:
        """Waits for a turn, first come first served; raises HeldBack at once when it would come after
        `until` (the loop's clock)."""
        loop = asyncio.get_running_loop()
        now = loop.time()
        # The generic cell rate algorithm: one number says when the bucket will be full again.
        wait = max(self._full_at - now, 0.0) + self._each - self._burst
        if wait > 0 and now + wait > until:
            raise HeldBack("our own limit on calls", "rate_limited", sent=False, wait=wait)
        self._full_at = max(self._full_at, now) + self._each
        if wait > 0:
            await asyncio.sleep(wait)


class BreakerState(IntEnum):
    """As the metric shows it."""

    CLOSED = 0
    HALF_OPEN = 1
    OPEN = 2


class Breaker:
    """Opens after `threshold` failures in a row; after `cool_down_s` lets a single call try.

    `answers` are errors that are answers, hence success; `failures` count unless they are `silent`; whatever else
    ends a call, its being cancelled say, tells nothing of the other side.
    """

    failures: ClassVar[Errors] = (NoAnswer, BadAnswer)
    silent: ClassVar[Errors] = (HeldBack,)
    answers: ClassVar[Errors] = ()

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
        """Around one call, which when it tells nothing gives the trial's place back. Raises HeldBack while open."""
        trial = self._enter()
        try:
            yield
        except self.silent:
            raise
        except self.failures:
            self._failed(trial)
            raise
        except self.answers:
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
            raise HeldBack("left alone after failing repeatedly", "circuit_open", sent=False, wait=max(left, 0.5))
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
