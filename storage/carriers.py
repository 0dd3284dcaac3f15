"""Carrier accounts at rest, credentials apart from the rest."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Row as Result
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.orm import Mapped, mapped_column

from domain.quotes import AccountRef, CarrierAccount
from storage._engine import reading, transaction
from storage._rows import Row
from storage.journal import append_line


class AccountRow(Row):
    """One account at one carrier."""

    __tablename__ = "accounts"
    __table_args__ = ({"schema": "carriers"},)

    carrier: Mapped[str] = mapped_column(primary_key=True)
    account: Mapped[str] = mapped_column(primary_key=True)
    enabled: Mapped[bool]
    document: Mapped[dict[str, Any]]
    credentials: Mapped[dict[str, Any]]
    updated_at: Mapped[datetime]


_READ = select(AccountRow.document, AccountRow.credentials)


class SqlAccountStore:
    """Written by the quotes service, read by those that call carriers."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def get(self, ref: AccountRef) -> CarrierAccount | None:
        """One account, credentials included."""
        query = _READ.where(AccountRow.carrier == ref.carrier, AccountRow.account == ref.account)
        async with reading(self._engine) as connection:
            row = (await connection.execute(query)).one_or_none()
        return None if row is None else _account(row)

    async def all(self) -> Sequence[CarrierAccount]:
        """Every account, by carrier and name of the account."""
        async with reading(self._engine) as connection:
            rows = await connection.execute(_READ.order_by(AccountRow.carrier, AccountRow.account))
            return [_account(row) for row in rows]

    async def put(self, account: CarrierAccount, actor: str) -> None:
        """Creates or replaces it; the journal learns which, and nothing of what it holds."""
        key = {"carrier": account.carrier, "account": account.account}
        values = {
            "enabled": account.enabled,
            "document": account.model_dump(mode="json", exclude={"credentials"}),
            "credentials": account.credentials,
            "updated_at": datetime.now(UTC),
        }
        statement = insert(AccountRow).values(**key, **values)
        told = {**key, "enabled": account.enabled}
        async with transaction(self._engine) as connection:
            await append_line(connection, f"carrier/{account.ref}", "carrier.account_put", actor, told)
            await connection.execute(statement.on_conflict_do_update(index_elements=list(key), set_=values))


def _account(row: Result[Any]) -> CarrierAccount:
    return CarrierAccount.model_validate({**row.document, "credentials": row.credentials})
