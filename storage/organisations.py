"""Who belongs where, at rest."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import uuid_utils.compat as uuid
from sqlalchemy import ColumnElement, delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from domain.errors import LastOwner, NotFound
from domain.organisations import Member, Membership
from domain.users import Organisation, OrgRole
from storage._crypto import Key
from storage._engine import reading, transaction
from storage._people import MemberRow, OrganisationRow, SessionRow, UserRow, read_user, write_member, write_organisation
from storage._seals import ERASED_EMAIL, Seals, opened, seal
from storage.journal import append_line, lock


class SqlOrganisationStore:
    """Kept by the users service. An organisation's members change one at a time, under the lock of its own lines."""

    def __init__(self, engine: AsyncEngine, seals: Seals) -> None:
        self._engine = engine
        self._seals = seals

    async def of(self, user_id: str) -> Sequence[Membership]:
        """Where a user belongs, by name."""
        found = await self._memberships(MemberRow.user_id == user_id)
        return sorted(found, key=lambda it: (it.organisation_name, it.organisation_id))

    async def membership(self, organisation_id: str, user_id: str) -> Membership | None:
        """As what a user belongs there, if at all."""
        return next(iter(await self._memberships(*_is(organisation_id, user_id))), None)

    async def members(self, organisation_id: str) -> Sequence[Member]:
        """Everybody, by when they joined."""
        columns = MemberRow.user_id, UserRow.name, UserRow.email, MemberRow.role, MemberRow.joined_at
        query = select(*columns).join(UserRow, UserRow.id == MemberRow.user_id)
        query = query.where(MemberRow.organisation_id == organisation_id).order_by(MemberRow.joined_at, UserRow.id)
        async with reading(self._engine) as connection:
            rows = (await connection.execute(query)).all()
        keys = await self._seals.known(row.user_id for row in rows)
        return [_member(row, keys.get(row.user_id)) for row in rows]

    async def set_roles(self, organisation_id: str, roles: Mapping[str, OrgRole], actor: str) -> None:
        """Together or not at all; raises NotFound for who does not belong, LastOwner where none would be left."""
        async with transaction(self._engine) as connection:
            await lock(connection, organisation_id)
            for user_id, role in roles.items():
                before = await connection.scalar(select(MemberRow.role).where(*_is(organisation_id, user_id)))
                if before is None:
                    raise NotFound("no such member")
                told = {"user": user_id, "from": before, "to": str(role)}
                await append_line(
                    connection, organisation_id, "member.role_changed", actor, told, organisation_id=organisation_id
                )
                await connection.execute(update(MemberRow).where(*_is(organisation_id, user_id)).values(role=str(role)))
            await _check_owned(connection, organisation_id)

    async def remove(self, organisation_id: str, user_id: str, actor: str) -> None:
        """Out; who then belongs nowhere gets an organisation of one person again. Raises NotFound, LastOwner."""
        async with transaction(self._engine) as connection:
            await lock(connection, organisation_id)
            gone = delete(MemberRow).where(*_is(organisation_id, user_id)).returning(MemberRow.user_id)
            if await connection.scalar(gone) is None:
                raise NotFound("no such member")
            await _check_owned(connection, organisation_id)
            kind = "member.left" if actor == user_id else "member.removed"
            await append_line(
                connection, organisation_id, kind, actor, {"user": user_id}, organisation_id=organisation_id
            )
            await _settle_elsewhere(connection, self._seals, organisation_id, user_id)

    async def rename(self, organisation_id: str, name: str, actor: str) -> None:
        """Another name."""
        async with transaction(self._engine) as connection:
            await append_line(connection, organisation_id, "organisation.renamed", actor, {}, organisation_id)
            key = await self._seals.of(connection, organisation_id)
            sealed = seal(key, "users.organisations.name", organisation_id, name)
            it = OrganisationRow.id == organisation_id
            await connection.execute(update(OrganisationRow).where(it).values(name=sealed))

    async def _memberships(self, *where: ColumnElement[bool]) -> Sequence[Membership]:
        columns = MemberRow.organisation_id, OrganisationRow.name, MemberRow.role
        joined = select(*columns).join(OrganisationRow, OrganisationRow.id == MemberRow.organisation_id)
        async with reading(self._engine) as connection:
            rows = (await connection.execute(joined.where(*where))).all()
        keys = await self._seals.known(row.organisation_id for row in rows)
        return [_membership(row, keys.get(row.organisation_id)) for row in rows]


def _membership(row: Any, key: Key | None) -> Membership:
    name = opened(key, "users.organisations.name", row.organisation_id, row.name)
    return Membership(organisation_id=row.organisation_id, organisation_name=name, role=row.role)


def _member(row: Any, key: Key | None) -> Member:
    plain = {
        "name": opened(key, "users.users.name", row.user_id, row.name),
        "email": opened(key, "users.users.email", row.user_id, row.email, ERASED_EMAIL),
    }
    return Member.model_validate({**row._mapping, **plain})


def _is(organisation_id: str, user_id: str) -> tuple[Any, ...]:
    return MemberRow.organisation_id == organisation_id, MemberRow.user_id == user_id


async def _check_owned(connection: AsyncConnection, organisation_id: str) -> None:
    owners = MemberRow.organisation_id == organisation_id, MemberRow.role == str(OrgRole.OWNER)
    if not await connection.scalar(select(func.count()).where(*owners)):
        raise LastOwner


async def _settle_elsewhere(connection: AsyncConnection, seals: Seals, left: str, user_id: str) -> None:
    """Where they begin, and what their sessions refresh into, is never an organisation that they left."""
    still = select(MemberRow.organisation_id).where(MemberRow.user_id == user_id).order_by(MemberRow.joined_at).limit(1)
    elsewhere = await connection.scalar(still)
    if elsewhere is None:
        user = await read_user(connection, seals, user_id)
        now = datetime.now(UTC)
        own = Organisation(id=f"org_{uuid.uuid7().hex}", name=user.name if user else user_id, created_at=now)
        await write_organisation(connection, seals, own)
        await write_member(connection, own.id, user_id, OrgRole.OWNER, now)
        elsewhere = own.id
    beginning = UserRow.id == user_id, UserRow.organisation_id == left
    await connection.execute(update(UserRow).where(*beginning).values(organisation_id=elsewhere))
    refreshing = SessionRow.user_id == user_id, SessionRow.organisation_id == left
    await connection.execute(update(SessionRow).where(*refreshing).values(organisation_id=elsewhere))
