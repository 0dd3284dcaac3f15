"""The inbox at rest: scans as they came, matched to their delivery by what the journal says of its booking."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from pydantic_core import to_json
from sqlalchemy import ColumnElement, Identity, Select, select, text, tuple_, union_all, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from sqlalchemy.orm import Mapped, mapped_column

from domain.audit import Origin
from domain.erasure import erased_scan
from domain.ports import InboxItem
from domain.tracking import Scan
from storage._crypto import Key
from storage._engine import reading, transaction
from storage._rows import Row
from storage.ends import EndRow
from storage.journal import JournalRow
from storage.keys import KeyRing

_NOBODYS = "service/tracking"
"""Whose key seals a scan until it is known which delivery it is about."""


class ScanRow(Row):
    """One scan; `looked_at` is when the journal was last asked in vain whose it is.

    What it is found by stands in the clear; all of it is sealed by the key of `sealed_by`: its delivery, once known.
    """

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
    document: Mapped[bytes]
    sealed_by: Mapped[str]


_WAITS = ScanRow.signalled_at.is_(None)
_UNMATCHED = ScanRow.delivery_id.is_(None)

# The account must be the booking's own: a carrier cannot speak of another's bookings. The key is known before the
# carrier is called, its reference only after; a carrier that uses a reference again means the newest booking.
_WHOSE = """
    COALESCE(
        (SELECT line.subject FROM journal.journal AS line
         WHERE line.data->>'booking_key' = scan.booking_key
           AND line.data->>'carrier' = scan.carrier AND line.data->>'account' = scan.account
         ORDER BY line.id DESC LIMIT 1),
        (SELECT line.subject FROM journal.journal AS line
         WHERE scan.booking_key IS NULL AND line.data->>'booking_reference' = scan.booking_reference
           AND line.data->>'carrier' = scan.carrier AND line.data->>'account' = scan.account
         ORDER BY line.id DESC LIMIT 1))
"""
_FIND = text(f"""
    SELECT {_WHOSE} FROM unnest(
        CAST(:carriers AS text[]), CAST(:accounts AS text[]), CAST(:keys AS text[]), CAST(:references AS text[])
    ) WITH ORDINALITY AS scan (carrier, account, booking_key, booking_reference, nth) ORDER BY nth
""")  # noqa: S608
_MATCH = text(f"""
    UPDATE tracking.scans AS scan SET looked_at = :now, delivery_id = {_WHOSE}
    WHERE scan.number = ANY(:numbers)
    RETURNING number, carrier, account, scan_id, delivery_id, document
