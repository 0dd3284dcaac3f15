"""The database's shape, step by step: `upgrade` brings any database from PostgreSQL 15 to 18 to the newest."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.engine import make_url
from sqlalchemy.pool import NullPool

from domain.standing import AHEAD, Span

# One migration at a time, whoever starts it; the others wait, then find nothing left to do.
_LOCK_KEY = 0x656E7472656761
_WAIT_FOR_OTHERS = "5min"
_LOCK_TIMEOUT = "5s"
_CONNECT_S = 10


def upgrade(database_url: str) -> None:
    """Applies what is missing, in one transaction, as the database's owner (who may create roles).

    A table that is in use for longer than the lock timeout makes it give up, with nothing changed: services come
    before migrations. Raises sqlalchemy.exc.DBAPIError.
    """
    config = _config()
    engine = _engine(database_url)
    with engine.begin() as connection:
        connection.execute(text(f"SET LOCAL lock_timeout = '{_WAIT_FOR_OTHERS}'"))
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK_KEY})
        connection.execute(text(f"SET LOCAL lock_timeout = '{_LOCK_TIMEOUT}'"))
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def make_partitions(database_url: str, span: Span) -> int:
    """Those of the journal that are missing, and strays where they belong, however long it takes; how many there were.
    Raises sqlalchemy.exc.DBAPIError."""
    ahead = text("SELECT journal.make_ahead(:span, now() + :ahead)")
    with _engine(database_url).begin() as connection:
        return int(connection.execute(ahead, {"span": span, "ahead": AHEAD[span]}).scalar_one())


def standing(database_url: str) -> tuple[str | None, str]:
    """The step that the database is at, None for an empty one, and the newest that this code knows. Raises
    sqlalchemy.exc.DBAPIError."""
    newest = ScriptDirectory.from_config(_config()).get_current_head()
    with _engine(database_url).connect() as connection:
        return MigrationContext.configure(connection).get_current_revision(), str(newest)


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    return config


def _engine(database_url: str) -> Engine:
    waits = {"connect_timeout": _CONNECT_S}
    url = make_url(database_url).set(drivername="postgresql+psycopg")
    return create_engine(url, poolclass=NullPool, connect_args=waits)
