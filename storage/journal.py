"""The journal: chained lines in, one order out."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from pydantic_core import to_json
from sqlalchemy import Identity, Select, cast, column, func, select, text, tuple_, union, union_all
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from sqlalchemy.orm import Mapped, mapped_column

from domain import audit
from storage._engine import reading, transaction
from storage._rows import Row, Xid8
from storage.ends import EndRow

_LAST_ID = 2**63 - 1
CHANNEL = "journal"
"""Where NOTIFY tells of new lines."""
START = 0, audit.GENESIS
"""Number and hash of what a subject's first line follows."""


class JournalRow(Row):
    """One line; nobody updates or deletes it."""

    __tablename__ = "journal"
    __table_args__ = ({"schema": "journal"},)

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    txid: Mapped[int] = mapped_column(Xid8, server_default=func.pg_current_xact_id())
    subject: Mapped[str]
    seq: Mapped[int]
    kind: Mapped[str]
    actor: Mapped[str]
    organisation_id: Mapped[str | None]
    data: Mapped[dict[str, Any]]
    digest: Mapped[str]
    prev_hash: Mapped[str]
    hash: Mapped[str]
    at: Mapped[datetime]


ERASED_ORGANISATIONS = select(JournalRow.subject).where(JournalRow.kind == "organisation.erased")
_LINE = [column for column in JournalRow.__table__.columns if column.name != "digest"]

# One statement whatever the number of lines. Their order gives the ids, and ids alone go out by NOTIFY.
_WRITE = text("""
    WITH written AS (
        INSERT INTO journal.journal (subject, seq, kind, actor, organisation_id, data, digest, prev_hash, hash, at)
        SELECT :subject, seq, kind, actor, :organisation_id, data, digest, prev_hash, hash, at
        FROM jsonb_to_recordset(CAST(:lines AS jsonb)) AS line (
            seq bigint, kind text, actor text, data jsonb, digest text, prev_hash text, hash text, at timestamptz)
        ORDER BY seq
        RETURNING id, subject, organisation_id
    )
    SELECT pg_notify('journal',
        json_build_object('id', id, 'subject', subject, 'organisation_id', organisation_id)::text)
    FROM written
""")


# ── writing, inside another's transaction ─────────────────────────────────────────────────────────────────


async def lock(connection: AsyncConnection, subject: str) -> None:
    """Makes this transaction the subject's only writer until it ends.

    It comes first in its transaction, before anything that writes: then the lines' txids, which order the journal
    for its readers, are in the order of their seq.
    """
    await connection.execute(text("SELECT pg_advisory_xact_lock(hashtextextended(:s, 0))"), {"s": f"journal/{subject}"})


async def write_lines(
    connection: AsyncConnection,
    subject: str,
    organisation_id: str | None,
    lines: Sequence[audit.Line],
    prev_hash: str,
) -> None:
    """Appends lines that follow the one with `prev_hash`, and says so by NOTIFY; the subject is locked before.

    Raises ValueError for data that would not come back from JSON as it went in.
    """
    rows: list[dict[str, Any]] = []
    for line in lines:
        _check_plain(line.data)
        line_hash = audit.chained(prev_hash, subject, line)
        rows.append(line.model_dump() | {"digest": line.digest(), "prev_hash": prev_hash, "hash": line_hash})
        prev_hash = line_hash
    values = {"subject": subject, "organisation_id": organisation_id, "lines": to_json(rows).decode()}
    await connection.execute(_WRITE, values)


async def append_line(
    connection: AsyncConnection,
    subject: str,
    kind: str,
    actor: str,
    data: Mapping[str, object],
    organisation_id: str | None = None,
) -> None:
    """Locks the subject and appends its next line: the first thing a transaction does."""
    if subject.startswith("del_"):
        raise ValueError("a delivery's lines are numbered by its workflow alone: use a subject of your own")
    await lock(connection, subject)
    newest = (
        select(JournalRow.seq, JournalRow.hash)
        .where(JournalRow.subject == subject)
        .order_by(JournalRow.seq.desc())
        .limit(1)
    )
    last = (await connection.execute(newest)).one_or_none()
    head = (last.seq, last.hash) if last else START
    await append_behind(connection, subject, head, kind, actor, data, organisation_id)


async def append_behind(
    connection: AsyncConnection,
    subject: str,
    head: tuple[int, str],
    kind: str,
    actor: str,
    data: Mapping[str, object],
    organisation_id: str | None = None,
) -> None:
    """Appends the line after the subject's last, whose number and hash were read since the subject was locked."""
    seq, prev_hash = head
    line = audit.Line.model_validate(
        {"seq": seq + 1, "kind": kind, "actor": actor, "at": datetime.now(UTC), "data": dict(data)}
    )
    await write_lines(connection, subject, organisation_id, [line], prev_hash)


def _check_plain(data: Mapping[str, object]) -> None:
    """What jsonb and BSON give back unchanged: a hash over anything else could not be verified later."""
    for value in _leaves(data):
        if isinstance(value, float) or (isinstance(value, int) and not -(2**63) <= value < 2**63):
            raise ValueError(f"a journal line holds no such number: {value!r}")
        if isinstance(value, str) and "\x00" in value:
            raise ValueError("a journal line holds no NUL")


def _leaves(value: object) -> Iterator[object]:
    match value:
        case Mapping():
            yield from value
            for item in value.values():
                yield from _leaves(item)
        case list() | tuple():
            for item in value:
                yield from _leaves(item)
        case _:
            yield value


