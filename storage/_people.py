"""The users service's tables that several of its stores touch in one transaction."""

from datetime import datetime
from typing import Any

from sqlalchemy import ARRAY, ForeignKey, Text, delete, select, update
from sqlalchemy import Row as Result
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.orm import Mapped, mapped_column

from domain.users import Organisation, OrgRole, User
from storage._rows import Row

_SCHEMA = {"schema": "users"}


class OrganisationRow(Row):
    """An organisation."""

    __tablename__ = "organisations"
    __table_args__ = (_SCHEMA,)

    id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    created_at: Mapped[datetime]


class UserRow(Row):
    """A user and the hash of the password."""

    __tablename__ = "users"
    __table_args__ = (_SCHEMA,)

    id: Mapped[str] = mapped_column(primary_key=True)
    organisation_id: Mapped[str] = mapped_column(ForeignKey(OrganisationRow.id))
    email: Mapped[str]
    name: Mapped[str]
    role: Mapped[str]
    password_hash: Mapped[str]
    created_at: Mapped[datetime]
    locale: Mapped[str]
    email_verified_at: Mapped[datetime | None]
    disabled_at: Mapped[datetime | None]
    password_set_at: Mapped[datetime]


class MemberRow(Row):
    """Who belongs where."""

    __tablename__ = "members"
    __table_args__ = (_SCHEMA,)

    organisation_id: Mapped[str] = mapped_column(ForeignKey(OrganisationRow.id), primary_key=True)
    user_id: Mapped[str] = mapped_column(ForeignKey(UserRow.id), primary_key=True)
    role: Mapped[str]
    joined_at: Mapped[datetime]


class SessionRow(Row):
    """A signed-in browser: fingerprints of its refresh tokens of this turn and of the last."""

    __tablename__ = "sessions"
    __table_args__ = (_SCHEMA,)

    id: Mapped[str] = mapped_column(primary_key=True)
    user_id: Mapped[str] = mapped_column(ForeignKey(UserRow.id))
    organisation_id: Mapped[str] = mapped_column(ForeignKey(OrganisationRow.id))
    amr: Mapped[list[str]] = mapped_column(ARRAY(Text))
    turn: Mapped[int]
    family: Mapped[str]
    newest: Mapped[list[str]] = mapped_column(ARRAY(Text))
    before: Mapped[list[str]] = mapped_column(ARRAY(Text))
    created_at: Mapped[datetime]
    rotated_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


def as_user(row: Result[Any]) -> User:
    """The user in a row of all the table's columns."""
    return User.model_validate(dict(row._mapping))


async def read_user(connection: AsyncConnection, user_id: str) -> User | None:
    """One user, as this transaction sees them."""
    query = select(*UserRow.__table__.columns).where(UserRow.id == user_id)
    row = (await connection.execute(query)).one_or_none()
    return None if row is None else as_user(row)


async def write_organisation(connection: AsyncConnection, organisation: Organisation) -> None:
    """A new organisation, with nobody in it yet."""
    await connection.execute(insert(OrganisationRow).values(organisation.model_dump()))


async def write_member(
    connection: AsyncConnection, organisation_id: str, user_id: str, role: OrgRole, at: datetime
) -> None:
    """Somebody who belongs there from now on."""
    values = {"organisation_id": organisation_id, "user_id": user_id, "role": str(role), "joined_at": at}
    await connection.execute(insert(MemberRow).values(values))


async def end_sessions(
    connection: AsyncConnection, user_id: str, at: datetime, session_id: str | None = None
) -> list[str]:
    """Ends a user's sessions, or one; the ids of those that ended. Those that had ended before are forgotten."""
    theirs = SessionRow.user_id == user_id
    await connection.execute(delete(SessionRow).where(theirs, SessionRow.ended_at.is_not(None)))
    ending = update(SessionRow).where(theirs, SessionRow.ended_at.is_(None)).values(ended_at=at)
    if session_id is not None:
        ending = ending.where(SessionRow.id == session_id)
    return list(await connection.scalars(ending.returning(SessionRow.id)))
