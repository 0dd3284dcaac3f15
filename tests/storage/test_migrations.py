"""The database's shape: the same for rows and migrations, made once however many ask."""

from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

from storage._rows import Row
from storage.migrations import upgrade

pytestmark = pytest.mark.filterwarnings("ignore:Did not recognize type 'xid8'")


def _is_whole(name: str | None, kind: str, parents: dict[str, str | None]) -> bool:
    return not (kind == "table" and parents["schema_name"] == "journal" and str(name).startswith("journal_"))


def test_rows_and_migrations_agree(postgres):
    engine = create_engine(make_url(postgres.owner).set(drivername="postgresql+psycopg"))
    wanted = {"include_schemas": True, "compare_type": True, "include_name": _is_whole}
    with engine.connect() as connection:
        differences = compare_metadata(MigrationContext.configure(connection, opts=wanted), Row.metadata)
    engine.dispose()
    # Indexes, constraints and references live in the migrations alone.
    apart = {"remove_index", "remove_constraint", "remove_fk"}
    differences = [d for d in differences if d[0] not in apart]
    assert differences == []


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


async def test_the_roles_have_no_powers_over_the_server(engines):
    powers = "rolsuper OR rolcreaterole OR rolcreatedb OR rolbypassrls OR rolreplication"
    query = text(f"SELECT {powers} FROM pg_roles WHERE rolname ~ '^entrega_'")
    async with engines["owner"].connect() as connection:
        assert set(await connection.scalars(query)) == {False}
