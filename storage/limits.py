"""How often something was tried, counted exactly by however many processes: one row and one statement per try."""

import hashlib
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.orm import Mapped, mapped_column

from domain.errors import TooMany
from domain.limits import Limit
from storage._engine import transaction
from storage._rows import Row


class LimitRow(Row):
    """When a bucket will be full again; one that is full already may as well not be there."""

    __tablename__ = "limits"
    __table_args__ = ({"schema": "users"},)

    key: Mapped[str] = mapped_column(primary_key=True)
    full_at: Mapped[datetime]


# Each try moves the moment at which the bucket is full by per/most, and no further than `per` ahead: the generic cell
# rate algorithm. The upsert locks the row, so that of any number of tries at once exactly `most` pass.
_TAKE = """
    INSERT INTO {schema}.limits AS bucket (key, full_at) VALUES (:key, clock_timestamp() + :each)
    ON CONFLICT (key) DO UPDATE SET full_at = greatest(bucket.full_at, clock_timestamp()) + :each
    WHERE greatest(bucket.full_at, clock_timestamp()) + :each <= clock_timestamp() + :per
    RETURNING full_at
"""
_WAIT = """
    SELECT ceil(extract(epoch FROM full_at + :each - :per - clock_timestamp()))::int
    FROM {schema}.limits WHERE key = :key
"""
_GIVE_BACK = "UPDATE {schema}.limits SET full_at = full_at - :each WHERE key = :key"
# What is full again goes bit by bit, so that no sweep is needed; never what somebody else is at.
_TIDY = """
    DELETE FROM {schema}.limits WHERE key IN (
        SELECT key FROM {schema}.limits WHERE full_at < clock_timestamp() ORDER BY full_at LIMIT 4
        FOR UPDATE SKIP LOCKED)
"""


class SqlRateLimit:
    """On the table `limits` of the service's own schema."""

    def __init__(self, engine: AsyncEngine, schema: str = "users") -> None:
        self._engine = engine
        self._take, self._wait, self._give_back, self._tidy = (
            text(statement.format(schema=schema)) for statement in (_TAKE, _WAIT, _GIVE_BACK, _TIDY)
        )

    async def take(self, limit: Limit, key: str) -> None:
        """One try; raises TooMany, with `retry_after` in seconds, when none is left."""
        values = _values(limit, key)
        async with transaction(self._engine) as connection:
            if await connection.scalar(self._take, values) is None:
                wait = await connection.scalar(self._wait, values)
                raise TooMany(retry_after=max(1, wait or 1), limit=limit.name)
            await connection.execute(self._tidy)

    async def give_back(self, limit: Limit, key: str) -> None:
        """A try that should not count after all."""
        async with transaction(self._engine) as connection:
            await connection.execute(self._give_back, _values(limit, key))


def _values(limit: Limit, key: str) -> dict[str, Any]:
    each = limit.per / limit.most
    # Addresses are people's: what is kept names nobody.
    named = f"{limit.name}/{hashlib.sha256(key.encode()).hexdigest()}"
    return {"key": named, "each": each, "per": each * limit.most}
