"""The journal in partitions: lines of every time are found, ids go on, and older code notices nothing."""

from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from alembic import command
from making import fresh, line
from sqlalchemy import text

from domain.errors import Invalid
from storage import migrations
from storage._engine import connect, transaction
from storage.journal import lock, write_lines
from storage.migrations import make_partitions, upgrade
from storage.partitions import SqlPartitions
from workers.partitions import look_ahead


def upgrade_to(url: str, revision: str) -> None:
    config = migrations._config()
    with migrations._engine(url).begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)


_OLD_INSERT = """
    INSERT INTO journal.journal (subject, seq, kind, actor, data, digest, prev_hash, hash, at)
    SELECT 'usr_' || n % 3, n / 3 + 1, 'user.seen', 'usr_1', '{}', 'd', 'p', 'h', now() - n * interval '1 day'
    FROM generate_series(0, 29) AS n
"""


def test_lines_of_before_are_taken_over_as_they_are_and_no_index_is_built_anew(empty):
    upgrade_to(empty, "0021")
    every = "SELECT id, txid::text, subject, seq, hash, at FROM journal.journal ORDER BY id"
    files = "SELECT indexrelid, pg_relation_filenode(indexrelid) FROM pg_index WHERE indrelid = %s::regclass ORDER BY 1"
    with psycopg.connect(empty, autocommit=True) as connection, psycopg.connect(empty, autocommit=True) as older:
        older.execute(_OLD_INSERT)
        before, built = connection.execute(every).fetchall(), connection.execute(files, ["journal.journal"]).fetchall()
        older.execute("PREPARE old AS SELECT count(*) FROM journal.journal")
        upgrade(empty)
        assert connection.execute(every).fetchall() == before
        assert connection.execute(files, ["journal.journal_start"]).fetchall() == built
        # Whoever runs older code writes and reads as before.
        assert older.execute("EXECUTE old").fetchone() == (30,)
        new = older.execute("""
            INSERT INTO journal.journal (subject, seq, kind, actor, data, digest, prev_hash, hash, at)
            VALUES ('usr_9', 1, 'user.seen', 'usr_1', '{}', 'd', 'p', 'h', now()) RETURNING id
        """).fetchone()
        assert new is not None
        assert new[0] > before[-1][0]


def test_strays_move_to_where_they_belong_and_stay_the_same_lines(unwritten):
    late = "SELECT id, txid::text, subject, tableoid::regclass::text FROM journal.journal WHERE subject = 'usr_late'"
    with psycopg.connect(unwritten, autocommit=True) as connection:
        connection.execute("""
            INSERT INTO journal.journal (subject, seq, kind, actor, data, digest, prev_hash, hash, at)
            VALUES ('usr_late', 1, 'user.seen', 'usr_1', '{}', 'd', 'p', 'h', now() + interval '200 days')
        """)
        its_id, txid, _, where = connection.execute(late).fetchone()
        assert where == "journal.journal_default"
        assert make_partitions(unwritten, "month") <= 1  # not its time yet
        assert connection.execute(late).fetchone() == (its_id, txid, "usr_late", where)
        made = connection.execute("SELECT journal.make_ahead('month', now() + interval '210 days')").fetchone()
        assert made is not None
        assert made[0] >= 3
        there = connection.execute(late).fetchone()
        assert there[:3] == (its_id, txid, "usr_late")
        assert there[3].startswith("journal.journal_2")
        assert connection.execute("SELECT count(*) FROM journal.journal_default").fetchone() == (0,)
        with pytest.raises(psycopg.Error, match="append-only"):
            connection.execute("DELETE FROM journal.journal_default")
        gaps = """
            SELECT count(*) FROM (
                SELECT since, lag(until) OVER (ORDER BY until) AS before FROM journal.partitions
            ) AS it WHERE since <> before
        """
        assert connection.execute(gaps).fetchone() == (0,)
        kinds = "SELECT DISTINCT count(*) FROM pg_index JOIN pg_inherits ON indrelid = inhrelid WHERE inhparent = "
        assert len(connection.execute(f"{kinds} 'journal.journal'::regclass GROUP BY indrelid").fetchall()) == 1


async def test_a_worker_makes_them_ahead_once_however_many_look(unwritten):
    engine = connect(unwritten, application_name="partitions")
    store = SqlPartitions(engine)
    before = await store.journal()
    assert await store.make_ahead("week", before.until + timedelta(days=20)) in {3, 4}  # the first may be a broken one
    assert await store.make_ahead("week", before.until + timedelta(days=20)) == 0
    assert await look_ahead(store, "day") == 0
    now = await store.journal()
    assert now.until >= before.until + timedelta(days=20)
    assert now.strays == 0
    with pytest.raises(Invalid):  # nobody has a million of them made
        await store.make_ahead("day", datetime.now(UTC) + timedelta(days=400))
    await engine.dispose()


def test_readers_go_by_indexes_alone_and_need_not_sort(unwritten):
    order = "(txid, id) > ('5', 5) ORDER BY txid, id"
    questions = (
        f"SELECT * FROM journal.journal WHERE {order}",
        f"SELECT * FROM journal.journal WHERE organisation_id = 'o' AND {order}",
        "SELECT seq, hash FROM journal.journal WHERE subject = 'usr_1' ORDER BY seq DESC LIMIT 1",
    )
    with psycopg.connect(unwritten, autocommit=True) as connection:
        connection.execute(_OLD_INSERT)
        for method in ("seqscan", "bitmapscan", "sort"):
            connection.execute(f"SET enable_{method} = off")
        for question in questions:
            plan = "\n".join(row[0] for row in connection.execute(f"EXPLAIN {question}"))
            assert "Merge Append" in plan
            assert "Sort  " not in plan
            assert "Seq Scan" not in plan
        months = "EXPLAIN SELECT FROM journal.journal WHERE at < now() - interval '30 days'"
        pruned = "\n".join(row[0] for row in connection.execute(months))
        assert "journal_start" in pruned
        assert "journal_2" not in pruned


async def test_a_chain_goes_on_over_the_end_of_a_partition_and_cannot_fork(sql, engines):
    its_id, until = fresh("ses"), (await SqlPartitions(engines["deliveries"]).journal()).until
    lines = [line(n, at=until - timedelta(days=40) + n * timedelta(days=20)) for n in range(1, 5)]
    async with transaction(engines["users"]) as connection:
        await lock(connection, its_id)
        await write_lines(connection, its_id, None, lines, "0" * 64)
    await sql.journal.append(its_id, "user.seen", "usr_1", {})
    told = await sql.journal.of(its_id)
    assert [one.seq for one in told] == [1, 2, 3, 4, 5]
    assert [one.prev_hash for one in told[1:]] == [one.hash for one in told[:-1]]
    async with engines["owner"].connect() as connection:
        where = text("SELECT count(DISTINCT tableoid) FROM journal.journal WHERE subject = :it")
        assert await connection.scalar(where, {"it": its_id}) >= 2
