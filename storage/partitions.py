"""The journal's partitions: made ahead of time, and looked at."""

from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from domain.standing import JournalStanding, Span
from storage._engine import reading, transaction

_MAKE = text("SELECT journal.make_ahead(:step, :until)")
# What lies behind the last partition is in the one that no time is for; the planner leaves out all others.
_STANDING = text("""
    WITH last AS MATERIALIZED (SELECT max(until) AS until FROM journal.partitions)
    SELECT until, (SELECT count(*) FROM journal.journal WHERE at >= (SELECT until FROM last)) AS strays FROM last
""")


class SqlPartitions:
    """As the deliveries role, which may have them made and cannot reach them."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def make_ahead(self, span: Span, until: datetime) -> int:
        """See `domain.standing.JournalKeeper`."""
        async with transaction(self._engine) as connection:
            return int(await connection.scalar(_MAKE, {"step": span, "until": until}) or 0)

    async def journal(self) -> JournalStanding:
        """See `domain.standing.JournalKeeper`."""
        async with reading(self._engine) as connection:
            row = (await connection.execute(_STANDING)).one()
        return JournalStanding(until=row.until, strays=row.strays)
