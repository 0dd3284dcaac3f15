"""Carrier accounts at rest, credentials apart from the rest."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from pydantic_core import from_json, to_json
from sqlalchemy import Select, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.orm import Mapped, mapped_column

from domain.quotes import AccountRef, CarrierAccount
from storage._crypto import Key
from storage._engine import reading, transaction
from storage._rows import Row
from storage.journal import append_line
from storage.keys import KeyRing


class AccountRow(Row):
    """One account at one carrier; its credentials are sealed by its own key, and its settings are in the clear."""

    __tablename__ = "accounts"
    __table_args__ = ({"schema": "carriers"},)

    carrier: Mapped[str] = mapped_column(primary_key=True)
    account: Mapped[str] = mapped_column(primary_key=True)
    enabled: Mapped[bool]
    document: Mapped[dict[str, Any]]
    credentials: Mapped[bytes]
    updated_at: Mapped[datetime]


_READ = select(AccountRow.document, AccountRow.credentials)


class SqlAccountStore:
    """Written by the quotes service, read by those that call carriers."""

    def __init__(self, engine: AsyncEngine, keys: KeyRing) -> None:
        self._engine = engine
        self._keys = keys

    async def get(self, ref: AccountRef) -> CarrierAccount | None:
        """One account, credentials included."""
        query = _READ.where(AccountRow.carrier == ref.carrier, AccountRow.account == ref.account)
        return next(iter(await self._read(query)), None)

    async def all(self) -> Sequence[CarrierAccount]:
        """Every account, by carrier and name of the account."""
        return await self._read(_READ.order_by(AccountRow.carrier, AccountRow.account))

    async def _read(self, query: Select[Any]) -> Sequence[CarrierAccount]:
        async with reading(self._engine) as connection:
            rows = [(_subject(row.document), row) for row in await connection.execute(query)]
        keys = await self._keys.known(subject for subject, _ in rows)
        return [_account(row, subject, keys.get(subject)) for subject, row in rows]

    async def put(self, account: CarrierAccount, actor: str) -> None:
        """Creates or replaces it; the journal learns which, and nothing of what it holds."""
        named, subject = {"carrier": account.carrier, "account": account.account}, f"carrier/{account.ref}"
        told = {**named, "enabled": account.enabled}
        async with transaction(self._engine) as connection:
            await append_line(connection, subject, "carrier.account_put", actor, told)
            key = await self._keys.within(connection, subject)
            values = {
                "enabled": account.enabled,
                "document": account.model_dump(mode="json", exclude={"credentials"}),
                "credentials": key.seal(to_json(account.credentials), _place(subject)),
                "updated_at": datetime.now(UTC),
            }
            statement = insert(AccountRow).values(**named, **values)
            await connection.execute(statement.on_conflict_do_update(index_elements=list(named), set_=values))


def _subject(document: dict[str, Any]) -> str:
    return f"carrier/{document['carrier']}/{document['account']}"


def _place(subject: str) -> str:
    return f"carriers.accounts.credentials/{subject}"


def _account(row: Any, subject: str, key: Key | None) -> CarrierAccount:
    # Without its key an account has no credentials, and says so to whoever would use it.
    credentials = {} if key is None else from_json(key.open(row.credentials, _place(subject)))
    return CarrierAccount.model_validate({**row.document, "credentials": credentials})
