"""Service areas at rest, and slots counted so that no window is ever overbooked."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Identity, delete, select, text, tuple_, update
from sqlalchemy import Row as Result
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from sqlalchemy.orm import Mapped, mapped_column

from domain.availability import ServiceArea, Slot, Window
from storage._engine import reading, transaction
from storage._rows import Row
from storage.journal import append_line


class AreaRow(Row):
    """One service area."""

    __tablename__ = "areas"
    __table_args__ = ({"schema": "availability"},)

    id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    document: Mapped[dict[str, Any]]
    updated_at: Mapped[datetime]


class WindowRow(Row):
    """How many slots of a window are taken."""

    __tablename__ = "windows"
    __table_args__ = ({"schema": "availability"},)

    area_id: Mapped[str] = mapped_column(primary_key=True)
    starts_at: Mapped[datetime] = mapped_column(primary_key=True)
    taken: Mapped[int]


class SlotRow(Row):
    """A slot, held or released; a delivery holds at most one at a time."""

    __tablename__ = "slots"
    __table_args__ = ({"schema": "availability"},)

    number: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    id: Mapped[str]
    area_id: Mapped[str]
    delivery_id: Mapped[str]
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    reserved_at: Mapped[datetime]
    released_at: Mapped[datetime | None]


class SqlAvailabilityStore:
    """Kept by the availability service."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def areas(self) -> Sequence[ServiceArea]:
        """Every area, by name."""
        async with reading(self._engine) as connection:
            documents = await connection.scalars(select(AreaRow.document).order_by(AreaRow.name, AreaRow.id))
            return [ServiceArea.model_validate(document) for document in documents]

    async def put_area(self, area: ServiceArea, actor: str) -> None:
        """Creates or replaces one, with a journal line."""
        values = {"name": area.name, "document": area, "updated_at": datetime.now(UTC)}
        statement = insert(AreaRow).values(id=area.id, **values)
        told = {"enabled": area.enabled, "capacity": area.capacity}
        async with transaction(self._engine) as connection:
            await append_line(connection, area.id, "area.put", actor, told)
            await connection.execute(statement.on_conflict_do_update(index_elements=["id"], set_=values))

    async def delete_area(self, area_id: str, actor: str) -> bool:
        """Whether there was one to delete; slots held in it stay held."""
        known = select(AreaRow.id).where(AreaRow.id == area_id)
        async with transaction(self._engine) as connection:
            if await connection.scalar(known) is None:
                return False
            await append_line(connection, area_id, "area.deleted", actor, {})
            gone = delete(AreaRow).where(AreaRow.id == area_id).returning(AreaRow.id)
            return await connection.scalar(gone) is not None

    async def reserve(self, slot: Slot, capacity: int) -> Slot | None:
        """Holds a slot unless the window is full. A delivery has one at a time: the same window again gets the slot
        it holds, another window gives that back first, whether or not there is room in the new one."""
        async with transaction(self._engine) as connection:
            await _lock_delivery(connection, slot.delivery_id)
            held = await _held(connection, slot.delivery_id)
            if held is not None and _same_window(held, slot):
                return held
            if held is not None:
                await _lock_windows(connection, held, slot)
                await _release(connection, slot.delivery_id)
            if not await _take(connection, slot, capacity):
                return None
            values = slot.model_dump(exclude={"window"}) | slot.window.model_dump()
            await connection.execute(insert(SlotRow).values(**values, reserved_at=datetime.now(UTC)))
            return slot

    async def taken(self, area_id: str, window: Window) -> int:
        """How many slots of a window are held."""
        query = select(WindowRow.taken).where(WindowRow.area_id == area_id, WindowRow.starts_at == window.starts_at)
        async with reading(self._engine) as connection:
            return await connection.scalar(query) or 0

    async def release(self, delivery_id: str) -> None:
        """Lets go of whatever the delivery holds; again is harmless."""
        async with transaction(self._engine) as connection:
            await _lock_delivery(connection, delivery_id)
            await _release(connection, delivery_id)


async def _lock_delivery(connection: AsyncConnection, delivery_id: str) -> None:
    await connection.execute(
        text("SELECT pg_advisory_xact_lock(hashtextextended(:key, 0))"), {"key": f"slot/{delivery_id}"}
    )


async def _lock_windows(connection: AsyncConnection, *slots: Slot) -> None:
    """In one order for everybody, so that two deliveries that change places do not wait for each other."""
    key = WindowRow.area_id, WindowRow.starts_at
    both = tuple_(*key).in_([(slot.area_id, slot.window.starts_at) for slot in slots])
    await connection.execute(select(WindowRow.taken).where(both).order_by(*key).with_for_update())


async def _held(connection: AsyncConnection, delivery_id: str) -> Slot | None:
    query = select(*SlotRow.__table__.columns).where(SlotRow.delivery_id == delivery_id, SlotRow.released_at.is_(None))
    row = (await connection.execute(query)).one_or_none()
    return None if row is None else _slot(row)


def _same_window(held: Slot, wanted: Slot) -> bool:
    return (held.area_id, held.window.starts_at) == (wanted.area_id, wanted.window.starts_at)


async def _take(connection: AsyncConnection, slot: Slot, capacity: int) -> bool:
    """One statement that locks the window's count and raises it, or finds it full."""
    first = insert(WindowRow).values(area_id=slot.area_id, starts_at=slot.window.starts_at, taken=1)
    one_more = first.on_conflict_do_update(
        index_elements=["area_id", "starts_at"],
        set_={"taken": WindowRow.taken + 1},
        where=WindowRow.taken < capacity,
    )
    return capacity > 0 and await connection.scalar(one_more.returning(WindowRow.taken)) is not None


async def _release(connection: AsyncConnection, delivery_id: str) -> None:
    released = (
        update(SlotRow)
        .where(SlotRow.delivery_id == delivery_id, SlotRow.released_at.is_(None))
        .values(released_at=datetime.now(UTC))
        .returning(SlotRow.area_id, SlotRow.starts_at)
    )
    for row in await connection.execute(released):
        window = (WindowRow.area_id == row.area_id) & (WindowRow.starts_at == row.starts_at)
        await connection.execute(update(WindowRow).where(window).values(taken=WindowRow.taken - 1))


def _slot(row: Result[Any]) -> Slot:
    window = Window(starts_at=row.starts_at, ends_at=row.ends_at)
    return Slot(id=row.id, area_id=row.area_id, delivery_id=row.delivery_id, window=window)
