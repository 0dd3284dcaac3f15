"""Who is told what happens, and how far the relay has told them."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ARRAY, Text, select, text, tuple_
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.orm import Mapped, mapped_column

from domain.audit import Cursor
from domain.notifications import FAILING, Standing, Subscriber
from storage._engine import reading, transaction
from storage._rows import Row, Xid8

_RELAY = "relay"
_STANDING = text("""
    SELECT (SELECT count(*) FROM notifications.endpoints WHERE disabled_reason = :failing) AS paused,
        count(*) AS waiting, min(created_at) AS oldest_at
    FROM notifications.messages WHERE outcome = 'waiting'
""")


class SubscriberRow(Row):
    """Somebody who is told, by whatever channel."""

    __tablename__ = "subscribers"
    __table_args__ = ({"schema": "notifications"},)

    id: Mapped[str] = mapped_column(primary_key=True)
    organisation_id: Mapped[str]
    events: Mapped[list[str]] = mapped_column(ARRAY(Text))
    enabled: Mapped[bool]
    created_at: Mapped[datetime]


class CursorRow(Row):
    """How far a reader of the journal has come."""

    __tablename__ = "cursors"
    __table_args__ = ({"schema": "notifications"},)

    reader: Mapped[str] = mapped_column(primary_key=True)
    txid: Mapped[int] = mapped_column(Xid8)
    line_id: Mapped[int]


class SqlSubscribers:
    """Kept by the notifications service."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def of(self, organisations: Sequence[str]) -> Mapping[str, Sequence[Subscriber]]:
        """The enabled ones, by organisation."""
        query = select(*SubscriberRow.__table__.columns).where(
            SubscriberRow.organisation_id.in_(organisations), SubscriberRow.enabled
        )
        found: defaultdict[str, list[Subscriber]] = defaultdict(list)
        async with reading(self._engine) as connection:
            for row in await connection.execute(query.order_by(SubscriberRow.created_at, SubscriberRow.id)):
                found[row.organisation_id].append(Subscriber.model_validate(dict(row._mapping)))
        return found

    async def cursor(self) -> Cursor:
        """Before everything, until it has been moved."""
        query = select(CursorRow.txid, CursorRow.line_id).where(CursorRow.reader == _RELAY)
        async with reading(self._engine) as connection:
            row = (await connection.execute(query)).one_or_none()
        return Cursor(txid=row.txid, id=row.line_id) if row else Cursor()

    async def advance(self, cursor: Cursor) -> None:
        """Only ever forward, so that of several relays the one that is behind holds nobody back."""
        place: dict[str, Any] = {"txid": cursor.txid, "line_id": cursor.id}
        statement = insert(CursorRow).values(reader=_RELAY, **place)
        new = statement.excluded
        forward = tuple_(CursorRow.txid, CursorRow.line_id) < tuple_(new.txid, new.line_id)
        async with transaction(self._engine) as connection:
            await connection.execute(
                statement.on_conflict_do_update(index_elements=["reader"], set_=place, where=forward)
            )

    async def standing(self) -> Standing:
        """One statement, by indexes that hold only such rows."""
        async with reading(self._engine) as connection:
            row = (await connection.execute(_STANDING, {"failing": FAILING})).one()
        return Standing.model_validate(dict(row._mapping))
