"""Deliveries at rest: one transaction per move, and the pages people read."""

import unicodedata
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, select, tuple_, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from sqlalchemy.orm import Mapped, mapped_column

from domain import audit
from domain.deliveries import Delivery, RecordMove
from domain.errors import DeliveryDiverged, Invalid
from domain.ledger import Entry
from domain.ports import DeliveryFilter
from storage import _paging
from storage._engine import constraint, reading, transaction
from storage._rows import Row
from storage.journal import JournalRow, lock, write_lines
from storage.ledger import read_entries, write_entries


class DeliveryRow(Row):
    """A delivery (`document`), what it is found by, and its workflow's memory (`state`)."""

    __tablename__ = "deliveries"
    __table_args__ = ({"schema": "deliveries"},)

    id: Mapped[str] = mapped_column(primary_key=True)
    organisation_id: Mapped[str]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    status: Mapped[str]
    attention: Mapped[str]
    service: Mapped[str]
    carrier: Mapped[str | None]
    carrier_account: Mapped[str | None]
    reference: Mapped[str]
    tracking_number: Mapped[str | None]
    booking_reference: Mapped[str | None]
    promised_at: Mapped[datetime | None]
    request_hash: Mapped[str]
    seq: Mapped[int]
    search_text: Mapped[str]
    document: Mapped[dict[str, Any]]
    state: Mapped[dict[str, Any]]


class SqlDeliveryStore:
    """Writes as the workflow tells, reads for everybody."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def record(self, move: RecordMove) -> None:
        """Journal lines, row, entries and state, or nothing of it; see the port for what is skipped and refused."""
        delivery = move.delivery
        _check_numbered(move)
        try:
            async with transaction(self._engine) as connection:
                await lock(connection, delivery.id)
                fresh, prev_hash = await _untold(connection, delivery.id, move.lines)
                if fresh:
                    await write_lines(connection, delivery.id, delivery.organisation_id, fresh, prev_hash)
                    await _write_row(connection, move, follows=fresh[0].seq - 1)
                    await write_entries(connection, move.entries)
        except IntegrityError as error:
            raise DeliveryDiverged(
                "the database refuses this move", delivery_id=delivery.id, constraint=constraint(error)
            ) from None

    async def get(self, delivery_id: str) -> Delivery | None:
        """One delivery, as of its last move."""
        document = await self._one(select(DeliveryRow.document).where(DeliveryRow.id == delivery_id))
        return None if document is None else _delivery(document)

    async def state(self, delivery_id: str) -> dict[str, object] | None:
        """The workflow's memory, as of the delivery's last move."""
        query = select(DeliveryRow.state).where(DeliveryRow.id == delivery_id)
        state: dict[str, object] | None = await self._one(query)
        return state

    async def request_hash(self, delivery_id: str) -> str | None:
        """The fingerprint of the request that made it."""
        digest: str | None = await self._one(select(DeliveryRow.request_hash).where(DeliveryRow.id == delivery_id))
        return digest

    async def page(self, where: DeliveryFilter, limit: int, after: str | None) -> tuple[Sequence[Delivery], str | None]:
        """Newest first; `created_from` is included, `created_to` is not. Raises Invalid for a strange cursor."""
        newest_first = DeliveryRow.created_at.desc(), DeliveryRow.id.desc()
        query = _narrowed(select(DeliveryRow.document), where).order_by(*newest_first).limit(limit + 1)
        if after is not None:
            query = query.where(tuple_(DeliveryRow.created_at, DeliveryRow.id) < _position(after))
        async with reading(self._engine) as connection:
            found = [_delivery(document) for document in await connection.scalars(query)]
        page = found[:limit]
        if len(found) <= limit or not page:
            return page, None
        return page, _paging.encode(page[-1].created_at.isoformat(), page[-1].id)

    async def entries(self, delivery_id: str) -> Sequence[Entry]:
        """The delivery's ledger entries, oldest first."""
        async with reading(self._engine) as connection:
            return await read_entries(connection, delivery_id)

    async def _one(self, query: Select[Any]) -> Any:
        async with reading(self._engine) as connection:
            return await connection.scalar(query)


# ── recording ─────────────────────────────────────────────────────────────────────────────────────────────


def _check_numbered(move: RecordMove) -> None:
    first, delivery = move.lines[0].seq, move.delivery
    numbers = [line.seq for line in move.lines]
    if first < 1 or numbers != list(range(first, first + len(numbers))) or numbers[-1] != delivery.seq:
        raise DeliveryDiverged("a move's lines follow each other, up to the delivery's seq", delivery_id=delivery.id)


