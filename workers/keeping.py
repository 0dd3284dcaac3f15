"""Doing something again and again beside everything else: whatever is down is asked again, and nothing ends it."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable

import structlog
from prometheus_client import Gauge

from domain.errors import DomainError

_PAUSE_S = 2.0

log = structlog.get_logger(__name__)
SUCCEEDED = Gauge(
    "entrega_last_success_timestamp_seconds", "When what is done again and again was last done in full", ["what"]
)


async def keep(
    what: str,
    once: Callable[[], Awaitable[int]],
    stop: asyncio.Event,
    *,
    idle_s: float,
    up: Gauge | None = None,
    vital: bool = True,
) -> None:
    """Until it is told to stop; at once again while there is something to do, which `once` answers with. A mistake of
    ours ends what is vital, and with it the process, which begins anew; anything else is tried again, visibly."""
    while not stop.is_set():
        try:
            pause = 0.0 if await once() else idle_s
            SUCCEEDED.labels(what).set_to_current_time()
            done = True
        except (DomainError, OSError) as error:
            done = False
            log.warning("waits", what=what, error=type(error).__name__)
            pause = max(_PAUSE_S, idle_s)
        except Exception as error:
            if vital:
                raise
            done = False
            log.error("stands still", what=what, error=type(error).__name__)
            pause = max(_PAUSE_S, idle_s)
        if up is not None:
            up.set(done)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), pause)
