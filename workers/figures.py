"""The figures' consumer: counts every journal line once, beside the deliveries worker and as its database role.

Several may run beside each other: one at a time has the cursor, and it moves in the transaction that counts.
"""

import asyncio
import contextlib

import structlog
from prometheus_client import Counter, Gauge

from domain.errors import DomainError
from domain.figure_ports import FigureStore

_BATCH = 500
_IDLE_S = 1.0
_PAUSE_S = 5.0

log = structlog.get_logger(__name__)
LINES = Counter("entrega_figures_lines_total", "Journal lines counted into the figures")
UP = Gauge("entrega_figures_up", "1 while the last attempt to count succeeded")


async def count_figures(store: FigureStore, stop: asyncio.Event) -> None:
    """Counts until it is told to stop; whatever is down is asked again, and nothing is skipped meanwhile."""
    while not stop.is_set():
        try:
            counted = await store.fold(_BATCH)
            LINES.inc(counted)
            UP.set(1)
            pause = 0.0 if counted == _BATCH else _IDLE_S
        except (DomainError, OSError) as error:
            UP.set(0)
            log.warning("figures wait", error=type(error).__name__)
            pause = _PAUSE_S
        except Exception as error:  # noqa: BLE001
            # Deliveries do not wait for figures: a line that cannot be counted stops these alone, visibly.
            UP.set(0)
            log.error("figures stand still", error=type(error).__name__)
            pause = _PAUSE_S
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), pause)
