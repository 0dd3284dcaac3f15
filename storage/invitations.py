"""Invitations at rest, by fingerprint of the link that was sent."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, delete, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.orm import Mapped, mapped_column

from domain.organisations import Invitation, Membership
from domain.users import OrgRole, User
from storage._crypto import Key
from storage._engine import reading, transaction
from storage._people import MemberRow, OrganisationRow, UserRow, write_member
from storage._rows import Row
from storage._seals import Seals, opened, seal
from storage.journal import append_line, lock

_BETTER = (OrgRole.OWNER, OrgRole.MEMBER, OrgRole.VIEWER)


class InvitationRow(Row):
    """An address that was asked, sealed by the organisation's key; one row per organisation and address."""

    __tablename__ = "invitations"
    __table_args__ = ({"schema": "users"},)

    id: Mapped[str] = mapped_column(primary_key=True)
    organisation_id: Mapped[str] = mapped_column(ForeignKey(OrganisationRow.id))
    email: Mapped[bytes]
    email_index: Mapped[bytes]
    role: Mapped[str]
    invited_by: Mapped[str]
    digest: Mapped[str]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]


_EMAIL = "users.invitations.email"
_ALL = select(*InvitationRow.__table__.columns)


class SqlInvitationStore:
    """Kept by the users service."""

    def __init__(self, engine: AsyncEngine, seals: Seals) -> None:
        self._engine = engine
        self._seals = seals

    async def add(self, invitation: Invitation, digest: str) -> None:
        """Keeps one; an earlier one for the same address there is no longer good."""
        it = invitation
        told = {"invitation": it.id, "role": str(it.role)}
        index = self._seals.address(it.email)
        same = InvitationRow.organisation_id == it.organisation_id, InvitationRow.email_index == index
        async with transaction(self._engine) as connection:
            await append_line(
                connection, it.organisation_id, "invitation.made", it.invited_by, told, it.organisation_id
            )
            await connection.execute(delete(InvitationRow).where(*same))
            email = seal(await self._seals.of(connection, it.organisation_id), _EMAIL, it.id, it.email)
            values = it.model_dump() | {"email": email, "email_index": index, "digest": digest}
            await connection.execute(insert(InvitationRow).values(values))

    async def of(self, organisation_id: str, now: datetime) -> Sequence[Invitation]:
        """Those that are still good, oldest first."""
        query = _ALL.where(InvitationRow.organisation_id == organisation_id, InvitationRow.expires_at > now)
        async with reading(self._engine) as connection:
            rows = (await connection.execute(query.order_by(InvitationRow.created_at, InvitationRow.id))).all()
        key = (await self._seals.known((organisation_id,))).get(organisation_id)
        return [] if key is None else [_invitation(row, key) for row in rows]

    async def withdraw(self, organisation_id: str, invitation_id: str, actor: str) -> bool:
        """Whether there was one to withdraw."""
        it = InvitationRow.id == invitation_id, InvitationRow.organisation_id == organisation_id
        async with transaction(self._engine) as connection:
            await lock(connection, organisation_id)
            if await connection.scalar(delete(InvitationRow).where(*it).returning(InvitationRow.id)) is None:
                return False
            told = {"invitation": invitation_id}
            await append_line(connection, organisation_id, "invitation.withdrawn", actor, told, organisation_id)
            return True

    async def accept(self, digest: str, user: User, now: datetime) -> Membership | None:
        """Uses it up: the user belongs there and their address is verified. None when it is no longer good, or was
        sent to another address."""
        good = InvitationRow.digest == digest, InvitationRow.expires_at > now
        address = select(UserRow.email_index).where(UserRow.id == user.id).scalar_subquery()
        theirs = InvitationRow.email_index == address
        async with transaction(self._engine) as connection:
            organisation_id = await connection.scalar(select(InvitationRow.organisation_id).where(*good))
            if organisation_id is None:
                return None
            for subject in sorted((organisation_id, user.id)):
                await lock(connection, subject)
            used = delete(InvitationRow).where(*good, theirs).returning(InvitationRow.id, InvitationRow.role)
            invitation = (await connection.execute(used)).one_or_none()
            if invitation is None:
                return None
            role = OrgRole(invitation.role)
            belongs = MemberRow.organisation_id == organisation_id, MemberRow.user_id == user.id
            before = await connection.scalar(select(MemberRow.role).where(*belongs))
            if before is None:
                await write_member(connection, organisation_id, user.id, role, now)
            else:
                role = min(role, OrgRole(before), key=_BETTER.index)
                await connection.execute(update(MemberRow).where(*belongs).values(role=str(role)))
            told = {"user": user.id, "invitation": invitation.id, "role": str(role)}
            await append_line(connection, organisation_id, "member.joined", user.id, told, organisation_id)
            unverified = UserRow.id == user.id, UserRow.email_verified_at.is_(None)
            verified = update(UserRow).where(*unverified).values(email_verified_at=now).returning(UserRow.id)
            if await connection.scalar(verified) is not None:
                await append_line(connection, user.id, "user.email_verified", user.id, {})
            name = await connection.scalar(select(OrganisationRow.name).where(OrganisationRow.id == organisation_id))
        key = (await self._seals.known((organisation_id,))).get(organisation_id)
        called = opened(key, "users.organisations.name", organisation_id, name or b"")
        return Membership(organisation_id=organisation_id, organisation_name=called, role=role)


def _invitation(row: Any, key: Key) -> Invitation:
    return Invitation.model_validate({**row._mapping, "email": opened(key, _EMAIL, row.id, row.email)})
