"""A connection as the database's owner, for what no service may do; who changes anything by it is alone."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import psycopg
from psycopg.rows import dict_row

from domain.errors import Conflict, Unavailable
from storage._engine import KEEPALIVES

_LOCK_WAIT = "5s"
_KEY = 0x61726368697665

Owned = psycopg.AsyncConnection[dict[str, Any]]


@asynccontextmanager
async def owning(owner_url: str, *, alone: bool = False) -> AsyncIterator[Owned]:
    """`alone` is who archives, or puts back. Raises Conflict while another does, Unavailable where the database does
    not answer."""
    plain = owner_url.replace("postgresql+psycopg://", "postgresql://")
    try:
        async with await psycopg.AsyncConnection.connect(
            plain,
            autocommit=True,
            connect_timeout=5,
            application_name="entrega-archive",
            row_factory=dict_row,
            **KEEPALIVES,
        ) as connection:
            await connection.execute("SET timezone = 'UTC'")
            await connection.execute(f"SET lock_timeout = '{_LOCK_WAIT}'")
            if alone:
                await connection.execute("SELECT pg_advisory_lock(%s)", (_KEY,))
            yield connection
    except psycopg.errors.LockNotAvailable:
        raise Conflict("another archives already: look at it again when that one is done") from None
    except psycopg.OperationalError as error:
        raise Unavailable("the database does not answer") from error
