"""The figures' consumer: counts every journal line once, beside the deliveries worker and as its database role.

Several may run beside each other: one at a time has the cursor, and it moves in the transaction that counts.
"""

import asyncio
from functools import partial

from prometheus_client import Counter, Gauge

from domain.figure_ports import FigureStore
from workers.keeping import keep

_BATCH = 500
_IDLE_S = 1.0

LINES = Counter("entrega_figures_lines_total", "Journal lines counted into the figures")
UP = Gauge("entrega_figures_up", "1 while the last attempt to count succeeded")


async def count_figures(store: FigureStore, stop: asyncio.Event) -> None:
    """Counts until it is told to stop. Deliveries do not wait for figures: a line that cannot be counted stops these
    alone, visibly."""
    await keep("figures", partial(_count, store), stop, idle_s=_IDLE_S, up=UP, vital=False)


async def _count(store: FigureStore) -> int:
    counted = await store.fold(_BATCH)
    LINES.inc(counted)
    return int(counted == _BATCH)
