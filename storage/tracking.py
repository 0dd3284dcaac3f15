"""The inbox at rest: scans as they came, matched to their delivery by what the journal says of its booking."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, Identity, select, text, tuple_, update
from sqlalchemy import Row as Result
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from sqlalchemy.orm import Mapped, mapped_column

from domain.ports import InboxItem
from domain.tracking import Scan
from storage._engine import reading, transaction
from storage._rows import Row
from storage.journal import JournalRow


class ScanRow(Row):
    """One scan; `looked_at` is when the journal was last asked in vain whose it is."""

    __tablename__ = "scans"
    __table_args__ = ({"schema": "tracking"},)

    number: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    carrier: Mapped[str]
    account: Mapped[str]
    scan_id: Mapped[str]
    delivery_id: Mapped[str | None]
    kind: Mapped[str]
    occurred_at: Mapped[datetime]
    received_at: Mapped[datetime]
    looked_at: Mapped[datetime | None]
    signalled_at: Mapped[datetime | None]
    after_close: Mapped[bool]
    booking_reference: Mapped[str]
    booking_key: Mapped[str | None]
    document: Mapped[dict[str, Any]]


_WAITS = ScanRow.signalled_at.is_(None)
_UNMATCHED = ScanRow.delivery_id.is_(None)

# The account must be the booking's own: a carrier cannot speak of another's bookings. The key is known before the
# carrier is called, its reference only after; a carrier that uses a reference again means the newest booking.
_MATCH = text("""
    UPDATE tracking.scans AS scan SET looked_at = :now, delivery_id = COALESCE(
        (SELECT line.subject FROM journal.journal AS line
         WHERE line.data->>'booking_key' = scan.booking_key
           AND line.data->>'carrier' = scan.carrier AND line.data->>'account' = scan.account
         ORDER BY line.id DESC LIMIT 1),
        (SELECT line.subject FROM journal.journal AS line
         WHERE scan.booking_key IS NULL AND line.data->>'booking_reference' = scan.booking_reference
           AND line.data->>'carrier' = scan.carrier AND line.data->>'account' = scan.account
         ORDER BY line.id DESC LIMIT 1))
    WHERE scan.number = ANY(:numbers)
""")


class SqlScanStore:
    """Kept by the tracking service, which reads the journal beside its own tables and nothing else."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def keep(self, scans: Sequence[Scan]) -> Sequence[InboxItem]:
        """Stores what is new and answers with those of them, new or not, that are not signalled yet."""
        if not scans:
            return []
        now = datetime.now(UTC)
        # Always in the same order, so that two calls with the same scans wait for each other rather than deadlock.
        in_order = sorted(scans, key=lambda scan: (scan.occurred_at, scan.id))
        new = insert(ScanRow).values([_values(scan, now) for scan in in_order]).on_conflict_do_nothing()
        these = _among(scans) & _WAITS
        async with transaction(self._engine) as connection:
            await connection.execute(new)
            unmatched = await connection.scalars(select(ScanRow.number).where(these, _UNMATCHED))
            await _match(connection, unmatched.all())
            rows = await connection.execute(_items(these).order_by(ScanRow.number))
            return [_item(row) for row in rows]

    async def signalled(self, scans: Sequence[Scan], after_close: bool = False) -> None:
        """Marks them as handed over; what is marked already stays as it is."""
        if not scans:
            return
        marked = update(ScanRow).where(_among(scans), _WAITS)
        async with transaction(self._engine) as connection:
            await connection.execute(marked.values(signalled_at=datetime.now(UTC), after_close=after_close))

    async def waiting(self, limit: int) -> Sequence[InboxItem]:
        """The oldest matched items, then the oldest of those that nobody knows; `limit` of them are asked about
        anew, in turns, so that many strange ones cannot hide one that has become known."""
        in_turns = ScanRow.looked_at.nulls_first(), ScanRow.number
        ask = select(ScanRow.number).where(_WAITS, _UNMATCHED).order_by(*in_turns).limit(limit)
        oldest = _items(_WAITS).order_by(_UNMATCHED, ScanRow.number).limit(limit)
        async with transaction(self._engine) as connection:
            await _match(connection, (await connection.scalars(ask.with_for_update(skip_locked=True))).all())
            return [_item(row) for row in await connection.execute(oldest)]

    async def of(self, delivery_id: str) -> Sequence[Scan]:
        """Every scan of a delivery, by when it occurred."""
        query = _items(ScanRow.delivery_id == delivery_id).order_by(ScanRow.occurred_at, ScanRow.number)
        async with reading(self._engine) as connection:
            return [_item(row).scan for row in await connection.execute(query)]

    async def organisation_of(self, delivery_id: str) -> str | None:
        """Whose delivery it is, as its first journal line says."""
        first = select(JournalRow.organisation_id).where(JournalRow.subject == delivery_id, JournalRow.seq == 1)
        async with reading(self._engine) as connection:
            organisation_id: str | None = await connection.scalar(first)
            return organisation_id


async def _match(connection: AsyncConnection, numbers: Sequence[int]) -> None:
    if numbers:
        await connection.execute(_MATCH, {"now": datetime.now(UTC), "numbers": list(numbers)})


def _among(scans: Sequence[Scan]) -> ColumnElement[bool]:
    keys = [(scan.carrier, scan.carrier_account, scan.id) for scan in scans]
    return tuple_(ScanRow.carrier, ScanRow.account, ScanRow.scan_id).in_(keys)


def _values(scan: Scan, now: datetime) -> dict[str, Any]:
    received_at = scan.received_at or now
    return {
        "carrier": scan.carrier,
        "account": scan.carrier_account,
        "scan_id": scan.id,
        "kind": str(scan.kind),
        "occurred_at": scan.occurred_at,
        "received_at": received_at,
        "after_close": False,
        "booking_reference": scan.booking_reference,
        "booking_key": scan.booking_key,
        "document": scan.model_copy(update={"received_at": received_at}),
    }


def _items(condition: ColumnElement[bool]) -> Any:
    return select(ScanRow.document, ScanRow.delivery_id, ScanRow.signalled_at).where(condition)


def _item(row: Result[Any]) -> InboxItem:
    scan = Scan.model_validate(row.document)
    return InboxItem(scan=scan, delivery_id=row.delivery_id, signalled=row.signalled_at is not None)
