"""The users service's tables that several of its stores touch in one transaction."""

from datetime import datetime
from typing import Any

from sqlalchemy import ARRAY, ForeignKey, Text, delete, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.orm import Mapped, mapped_column

from domain.users import Organisation, OrgRole, User
from storage._crypto import Key
from storage._rows import Row
from storage._seals import ERASED_EMAIL, Seals, opened, seal

_SCHEMA = {"schema": "users"}


class OrganisationRow(Row):
    """An organisation; its name, which may be somebody's, is sealed by its own key."""

    __tablename__ = "organisations"
    __table_args__ = (_SCHEMA,)

    id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[bytes]
    created_at: Mapped[datetime]


class UserRow(Row):
    """A user and the hash of the password. Name and address are sealed by the user's key; by `email_index` the address
    is found, and kept to one."""

    __tablename__ = "users"
    __table_args__ = (_SCHEMA,)

    id: Mapped[str] = mapped_column(primary_key=True)
    organisation_id: Mapped[str] = mapped_column(ForeignKey(OrganisationRow.id))
    email: Mapped[bytes]
    email_index: Mapped[bytes | None]
    name: Mapped[bytes]
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


def as_user(row: Any, key: Key | None) -> User:
    """The user in a row of all the table's columns; without the key, what nobody can erase."""
    plain = {
        "email": opened(key, "users.users.email", row.id, row.email, ERASED_EMAIL),
        "name": opened(key, "users.users.name", row.id, row.name),
        "erased": key is None,
    }
    return User.model_validate({**row._mapping, **plain})


def sealed_user(seals: Seals, key: Key, user_id: str, **given: str | None) -> dict[str, Any]:
    """The columns that hold these of a user's `email` and `name`."""
    told = {name: text for name, text in given.items() if text is not None}
    columns: dict[str, Any] = {name: seal(key, f"users.users.{name}", user_id, text) for name, text in told.items()}
    return columns | ({"email_index": seals.address(told["email"])} if "email" in told else {})


async def read_user(connection: AsyncConnection, seals: Seals, user_id: str) -> User | None:
    """One user, as this transaction sees them."""
    query = select(*UserRow.__table__.columns).where(UserRow.id == user_id)
    row = (await connection.execute(query)).one_or_none()
    return None if row is None else as_user(row, (await seals.known((user_id,), connection)).get(user_id))


async def write_organisation(connection: AsyncConnection, seals: Seals, organisation: Organisation) -> None:
    """A new organisation, with nobody in it yet."""
    values = organisation.model_dump() | {"name": await organisation_name(connection, seals, organisation)}
    await connection.execute(insert(OrganisationRow).values(values))


async def organisation_name(connection: AsyncConnection, seals: Seals, organisation: Organisation) -> bytes:
    """Its name, sealed."""
    key = await seals.of(connection, organisation.id)
    return seal(key, "users.organisations.name", organisation.id, organisation.name)


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
