"""Deliveries leave the database some at a time, once their rows lie elsewhere; of each a stub stays."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

import psycopg
from psycopg import sql
from psycopg.types.json import Jsonb

from domain.errors import Conflict, Unavailable
from storage._delivery_rows import without_cities
from storage.owning import Owned

_AT_ONCE = 1_000
TABLES: Mapping[str, str] = {
    "deliveries.deliveries": "id",
    "tracking.scans": "delivery_id",
    "availability.slots": "delivery_id",
}
"""What leaves of a delivery, and by which column it is found; its own row, of which there is one, comes first."""

Document = dict[str, list[dict[str, Any]]]
"""A delivery's rows as they are stored, by table: what was sealed by its key is sealed still, bytes as hexadecimals."""

_HORIZON = "SELECT max(until) AS until FROM journal.archives"
# Those that lines are left of stay: they were put back, or came late.
_OLD = """
    WITH old AS MATERIALIZED (
        SELECT id, seq, ended_at FROM deliveries.deliveries
        WHERE ended_at < %(horizon)s AND (ended_at, id) > (%(ended_at)s, %(id)s) ORDER BY ended_at, id LIMIT %(most)s
    )
    SELECT id, ended_at, EXISTS (SELECT FROM journal.ends WHERE subject = old.id AND ends.seq = old.seq)
        AND NOT EXISTS (SELECT FROM journal.journal WHERE subject = old.id) AS may_go
    FROM old ORDER BY ended_at, id
"""
_READ = "SELECT {key} AS whose, to_jsonb(it) AS row FROM {table} AS it WHERE {key} = ANY(%s)"
_DELETE = "DELETE FROM {table} AS it WHERE {key} = ANY(%s) RETURNING {key} AS whose, to_jsonb(it) AS row"
_WORDS = "DELETE FROM deliveries.clues WHERE delivery_id = ANY(%s)"
_KNOWN = "id", "organisation_id", "created_by", "seq", "updated_at", "ended_at", "erased_at"
_NOTED = """
    WITH gone AS (SELECT * FROM jsonb_populate_recordset(NULL::deliveries.deliveries, %(rows)s)), piece AS (
        INSERT INTO deliveries.archives (number, name, sha256, bytes, deliveries, since, until, archived_at)
        SELECT %(number)s, %(name)s, %(sha256)s, %(bytes)s, count(*), min(ended_at), max(ended_at), now() FROM gone
    )
    INSERT INTO deliveries.archived (id, archive, organisation_id, created_by, seq, updated_at, erased_at)
    SELECT id, %(number)s, organisation_id, created_by, seq, updated_at, erased_at FROM gone
"""


class Place(NamedTuple):
    """Where a batch ends, in the order in which deliveries leave."""

    ended_at: datetime
    id: str


BEGINNING = Place(datetime.min.replace(tzinfo=UTC), "")


class Batch(NamedTuple):
    """Deliveries that may leave, and how far was looked for them."""

    documents: Sequence[Document]
    until: Place


class Piece(NamedTuple):
    """A file that holds deliveries: its name in the vault, its SHA-256 and size there."""

    number: int
    name: str
    sha256: str
    bytes: int


class Leaving:
    """As the database's owner."""

    def __init__(self, connection: Owned) -> None:
        self._connection = connection

    async def number(self) -> int:
        """The next piece's. One that was written and never noted has it again."""
        query = "SELECT coalesce(max(number), 0) + 1 AS number FROM deliveries.archives"
        return int((await self._one(query))["number"])

    async def batch(self, after: Place) -> Batch | None:
        """The next of those that ended within the months which were archived, as long as there are any."""
        horizon = (await self._one(_HORIZON))["until"]
        asked = {**after._asdict(), "horizon": horizon, "most": _AT_ONCE}
        old = await (await self._connection.execute(_OLD, asked)).fetchall()
        if not old:
            return None
        documents = await self._gathered(_READ, [row["id"] for row in old if row["may_go"]])
        return Batch(documents, Place(old[-1]["ended_at"], old[-1]["id"]))

    async def let_go(self, piece: Piece, documents: Sequence[Document]) -> None:
        """In one transaction: these rows are gone, and what is known of them is noted. Raises Conflict where any is not
        as it lies in the piece, Unavailable where somebody is at one; nothing has happened then."""
        rows = [document["deliveries.deliveries"][0] for document in documents]
        ids = [row["id"] for row in rows]
        try:
            async with self._connection.transaction():
                if await self._gathered(_DELETE, ids) != documents:
                    raise Conflict("deliveries have changed while they were archived: run this again")
                await self._connection.execute(_WORDS, (ids,))
                known = [{name: row[name] for name in _KNOWN} for row in rows]
                await self._connection.execute(_NOTED, {**piece._asdict(), "rows": Jsonb(known)})
        except (psycopg.errors.LockNotAvailable, psycopg.errors.DeadlockDetected):
            raise Unavailable("somebody is at deliveries that are archived: run this again") from None

    async def pieces(self) -> list[Mapping[str, Any]]:
        """Every piece there was, oldest first."""
        rows = await self._connection.execute("SELECT * FROM deliveries.archives ORDER BY number")
        return [row async for row in rows]

    async def forgotten(self, number: int) -> None:
        """Notes that a piece is no more."""
        await self._connection.execute(
            "UPDATE deliveries.archives SET forgotten_at = now() WHERE number = %s AND forgotten_at IS NULL", (number,)
        )

    async def _gathered(self, statement: str, ids: Sequence[str]) -> list[Document]:
        """What a statement gives of each table, by delivery in the order of their ids. What a search looks into is made
        anew from a delivery that is put back, and so is not kept: by it an erased one would say where it went."""
        found: dict[str, Document] = {its_id: {table: [] for table in TABLES} for its_id in sorted(ids)}
        for table, key in TABLES.items():
            names = {"table": sql.Identifier(*table.split(".")), "key": sql.Identifier(key)}
            async for row in await self._connection.execute(sql.SQL(statement).format(**names), (list(ids),)):
                found[row["whose"]][table].append(row["row"])
        for document in found.values():
            for rows in document.values():
                rows.sort(key=lambda row: row.get("number", 0))
            for row in document["deliveries.deliveries"]:
                row["search_text"] = without_cities(row)
        return list(found.values())

    async def _one(self, query: str) -> dict[str, Any]:
        row = await (await self._connection.execute(query)).fetchone()
        assert row is not None
        return row
