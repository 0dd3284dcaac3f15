"""Corrections of the books by hand, at rest: decided once, posted in the transaction that decides."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import func, select, tuple_, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from sqlalchemy.orm import Mapped, mapped_column

from domain import errors
from domain.adjustments import Adjustment, AdjustmentKind, AdjustmentStatus, Change, postings
from domain.ledger_ports import needs_another
from storage import _paging
from storage._delivery_rows import DeliveryRow
from storage._engine import reading, transaction
from storage._rows import Row
from storage.journal import append_line, lock
from storage.ledger import correcting, read_entries, write_entries
from storage.stubs import StubRow


class AdjustmentRow(Row):
    """One adjustment; `alone` where it needed nobody but who proposed it."""

    __tablename__ = "adjustments"
    __table_args__ = ({"schema": "ledger"},)

    id: Mapped[str] = mapped_column(primary_key=True)
    organisation_id: Mapped[str]
    delivery_id: Mapped[str]
    document: Mapped[dict[str, Any]]
    currency: Mapped[str]
    amount: Mapped[int]
    request_hash: Mapped[str]
    status: Mapped[str]
    alone: Mapped[bool]
    proposed_by: Mapped[str]
    proposed_at: Mapped[datetime]
    decided_by: Mapped[str | None]
    decided_at: Mapped[datetime | None]


class SqlAdjustmentStore:
    """As the deliveries role, which may decide but not rewrite."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def propose(self, its_id: str, change: Change, actor: str, limit: int) -> tuple[Adjustment, bool]:
        """See the port; corrections of one delivery wait for each other."""
        async with transaction(self._engine) as connection:
            await lock(connection, its_id)
            await correcting(connection, change.delivery_id)
            return await propose_within(connection, its_id, change, actor, limit)

    async def decide(self, its_id: str, actor: str, *, agreed: bool) -> Adjustment:
        """The entries in the same transaction, or nothing of it."""
        wanted = AdjustmentStatus.POSTED if agreed else AdjustmentStatus.REJECTED
        async with transaction(self._engine) as connection:
            await lock(connection, its_id)
            known = await _read(connection, its_id)
            if known is None:
                raise errors.NotFound("no such adjustment")
            if known.proposed_by == actor:
                raise errors.OwnProposal
            if known.status is not AdjustmentStatus.PROPOSED:
                if (known.status, known.decided_by) == (wanted, actor):
                    return known
                raise errors.AlreadyDecided(status=known.status)
            await correcting(connection, known.change.delivery_id)
            now = datetime.now(UTC)
            decided = known.model_copy(update={"status": wanted, "decided_by": actor, "decided_at": now})
            await _tell(connection, decided, "adjustment.approved" if agreed else "adjustment.rejected", actor)
            values = {"status": str(wanted), "decided_by": actor, "decided_at": now}
            await connection.execute(update(AdjustmentRow).where(AdjustmentRow.id == its_id).values(values))
            if agreed:
                await _post(connection, decided, now)
            return decided

    async def get(self, its_id: str) -> Adjustment | None:
        """One adjustment."""
        async with reading(self._engine) as connection:
            return await _read(connection, its_id)

    async def page(
        self, status: AdjustmentStatus | None, delivery_id: str | None, limit: int, after: str | None
    ) -> tuple[Sequence[Adjustment], str | None]:
        """Newest first."""
        place = AdjustmentRow.proposed_at, AdjustmentRow.id
        query = select(*AdjustmentRow.__table__.columns).order_by(*(column.desc() for column in place))
        if status is not None:
            query = query.where(AdjustmentRow.status == str(status))
        if delivery_id is not None:
            query = query.where(AdjustmentRow.delivery_id == delivery_id)
        if after is not None:
            query = query.where(tuple_(*place) < func.row(*_paging.instant(after)))
        async with reading(self._engine) as connection:
            rows = (await connection.execute(query.limit(limit + 1))).all()
        page = [_adjustment(row) for row in rows[:limit]]
        more = len(rows) > limit
        return page, _paging.encode(page[-1].proposed_at.isoformat(), page[-1].id) if more else None


