"""How often something was tried, counted exactly by however many processes: one row and one statement per try."""

import hashlib
import itertools
import math
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.orm import Mapped, mapped_column

from domain.errors import TooMany
from domain.limits import Left, Limit
from storage._engine import reading
from storage._rows import Row


class LimitRow(Row):
    """When a bucket will be full again; one that is full already may as well not be there."""

    __tablename__ = "limits"
    __table_args__ = ({"schema": "users"},)

    key: Mapped[str] = mapped_column(primary_key=True)
    full_at: Mapped[datetime]


class ClientLimitRow(Row):
    """The same, of clients."""

    __tablename__ = "limits"
    __table_args__ = ({"schema": "limits"},)

    key: Mapped[str] = mapped_column(primary_key=True)
    full_at: Mapped[datetime]


# Each try moves the moment at which the bucket is full by per/most, and no further than `per` ahead: the generic cell
# rate algorithm. The upsert locks the row, so that of any number of tries at once exactly `most` pass. Who is refused
# changes nothing and is told when to come again by the second half.
_TAKE = """
    WITH taken AS (
        INSERT INTO {schema}.limits AS bucket (key, full_at) VALUES (:key, clock_timestamp() + :each)
        ON CONFLICT (key) DO UPDATE SET full_at = greatest(bucket.full_at, clock_timestamp()) + :each
        WHERE greatest(bucket.full_at, clock_timestamp()) + :each <= clock_timestamp() + :per
        RETURNING full_at
    )
    SELECT true, extract(epoch FROM full_at - clock_timestamp())::float8 FROM taken
    UNION ALL
    SELECT false, extract(epoch FROM full_at + :each - :per - clock_timestamp())::float8
    FROM {schema}.limits WHERE key = :key AND NOT EXISTS (SELECT FROM taken)
"""
_GIVE_BACK = "UPDATE {schema}.limits SET full_at = full_at - :each WHERE key = :key"
# What is full again may as well not be there; never what somebody else is at.
_TIDY = """
    DELETE FROM {schema}.limits WHERE key IN (
        SELECT key FROM {schema}.limits WHERE full_at < now() LIMIT :most FOR UPDATE SKIP LOCKED)
"""
TIDY_EVERY, TIDY_MOST = 64, 256
"""After how many tries how many rows go, so that they go faster than they come and no sweep is needed."""


class SqlRateLimit:
    """On the table `limits` of a schema: `users` for what only the users service may count, `limits` for all."""

    def __init__(self, engine: AsyncEngine, schema: str = "users") -> None:
        self._engine = engine
        self._take, self._give_back, self._tidy = (
            text(statement.format(schema=schema)) for statement in (_TAKE, _GIVE_BACK, _TIDY)
        )
        self._tries = itertools.count(1)

    async def take(self, limit: Limit, key: str) -> Left:
        """One try; raises TooMany, with `retry_after` in seconds, when none is left."""
        values = _values(limit, key)
        async with reading(self._engine) as connection:
            row = (await connection.execute(self._take, values)).first()
            if next(self._tries) % TIDY_EVERY == 0:
                await connection.execute(self._tidy, {"most": TIDY_MOST})
        taken, seconds = row or (False, 0.0)  # no row: others made it, and used it up, while we looked
        if not taken:
            raise TooMany(retry_after=max(1, math.ceil(seconds)), limit=limit.name)
        each, per = values["each"].total_seconds(), values["per"].total_seconds()
        return Left(max(0, int((per - seconds) / each)), max(0.0, seconds))

    async def give_back(self, limit: Limit, key: str) -> None:
        """A try that should not count after all."""
        async with reading(self._engine) as connection:
            await connection.execute(self._give_back, _values(limit, key))


def _values(limit: Limit, key: str) -> dict[str, Any]:
    each = limit.per / limit.most
    # Addresses are people's: what is kept names nobody.
    named = f"{limit.name}/{hashlib.sha256(key.encode()).hexdigest()}"
    return {"key": named, "each": each, "per": each * limit.most}
