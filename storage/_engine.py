"""How PostgreSQL is reached: one engine per process and role, and transactions that speak the domain's errors."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import psycopg
from pydantic_core import from_json, to_json
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DataError, DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from domain import errors

_STATEMENT_TIMEOUT_S = 8
_LOCK_TIMEOUT_S = 5
# A transaction left open holds back every reader of the journal, so none may sleep for long.
_IDLE_TIMEOUT_S = 10
_CONNECT_TIMEOUT_S = 5
_POOL_TIMEOUT_S = 5

# Connections, resources, shutdown, and a standby that took over: the same again may well succeed.
_PASSING_CLASSES = ("08", "53", "57")
_PASSING = frozenset({"40001", "40P01", "55P03", "25P03", "25P04", "25006"})
# A key too long for its index; NUL in text and numbers out of range are DataErrors. No retry helps.
_TOO_LONG = "54"


def connect(url: str, *, application_name: str, pool_size: int = 5, max_overflow: int = 10) -> AsyncEngine:
    """An engine for `postgresql://…`; nothing is opened before first use. Whoever makes it disposes of it."""
    options = {
        "statement_timeout": f"{_STATEMENT_TIMEOUT_S}s",
        "lock_timeout": f"{_LOCK_TIMEOUT_S}s",
        "idle_in_transaction_session_timeout": f"{_IDLE_TIMEOUT_S}s",
    }
    return create_async_engine(
        make_url(url).set(drivername="postgresql+psycopg"),
        pool_size=pool_size,
        max_overflow=max_overflow,
        pool_timeout=_POOL_TIMEOUT_S,
        pool_pre_ping=True,
        pool_recycle=1800,
        hide_parameters=True,  # they are people's names and addresses
        json_serializer=lambda value: to_json(value).decode(),
        json_deserializer=from_json,
        connect_args={
            "application_name": application_name,
            "connect_timeout": _CONNECT_TIMEOUT_S,
            "options": " ".join(f"-c {name}={value}" for name, value in options.items()),
            **KEEPALIVES,
        },
    )


KEEPALIVES: dict[str, Any] = {"keepalives_idle": 15, "keepalives_interval": 5, "keepalives_count": 3}
"""libpq's settings by which a server that vanished is noticed within half a minute."""


@asynccontextmanager
async def transaction(engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
    """All or nothing: commits at the end. Raises Unavailable (after a lost commit too: ask again) or Invalid."""
    with _speaking_domain():
        async with engine.begin() as connection:
            yield connection


@asynccontextmanager
async def reading(engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
    """Statements without a transaction around them, so that no reader holds anything up."""
    with _speaking_domain():
        async with engine.connect() as connection:
            yield await connection.execution_options(isolation_level="AUTOCOMMIT")


@contextmanager
def _speaking_domain() -> Iterator[None]:
    try:
        yield
    except PoolTimeout as error:
        raise errors.Unavailable("too many wait for the database") from error
    except DBAPIError as error:
        state = sqlstate(error) or ""
        if error.connection_invalidated or _lost(error) or state in _PASSING or state.startswith(_PASSING_CLASSES):
            raise errors.Unavailable("the database does not answer", sqlstate=state) from error
        if isinstance(error, DataError) or state.startswith(_TOO_LONG):
            # PostgreSQL quotes the value in its message, and it may be somebody's.
            raise errors.Invalid("a value cannot be stored", sqlstate=state) from None
        raise


def sqlstate(error: DBAPIError) -> str | None:
    """PostgreSQL's five-character code, absent when the server said nothing."""
    return error.orig.sqlstate if isinstance(error.orig, psycopg.Error) else None


def constraint(error: DBAPIError) -> str | None:
    """The name of the constraint that was violated."""
    return error.orig.diag.constraint_name if isinstance(error.orig, psycopg.Error) else None


def _lost(error: DBAPIError) -> bool:
    return isinstance(error.orig, psycopg.OperationalError) and error.orig.sqlstate is None
