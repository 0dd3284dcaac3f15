"""Saved views at rest, sealed: what somebody looks for may be somebody's name."""

from datetime import datetime
from typing import Any

from pydantic_core import from_json, to_json
from sqlalchemy import delete, func, or_, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from sqlalchemy.orm import Mapped, mapped_column

from domain.errors import TooManyViews
from domain.views import MOST_OWN, MOST_SHARED, SavedView
from storage._crypto import Key
from storage._engine import reading, transaction
from storage._rows import Row
from storage.journal import append_line
from storage.keys import KeyRing

SUBJECT = "service/views"
"""Whose key seals them: the deliveries service has none of people's."""


class ViewRow(Row):
    """A view, its name and narrowing sealed."""

    __tablename__ = "views"
    __table_args__ = ({"schema": "deliveries"},)

    id: Mapped[str] = mapped_column(primary_key=True)
    organisation_id: Mapped[str]
    created_by: Mapped[str]
    shared: Mapped[bool]
    document: Mapped[bytes]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


_COLUMNS = list(ViewRow.__table__.columns)


class SqlViewStore:
    """Kept by the deliveries service."""

    def __init__(self, engine: AsyncEngine, keys: KeyRing) -> None:
        self._engine = engine
        self._keys = keys

    async def visible(self, organisation_id: str, user_id: str) -> list[SavedView]:
        """One's own and those shared, by name."""
        ours = ViewRow.organisation_id == organisation_id
        query = select(*_COLUMNS).where(ours, or_(ViewRow.shared, ViewRow.created_by == user_id))
        return sorted(await self._read(query), key=lambda view: (view.name.casefold(), view.id))

    async def get(self, view_id: str) -> SavedView | None:
        """One view."""
        return next(iter(await self._read(select(*_COLUMNS).where(ViewRow.id == view_id))), None)

    async def _read(self, query: Any) -> list[SavedView]:
        async with reading(self._engine) as connection:
            rows = (await connection.execute(query)).all()
        if not rows:
            return []
        key = await self._keys.get(SUBJECT)
        return [_view(row, key) for row in rows]

    async def put(self, view: SavedView, actor: str) -> None:
        """Counted while nobody else of the organisation saves one."""
        key = await self._keys.get(SUBJECT)
        sealed = key.seal(to_json({"name": view.name, "narrowing": view.narrowing}), _place(view.id))
        values = view.model_dump(exclude={"name", "narrowing"}) | {"document": sealed}
        changed = {name: values[name] for name in ("shared", "document", "updated_at")}
        async with transaction(self._engine) as connection:
            await connection.execute(
                text("SELECT pg_advisory_xact_lock(hashtextextended(:s, 0))"), {"s": f"views/{view.organisation_id}"}
            )
            told = {"shared": view.shared}
            await append_line(connection, view.id, "view.put", actor, told, view.organisation_id)
            await connection.execute(
                insert(ViewRow).values(values).on_conflict_do_update(index_elements=["id"], set_=changed)
            )
            await _check_count(connection, view)

    async def delete(self, view_id: str, actor: str) -> bool:
        """Whether there was one."""
        gone = delete(ViewRow).where(ViewRow.id == view_id).returning(ViewRow.organisation_id)
        async with transaction(self._engine) as connection:
            if (organisation_id := await connection.scalar(gone)) is None:
                return False
            await append_line(connection, view_id, "view.deleted", actor, {}, organisation_id)
            return True


async def _check_count(connection: AsyncConnection, view: SavedView) -> None:
    ours = select(func.count()).where(ViewRow.organisation_id == view.organisation_id)
    own = await connection.scalar(ours.where(ViewRow.created_by == view.created_by)) or 0
    shared = await connection.scalar(ours.where(ViewRow.shared)) or 0
    if own > MOST_OWN or (view.shared and shared > MOST_SHARED):
        raise TooManyViews(most=MOST_SHARED if own <= MOST_OWN else MOST_OWN)


def _view(row: Any, key: Key) -> SavedView:
    columns = {name: value for name, value in row._mapping.items() if name != "document"}
    return SavedView(**columns, **from_json(key.open(row.document, _place(row.id))))


def _place(view_id: str) -> str:
    return f"deliveries.views.document/{view_id}"
