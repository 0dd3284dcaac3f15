"""A person as the users service holds them: all of it at once, and its end, which is one transaction."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from domain.audit import JournalLine
from domain.deliveries import FINAL
from domain.errors import Conflict, DeliveriesUnderway, LastOwner, NotFound, Unavailable
from domain.organisations import ApiKey, Membership, ServiceAccount
from domain.privacy import Ground, Held, Invited
from domain.sessions import Session
from domain.user_ports import Proof
from domain.users import OrgRole, Role
from storage._engine import reading, transaction
from storage._people import MemberRow, OrganisationRow, SessionRow, UserRow, as_user
from storage._seals import ERASED_EMAIL, Seals, opened
from storage.api_keys import ApiKeyRow, ServiceAccountRow
from storage.invitations import InvitationRow
from storage.journal import append_line, as_line, lock
from storage.proofs import ProofRow
from storage.second_factors import RecoveryCodeRow, SecondFactorRow

_GONE = "erased"

# Four ways into the journal, each by an index of its own; a line that is found by two is one line. The last finds looks
# at their data, which are told where they belong.
_LINES = text(r"""
    SELECT id, txid, subject, seq, kind, actor, organisation_id, data, prev_hash, hash, at FROM (
        (SELECT * FROM journal.journal WHERE subject IN (:user, 'key/' || :user, 'access/' || :user) AND id > :after)
        UNION
        (SELECT * FROM journal.journal WHERE actor = :user AND actor LIKE 'usr\_%' AND id > :after
         ORDER BY actor, id LIMIT :limit)
        UNION
        (SELECT * FROM journal.journal WHERE data->>'user' = :user AND id > :after
         ORDER BY data->>'user', id LIMIT :limit)
        UNION
        (SELECT * FROM journal.journal
         WHERE subject IN (SELECT 'access/' || organisation_id FROM users.members WHERE user_id = :user)
           AND jsonb_exists(data->'subjects', :user) AND id > :after)
    ) AS line ORDER BY id LIMIT :limit
""")
_UNDERWAY = text(r"""
    SELECT subject FROM (
        SELECT DISTINCT ON (subject) subject, data->>'status' AS status FROM journal.journal
        WHERE organisation_id = ANY(:organisations) AND subject LIKE 'del\_%' ORDER BY subject, seq DESC
    ) AS newest WHERE status <> ALL(:final) ORDER BY subject LIMIT 20
