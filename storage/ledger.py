"""Ledger entries at rest: added in the transaction of the move that moves money, never changed."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Identity, select
from sqlalchemy import Row as Result
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.orm import Mapped, mapped_column

from domain import errors
from domain.ledger import Account, Entry, EntryKind
from domain.money import Currency, Money
from storage._rows import Row


class EntryRow(Row):
    """One entry; `number` keeps the order in which they were posted."""

    __tablename__ = "entries"
    __table_args__ = ({"schema": "ledger"},)

    number: Mapped[int] = mapped_column(Identity(always=True))
    id: Mapped[str] = mapped_column(primary_key=True)
    posted_at: Mapped[datetime]
    delivery_id: Mapped[str]
    organisation_id: Mapped[str]
    account: Mapped[str]
    kind: Mapped[str]
    amount: Mapped[int]
    currency: Mapped[str]
    step: Mapped[str]
    reverses: Mapped[str | None]
    memo: Mapped[str]


async def write_entries(connection: AsyncConnection, entries: Sequence[Entry]) -> None:
    """Adds entries; one that is there already is left alone. Raises DeliveryDiverged if that one says otherwise.

    The database itself refuses to commit what does not sum to zero.
    """
    if not entries:
        return
    added = insert(EntryRow).on_conflict_do_nothing(index_elements=[EntryRow.id]).returning(EntryRow.id)
    new = set((await connection.execute(added, [_values(entry) for entry in entries])).scalars())
    if len(new) == len(entries):
        return
    known = {entry.id: entry for entry in await read_entries(connection, entries[0].delivery_id)}
    for entry in entries:
        # A step that is told again has a later time, and nothing else of its own.
        if entry.id not in new and known[entry.id] != entry.model_copy(update={"posted_at": known[entry.id].posted_at}):
            raise errors.DeliveryDiverged(f"another entry {entry.id} is posted", delivery_id=entry.delivery_id)


async def read_entries(connection: AsyncConnection, delivery_id: str) -> Sequence[Entry]:
    """A delivery's entries, oldest first."""
    query = select(*EntryRow.__table__.columns).where(EntryRow.delivery_id == delivery_id).order_by(EntryRow.number)
    return [_entry(row) for row in await connection.execute(query)]


def _values(entry: Entry) -> dict[str, Any]:
    flat = entry.model_dump(exclude={"money"})
    return flat | {"amount": entry.money.amount, "currency": str(entry.money.currency)}


def _entry(row: Result[Any]) -> Entry:
    return Entry(
        id=row.id,
        posted_at=row.posted_at,
        delivery_id=row.delivery_id,
        organisation_id=row.organisation_id,
        account=Account(row.account),
        kind=EntryKind(row.kind),
        money=Money(amount=row.amount, currency=Currency(row.currency)),
        step=row.step,
        reverses=row.reverses,
        memo=row.memo,
    )
