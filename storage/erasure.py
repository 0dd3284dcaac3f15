"""Deliveries whose data is due to go, archived or not, and its going: the key, and the cities a search looked into."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Select, func, select, tuple_, union_all, update
from sqlalchemy.ext.asyncio import AsyncEngine

from domain.deliveries import FINAL
from domain.errors import Invalid
from domain.privacy import Ground
from storage import _paging
from storage._delivery_rows import DeliveryRow, without_cities
from storage._engine import reading, transaction
from storage.journal import ERASED_ORGANISATIONS, lock
from storage.keys import KeyRing
from storage.stubs import StubRow

_ENDED = DeliveryRow.status.in_([str(status) for status in FINAL])


class SqlDeliveryErasure:
    """As the deliveries role."""

    def __init__(self, engine: AsyncEngine, keys: KeyRing) -> None:
        self._engine = engine
        self._keys = keys

    async def erase(self, delivery_id: str, actor: str, ground: Ground) -> bool:
        """One transaction: key, row or stub, and line. Ids, codes, the reference, times and amounts stay."""
        found = "id", "organisation_id", "reference", "tracking_number", "booking_reference"
        row_of = select(*(getattr(DeliveryRow, name) for name in found)).where(DeliveryRow.id == delivery_id)
        stub_of = select(StubRow.organisation_id).where(StubRow.id == delivery_id)
        async with transaction(self._engine) as connection:
            await lock(connection, f"key/{delivery_id}")
            row = (await connection.execute(row_of)).one_or_none()
            whose = row.organisation_id if row else await connection.scalar(stub_of)
            if whose is None:
                return False
            erased = await self._keys.erase_within(connection, delivery_id, actor, ground, whose)
            now = datetime.now(UTC)
            if row:
                gone = {"erased_at": now, "search_text": without_cities(row._mapping)}
                its_row = DeliveryRow.id == delivery_id, DeliveryRow.erased_at.is_(None)
                await connection.execute(update(DeliveryRow).where(*its_row).values(gone))
            its_stub = StubRow.id == delivery_id, StubRow.erased_at.is_(None)  # which it may have got this moment
            await connection.execute(update(StubRow).where(*its_stub).values(erased_at=now))
        self._keys.forget(delivery_id)
        return erased

    async def due(
        self, before: datetime | None, limit: int, after: str | None = None
    ) -> tuple[Sequence[str], str | None]:
        """By the instant of the last move, then by id."""
        rows_due, stubs_due = _due(DeliveryRow, before, limit, after).where(_ENDED), _due(StubRow, before, limit, after)
        both = union_all(rows_due.subquery().select(), stubs_due.subquery().select()).subquery()
        query = select(both).order_by(both.c.updated_at, both.c.id).limit(limit)
        async with reading(self._engine) as connection:
            rows = (await connection.execute(query)).all()
        following = _paging.encode(rows[-1].updated_at.isoformat(), rows[-1].id) if len(rows) == limit else None
        return [row.id for row in rows], following

    async def archived(self, organisation_id: str, limit: int, after: str = "") -> Sequence[str]:
        """See the port."""
        theirs = StubRow.organisation_id == organisation_id, StubRow.id > after
        async with reading(self._engine) as connection:
            query = select(StubRow.id).where(*theirs).order_by(StubRow.id).limit(limit)
            return (await connection.scalars(query)).all()


def _due(kind: Any, before: datetime | None, limit: int, after: str | None) -> Select[Any]:
    """The next of one kind of row, each by an index of its own."""
    oldest_first = kind.updated_at, kind.id
    query = select(*oldest_first).where(kind.erased_at.is_(None)).order_by(*oldest_first).limit(limit)
    if before is None:
        query = query.where(kind.organisation_id.in_(ERASED_ORGANISATIONS))
    else:
        query = query.where(kind.updated_at < before)
    return query if after is None else query.where(tuple_(*oldest_first) > _position(after))


def _position(cursor: str) -> object:
    updated_at, delivery_id = _paging.decode(cursor, parts=2)
    try:
        return func.row(datetime.fromisoformat(updated_at), delivery_id)
    except ValueError:
        raise Invalid("this is no cursor of ours", field="after") from None
