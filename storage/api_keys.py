"""Service accounts and their keys at rest; a key by its fingerprint alone."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import ARRAY, ForeignKey, Text, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.orm import Mapped, mapped_column

from domain.errors import NotFound
from domain.organisations import ApiKey, ServiceAccount
from storage._engine import reading, transaction
from storage._people import OrganisationRow
from storage._rows import Row
from storage.journal import JournalRow, append_line, lock


class ServiceAccountRow(Row):
    """A system that acts for an organisation."""

    __tablename__ = "service_accounts"
    __table_args__ = ({"schema": "users"},)

    id: Mapped[str] = mapped_column(primary_key=True)
    organisation_id: Mapped[str] = mapped_column(ForeignKey(OrganisationRow.id))
    name: Mapped[str]
    role: Mapped[str]
    created_by: Mapped[str]
    created_at: Mapped[datetime]
    disabled_at: Mapped[datetime | None]


class ApiKeyRow(Row):
    """A key's fingerprint and what it may do."""

    __tablename__ = "api_keys"
    __table_args__ = ({"schema": "users"},)

    id: Mapped[str] = mapped_column(primary_key=True)
    service_account_id: Mapped[str] = mapped_column(ForeignKey(ServiceAccountRow.id))
    organisation_id: Mapped[str] = mapped_column(ForeignKey(OrganisationRow.id))
    name: Mapped[str]
    hint: Mapped[str]
    scopes: Mapped[list[str]] = mapped_column(ARRAY(Text))
    digest: Mapped[str]
    created_by: Mapped[str]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime | None]
    last_used_on: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]


_ACCOUNTS = select(*ServiceAccountRow.__table__.columns)
_KEYS = select(*(column for column in ApiKeyRow.__table__.columns if column.name != "digest"))


