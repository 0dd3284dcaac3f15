"""Data keys at rest: one for each delivery, person and account, wrapped; what lost its key is erased."""

import os
import time
from collections import OrderedDict
from collections.abc import Iterable
from contextlib import nullcontext
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from sqlalchemy.orm import Mapped, mapped_column

from domain.errors import Erased
from domain.privacy import Ground
from storage._crypto import KEY_BYTES, Key
from storage._engine import reading, transaction
from storage._keks import Keks
from storage._rows import Row
from storage.journal import append_line, lock

_MOST, _MAX_AGE_S = 10_000, 60.0


class DataKeyRow(Row):
    """A subject's key, wrapped by the key-encryption key `kek_id`; gone, and when, once the subject is erased."""

    __tablename__ = "data_keys"
    __table_args__ = ({"schema": "keys"},)

    subject: Mapped[str] = mapped_column(primary_key=True)
    wrapped: Mapped[bytes | None]
    kek_id: Mapped[str | None]
    created_at: Mapped[datetime]
    erased_at: Mapped[datetime | None]


_READ = select(DataKeyRow.subject, DataKeyRow.wrapped, DataKeyRow.kek_id)


class KeyRing:
    """Data keys as one service's role may have them, kept in memory for a minute.

    So an erased key is forgotten everywhere within that minute, and one wrapped anew stays what it was.
    """

    def __init__(self, engine: AsyncEngine, keks: Keks, *, most: int = _MOST, max_age_s: float = _MAX_AGE_S) -> None:
        self._engine = engine
        self._keks = keks
        self._most, self._max_age_s = most, max_age_s
        self._kept: OrderedDict[str, tuple[Key, float]] = OrderedDict()

    async def get(self, subject: str) -> Key:
        """The subject's key, made when it is first asked for. Raises Erased, Unavailable."""
        if (key := (await self.known((subject,))).get(subject)) is not None:
            return key
        async with transaction(self._engine) as connection:
            key = await self._make(connection, subject)
        self._keep(subject, key)  # not before it is committed: nothing may be sealed by a key that is then lost
        return key

    async def within(self, connection: AsyncConnection, subject: str) -> Key:
        """The same inside a transaction, to which a new key belongs."""
        if (key := self._remembered(subject)) is not None:
            return key
        row = (await connection.execute(_READ.where(DataKeyRow.subject == subject))).one_or_none()
        return await self._make(connection, subject) if row is None else self._living(row)

    async def known(self, subjects: Iterable[str], connection: AsyncConnection | None = None) -> dict[str, Key]:
        """The keys of those that have one, by one statement for all that are not in memory; who was erased has none."""
        found: dict[str, Key] = {}
        missing: list[str] = []
        for subject in dict.fromkeys(subjects):
            if (key := self._remembered(subject)) is not None:
                found[subject] = key
            else:
                missing.append(subject)
        if missing:
            query = _READ.where(DataKeyRow.subject.in_(missing), DataKeyRow.wrapped.is_not(None))
            async with nullcontext(connection) if connection else reading(self._engine) as asked:
                rows = (await asked.execute(query)).all()
            for row in rows:
                found[row.subject] = self._unwrapped(row)
                if connection is None:  # else it may be of a transaction that is not committed yet
                    self._keep(row.subject, found[row.subject])
        return found

    async def erase(self, subject: str, actor: str) -> bool:
        """Deletes the subject's key, so that nobody reads again what it sealed, with a journal line; whether there was
        one. It never gets another."""
        async with transaction(self._engine) as connection:
            erased = await self.erase_within(connection, subject, actor)
        self.forget(subject)
        return erased

    async def erase_within(
        self,
        connection: AsyncConnection,
        subject: str,
        actor: str,
        ground: Ground | None = None,
        organisation_id: str | None = None,
    ) -> bool:
        """The same inside a transaction that has written nothing yet, or has locked `key/{subject}` before it did; then
        `forget` what this process still knows."""
        gone: dict[str, Any] = {"wrapped": None, "kek_id": None, "erased_at": datetime.now(UTC)}
        statement = update(DataKeyRow).where(DataKeyRow.subject == subject, DataKeyRow.erased_at.is_(None)).values(gone)
        told = f"key/{subject}"
        await lock(connection, told)
        if await connection.scalar(statement.returning(DataKeyRow.subject)) is None:
            return False
        data = {"subject": subject} | ({"ground": str(ground)} if ground else {})
        await append_line(connection, told, "key.erased", actor, data, organisation_id)
        return True

    def forget(self, subject: str) -> None:
        """Others do within a minute."""
        self._kept.pop(subject, None)

    async def _make(self, connection: AsyncConnection, subject: str) -> Key:
        raw, (kek_id, kek) = os.urandom(KEY_BYTES), self._keks.current()
        values = {"subject": subject, "wrapped": kek.seal(raw, place(subject)), "kek_id": kek_id}
        new = insert(DataKeyRow).values(**values, created_at=func.now()).on_conflict_do_nothing()
        if await connection.scalar(new.returning(DataKeyRow.subject)) is not None:
            return Key(raw)
        # Somebody else was faster, or the subject is erased.
        return self._living((await connection.execute(_READ.where(DataKeyRow.subject == subject))).one())

    def _living(self, row: Any) -> Key:
        if row.wrapped is None:
            raise Erased
        return self._unwrapped(row)

    def _unwrapped(self, row: Any) -> Key:
        return Key(self._keks.get(row.kek_id).open(row.wrapped, place(row.subject)))

    def _remembered(self, subject: str) -> Key | None:
        key, until = self._kept.get(subject, (None, 0.0))
        return key if time.monotonic() < until else None

    def _keep(self, subject: str, key: Key) -> None:
        self._kept[subject] = key, time.monotonic() + self._max_age_s
        self._kept.move_to_end(subject)
        while len(self._kept) > self._most:
            self._kept.popitem(last=False)


def place(subject: str) -> str:
    """What a wrapped key is bound to: its subject, so that none can be given another's."""
    return f"keys.data_keys.wrapped/{subject}"