async def _untold(
    connection: AsyncConnection, delivery_id: str, lines: Sequence[audit.Line]
) -> tuple[Sequence[audit.Line], str]:
    """The lines that the journal does not hold yet, and the hash they follow."""
    query = (
        select(JournalRow.seq, JournalRow.digest, JournalRow.hash)
        .where(JournalRow.subject == delivery_id, JournalRow.seq >= lines[0].seq - 1)
        .order_by(JournalRow.seq)
    )
    told = {row.seq: row for row in await connection.execute(query)}
    for index, line in enumerate(lines):
        known = told.get(line.seq)
        if known is None:
            before = told.get(line.seq - 1)
            if before is None and line.seq > 1:
                raise DeliveryDiverged("lines are missing before this move", delivery_id=delivery_id, seq=line.seq)
            return lines[index:], before.hash if before else audit.GENESIS
        if known.digest != line.digest():
            raise DeliveryDiverged("this line is told otherwise", delivery_id=delivery_id, seq=line.seq)
    return (), ""


async def _write_row(connection: AsyncConnection, move: RecordMove, *, follows: int) -> None:
    values = _values(move)
    first = insert(DeliveryRow).values(values).on_conflict_do_nothing().returning(DeliveryRow.id)
    next_one = update(DeliveryRow).where(DeliveryRow.id == move.delivery.id, DeliveryRow.seq == follows)
    statement = first if follows == 0 else next_one.values(values).returning(DeliveryRow.id)
    if await connection.scalar(statement) is None:
        raise DeliveryDiverged("the row is at another move", delivery_id=move.delivery.id, follows=follows)


def _values(move: RecordMove) -> dict[str, Any]:
    delivery, booking = move.delivery, move.delivery.booking
    holder = booking or delivery.accepted_offer
    return {
        "id": delivery.id,
        "organisation_id": delivery.organisation_id,
        "created_at": delivery.created_at,
        "updated_at": delivery.updated_at,
        "status": str(delivery.status),
        "attention": str(delivery.attention),
        "service": str(delivery.request.service),
        "carrier": holder.carrier if holder else None,
        "carrier_account": holder.carrier_account if holder else None,
        "reference": delivery.request.reference,
        "tracking_number": booking.tracking_number if booking else None,
        "booking_reference": booking.reference if booking else None,
        "promised_at": delivery.promised_at,
        "request_hash": delivery.request.fingerprint(),
        "seq": delivery.seq,
        "search_text": _search_text(delivery),
        "document": delivery,
        "state": move.state,
    }


# ── reading ───────────────────────────────────────────────────────────────────────────────────────────────


def _delivery(document: dict[str, Any]) -> Delivery:
    # A newer version may have written fields that this one does not know yet.
    return Delivery.model_validate(document, extra="ignore")


def _search_text(delivery: Delivery) -> str:
    """What a search looks into; nothing personal."""
    booking, request = delivery.booking, delivery.request
    codes = (booking.tracking_number or "", booking.reference) if booking else ()
    cities = request.pickup.address.city, request.dropoff.address.city
    return _folded(" ".join((delivery.id, request.reference, *codes, *cities)))


def _folded(text: str) -> str:
    """Without case and accents: who looks for `sao paulo` means São Paulo."""
    decomposed = unicodedata.normalize("NFKD", text.lower())
    return "".join(letter for letter in decomposed if not unicodedata.combining(letter))


def _narrowed(query: Select[Any], where: DeliveryFilter) -> Select[Any]:
    for name in ("organisation_id", "status", "attention", "carrier", "reference"):
        wanted = getattr(where, name)
        if wanted is not None:
            query = query.where(getattr(DeliveryRow, name) == str(wanted))
    if where.created_by is not None:
        query = query.where(DeliveryRow.document["created_by"].astext == where.created_by)
    if where.created_from is not None:
        query = query.where(DeliveryRow.created_at >= where.created_from)
    if where.created_to is not None:
        query = query.where(DeliveryRow.created_at < where.created_to)
    if where.text:
        query = query.where(DeliveryRow.search_text.contains(_folded(where.text), autoescape=True))
    return query


def _position(cursor: str) -> Any:
    created_at, delivery_id = _paging.decode(cursor, parts=2)
    try:
        return func.row(datetime.fromisoformat(created_at), delivery_id)
    except ValueError:
        raise Invalid("this is no cursor of ours: leave it out to begin at the first page", field="cursor") from None
