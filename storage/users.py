"""People and their organisations at rest."""

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, ForeignKey, func, select
from sqlalchemy import Row as Result
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.orm import Mapped, mapped_column

from domain.errors import EmailTaken
from domain.users import Organisation, User
from storage._engine import constraint, reading, transaction
from storage._rows import Row
from storage.journal import append_line


class OrganisationRow(Row):
    """An organisation."""

    __tablename__ = "organisations"
    __table_args__ = ({"schema": "users"},)

    id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    created_at: Mapped[datetime]


class UserRow(Row):
    """A user and the hash of the password."""

    __tablename__ = "users"
    __table_args__ = ({"schema": "users"},)

    id: Mapped[str] = mapped_column(primary_key=True)
    organisation_id: Mapped[str] = mapped_column(ForeignKey(OrganisationRow.id))
    email: Mapped[str]
    name: Mapped[str]
    role: Mapped[str]
    password_hash: Mapped[str]
    created_at: Mapped[datetime]


class SqlUserStore:
    """Kept by the users service."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def add(self, user: User, organisation: Organisation, password_hash: str) -> None:
        """A new user in a new organisation, with a journal line; raises EmailTaken."""
        told = {"role": str(user.role), "organisation_id": organisation.id}
        try:
            async with transaction(self._engine) as connection:
                await append_line(connection, user.id, "user.registered", user.id, told, organisation.id)
                await connection.execute(insert(OrganisationRow).values(organisation.model_dump()))
                await connection.execute(insert(UserRow).values(**user.model_dump(), password_hash=password_hash))
        except IntegrityError as error:
            if constraint(error) == "users_email":
                raise EmailTaken from None
            raise

    async def by_email(self, email: str) -> tuple[User, str] | None:
        """The user and the password's hash; the address is compared without case."""
        row = await self._find(func.lower(UserRow.email) == func.lower(email))
        return None if row is None else (_user(row), row.password_hash)

    async def get(self, user_id: str) -> User | None:
        """One user."""
        row = await self._find(UserRow.id == user_id)
        return None if row is None else _user(row)

    async def _find(self, condition: ColumnElement[bool]) -> Result[Any] | None:
        async with reading(self._engine) as connection:
            query = select(*UserRow.__table__.columns).where(condition)
            return (await connection.execute(query)).one_or_none()


def _user(row: Result[Any]) -> User:
    return User.model_validate(dict(row._mapping))