""")


class SqlPrivacyStore:
    """Kept by the users service, which reads of deliveries no more than the journal says."""

    def __init__(self, engine: AsyncEngine, seals: Seals) -> None:
        self._engine = engine
        self._seals = seals

    async def held(self, user_id: str) -> Held | None:
        """See the port. Rows first, then keys, then what they open."""
        async with reading(self._engine) as connection:
            row = await _user(connection, user_id)
            if row is None:
                return None
            sessions = await _all(connection, SessionRow, SessionRow.user_id == user_id)
            factors = await _all(connection, SecondFactorRow, SecondFactorRow.user_id == user_id)
            codes = await _all(connection, RecoveryCodeRow, RecoveryCodeRow.user_id == user_id)
            links = await _all(connection, ProofRow, ProofRow.user_id == user_id)
            invited = await _all(connection, InvitationRow, InvitationRow.email_index == row.email_index)
            accounts = await _all(connection, ServiceAccountRow, ServiceAccountRow.created_by == user_id)
            keys_made = await _all(connection, ApiKeyRow, ApiKeyRow.created_by == user_id)
            members = await _memberships(connection, user_id)
        owners = [user_id, *(m.organisation_id for m in members), *(i.organisation_id for i in invited)]
        keys = await self._seals.known(owners)
        if user_id not in keys:
            return None

        def name(member: Any) -> str:
            key = keys.get(member.organisation_id)
            return opened(key, "users.organisations.name", member.organisation_id, member.name)

        def address(column: str, owner: str, its_id: str, sealed: bytes) -> str:
            return opened(keys.get(owner), f"users.{column}.email", its_id, sealed, ERASED_EMAIL)

        return Held(
            user=as_user(row, keys[user_id]),
            memberships=tuple(
                Membership(organisation_id=m.organisation_id, organisation_name=name(m), role=m.role) for m in members
            ),
            sessions=tuple(Session.model_validate(dict(s._mapping)) for s in sessions),
            second_factor=any(factor.confirmed_at is not None for factor in factors),
            recovery_codes_left=len(codes),
            links=tuple(
                Proof.model_validate({**p._mapping, "email": address("proofs", user_id, p.digest, p.email)})
                for p in links
            ),
            invitations=tuple(
                Invited.model_validate(
                    {**i._mapping, "email": address("invitations", i.organisation_id, i.id, i.email)}
                )
                for i in invited
            ),
            service_accounts=tuple(ServiceAccount.model_validate(dict(a._mapping)) for a in accounts),
            api_keys=tuple(ApiKey.model_validate(dict(k._mapping)) for k in keys_made),
        )

    async def lines(self, user_id: str, after: int, limit: int) -> Sequence[JournalLine]:
        """See the port."""
        async with reading(self._engine) as connection:
            rows = await connection.execute(_LINES, {"user": user_id, "after": after, "limit": limit})
            return [as_line(row._mapping) for row in rows]

    async def erase(self, user_id: str, actor: str, ground: Ground, now: datetime) -> bool:
        """All in one transaction, so that no crash leaves half a person. Their deliveries follow, by the lines that
        this writes about organisations."""
        async with transaction(self._engine) as connection:
            before = await _memberships(connection, user_id)
            theirs = sorted(row.organisation_id for row in before)
            for subject in sorted({user_id, f"key/{user_id}", *theirs, *(f"key/{it}" for it in theirs)}):
                await lock(connection, subject)
            user = await _user(connection, user_id)
            if user is None:
                raise NotFound("no such user")
            if user_id not in await self._seals.known((user_id,), connection):
                return False
            if sorted(row.organisation_id for row in await _memberships(connection, user_id)) != theirs:
                raise Unavailable("where they belong has changed meanwhile; try again")
            if Role(user.role) is not Role.CUSTOMER:
                raise Conflict("staff are not erased: have the staff role taken off first")
            alone = await _alone(connection, user_id, theirs)
            await _check_ended(connection, alone)
            await append_line(connection, user_id, "user.erased", actor, {"ground": str(ground)})
            for organisation_id in theirs:
                ends = organisation_id in alone
                kind = "organisation.erased" if ends else "member.left"
                told = {"user": user_id, "ground": str(ground)}
                await append_line(connection, organisation_id, kind, actor, told, organisation_id)
                if ends:
                    await _end_organisation(connection, organisation_id, now)
                    await self._seals.keys.erase_within(connection, organisation_id, actor, ground, organisation_id)
            await _end_user(connection, user_id, user.email_index, now)
            await self._seals.keys.erase_within(connection, user_id, actor, ground)
        for subject in (user_id, *alone):
            self._seals.keys.forget(subject)
        return True

    async def unverified(self, before: datetime, limit: int, after: str) -> Sequence[str]:
        """See the port."""
        waiting = UserRow.email_verified_at.is_(None), UserRow.email_index.is_not(None), UserRow.created_at < before
        customers = UserRow.role == str(Role.CUSTOMER)
        query = select(UserRow.id).where(*waiting, customers, UserRow.id > after).order_by(UserRow.id).limit(limit)
        async with reading(self._engine) as connection:
            return (await connection.scalars(query)).all()


async def _user(connection: AsyncConnection, user_id: str) -> Any:
    return (await connection.execute(select(*UserRow.__table__.columns).where(UserRow.id == user_id))).one_or_none()


async def _all(connection: AsyncConnection, table: Any, where: Any) -> Sequence[Any]:
    return (await connection.execute(select(*table.__table__.columns).where(where))).all()


async def _memberships(connection: AsyncConnection, user_id: str) -> Sequence[Any]:
    columns = MemberRow.organisation_id, OrganisationRow.name, MemberRow.role
    joined = select(*columns).join(OrganisationRow, OrganisationRow.id == MemberRow.organisation_id)
    return (await connection.execute(joined.where(MemberRow.user_id == user_id))).all()


async def _alone(connection: AsyncConnection, user_id: str, organisations: Sequence[str]) -> list[str]:
    """Those that end with them; raises LastOwner for those that others would be left in, without an owner."""
    others = select(MemberRow.organisation_id, MemberRow.role).where(
        MemberRow.organisation_id.in_(organisations), MemberRow.user_id != user_id
    )
    left = (await connection.execute(others)).all()
    owned = {row.organisation_id for row in left if row.role == str(OrgRole.OWNER)}
    orphaned = sorted({row.organisation_id for row in left} - owned)
    if orphaned:
        raise LastOwner(organisations=orphaned)
    return [it for it in organisations if it not in owned]


async def _check_ended(connection: AsyncConnection, organisations: Sequence[str]) -> None:
    asked = {"organisations": list(organisations), "final": [str(status) for status in FINAL]}
    if organisations and (underway := list(await connection.scalars(_UNDERWAY, asked))):
        raise DeliveriesUnderway(deliveries=underway)


async def _end_organisation(connection: AsyncConnection, organisation_id: str, now: datetime) -> None:
    """Nobody comes in by it any more; what its members called their systems may have been somebody's name."""
    accounts = ServiceAccountRow.organisation_id == organisation_id
    await connection.execute(update(ServiceAccountRow).where(accounts).values(name=_GONE))
    living = accounts, ServiceAccountRow.disabled_at.is_(None)
    await connection.execute(update(ServiceAccountRow).where(*living).values(disabled_at=now))
    keys = ApiKeyRow.organisation_id == organisation_id
    await connection.execute(update(ApiKeyRow).where(keys).values(name=_GONE))
    await connection.execute(update(ApiKeyRow).where(keys, ApiKeyRow.revoked_at.is_(None)).values(revoked_at=now))
    await connection.execute(delete(InvitationRow).where(InvitationRow.organisation_id == organisation_id))


async def _end_user(connection: AsyncConnection, user_id: str, email_index: bytes | None, now: datetime) -> None:
    """The row stays, for the ids that name it; by nothing in it can anybody come in or be found."""
    for table in (SessionRow, ProofRow, SecondFactorRow, MemberRow):
        theirs: Any = table.user_id == user_id
        await connection.execute(delete(table).where(theirs))
    await connection.execute(delete(InvitationRow).where(InvitationRow.email_index == email_index))
    values = {"email_index": None, "password_hash": "", "disabled_at": now}
    await connection.execute(update(UserRow).where(UserRow.id == user_id).values(values))