# ── reading ───────────────────────────────────────────────────────────────────────────────────────────────


def following(
    cursor: audit.Cursor, limit: int, organisation_id: str | None = None, subject: str | None = None
) -> Select[Any]:
    """The next lines by (txid, id), for whoever keeps a cursor beside what it makes of them; `as_line` reads a row."""
    place = cast(cursor.txid, Xid8), cursor.id
    columns = [column(its.name, its.type) for its in _LINE]
    lines = func.journal.following(*place, limit, organisation_id, subject).table_valued(*columns, name="line")
    return select(*lines.c).order_by(lines.c.txid, lines.c.id)


class SqlJournal:
    """The journal as a role sees it that may insert and select."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def append(
        self, subject: str, kind: str, actor: str, data: Mapping[str, object], organisation_id: str | None = None
    ) -> None:
        """A line of its own transaction; raises ValueError for a delivery's subject or data that is not plain."""
        async with transaction(self._engine) as connection:
            await append_line(connection, subject, kind, actor, data, organisation_id)

    async def after(
        self, cursor: audit.Cursor, limit: int, organisation_id: str | None = None, subject: str | None = None
    ) -> Sequence[audit.JournalLine]:
        """The next lines by (txid, id). A line younger than the oldest open transaction waits until that one has
        ended, since it may yet put lines before it."""
        query = following(cursor, limit, organisation_id, subject)
        async with reading(self._engine) as connection:
            return [as_line(row._mapping) for row in await connection.execute(query)]

    async def now(self) -> audit.Cursor:
        """Behind every line that `after` could give at this moment; those of open transactions are still to come."""
        oldest = select(func.pg_snapshot_xmin(func.pg_current_snapshot(), type_=Xid8))
        async with reading(self._engine) as connection:
            txid: int = (await connection.execute(oldest)).scalar_one()
        return audit.Cursor(txid=txid - 1, id=_LAST_ID)

    async def of(self, subject: str) -> Sequence[audit.JournalLine]:
        """A subject's lines by seq, those of the last instant included."""
        query = select(*_LINE).where(JournalRow.subject == subject).order_by(JournalRow.seq)
        async with reading(self._engine) as connection:
            return [as_line(row._mapping) for row in await connection.execute(query)]

    async def line(self, subject: str, seq: int) -> audit.JournalLine | None:
        """One line of a subject."""
        query = select(*_LINE).where(JournalRow.subject == subject, JournalRow.seq == seq)
        async with reading(self._engine) as connection:
            row = (await connection.execute(query)).one_or_none()
        return as_line(row._mapping) if row else None

    async def archived(self, organisation_id: str, after: str, limit: int) -> Sequence[str]:
        """The next of an organisation's deliveries, by id, whose first lines lie in an archive."""
        begins = select(JournalRow.id).where(JournalRow.subject == EndRow.subject, JournalRow.seq == 1).exists()
        theirs = EndRow.organisation_id == organisation_id, EndRow.subject > after, ~begins
        async with reading(self._engine) as connection:
            query = select(EndRow.subject).where(*theirs).order_by(EndRow.subject).limit(limit)
            return (await connection.scalars(query)).all()

    async def heads(self, subjects: Sequence[str], until: audit.Cursor) -> Mapping[str, tuple[int, str]]:
        """Number and hash of the last line up to the cursor, archived or not, of each of these subjects with any."""
        up_to = JournalRow.subject.in_(subjects), tuple_(JournalRow.txid, JournalRow.id) <= (until.txid, until.id)
        last = union_all(
            select(JournalRow.subject, JournalRow.seq, JournalRow.hash)
            .ext(distinct_on(JournalRow.subject))
            .where(*up_to)
            .order_by(JournalRow.subject, JournalRow.seq.desc()),
            select(EndRow.subject, EndRow.seq, EndRow.hash).where(EndRow.subject.in_(subjects)),
        ).subquery()
        query = select(last).ext(distinct_on(last.c.subject)).order_by(last.c.subject, last.c.seq.desc())
        async with reading(self._engine) as connection:
            return {row.subject: (row.seq, row.hash) for row in await connection.execute(query)}

    async def erased(self) -> Sequence[str]:
        """Whose data keys were deleted, as far as these lines tell; in the order in which they were."""
        query = select(JournalRow.data["subject"].astext).where(JournalRow.kind == "key.erased").order_by(JournalRow.id)
        async with reading(self._engine) as connection:
            return (await connection.scalars(query)).all()

    async def subjects(self, after: str, limit: int, until: audit.Cursor) -> Sequence[str]:
        """The next subjects, by name, that have a line up to the cursor, archived or not."""
        up_to = JournalRow.subject > after, tuple_(JournalRow.txid, JournalRow.id) <= (until.txid, until.id)
        lines = select(JournalRow.subject).distinct().where(*up_to).order_by(JournalRow.subject).limit(limit)
        ends = select(EndRow.subject).where(EndRow.subject > after).order_by(EndRow.subject).limit(limit)
        either = union(lines.subquery().select(), ends.subquery().select()).subquery()
        async with reading(self._engine) as connection:
            return (await connection.scalars(select(either).order_by(either.c.subject).limit(limit))).all()


def as_line(row: Mapping[Any, Any]) -> audit.JournalLine:
    """A row as the domain's line."""
    return audit.JournalLine.model_validate(dict(row))