""")  # noqa: S608


class SqlScanStore:
    """Kept by the tracking service, which reads the journal beside its own tables and nothing else."""

    def __init__(self, engine: AsyncEngine, keys: KeyRing) -> None:
        self._engine = engine
        self._keys = keys

    async def keep(self, scans: Sequence[Scan]) -> Sequence[InboxItem]:
        """Stores what is new and answers with those of them, new or not, that are not signalled yet."""
        if not scans:
            return []
        # Always in the same order, so that two calls with the same scans wait for each other rather than deadlock.
        in_order = sorted(scans, key=lambda scan: (scan.occurred_at, scan.id))
        new = insert(ScanRow).values(await self._rows(in_order)).on_conflict_do_nothing()
        these = _among(scans) & _WAITS
        async with transaction(self._engine) as connection:
            await connection.execute(new)
            unmatched = await connection.scalars(select(ScanRow.number).where(these, _UNMATCHED))
            await self._match(connection, unmatched.all())
            rows = (await connection.execute(_items(these).order_by(ScanRow.number))).all()
        return await self._opened(rows)

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
            await self._match(connection, (await connection.scalars(ask.with_for_update(skip_locked=True))).all())
            rows = (await connection.execute(oldest)).all()
        return await self._opened(rows)

    async def of(self, delivery_id: str) -> Sequence[Scan]:
        """Every scan of a delivery, by when it occurred; an erased one's without what was personal."""
        query = _items(ScanRow.delivery_id == delivery_id).order_by(ScanRow.occurred_at, ScanRow.number)
        async with reading(self._engine) as connection:
            rows = (await connection.execute(query)).all()
        return [item.scan for item in await self._opened(rows)]

    async def origin(self, delivery_id: str) -> Origin | None:
        """Whose delivery it is, as its first journal line says, or what remains of one that is archived."""
        first = select(JournalRow.organisation_id, JournalRow.actor).where(
            JournalRow.subject == delivery_id, JournalRow.seq == 1
        )
        end = select(EndRow.organisation_id, EndRow.created_by).where(EndRow.subject == delivery_id)
        either: Select[Any] = select(union_all(first, end).limit(1).subquery())
        async with reading(self._engine) as connection:
            row = (await connection.execute(either)).one_or_none()
        return None if row is None else Origin(organisation_id=row[0] or "", created_by=row[1] or "")

    async def _rows(self, scans: Sequence[Scan]) -> list[dict[str, Any]]:
        """What is to be inserted: each scan with its delivery, as far as the journal knows it, sealed by its key."""
        asked = {
            "carriers": [scan.carrier for scan in scans],
            "accounts": [scan.carrier_account for scan in scans],
            "keys": [scan.booking_key for scan in scans],
            "references": [scan.booking_reference for scan in scans],
        }
        async with reading(self._engine) as connection:
            deliveries: Sequence[str | None] = (await connection.scalars(_FIND, asked)).all()
        keys = await self._keys.known(delivery for delivery in deliveries if delivery)
        if any(delivery not in keys for delivery in deliveries):
            keys[_NOBODYS] = await self._keys.get(_NOBODYS)
        now, rows = datetime.now(UTC), []
        for scan, delivery_id in zip(scans, deliveries, strict=True):
            received = scan.model_copy(update={"received_at": scan.received_at or now})
            rows.append({**_columns(received), "delivery_id": delivery_id, **_seal(received, delivery_id, keys)})
        return rows

    async def _match(self, connection: AsyncConnection, numbers: Sequence[int]) -> None:
        """Asks the journal whose they are; what it knows now is sealed anew, by its delivery's key."""
        if not numbers:
            return
        asked = {"now": datetime.now(UTC), "numbers": list(numbers)}
        matched = [row for row in await connection.execute(_MATCH, asked) if row.delivery_id is not None]
        if not matched:
            return
        keys = await self._keys.known([_NOBODYS, *(row.delivery_id for row in matched)], connection)
        for row in matched:
            plain = keys[_NOBODYS].open(row.document, _place(row.carrier, row.account, row.scan_id))
            sealed = _seal(Scan.model_validate_json(plain, extra="ignore"), row.delivery_id, keys)
            await connection.execute(update(ScanRow).where(ScanRow.number == row.number).values(sealed))

    async def _opened(self, rows: Sequence[Any]) -> Sequence[InboxItem]:
        keys = await self._keys.known(row.sealed_by for row in rows)
        return [as_item(row, keys.get(row.sealed_by)) for row in rows]


def _columns(scan: Scan) -> dict[str, Any]:
    """What a scan is found by."""
    return {
        "carrier": scan.carrier,
        "account": scan.carrier_account,
        "scan_id": scan.id,
        "kind": str(scan.kind),
        "occurred_at": scan.occurred_at,
        "received_at": scan.received_at,
        "after_close": False,
        "booking_reference": scan.booking_reference,
        "booking_key": scan.booking_key,
    }


def _among(scans: Sequence[Scan]) -> ColumnElement[bool]:
    keys = [(scan.carrier, scan.carrier_account, scan.id) for scan in scans]
    return tuple_(ScanRow.carrier, ScanRow.account, ScanRow.scan_id).in_(keys)


def _items(condition: ColumnElement[bool]) -> Select[Any]:
    return select(*ScanRow.__table__.columns).where(condition)


def _place(carrier: str, account: str, scan_id: str) -> str:
    return f"tracking.scans.document/{carrier}/{account}/{scan_id}"


def _seal(scan: Scan, delivery_id: str | None, keys: Mapping[str, Key]) -> dict[str, Any]:
    """By its delivery's key; of an erased delivery nothing personal is kept."""
    known = delivery_id is not None and delivery_id in keys
    sealed_by = delivery_id if delivery_id is not None and known else _NOBODYS
    kept = erased_scan(scan) if delivery_id is not None and not known else scan
    place = _place(scan.carrier, scan.carrier_account, scan.id)
    return {"sealed_by": sealed_by, "document": keys[sealed_by].seal(to_json(kept), place)}


def as_item(row: Any, key: Key | None) -> InboxItem:
    """A row of every column; without its key, what nobody can erase."""
    signalled = row.signalled_at is not None
    if key is None:
        columns = {name: value for name, value in row._mapping.items() if name in Scan.model_fields}
        scan = Scan(**columns, id=row.scan_id, carrier_account=row.account, erased=True)
    else:
        place = _place(row.carrier, row.account, row.scan_id)
        scan = Scan.model_validate_json(key.open(row.document, place), extra="ignore")
    return InboxItem(scan=scan, delivery_id=row.delivery_id, signalled=signalled)
