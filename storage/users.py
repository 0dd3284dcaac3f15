"""People at rest."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from domain.errors import EmailTaken, NotFound
from domain.users import Locale, Organisation, OrgRole, Role, User
from storage._engine import constraint, reading, transaction
from storage._people import (
    UserRow,
    as_user,
    end_sessions,
    read_user,
    sealed_user,
    write_member,
    write_organisation,
)
from storage._seals import Seals
from storage.journal import append_line, lock
from storage.proofs import drop_proofs


class SqlUserStore:
    """Kept by the users service. What happens to a person is told under their id and to no organisation's stream."""

    def __init__(self, engine: AsyncEngine, seals: Seals) -> None:
        self._engine = engine
        self._seals = seals

    async def add(self, user: User, organisation: Organisation, password_hash: str) -> None:
        """A new user, who owns a new organisation, with a journal line; raises EmailTaken."""
        told = {"role": str(user.role), "organisation_id": organisation.id}
        try:
            async with transaction(self._engine) as connection:
                await append_line(connection, user.id, "user.registered", user.id, told, organisation.id)
                await write_organisation(connection, self._seals, organisation)
                key = await self._seals.of(connection, user.id)
                sealed = sealed_user(self._seals, key, user.id, email=user.email, name=user.name)
                values = user.model_dump(exclude={"erased"}) | sealed | {"password_hash": password_hash}
                await connection.execute(insert(UserRow).values(values))
                await write_member(connection, organisation.id, user.id, OrgRole.OWNER, user.created_at)
        except IntegrityError as error:
            if constraint(error) == "users_email":
                raise EmailTaken from None
            raise

    async def by_email(self, email: str) -> tuple[User, str] | None:
        """The user and the password's hash; the address is compared without case. Who was erased is nobody."""
        found = await self._find(UserRow.email_index == self._seals.address(email))
        return None if found is None or found[0].erased else found

    async def get(self, user_id: str) -> User | None:
        """One user."""
        found = await self._find(UserRow.id == user_id)
        return None if found is None else found[0]

    async def change(self, user_id: str, *, name: str | None = None, locale: Locale | None = None) -> User:
        """A name or a language; raises NotFound."""
        fields = [field for field, value in (("locale", locale), ("name", name)) if value is not None]
        async with transaction(self._engine) as connection:
            if fields:
                await append_line(connection, user_id, "user.changed", user_id, {"fields": fields})
                values: dict[str, Any] = {} if locale is None else {"locale": str(locale)}
                if name is not None:
                    key = await self._seals.of(connection, user_id)
                    values |= sealed_user(self._seals, key, user_id, name=name)
                await connection.execute(update(UserRow).where(UserRow.id == user_id).values(values))
            return await _known(connection, self._seals, user_id)

    async def set_password(self, user_id: str, password_hash: str, at: datetime | None) -> None:
        """A new password, which ends every session and what was sent by letter to change something; or, without `at`,
        the same one hashed anew, which tells nobody."""
        values: dict[str, Any] = {"password_hash": password_hash} | ({"password_set_at": at} if at else {})
        async with transaction(self._engine) as connection:
            if at is not None:
                await append_line(connection, user_id, "user.password_changed", user_id, {"how": "change"})
                await end_sessions(connection, user_id, at)
                await drop_proofs(connection, user_id)
            await connection.execute(update(UserRow).where(UserRow.id == user_id).values(values))

    async def set_standing(
        self, user_id: str, actor: str, *, role: Role | None = None, disabled: bool | None = None
    ) -> User:
        """A staff role, or disabled and enabled again: each ends every session. Raises NotFound."""
        now = datetime.now(UTC)
        async with transaction(self._engine) as connection:
            await lock(connection, user_id)
            before = await _known(connection, self._seals, user_id)
            values: dict[str, Any] = {}
            if role is not None and role is not before.role:
                values["role"] = str(role)
                told = {"from": str(before.role), "to": str(role)}
                await append_line(connection, user_id, "user.role_changed", actor, told)
            if disabled is not None and disabled is not (before.disabled_at is not None):
                values["disabled_at"] = now if disabled else None
                await append_line(connection, user_id, "user.disabled" if disabled else "user.enabled", actor, {})
            if values:
                await end_sessions(connection, user_id, now)
                await connection.execute(update(UserRow).where(UserRow.id == user_id).values(values))
            return await _known(connection, self._seals, user_id)

    async def _find(self, condition: ColumnElement[bool]) -> tuple[User, str] | None:
        async with reading(self._engine) as connection:
            query = select(*UserRow.__table__.columns).where(condition)
            row = (await connection.execute(query)).one_or_none()
        if row is None:
            return None
        return as_user(row, (await self._seals.known((row.id,))).get(row.id)), row.password_hash


async def _known(connection: AsyncConnection, seals: Seals, user_id: str) -> User:
    user = await read_user(connection, seals, user_id)
    if user is None:
        raise NotFound("no such user")
    return user
