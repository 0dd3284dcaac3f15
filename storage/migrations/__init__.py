"""The database's shape, step by step: `upgrade` brings any database from PostgreSQL 15 to 18 to the newest."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url
from sqlalchemy.pool import NullPool

# One migration at a time, whoever starts it; the others wait, then find nothing left to do.
_LOCK_KEY = 0x656E7472656761
_WAIT_FOR_OTHERS = "5min"
_LOCK_TIMEOUT = "5s"


def upgrade(database_url: str) -> None:
    """Applies what is missing, in one transaction, as the database's owner (who may create roles).

    A table that is in use for longer than the lock timeout makes it give up, with nothing changed: services come
    before migrations. Raises sqlalchemy.exc.DBAPIError.
    """
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    engine = create_engine(make_url(database_url).set(drivername="postgresql+psycopg"), poolclass=NullPool)
    with engine.begin() as connection:
        connection.execute(text(f"SET LOCAL lock_timeout = '{_WAIT_FOR_OTHERS}'"))
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK_KEY})
        connection.execute(text(f"SET LOCAL lock_timeout = '{_LOCK_TIMEOUT}'"))
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
