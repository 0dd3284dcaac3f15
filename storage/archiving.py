"""Deliveries' lines leave the journal month by month, once they lie elsewhere; what is about others stays."""

from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from datetime import datetime
from itertools import islice
from typing import Any, NamedTuple

import psycopg
from psycopg import sql
from pydantic_core import to_json

from domain import audit
from domain.deliveries import FINAL, DeliveryStatus
from domain.errors import Conflict, NotFound, Unavailable
from storage.journal import JournalRow, as_line
from storage.owning import Owned

_AT_ONCE = 5_000
_DUE = """
    SELECT name, since, until FROM journal.partitions
    WHERE until <= %s AND name NOT IN (SELECT name FROM journal.archives) ORDER BY until
"""
_UNENDED = """
    SELECT id FROM deliveries.deliveries WHERE status = ANY(%s)
    AND EXISTS (SELECT FROM {part} WHERE subject = deliveries.id) ORDER BY id LIMIT 3
"""
_BEHIND = """
    WITH last AS (SELECT txid, id FROM {part} ORDER BY txid DESC, id DESC LIMIT 1)
    SELECT reader FROM last, (
        SELECT 'figures' AS reader, txid, line_id FROM figures.editions WHERE current
        UNION ALL SELECT 'subscribers', coalesce(max(txid::text), '0')::xid8, coalesce(max(line_id), 0)
            FROM notifications.cursors WHERE reader = 'relay'
        UNION ALL SELECT 'the audit log', %(txid)s::text::xid8, %(id)s::bigint
        UNION ALL SELECT 'a replay', '0'::xid8, 0 FROM notifications.replays
            WHERE status = 'running' AND since < %(until)s
    ) AS readers WHERE (readers.txid, readers.line_id) < (last.txid, last.id)
"""
_COUNT = """
    SELECT count(*) FILTER (WHERE starts_with(subject, 'del_')) AS lines,
        count(*) FILTER (WHERE starts_with(subject, 'del_') AND seq = 1) AS deliveries,
        count(*) FILTER (WHERE NOT starts_with(subject, 'del_')) AS others,
        max(id) AS last_id
    FROM {part}
"""
_LINES = "SELECT * FROM {part} WHERE starts_with(subject, 'del_') AND id > %s ORDER BY id LIMIT %s"
# Each transaction is short: readers of the journal wait for the oldest that writes.
_ENDS = """
    WITH last AS (
        SELECT DISTINCT ON (subject) subject, seq, hash, organisation_id FROM {part}
        WHERE starts_with(subject, 'del_') AND (%(before)s::text IS NULL OR subject < %(before)s)
        ORDER BY subject DESC, seq DESC LIMIT %(limit)s
    ), kept AS (
        INSERT INTO journal.ends (subject, seq, hash, organisation_id, created_by)
        SELECT last.subject, last.seq, last.hash, last.organisation_id, first.actor
        FROM last LEFT JOIN {part} AS first ON first.subject = last.subject AND first.seq = 1
        ON CONFLICT (subject) DO UPDATE SET seq = excluded.seq, hash = excluded.hash WHERE ends.seq < excluded.seq
    )
    SELECT min(subject), count(*) FROM last
"""
_OTHERS = """
    WITH copied AS (
        INSERT INTO {rest} SELECT * FROM {part} WHERE NOT starts_with(subject, 'del_') AND id > %s ORDER BY id LIMIT %s
        RETURNING id
    )
    SELECT max(id), count(*) FROM copied
"""
_NOTED = """
    INSERT INTO journal.archives (name, since, until, lines, deliveries, manifest_sha256, archived_at)
    VALUES (%(name)s, %(since)s, %(until)s, %(lines)s, %(deliveries)s, %(manifest_sha256)s, now())
"""
_WHOSE = "SELECT system_identifier::text AS system, current_database() AS name FROM pg_control_system()"
_COLUMNS = [column.name for column in JournalRow.__table__.columns]


class Partition(NamedTuple):
    """What is to be archived; `since` is None where it holds everything that came before."""

    name: str
    since: datetime | None
    until: datetime


