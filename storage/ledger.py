"""Ledger entries at rest: added in the transaction of the move that moves money, never changed."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Identity, exists, func, select, text, tuple_
from sqlalchemy import Row as Result
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from sqlalchemy.orm import Mapped, mapped_column

from domain import errors
from domain.adjustments import lapsed
from domain.ledger import Account, Entry, EntryKind
from domain.money import Currency, Money
from domain.statements import Balance, EntryFilter
from storage import _paging
from storage._delivery_rows import DeliveryRow
from storage._engine import reading
from storage._rows import Row
from storage.journal import lock
from storage.stubs import StubRow


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
    carrier: Mapped[str | None]
    carrier_account: Mapped[str | None]
    booking_reference: Mapped[str | None]
    tracking_number: Mapped[str | None]


class SqlLedgerStore:
    """Entries across deliveries, to read."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def page(
        self, where: EntryFilter, limit: int, after: str | None, *, oldest_first: bool = False
    ) -> tuple[Sequence[Entry], str | None]:
        """By (posted_at, number), each page a statement of its own."""
        place = EntryRow.posted_at, EntryRow.number
        query = _narrowed(select(*EntryRow.__table__.columns), where).limit(limit + 1)
        query = query.order_by(*(place if oldest_first else (column.desc() for column in place)))
        if after is not None:
            posted_at, number = _paging.instant(after)
            here, there = tuple_(*place), func.row(posted_at, _paging.number(number))
            query = query.where(here > there if oldest_first else here < there)
        async with reading(self._engine) as connection:
            rows = (await connection.execute(query)).all()
        page = rows[:limit]
        last = page[-1] if len(rows) > limit else None
        following = _paging.encode(last.posted_at.isoformat(), str(last.number)) if last else None
        return [_entry(row) for row in page], following

    async def balances(self, where: EntryFilter) -> Sequence[Balance]:
        """One pass over the entries up to the period's end, from the index alone where an organisation is named."""
        amount = EntryRow.amount
        inside = EntryRow.posted_at >= where.since if where.since else text("true")
        columns = (
            EntryRow.currency,
            EntryRow.account,
            func.coalesce(func.sum(amount).filter(EntryRow.posted_at < where.since), 0) if where.since else text("0"),
            func.coalesce(func.sum(amount).filter(inside, amount > 0), 0),
            func.coalesce(func.sum(-amount).filter(inside, amount < 0), 0),
        )
        query = _narrowed(select(*columns), where.model_copy(update={"since": None}))
        query = query.group_by(EntryRow.currency, EntryRow.account).order_by(EntryRow.currency, EntryRow.account)
        async with reading(self._engine) as connection:
            return [_balance(*row) for row in await connection.execute(query)]


def _balance(currency: str, account: str, opening: int, debits: int, credits: int) -> Balance:
    # sums are numeric in PostgreSQL
    return Balance(
        account=Account(account),
        currency=Currency(currency),
        opening=int(opening),
        debits=int(debits),
        credits=int(credits),
        closing=int(opening) + int(debits) - int(credits),
    )


def _narrowed(query: Any, where: EntryFilter) -> Any:
    for name in ("organisation_id", "delivery_id", "account", "kind", "currency"):
        wanted = getattr(where, name)
        if wanted is not None:
            query = query.where(getattr(EntryRow, name) == str(wanted))
    if where.since is not None:
        query = query.where(EntryRow.posted_at >= where.since)
    if where.until is not None:
        query = query.where(EntryRow.posted_at < where.until)
    if where.hidden:
        query = query.where(EntryRow.account.not_in(sorted(where.hidden)))
    if where.created_by is not None:
        theirs = select(DeliveryRow.id).where(DeliveryRow.created_by == where.created_by)
        left = exists().where(StubRow.id == EntryRow.delivery_id, StubRow.created_by == where.created_by)
        query = query.where(EntryRow.delivery_id.in_(theirs) | left)
    return query


async def post_move(connection: AsyncConnection, entries: Sequence[Entry]) -> None:
    """What a delivery's move posts; where its carrier names a price, corrections of it lapse."""
    if any(entry.kind is EntryKind.CARRIER_FEE for entry in entries):
        delivery_id = entries[0].delivery_id
        await correcting(connection, delivery_id)
        entries = (*entries, *lapsed(await read_entries(connection, delivery_id), entries))
    await write_entries(connection, entries)


async def correcting(connection: AsyncConnection, delivery_id: str) -> None:
    """Corrections of a delivery wait for each other, and for its carriers' prices, until the transaction ends."""
    await lock(connection, f"adjusting/{delivery_id}")


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
        carrier=row.carrier,
        carrier_account=row.carrier_account,
        booking_reference=row.booking_reference,
        tracking_number=row.tracking_number,
    )
