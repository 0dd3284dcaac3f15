"""Carriers' invoices compared with the ledger, at rest: a report and its lines, each settled by hand."""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import NAMESPACE_OID, uuid5

from sqlalchemy import ARRAY, Select, Text, any_, func, literal, or_, select, tuple_, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from sqlalchemy.orm import Mapped, mapped_column

from domain import errors
from domain.adjustments import AdjustmentKind, AdjustmentStatus, Change
from domain.ledger import Account, Holder
from domain.money import Money
from domain.quotes import AccountRef
from domain.reconciliations import (
    Invoiced,
    Outcome,
    Owed,
    Reconciliation,
    ReconciliationLine,
    Settlement,
    compared,
)
from storage import _paging
from storage._engine import reading, transaction
from storage._rows import Row
from storage.adjustments import AdjustmentRow, pending, propose_within
from storage.journal import append_line, lock
from storage.ledger import EntryRow, correcting

_REASON = "carrier_invoice"


class ReconciliationRow(Row):
    """One invoice that was compared."""

    __tablename__ = "reconciliations"
    __table_args__ = ({"schema": "ledger"},)

    id: Mapped[str] = mapped_column(primary_key=True)
    made_at: Mapped[datetime]
    document: Mapped[dict[str, Any]]


class LineRow(Row):
    """One of its lines."""

    __tablename__ = "reconciliation_lines"
    __table_args__ = ({"schema": "ledger"},)

    reconciliation_id: Mapped[str] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    outcome: Mapped[str]
    reference: Mapped[str]
    delivery_id: Mapped[str | None]
    currency: Mapped[str]
    ours: Mapped[int]
    theirs: Mapped[int]
    file_line: Mapped[int | None]
    settled_as: Mapped[str | None]
    settled_by: Mapped[str | None]
    settled_at: Mapped[datetime | None]
    adjustment_id: Mapped[str | None]