class Counted(NamedTuple):
    """Lines of deliveries, how many of these began here, lines of others, and the youngest of all."""

    lines: int
    deliveries: int
    others: int
    last_id: int | None


class Archivist:
    """Of the journal, as the database's owner."""

    def __init__(self, connection: Owned) -> None:
        self._connection = connection

    async def whose(self) -> tuple[str, str]:
        """Which database this is, restored or not: its PostgreSQL's identifier and its name."""
        row = await (await self._connection.execute(_WHOSE)).fetchone()
        assert row is not None
        return row["system"], row["name"]

    async def due(self, before: datetime) -> list[Partition]:
        """Those that ended before then and are not archived, oldest first."""
        rows = await self._connection.execute(_DUE, (before,))
        return [Partition(**row) async for row in rows]

    async def hindrance(self, part: Partition, copied: audit.Cursor) -> str | None:
        """Why it has to wait, if it has to: deliveries that go on, or readers that are not through."""
        unended = sql.SQL(_UNENDED).format(part=_place(part.name))
        going_on = await self._connection.execute(unended, ([str(status) for status in set(DeliveryStatus) - FINAL],))
        if some := [row["id"] async for row in going_on]:
            return f"deliveries with lines in it have not ended: {', '.join(some)}"
        where = {"txid": str(copied.txid), "id": copied.id, "until": part.until}
        behind = await self._connection.execute(sql.SQL(_BEHIND).format(part=_place(part.name)), where)
        if readers := sorted({row["reader"] async for row in behind}):
            return f"not everybody has read it yet: {', '.join(readers)}"
        return None

    async def count(self, part: Partition) -> Counted:
        """What is in it now."""
        row = await (await self._connection.execute(sql.SQL(_COUNT).format(part=_place(part.name)))).fetchone()
        assert row is not None
        return Counted(**row)

    async def lines(self, part: Partition) -> AsyncIterator[list[audit.JournalLine]]:
        """Deliveries' lines by id, some at a time."""
        query, after = sql.SQL(_LINES).format(part=_place(part.name)), 0
        while rows := await (await self._connection.execute(query, (after, _AT_ONCE))).fetchall():
            yield [as_line({name: value for name, value in row.items() if name != "digest"}) for row in rows]
            after = rows[-1]["id"]

    async def remember_ends(self, part: Partition) -> int:
        """How each delivery's chain ends here; how many there are. Again changes nothing."""
        query, before, seen = sql.SQL(_ENDS).format(part=_place(part.name)), None, 0
        while True:
            values = {"before": before, "limit": _AT_ONCE}
            row = await (await self._connection.execute(query, values)).fetchone()
            assert row is not None
            if not row["count"]:
                return seen
            before, seen = row["min"], seen + row["count"]

    async def keep_others(self, part: Partition) -> None:
        """Copies what is not about deliveries into a table that will take its place; begins anew each time."""
        copy, after = sql.SQL(_OTHERS).format(part=_place(part.name), rest=_rest(part.name)), 0
        await self._make_rest(part.name)
        while True:
            row = await (await self._connection.execute(copy, (after, _AT_ONCE))).fetchone()
            assert row is not None
            if not row["count"]:
                return
            after = row["max"]

    async def _make_rest(self, name: str) -> None:
        """Of the partition's shape, empty, and nobody's yet."""
        rest, place = _rest(name), _place(name)
        async with self._connection.transaction():
            for statement in (
                "DROP TABLE IF EXISTS {rest}",
                "CREATE TABLE {rest} (LIKE {place} INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING INDEXES)",
                """CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {rest}
                    FOR EACH STATEMENT EXECUTE FUNCTION journal.refuse_change()""",
            ):
                await self._connection.execute(sql.SQL(statement).format(rest=rest, place=place))

    async def let_go(self, part: Partition, counted: Counted, manifest_sha256: str) -> None:
        """In one transaction: what is left takes the partition's place, and the archive is known. Raises Conflict where
        a line has come since it was counted, Unavailable where the journal is too busy; nothing has happened then."""
        known = {**part._asdict(), **counted._asdict(), "manifest_sha256": manifest_sha256}
        async with self._exchanging(part):
            left = await (await self._connection.execute(sql.SQL(_COUNT).format(part=_rest(part.name)))).fetchone()
            if await self.count(part) != counted or left is None or left["others"] != counted.others:
                raise Conflict("a line has come into it meanwhile: run this again")
            await self._connection.execute(_NOTED, known)

    async def take_back(
        self, name: str, lines: Iterable[audit.JournalLine], progress: Callable[[int, int], None]
    ) -> int:
        """The opposite: the lines are in the journal again, and the archive is not known any more; how many there were.
        Raises NotFound, Conflict, Unavailable; nothing has happened then."""
        known = next((one for one in await self.archives() if one["name"] == name), None)
        if known is None or known["forgotten_at"] is not None:
            raise NotFound(f"no archive is called {name}")
        done, more, rest = 0, iter(lines), _rest(name)
        await self._make_rest(name)
        copy = sql.SQL("COPY {} ({}) FROM STDIN").format(rest, sql.SQL(", ").join(map(sql.Identifier, _COLUMNS)))
        while batch := list(islice(more, _AT_ONCE)):
            async with self._connection.cursor() as cursor, cursor.copy(copy) as into:
                for line in batch:
                    row = {**line.model_dump(), "digest": line.digest(), "data": to_json(line.data).decode()}
                    await into.write_row([row[column] for column in _COLUMNS])
            done += len(batch)
            progress(done, known["lines"])
        if done != known["lines"]:
            raise Conflict(f"{done} lines came of the {known['lines']} that were archived")
        async with self._exchanging(Partition(name, known["since"], known["until"])):
            stays = "INSERT INTO {rest} OVERRIDING SYSTEM VALUE SELECT * FROM {place}"
            await self._connection.execute(sql.SQL(stays).format(rest=rest, place=_place(name)))
            await self._connection.execute("DELETE FROM journal.archives WHERE name = %s", (name,))
        return done

    @asynccontextmanager
    async def _exchanging(self, part: Partition) -> AsyncIterator[None]:
        """In one transaction, what was put together takes the partition's place. Until the end readers notice nothing;
        nobody adds to the partition meanwhile."""
        bound = sql.SQL("FOR VALUES FROM ({}) TO ({})").format(
            sql.SQL("MINVALUE") if part.since is None else sql.Literal(part.since), sql.Literal(part.until)
        )
        names = {"place": _place(part.name), "rest": _rest(part.name), "name": sql.Identifier(part.name)}
        try:
            async with self._connection.transaction():
                await self._connection.execute(sql.SQL("LOCK TABLE {place} IN SHARE MODE").format(**names))
                yield
                for statement in (
                    "ALTER TABLE journal.journal DETACH PARTITION {place}",
                    "DROP TABLE {place}",
                    "ALTER TABLE {rest} RENAME TO {name}",
                    "ALTER TABLE journal.journal ATTACH PARTITION {place} {bound}",
                ):
                    await self._connection.execute(sql.SQL(statement).format(**names, bound=bound))
        except (psycopg.errors.LockNotAvailable, psycopg.errors.DeadlockDetected):
            raise Unavailable("the journal is too busy to exchange a partition: run this again") from None

    async def archives(self) -> list[Mapping[str, Any]]:
        """Everything that was archived, oldest first."""
        rows = await self._connection.execute("SELECT * FROM journal.archives ORDER BY until")
        return [row async for row in rows]

    async def forgotten(self, name: str) -> None:
        """Notes that an archive is no more."""
        gone = "UPDATE journal.archives SET forgotten_at = now() WHERE name = %s AND forgotten_at IS NULL"
        await self._connection.execute(gone, (name,))


def _place(name: str) -> sql.Identifier:
    return sql.Identifier("journal", name)


def _rest(name: str) -> sql.Identifier:
    return _place(f"{name}_rest")
