"""How deliveries, their ledger and the inbox stand, looked at now and then beside the workers that own them."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial

from prometheus_client import Gauge

from domain.deliveries import FINAL, Attention, DeliveryStatus
from domain.standing import DeliveriesWatch, InboxWatch
from workers.keeping import keep

_LOOK_S, _BOOKS_S = 15.0, 60.0
_AT_FIRST = timedelta(days=1)
_STEP = timedelta(minutes=15)
_LATE = timedelta(minutes=15)
"""How much later than its entries say a move may have been written."""

OPEN = Gauge("entrega_deliveries_open", "Deliveries that have not ended", ["status"])
ATTENTION = Gauge("entrega_deliveries_attention", "Deliveries that somebody should look at, by why", ["attention"])
UNBALANCED = Gauge(
    "entrega_ledger_unbalanced_deliveries", "Deliveries with new entries whose entries do not sum to zero"
)
INBOX = Gauge("entrega_inbox_waiting", "Scans that no workflow has heard of yet", ["matched"])
INBOX_OLDEST = Gauge("entrega_inbox_oldest_waiting_seconds", "For how long the oldest of them has waited", ["matched"])


async def watch_deliveries(store: DeliveriesWatch, stop: asyncio.Event) -> None:
    """Until it is told to stop."""
    books = Books(store)
    await asyncio.gather(
        keep("watch_deliveries", partial(look_at_deliveries, store), stop, idle_s=_LOOK_S, vital=False),
        keep("watch_ledger", books.look, stop, idle_s=_BOOKS_S, vital=False),
    )


async def watch_inbox(store: InboxWatch, stop: asyncio.Event) -> None:
    """Until it is told to stop."""
    await keep("watch_inbox", partial(look_at_inbox, store), stop, idle_s=_LOOK_S, vital=False)


async def look_at_deliveries(store: DeliveriesWatch) -> int:
    """Once; there is nothing more to look at then."""
    now = await store.deliveries()
    for status in set(DeliveryStatus) - FINAL:
        OPEN.labels(status).set(now.open.get(status, 0))
    for why in set(Attention) - {Attention.NONE}:
        ATTENTION.labels(why).set(now.attention.get(why, 0))
    return 0


async def look_at_inbox(store: InboxWatch) -> int:
    """Once; there is nothing more to look at then."""
    now = await store.inbox()
    for matched, waiting in (("yes", now.matched), ("no", now.unmatched)):
        INBOX.labels(matched).set(waiting.count)
        INBOX_OLDEST.labels(matched).set(waiting.age_s(datetime.now(UTC)))
    return 0


class Books:
    """Deliveries that moved money since the last look; whichever did not balance is looked at until it does."""

    def __init__(self, store: DeliveriesWatch, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._store, self._now = store, now
        self._since = now() - _AT_FIRST
        self._wrong: set[str] = set()

    async def look(self) -> int:
        """At the next stretch of time; whether there is another before now."""
        now = self._now()
        until = min(self._since + _STEP, now)
        self._wrong = await self._store.unbalanced(self._since, until, self._wrong)
        UNBALANCED.set(len(self._wrong))
        self._since = until if until < now else now - _LATE
        return int(until < now)
