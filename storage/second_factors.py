"""Second factors at rest, and the fingerprints of recovery codes."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ForeignKey, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from sqlalchemy.orm import Mapped, mapped_column

from domain.errors import SecondFactorSet
from domain.user_ports import SecondFactor
from storage._engine import reading, transaction
from storage._people import UserRow, end_sessions
from storage._rows import Row
from storage._seals import Seals
from storage.journal import append_line, lock


class SecondFactorRow(Row):
    """A secret, sealed by its user's key, in force once confirmed; no code of a step up to `last_step` counts again."""

    __tablename__ = "second_factors"
    __table_args__ = ({"schema": "users"},)

    user_id: Mapped[str] = mapped_column(ForeignKey(UserRow.id), primary_key=True)
    secret: Mapped[bytes]
    confirmed_at: Mapped[datetime | None]
    last_step: Mapped[int]


class RecoveryCodeRow(Row):
    """A code that was not used yet."""

    __tablename__ = "recovery_codes"
    __table_args__ = ({"schema": "users"},)

    user_id: Mapped[str] = mapped_column(ForeignKey(SecondFactorRow.user_id, ondelete="CASCADE"), primary_key=True)
    digest: Mapped[str] = mapped_column(primary_key=True)


_CONFIRMED = SecondFactorRow.confirmed_at.is_not(None)


class SqlSecondFactorStore:
    """Kept by the users service."""

    def __init__(self, engine: AsyncEngine, seals: Seals) -> None:
        self._engine = engine
        self._seals = seals

    async def get(self, user_id: str) -> SecondFactor | None:
        """The user's, proposed or in force."""
        codes = select(func.count()).where(RecoveryCodeRow.user_id == user_id).scalar_subquery()
        columns = SecondFactorRow.secret, SecondFactorRow.confirmed_at, codes.label("codes_left")
        async with reading(self._engine) as connection:
            row = (await connection.execute(select(*columns).where(SecondFactorRow.user_id == user_id))).one_or_none()
        key = (await self._seals.known((user_id,))).get(user_id)
        if row is None or key is None:
            return None
        secret = key.open(row.secret, _place(user_id))
        return SecondFactor(secret=secret, confirmed=row.confirmed_at is not None, codes_left=row.codes_left)

    async def propose(self, user_id: str, secret: bytes) -> None:
        """A secret to confirm, instead of one proposed before; raises SecondFactorSet while one is in force."""
        async with transaction(self._engine) as connection:
            key = await self._seals.of(connection, user_id)
            sealed = key.seal(secret, _place(user_id))
            values: dict[str, Any] = {"secret": sealed, "confirmed_at": None, "last_step": 0}
            proposed = insert(SecondFactorRow).values(user_id=user_id, **values)
            statement = proposed.on_conflict_do_update(
                index_elements=["user_id"], set_=values, where=SecondFactorRow.confirmed_at.is_(None)
            )
            if await connection.scalar(statement.returning(SecondFactorRow.user_id)) is None:
                raise SecondFactorSet

    async def confirm(self, user_id: str, step: int, codes: Sequence[str]) -> None:
        """In force, and its first code used; sessions from before end. Raises SecondFactorSet."""
        now = datetime.now(UTC)
        proposed = SecondFactorRow.user_id == user_id, SecondFactorRow.confirmed_at.is_(None)
        statement = update(SecondFactorRow).where(*proposed).values(confirmed_at=now, last_step=step)
        async with transaction(self._engine) as connection:
            await lock(connection, user_id)
            if await connection.scalar(statement.returning(SecondFactorRow.user_id)) is None:
                raise SecondFactorSet
            await _write_codes(connection, user_id, codes)
            await end_sessions(connection, user_id, now)
            await append_line(connection, user_id, "user.second_factor_on", user_id, {"kind": "totp"})

    async def use(self, user_id: str, proof: int | str) -> bool:
        """Uses up a time step (and all before), or a recovery code by its digest; False when it was used before."""
        if isinstance(proof, int):
            unused = SecondFactorRow.user_id == user_id, _CONFIRMED, SecondFactorRow.last_step < proof
            step = update(SecondFactorRow).where(*unused).values(last_step=proof).returning(SecondFactorRow.user_id)
            async with transaction(self._engine) as connection:
                return await connection.scalar(step) is not None
        code = RecoveryCodeRow.user_id == user_id, RecoveryCodeRow.digest == proof
        async with transaction(self._engine) as connection:
            await lock(connection, user_id)
            statement = delete(RecoveryCodeRow).where(*code).returning(RecoveryCodeRow.digest)
            if await connection.scalar(statement) is None:
                return False
            await append_line(connection, user_id, "user.recovery_code_used", user_id, {})
            return True

    async def renew(self, user_id: str, codes: Sequence[str]) -> None:
        """New recovery codes instead of all before."""
        async with transaction(self._engine) as connection:
            await append_line(connection, user_id, "user.recovery_codes_renewed", user_id, {})
            await _write_codes(connection, user_id, codes)

    async def remove(self, user_id: str, actor: str, now: datetime) -> bool:
        """Off; every session ends. Whether there was one in force."""
        theirs = delete(SecondFactorRow).where(SecondFactorRow.user_id == user_id, _CONFIRMED)
        async with transaction(self._engine) as connection:
            await lock(connection, user_id)
            if await connection.scalar(theirs.returning(SecondFactorRow.user_id)) is None:
                return False
            await end_sessions(connection, user_id, now)
            await append_line(connection, user_id, "user.second_factor_off", actor, {"kind": "totp"})
            return True


def _place(user_id: str) -> str:
    return f"users.second_factors.secret/{user_id}"


async def _write_codes(connection: AsyncConnection, user_id: str, codes: Sequence[str]) -> None:
    await connection.execute(delete(RecoveryCodeRow).where(RecoveryCodeRow.user_id == user_id))
    rows = [{"user_id": user_id, "digest": code} for code in codes]
    await connection.execute(insert(RecoveryCodeRow).values(rows))