class SqlReconciliationStore:
    """As the deliveries role, which may settle lines but not rewrite them."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def make(
        self, reconciliation: Reconciliation, invoice: Sequence[Invoiced], since: datetime, until: datetime
    ) -> tuple[Reconciliation, bool]:
        """All lines or none; `counts` are made here."""
        async with transaction(self._engine) as connection:
            await lock(connection, reconciliation.id)
            known = await _read(connection, reconciliation.id)
            if known is not None:
                return known, True
            owed = await _owed(connection, reconciliation.ref, [one.reference for one in invoice], since, until)
            lines = compared(invoice, owed)
            counts = Counter(line.outcome for line in lines)
            made = reconciliation.model_copy(update={"counts": {outcome: counts[outcome] for outcome in Outcome}})
            told = {"carrier": made.carrier, "account": made.carrier_account, **{str(o): counts[o] for o in Outcome}}
            await append_line(connection, made.id, "reconciliation.made", made.made_by, told)
            await connection.execute(insert(ReconciliationRow).values(id=made.id, made_at=made.made_at, document=made))
            rows = [{**line.model_dump(mode="json"), "reconciliation_id": made.id} for line in lines]
            await connection.execute(insert(LineRow), rows)
            return made, False

    async def get(self, its_id: str) -> Reconciliation | None:
        """One reconciliation."""
        async with reading(self._engine) as connection:
            return await _read(connection, its_id)

    async def page(self, limit: int, after: str | None) -> tuple[Sequence[Reconciliation], str | None]:
        """Newest first."""
        place = ReconciliationRow.made_at, ReconciliationRow.id
        query = select(ReconciliationRow.document).order_by(*(column.desc() for column in place)).limit(limit + 1)
        if after is not None:
            query = query.where(tuple_(*place) < func.row(*_paging.instant(after)))
        async with reading(self._engine) as connection:
            found = [Reconciliation.model_validate(document) for document in await connection.scalars(query)]
        page = found[:limit]
        more = len(found) > limit
        return page, _paging.encode(page[-1].made_at.isoformat(), page[-1].id) if more else None

    async def lines(
        self, its_id: str, outcome: Outcome | None, *, unsettled: bool, limit: int, after: str | None
    ) -> tuple[Sequence[ReconciliationLine], str | None]:
        """By number."""
        query = _lines(its_id).order_by(LineRow.number).limit(limit + 1)
        if outcome is not None:
            query = query.where(LineRow.outcome == str(outcome))
        if unsettled:
            query = query.where(LineRow.outcome != str(Outcome.MATCHED), LineRow.settled_as.is_(None))
        if after is not None:
            query = query.where(LineRow.number > _paging.number(_paging.decode(after, parts=1)[0]))
        async with reading(self._engine) as connection:
            found = [_line(row) for row in await connection.execute(query)]
        page = found[:limit]
        return page, _paging.encode(str(page[-1].number)) if len(found) > limit else None

    async def accept(
        self, its_id: str, number: int, delivery_id: str | None, actor: str, limit: int
    ) -> ReconciliationLine:
        """What we owe now is what is compared, so that two reports of one invoice correct the books once."""
        async with transaction(self._engine) as connection:
            made, line = await _open_line(connection, its_id, number)
            whose = line.delivery_id or delivery_id
            if whose is None:
                raise errors.Invalid("say whose booking it is: we know of none", field="delivery_id")
            its_adjustment = f"adj_{uuid5(NAMESPACE_OID, f'{its_id}/{number}/{line.adjustment_id}').hex}"
            await lock(connection, its_adjustment)
            await correcting(connection, whose)
            if await pending(connection, whose):
                raise errors.AdjustmentPending(delivery_id=whose)
            missing = line.theirs - await _owed_now(connection, made.ref, line)
            adjusted = None
            if missing:
                holder = Holder(
                    carrier=made.carrier, carrier_account=made.carrier_account, booking_reference=line.reference
                )
                change = Change(
                    delivery_id=whose,
                    kind=AdjustmentKind.CARRIER,
                    money=Money(amount=missing, currency=line.currency),
                    reason=_REASON,
                    holder=holder,
                )
                adjusted, _ = await propose_within(connection, its_adjustment, change, actor, limit)
            return await _settle(
                connection, its_id, line, Settlement.ACCEPTED, actor, adjusted.id if adjusted else None
            )

    async def dismiss(self, its_id: str, number: int, actor: str) -> ReconciliationLine:
        """Nothing is posted."""
        async with transaction(self._engine) as connection:
            _, line = await _open_line(connection, its_id, number)
            return await _settle(connection, its_id, line, Settlement.DISMISSED, actor, None)


async def _owed(
    connection: AsyncConnection, ref: AccountRef, references: Sequence[str], since: datetime, until: datetime
) -> list[Owed]:
    """Every booking that was made in the period, or that the invoice names, at what it costs by now."""
    ours = _payable(ref)
    inside = EntryRow.posted_at >= since, EntryRow.posted_at < until, EntryRow.reverses.is_(None)
    names = any_(literal(list(references), ARRAY(Text())))
    named = select(EntryRow.booking_reference).where(
        *ours,
        or_(
            EntryRow.booking_reference == names,
            EntryRow.tracking_number == names,
        ),
    )
    booked = select(EntryRow.booking_reference).where(*ours, *inside)
    query = (
        select(
            EntryRow.booking_reference,
            func.max(EntryRow.tracking_number),
            EntryRow.currency,
            -func.sum(EntryRow.amount),
            func.min(EntryRow.delivery_id),
            func.bool_or((EntryRow.posted_at >= since) & (EntryRow.posted_at < until) & EntryRow.reverses.is_(None)),
        )
        .where(*ours, EntryRow.booking_reference.in_(named.union(booked)))
        .group_by(EntryRow.booking_reference, EntryRow.currency)
        .order_by(EntryRow.booking_reference, EntryRow.currency)
    )
    return [
        Owed(reference, tracking, currency, int(amount), delivery_id, due)
        for reference, tracking, currency, amount, delivery_id, due in await connection.execute(query)
    ]


async def _owed_now(connection: AsyncConnection, ref: AccountRef, line: ReconciliationLine) -> int:
    same = EntryRow.booking_reference == line.reference, EntryRow.currency == str(line.currency)
    query = select(-func.sum(EntryRow.amount)).where(*_payable(ref), *same)
    return int(await connection.scalar(query) or 0)


def _payable(ref: AccountRef) -> tuple[Any, ...]:
    return (
        EntryRow.account == str(Account.CARRIER_PAYABLE),
        EntryRow.carrier == ref.carrier,
        EntryRow.carrier_account == ref.account,
        EntryRow.booking_reference.is_not(None),
    )


async def _open_line(
    connection: AsyncConnection, its_id: str, number: int
) -> tuple[Reconciliation, ReconciliationLine]:
    """A line that may be settled: one that differs and was not, or whose adjustment was rejected."""
    await lock(connection, its_id)
    made = await _read(connection, its_id)
    row = (await connection.execute(_lines(its_id).where(LineRow.number == number))).one_or_none()
    if made is None or row is None:
        raise errors.NotFound("no such line")
    line = _line(row)
    if line.outcome is Outcome.MATCHED:
        raise errors.AlreadyDecided("this line matches", status=line.outcome)
    if line.settled_as is not None:
        status = await connection.scalar(select(AdjustmentRow.status).where(AdjustmentRow.id == line.adjustment_id))
        if status != AdjustmentStatus.REJECTED:
            raise errors.AlreadyDecided(status=line.settled_as)
    return made, line


async def _settle(
    connection: AsyncConnection,
    its_id: str,
    line: ReconciliationLine,
    settled_as: Settlement,
    actor: str,
    adjustment_id: str | None,
) -> ReconciliationLine:
    now = datetime.now(UTC)
    values = {"settled_as": settled_as, "settled_by": actor, "settled_at": now, "adjustment_id": adjustment_id}
    told = {"line": line.number, "reference": line.reference, "adjustment_id": adjustment_id}
    await append_line(connection, its_id, f"reconciliation.{settled_as}", actor, told)
    here = LineRow.reconciliation_id == its_id, LineRow.number == line.number
    await connection.execute(update(LineRow).where(*here).values({**values, "settled_as": str(settled_as)}))
    return line.model_copy(update=values)


def _lines(its_id: str) -> Select[Any]:
    return select(*LineRow.__table__.columns).where(LineRow.reconciliation_id == its_id)


def _line(row: Any) -> ReconciliationLine:
    return ReconciliationLine.model_validate(dict(row._mapping))


async def _read(connection: AsyncConnection, its_id: str) -> Reconciliation | None:
    document = await connection.scalar(select(ReconciliationRow.document).where(ReconciliationRow.id == its_id))
    return None if document is None else Reconciliation.model_validate(document)
