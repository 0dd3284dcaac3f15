"""The journal's partitions, made ahead beside the deliveries worker, which may have them made and nothing more."""

import asyncio
from datetime import UTC, datetime
from functools import partial

from prometheus_client import Gauge

from domain.standing import AHEAD, JournalKeeper, Span
from workers.keeping import keep

_EVERY_S = 3600.0

UNTIL = Gauge("entrega_journal_partitions_until_timestamp_seconds", "Up to when the journal has partitions of its own")
STRAYS = Gauge("entrega_journal_stray_lines", "Journal lines of a time that no partition is for")


async def keep_partitions(store: JournalKeeper, span: Span, stop: asyncio.Event) -> None:
    """Until it is told to stop. Lines are written without them as well, where they are harder to archive."""
    await keep("partitions", partial(look_ahead, store, span), stop, idle_s=_EVERY_S, vital=False)


async def look_ahead(store: JournalKeeper, span: Span) -> int:
    """Once; there is nothing more to do then."""
    await store.make_ahead(span, datetime.now(UTC) + AHEAD[span])
    now = await store.journal()
    UNTIL.set(now.until.timestamp())
    STRAYS.set(now.strays)
    return 0
