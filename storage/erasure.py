"""Deliveries whose data is due to go, and its going: the key, and the cities that a search looked into."""

from collections.abc import Sequence
from datetime import UTC, datetime

from sqlalchemy import func, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncEngine

from domain.deliveries import FINAL
from domain.errors import Invalid
from domain.finding import folded
from domain.privacy import Ground
from storage import _paging
from storage._delivery_rows import DeliveryRow
from storage._engine import reading, transaction
from storage.journal import ERASED_ORGANISATIONS, lock
from storage.keys import KeyRing

_ENDED = DeliveryRow.status.in_([str(status) for status in FINAL])
_THERE = DeliveryRow.erased_at.is_(None)


class SqlDeliveryErasure:
    """As the deliveries role."""

    def __init__(self, engine: AsyncEngine, keys: KeyRing) -> None:
        self._engine = engine
        self._keys = keys

    async def erase(self, delivery_id: str, actor: str, ground: Ground) -> bool:
        """One transaction: key, row and line. Ids, codes, the reference, times and amounts stay."""
        it = DeliveryRow.id == delivery_id
        found = DeliveryRow.organisation_id, DeliveryRow.reference, DeliveryRow.tracking_number
        query = select(*found, DeliveryRow.booking_reference).where(it)
        async with transaction(self._engine) as connection:
            await lock(connection, f"key/{delivery_id}")
            row = (await connection.execute(query)).one_or_none()
            if row is None:
                return False
            erased = await self._keys.erase_within(connection, delivery_id, actor, ground, row.organisation_id)
            left = delivery_id, row.reference, row.tracking_number or "", row.booking_reference or ""
            gone = {"erased_at": datetime.now(UTC), "search_text": folded(" ".join(left))}
            await connection.execute(update(DeliveryRow).where(it, _THERE).values(gone))
        self._keys.forget(delivery_id)
        return erased

    async def due(
        self, before: datetime | None, limit: int, after: str | None = None
    ) -> tuple[Sequence[str], str | None]:
        """By the instant of the last move, then by id."""
        oldest_first = DeliveryRow.updated_at, DeliveryRow.id
        query = select(*oldest_first).where(_THERE, _ENDED).order_by(*oldest_first).limit(limit)
        if before is None:
            query = query.where(DeliveryRow.organisation_id.in_(ERASED_ORGANISATIONS))
        else:
            query = query.where(DeliveryRow.updated_at < before)
        if after is not None:
            query = query.where(tuple_(*oldest_first) > _position(after))
        async with reading(self._engine) as connection:
            rows = (await connection.execute(query)).all()
        following = _paging.encode(rows[-1].updated_at.isoformat(), rows[-1].id) if len(rows) == limit else None
        return [row.id for row in rows], following


def _position(cursor: str) -> object:
    updated_at, delivery_id = _paging.decode(cursor, parts=2)
    try:
        return func.row(datetime.fromisoformat(updated_at), delivery_id)
    except ValueError:
        raise Invalid("this is no cursor of ours", field="after") from None