async def propose_within(
    connection: AsyncConnection, its_id: str, change: Change, actor: str, limit: int
) -> tuple[Adjustment, bool]:
    """`propose`, in a transaction that has locked the adjustment and the delivery's corrections."""
    row = (await connection.execute(select(AdjustmentRow.request_hash).where(AdjustmentRow.id == its_id))).one_or_none()
    if row is not None:
        known = await _read(connection, its_id)
        if known is None or row.request_hash != change.fingerprint():
            raise errors.IdempotencyKeyReused
        return known, True
    left = select(StubRow.organisation_id).where(StubRow.id == change.delivery_id)
    whose = select(DeliveryRow.organisation_id).where(DeliveryRow.id == change.delivery_id).union_all(left)
    organisation_id: str | None = await connection.scalar(whose)
    if organisation_id is None:
        raise errors.NotFound("no such delivery")
    now = datetime.now(UTC)
    alone = not needs_another(change.money, await _posted_alone(connection, change, actor), limit)
    made = Adjustment(
        id=its_id,
        organisation_id=organisation_id,
        change=change,
        status=AdjustmentStatus.POSTED if alone else AdjustmentStatus.PROPOSED,
        proposed_by=actor,
        proposed_at=now,
        decided_at=now if alone else None,
    )
    entries = postings(made, await read_entries(connection, change.delivery_id), now)  # what cannot be is not proposed
    await _tell(connection, made, "adjustment.posted" if alone else "adjustment.proposed", actor)
    await connection.execute(insert(AdjustmentRow).values(_values(made, alone=alone)))
    if alone:
        await write_entries(connection, entries)
    return made, False


async def pending(connection: AsyncConnection, delivery_id: str) -> bool:
    """Whether a correction of a carrier's cost of this delivery waits for somebody."""
    query = select(AdjustmentRow.document).where(
        AdjustmentRow.delivery_id == delivery_id, AdjustmentRow.status == str(AdjustmentStatus.PROPOSED)
    )
    waiting = [Change.model_validate(document) for document in await connection.scalars(query)]
    return any(change.kind is AdjustmentKind.CARRIER for change in waiting)


async def _posted_alone(connection: AsyncConnection, change: Change, actor: str) -> int:
    query = select(func.coalesce(func.sum(func.abs(AdjustmentRow.amount)), 0)).where(
        AdjustmentRow.delivery_id == change.delivery_id,
        AdjustmentRow.currency == str(change.money.currency),
        AdjustmentRow.proposed_by == actor,
        AdjustmentRow.alone,
    )
    return int(await connection.scalar(query) or 0)


async def _post(connection: AsyncConnection, adjustment: Adjustment, now: datetime) -> None:
    known = await read_entries(connection, adjustment.change.delivery_id)
    await write_entries(connection, postings(adjustment, known, now))


async def _tell(connection: AsyncConnection, adjustment: Adjustment, kind: str, actor: str) -> None:
    """The customer's own stream hears what changed their account, and of nothing else."""
    change = adjustment.change
    theirs = change.kind is not AdjustmentKind.CARRIER and adjustment.status is AdjustmentStatus.POSTED
    told = {
        "delivery_id": change.delivery_id,
        "kind": str(change.kind),
        "amount": change.money.amount,
        "currency": str(change.money.currency),
        "reason": change.reason,
    }
    await append_line(connection, adjustment.id, kind, actor, told, adjustment.organisation_id if theirs else None)


async def _read(connection: AsyncConnection, its_id: str) -> Adjustment | None:
    query = select(*AdjustmentRow.__table__.columns).where(AdjustmentRow.id == its_id)
    row = (await connection.execute(query)).one_or_none()
    return None if row is None else _adjustment(row)


def _values(adjustment: Adjustment, *, alone: bool) -> dict[str, Any]:
    change = adjustment.change
    return {
        **adjustment.model_dump(exclude={"change", "status"}),
        "delivery_id": change.delivery_id,
        "document": change,
        "currency": str(change.money.currency),
        "amount": change.money.amount,
        "request_hash": change.fingerprint(),
        "status": str(adjustment.status),
        "alone": alone,
    }


def _adjustment(row: Any) -> Adjustment:
    return Adjustment(
        id=row.id,
        organisation_id=row.organisation_id,
        change=Change.model_validate(row.document),
        status=row.status,
        proposed_by=row.proposed_by,
        proposed_at=row.proposed_at,
        decided_by=row.decided_by,
        decided_at=row.decided_at,
    )
