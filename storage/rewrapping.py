"""Wrapping every data key anew, beside running services: a key stays what it is, only what wraps it changes."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, func, select, text
from sqlalchemy.ext.asyncio import AsyncEngine

from storage._crypto import Key
from storage._engine import reading, transaction
from storage._keks import Keks
from storage.journal import append_line
from storage.keys import DataKeyRow, place

Progress = Callable[[int, int], None]
"""Told how many are done, and of how many."""

_BATCH = 500
_LIVING = DataKeyRow.wrapped.is_not(None)
# Only where it is still wrapped as it was read: a key erased meanwhile stays erased.
_SWAP = text("""
    UPDATE keys.data_keys AS held SET wrapped = anew.wrapped, kek_id = :kek_id
    FROM unnest(CAST(:subjects AS text[]), CAST(:before AS bytea[]), CAST(:after AS bytea[]))
        AS anew (subject, before, wrapped)
    WHERE held.subject = anew.subject AND held.wrapped = anew.before
""")


class Rewrapping:
    """As the role that may do this and reads nothing the keys seal."""

    def __init__(self, engine: AsyncEngine, keks: Keks, *, batch: int = _BATCH) -> None:
        self._engine = engine
        self._keks = keks
        self._batch = batch

    async def wrapped_by(self) -> Mapping[str, int]:
        """How many data keys each key-encryption key wraps, by its id; erased ones are wrapped by none."""
        query = select(DataKeyRow.kek_id, func.count()).where(_LIVING).group_by(DataKeyRow.kek_id)
        async with reading(self._engine) as connection:
            return {str(kek_id): count for kek_id, count in await connection.execute(query)}

    async def erased(self) -> int:
        """How many subjects were erased."""
        async with reading(self._engine) as connection:
            return await connection.scalar(select(func.count()).where(~_LIVING).select_from(DataKeyRow)) or 0

    async def run(self, actor: str, progress: Progress = lambda _done, _total: None) -> int:
        """Wraps by the current key whatever is wrapped by another, and tells the journal; how many there were.

        Stopped anywhere, it goes on where it stopped when it is run again. Raises Unavailable when the file of a key
        that still wraps some is missing.
        """
        kek_id, kek = self._keks.current()
        waits = _LIVING & (DataKeyRow.kek_id != kek_id)
        done, total, reached, found = 0, await self._count(waits), "", False
        while True:
            rows = await self._next(waits & (DataKeyRow.subject > reached))
            if not rows and not found:
                break
            if not rows:  # once more from the beginning: some may have been made by a service that was slow to look
                reached, found = "", False
                continue
            async with transaction(self._engine) as connection:
                swapped = await connection.execute(_SWAP, {"kek_id": kek_id, **self._anew(rows, kek)})
            done, reached, found = done + swapped.rowcount, rows[-1].subject, True
            progress(done, max(total, done))
        if done:
            async with transaction(self._engine) as connection:
                await append_line(connection, "keys", "keys.rotated", actor, {"kek_id": kek_id, "wrapped": done})
        return done

    def _anew(self, rows: Sequence[Any], kek: Key) -> dict[str, list[Any]]:
        subjects, before = [row.subject for row in rows], [row.wrapped for row in rows]
        raw = [self._keks.get(row.kek_id).open(row.wrapped, place(row.subject)) for row in rows]
        after = [kek.seal(key, place(subject)) for key, subject in zip(raw, subjects, strict=True)]
        return {"subjects": subjects, "before": before, "after": after}

    async def _count(self, where: ColumnElement[bool]) -> int:
        async with reading(self._engine) as connection:
            return await connection.scalar(select(func.count()).where(where).select_from(DataKeyRow)) or 0

    async def _next(self, waits: ColumnElement[bool]) -> Sequence[Any]:
        columns = DataKeyRow.subject, DataKeyRow.wrapped, DataKeyRow.kek_id
        async with reading(self._engine) as connection:
            query = select(*columns).where(waits).order_by(DataKeyRow.subject).limit(self._batch)
            return (await connection.execute(query)).all()