class SqlServiceAccountStore:
    """Kept by the users service."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def add(self, account: ServiceAccount) -> None:
        """A new one."""
        it = account
        told = {"service_account": it.id, "role": str(it.role)}
        async with transaction(self._engine) as connection:
            await append_line(
                connection, it.organisation_id, "service_account.made", it.created_by, told, it.organisation_id
            )
            await connection.execute(insert(ServiceAccountRow).values(it.model_dump()))

    async def of(self, organisation_id: str) -> Sequence[ServiceAccount]:
        """Every one, oldest first."""
        query = _ACCOUNTS.where(ServiceAccountRow.organisation_id == organisation_id)
        async with reading(self._engine) as connection:
            rows = await connection.execute(query.order_by(ServiceAccountRow.created_at, ServiceAccountRow.id))
            return [ServiceAccount.model_validate(dict(row._mapping)) for row in rows]

    async def disable(self, organisation_id: str, account_id: str, actor: str, now: datetime) -> bool:
        """For good, with all its keys; whether there was one to disable."""
        it = ServiceAccountRow.id == account_id, ServiceAccountRow.organisation_id == organisation_id
        disabling = update(ServiceAccountRow).where(*it, ServiceAccountRow.disabled_at.is_(None))
        keys = update(ApiKeyRow).where(ApiKeyRow.service_account_id == account_id, ApiKeyRow.revoked_at.is_(None))
        async with transaction(self._engine) as connection:
            await lock(connection, organisation_id)
            disabled = disabling.values(disabled_at=now).returning(ServiceAccountRow.id)
            if await connection.scalar(disabled) is None:
                return False
            revoked = list(await connection.scalars(keys.values(revoked_at=now).returning(ApiKeyRow.id)))
            told = {"service_account": account_id, "keys": sorted(revoked)}
            await append_line(connection, organisation_id, "service_account.disabled", actor, told, organisation_id)
            return True


class SqlApiKeyStore:
    """Kept by the users service."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def add(self, key: ApiKey, digest: str) -> None:
        """A new one; raises NotFound unless its service account is there and in force."""
        account = ServiceAccountRow.id == key.service_account_id, ServiceAccountRow.disabled_at.is_(None)
        ours = ServiceAccountRow.organisation_id == key.organisation_id
        told = {"key": key.id, "service_account": key.service_account_id, "scopes": sorted(map(str, key.scopes))}
        values = key.model_dump() | {"scopes": sorted(map(str, key.scopes)), "digest": digest}
        async with transaction(self._engine) as connection:
            await lock(connection, key.organisation_id)
            if await connection.scalar(select(ServiceAccountRow.id).where(*account, ours)) is None:
                raise NotFound("no such service account")
            await append_line(connection, key.organisation_id, "key.made", key.created_by, told, key.organisation_id)
            await connection.execute(insert(ApiKeyRow).values(values))

    async def of(self, organisation_id: str) -> Sequence[ApiKey]:
        """Every one, oldest first."""
        query = _KEYS.where(ApiKeyRow.organisation_id == organisation_id)
        async with reading(self._engine) as connection:
            rows = await connection.execute(query.order_by(ApiKeyRow.created_at, ApiKeyRow.id))
            return [ApiKey.model_validate(dict(row._mapping)) for row in rows]

    async def revoke(self, organisation_id: str, key_id: str, actor: str, now: datetime) -> bool:
        """Whether there was one to revoke."""
        it = ApiKeyRow.id == key_id, ApiKeyRow.organisation_id == organisation_id, ApiKeyRow.revoked_at.is_(None)
        async with transaction(self._engine) as connection:
            await lock(connection, organisation_id)
            revoked = update(ApiKeyRow).where(*it).values(revoked_at=now).returning(ApiKeyRow.id)
            if await connection.scalar(revoked) is None:
                return False
            await append_line(
                connection, organisation_id, "key.revoked", actor, {"key": key_id}, organisation_id=organisation_id
            )
            return True

    async def use(self, digest: str, now: datetime) -> tuple[ApiKey, ServiceAccount] | None:
        """The key and whose it is, if it is good now; the first use of a day is remembered, and told. So is the first
        try of a day with one that is good no longer: somebody holds it still."""
        async with reading(self._engine) as connection:
            row = (await connection.execute(_KEYS.where(ApiKeyRow.digest == digest))).one_or_none()
            if row is None:
                return None
            key = ApiKey.model_validate(dict(row._mapping))
            owner = (await connection.execute(_ACCOUNTS.where(ServiceAccountRow.id == key.service_account_id))).one()
        day = now.replace(hour=0, minute=0, second=0, microsecond=0)
        if key.revoked_at is not None or (key.expires_at is not None and key.expires_at <= now):
            await self._refuse(key, day)
            return None
        if key.last_used_on is None or key.last_used_on < day:
            await self._remember(key, day)
        return key, ServiceAccount.model_validate(dict(owner._mapping))

    async def _refuse(self, key: ApiKey, day: datetime) -> None:
        told = {"key": key.id, "service_account": key.service_account_id, "on": day.date().isoformat()}
        same = JournalRow.kind == "key.refused", JournalRow.data.contains(told)
        query = select(JournalRow.seq).where(JournalRow.subject == key.organisation_id, *same)
        async with transaction(self._engine) as connection:
            await lock(connection, key.organisation_id)
            if await connection.scalar(query.order_by(JournalRow.seq.desc()).limit(1)) is None:
                await append_line(connection, key.organisation_id, "key.refused", "nobody", told, key.organisation_id)

    async def _remember(self, key: ApiKey, day: datetime) -> None:
        before = or_(ApiKeyRow.last_used_on.is_(None), ApiKeyRow.last_used_on <= day - timedelta(days=1))
        statement = update(ApiKeyRow).where(ApiKeyRow.id == key.id, before).values(last_used_on=day)
        told = {"key": key.id, "service_account": key.service_account_id}
        async with transaction(self._engine) as connection:
            await lock(connection, key.organisation_id)
            if await connection.scalar(statement.returning(ApiKeyRow.id)) is not None:
                await append_line(
                    connection, key.organisation_id, "key.used", key.service_account_id, told, key.organisation_id
                )
