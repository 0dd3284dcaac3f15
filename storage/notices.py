"""What a member sees in the app: a view of the journal, and beside it nothing but what they have read."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, delete, exists, false, func, literal, or_, select, tuple_
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.orm import Mapped, mapped_column

from domain.audit import Cursor
from domain.errors import Invalid
from domain.telling import ATTENTIONS, Way
from domain.telling_ports import Notice, ToldMember
from storage._engine import reading, transaction
from storage._rows import Row, Xid8
from storage.journal import JournalRow


class ReadingRow(Row):
    """Up to where a member has read everything."""

    __tablename__ = "readings"
    __table_args__ = ({"schema": "notifications"},)

    id: Mapped[str] = mapped_column(primary_key=True)
    txid: Mapped[int] = mapped_column(Xid8)
    line_id: Mapped[int]


class ReadLineRow(Row):
    """A line behind that, which they have read too."""

    __tablename__ = "read_lines"
    __table_args__ = ({"schema": "notifications"},)

    id: Mapped[str] = mapped_column(primary_key=True)
    line_id: Mapped[int] = mapped_column(primary_key=True)
    txid: Mapped[int] = mapped_column(Xid8)


_SHOWN = ("reason", "carrier", "attention")


class SqlNotices:
    """Reads the journal as the notifications role.

    A line that a still open transaction may precede is not shown yet, as in the stream, so nothing ever comes to lie
    behind what was read.
    """

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def page(
        self, member: ToldMember, unread: bool, limit: int, after: str | None
    ) -> tuple[Sequence[Notice], str | None]:
        """Newest first; a cursor is the id of the last one."""
        read = _read(member)
        columns = (JournalRow.txid, JournalRow.id, JournalRow.subject, JournalRow.seq, JournalRow.kind, JournalRow.at)
        query = select(*columns, JournalRow.data, read.label("read")).where(*_theirs(member))
        if unread:
            query = query.where(~read)
        if after is not None:
            query = query.where(tuple_(JournalRow.txid, JournalRow.id) < _at(_cursor(after)))
        query = query.order_by(JournalRow.txid.desc(), JournalRow.id.desc()).limit(limit + 1)
        async with reading(self._engine) as connection:
            rows = (await connection.execute(query)).all()
        items = [_item(row) for row in rows[:limit]]
        return items, items[-1].id if len(rows) > limit else None

    async def unread(self, member: ToldMember, most: int) -> int:
        """The database stops counting there."""
        some = select(literal(1)).select_from(JournalRow).where(*_theirs(member), ~_read(member)).limit(most)
        async with reading(self._engine) as connection:
            return await connection.scalar(select(func.count()).select_from(some.subquery())) or 0

    async def read(self, member: ToldMember, places: Sequence[Cursor]) -> None:
        """By the journal's own lines, so that nothing is noted of what is not theirs."""
        ids = [place.id for place in places]
        these = select(literal(member.subscriber), JournalRow.id, JournalRow.txid).where(
            *_theirs(member), JournalRow.id.in_(ids), ~_read(member)
        )
        noted = insert(ReadLineRow).from_select(["id", "line_id", "txid"], these)
        async with transaction(self._engine) as connection:
            await connection.execute(noted.on_conflict_do_nothing())

    async def read_up_to(self, member: ToldMember, place: Cursor | None) -> None:
        """Never beyond the newest line there is, never back."""
        newest = select(JournalRow.txid, JournalRow.id).where(*_theirs(member))
        if place is not None:
            newest = newest.where(tuple_(JournalRow.txid, JournalRow.id) <= _at(place))
        newest = newest.order_by(JournalRow.txid.desc(), JournalRow.id.desc()).limit(1)
        async with transaction(self._engine) as connection:
            row = (await connection.execute(newest)).one_or_none()
            if row is None:
                return
            values = {"txid": row.txid, "line_id": row.id}
            statement = insert(ReadingRow).values(id=member.subscriber, **values)
            new = statement.excluded
            forward = tuple_(ReadingRow.txid, ReadingRow.line_id) < tuple_(new.txid, new.line_id)
            await connection.execute(statement.on_conflict_do_update(index_elements=["id"], set_=values, where=forward))
            behind = tuple_(ReadLineRow.txid, ReadLineRow.line_id) <= (row.txid, row.id)
            await connection.execute(delete(ReadLineRow).where(ReadLineRow.id == member.subscriber, behind))


def _theirs(member: ToldMember) -> Sequence[ColumnElement[bool]]:
    """Their organisation's lines of which they hear in the app, since they came."""
    events = member.preferences.heard(Way.IN_APP)
    attention = func.jsonb_extract_path_text(JournalRow.data, "attention").in_([str(each) for each in ATTENTIONS])
    return (
        JournalRow.organisation_id == member.organisation_id,
        JournalRow.kind.in_(events) if events else false(),
        or_(JournalRow.kind != "delivery.attention", attention),
        JournalRow.at >= member.since,
        JournalRow.txid < func.pg_snapshot_xmin(func.pg_current_snapshot(), type_=Xid8),
    )


def _read(member: ToldMember) -> ColumnElement[bool]:
    floor = exists().where(
        ReadingRow.id == member.subscriber,
        tuple_(ReadingRow.txid, ReadingRow.line_id) >= tuple_(JournalRow.txid, JournalRow.id),
    )
    one = exists().where(and_(ReadLineRow.id == member.subscriber, ReadLineRow.line_id == JournalRow.id))
    return or_(floor, one)


def _at(place: Cursor) -> tuple[int, int]:
    return place.txid, place.id


def _cursor(text: str) -> Cursor:
    try:
        return Cursor.parse(text)
    except ValueError:
        raise Invalid("this is no cursor of ours: leave it out to begin at the first page", field="cursor") from None


def _item(row: Any) -> Notice:
    at: datetime = row.at
    told = {name: row.data[name] for name in _SHOWN if isinstance(row.data.get(name), str)}
    place = Cursor(txid=row.txid, id=row.id)
    return Notice.model_validate(
        {"id": str(place), "delivery_id": row.subject, "seq": row.seq, "type": row.kind, "at": at, "read": row.read}
        | told
    )
