"""Counts for whoever watches, each by an index that holds little more than what is counted."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from domain.deliveries import FINAL, DeliveryStatus
from domain.standing import DeliveriesStanding, InboxStanding, Waiting
from storage._engine import reading

_OPEN = sorted(set(DeliveryStatus) - FINAL)
_BY_STATUS = text("SELECT status, count(*) FROM deliveries.deliveries WHERE status = ANY(:open) GROUP BY status")
_BY_ATTENTION = text("""
    SELECT attention, count(*) FROM deliveries.deliveries WHERE attention <> 'none' GROUP BY attention
""")
_UNBALANCED = text("""
    SELECT delivery_id FROM ledger.entries
    WHERE delivery_id IN (
        SELECT delivery_id FROM ledger.entries WHERE posted_at >= :since AND posted_at < :until
    )
        OR delivery_id = ANY(:also)
    GROUP BY delivery_id, currency HAVING sum(amount) <> 0
""")
_INBOX = text("""
    SELECT delivery_id IS NOT NULL AS matched, count(*) AS count, min(received_at) AS oldest_at
    FROM tracking.scans WHERE signalled_at IS NULL GROUP BY 1
""")


class SqlDeliveriesWatch:
    """As the deliveries role."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def deliveries(self) -> DeliveriesStanding:
        """See `domain.standing.DeliveriesWatch`."""
        async with reading(self._engine) as connection:
            by_status = await connection.execute(_BY_STATUS, {"open": [str(status) for status in _OPEN]})
            by_attention = await connection.execute(_BY_ATTENTION)
            return DeliveriesStanding(
                open={row.status: row.count for row in by_status},
                attention={row.attention: row.count for row in by_attention},
            )

    async def unbalanced(self, since: datetime, until: datetime, also: Collection[str] = ()) -> set[str]:
        """See `domain.standing.DeliveriesWatch`."""
        async with reading(self._engine) as connection:
            return set(await connection.scalars(_UNBALANCED, {"since": since, "until": until, "also": list(also)}))


class SqlInboxWatch:
    """As the tracking role."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def inbox(self) -> InboxStanding:
        """See `domain.standing.InboxWatch`."""
        async with reading(self._engine) as connection:
            found = {
                row.matched: Waiting(count=row.count, oldest_at=row.oldest_at)
                for row in await connection.execute(_INBOX)
            }
        return InboxStanding(matched=found.get(True, Waiting()), unmatched=found.get(False, Waiting()))
