"""The database's shape: the same for rows and migrations, made once however many ask."""

from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from making import fresh
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

from storage._rows import Row
from storage.migrations import upgrade


@pytest.fixture
def empty(postgres):
    name = fresh("db")
    with psycopg.connect(postgres.owner, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    yield make_url(postgres.owner).set(database=name).render_as_string(hide_password=False)
    with psycopg.connect(postgres.owner, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name}")


def test_rows_and_migrations_agree(postgres):
    engine = create_engine(make_url(postgres.owner).set(drivername="postgresql+psycopg"))
    wanted = {"include_schemas": True, "compare_type": True}
    with engine.connect() as connection:
        differences = compare_metadata(MigrationContext.configure(connection, opts=wanted), Row.metadata)
    engine.dispose()
    # Indexes and constraints live in the migrations alone.
    told = [difference for difference in differences if "index" not in difference[0] and "constraint" not in difference[0]]
    assert [d for d in told if d[0] != "remove_table" or d[1].name != "alembic_version"] == []


def test_many_who_migrate_at_once_do_it_once(empty):
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(upgrade, [empty] * 4))
    with psycopg.connect(empty) as connection:
        assert connection.execute("SELECT count(*) FROM alembic_version").fetchone() == (1,)


def test_migrating_again_changes_nothing(empty):
    upgrade(empty)
    upgrade(empty)


def test_a_migration_gives_up_rather_than_hold_up_a_busy_table(empty, monkeypatch):
    monkeypatch.setattr("storage.migrations._LOCK_TIMEOUT", "100ms")
    with psycopg.connect(empty) as busy:
        busy.execute("CREATE TABLE public.alembic_version (version_num varchar(32) PRIMARY KEY)")
        busy.commit()
        busy.execute("LOCK TABLE public.alembic_version IN ACCESS EXCLUSIVE MODE")
        with pytest.raises(Exception, match="lock timeout"):
            upgrade(empty)
        busy.rollback()
        assert busy.execute("SELECT to_regnamespace('journal')").fetchone() == (None,)
    upgrade(empty)


async def test_the_roles_cannot_log_in_until_somebody_lets_them(engines):
    # Here the fixture does; what the migration itself says is read from its text.
    query = text("SELECT rolsuper OR rolcreaterole OR rolcreatedb OR rolbypassrls FROM pg_roles WHERE rolname ~ '^entrega'")
    async with engines["owner"].connect() as connection:
        assert set(await connection.scalars(query)) == {False}
