"""Deliveries at rest: one transaction per move, and the pages people read."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from prometheus_client import Counter
from pydantic_core import from_json
from sqlalchemy import ColumnElement, Select, Text, TextClause, any_, cast, func, select, text, tuple_, update
from sqlalchemy.dialects.postgresql import ARRAY, TSQUERY, insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from domain import audit
from domain.deliveries import Attention, Delivery, RecordMove
from domain.errors import Archived, DeliveryDiverged, Invalid
from domain.finding import folded, search
from domain.ledger import Entry
from domain.ports import DeliveryFilter
from storage import _paging
from storage._crypto import BlindIndex, Key
from storage._delivery_rows import SHOWN, DeliveryRow, as_delivery, place, values
from storage._engine import constraint, reading, transaction
from storage.clues import FEW, ClueRow, tsquery, write_clues
from storage.ends import EndRow
from storage.journal import START, JournalRow, lock, write_lines
from storage.keys import KeyRing
from storage.ledger import post_move, read_entries
from storage.stubs import StubRow

EVENTS = Counter("entrega_delivery_events_total", "What happened to deliveries, by the kind of line", ["kind"])


class SqlDeliveryStore:
    """Writes as the workflow tells, reads for everybody."""

    def __init__(self, engine: AsyncEngine, keys: KeyRing, index: BlindIndex) -> None:
        self._engine = engine
        self._keys = keys
        self._index = index

    async def record(self, move: RecordMove) -> None:
        """Journal lines, row, entries and state, or nothing of it; see the port for what is skipped and refused."""
        delivery = move.delivery
        _check_numbered(move)
        try:
            async with transaction(self._engine) as connection:
                await lock(connection, delivery.id)
                fresh, prev_hash = await _untold(connection, delivery.id, move.lines)
                if fresh:
                    key = await self._keys.within(connection, delivery.id)
                    await write_lines(connection, delivery.id, delivery.organisation_id, fresh, prev_hash)
                    await _write_row(connection, move, key, follows=fresh[0].seq - 1)
                    await write_clues(connection, delivery, self._index)
                    await post_move(connection, move.entries)
        except IntegrityError as error:
            raise DeliveryDiverged(
                "the database refuses this move", delivery_id=delivery.id, constraint=constraint(error)
            ) from None
        for line in fresh:
            EVENTS.labels(line.kind).inc()

    async def get(self, delivery_id: str) -> Delivery | None:
        """One delivery, as of its last move; an erased one without what was personal. Raises Archived."""
        whose = StubRow.organisation_id, StubRow.created_by
        async with reading(self._engine) as connection:
            row = (await connection.execute(select(*SHOWN).where(DeliveryRow.id == delivery_id))).one_or_none()
            if row is None:
                stub = (await connection.execute(select(*whose).where(StubRow.id == delivery_id))).one_or_none()
                if stub is not None:
                    raise Archived(**stub._mapping)
                return None
        return as_delivery(row, (await self._keys.known((delivery_id,))).get(delivery_id))

    async def state(self, delivery_id: str) -> dict[str, object] | None:
        """The workflow's memory, as of the delivery's last move; an erased one has none."""
        plain = await self._opened("state", select(DeliveryRow.state), delivery_id)
        return None if plain is None else from_json(plain)

    async def request_hash(self, delivery_id: str) -> str | None:
        """The fingerprint of the request that made it; an erased delivery has none."""
        plain = await self._opened("request_hash", select(DeliveryRow.request_hash), delivery_id)
        return None if plain is None else plain.decode()

    async def page(self, where: DeliveryFilter, limit: int, after: str | None) -> tuple[Sequence[Delivery], str | None]:
        """Newest first; `created_from` is included, `created_to` is not. Raises Invalid for a strange cursor."""
        query = narrowed(select(*SHOWN), where).order_by(*NEWEST_FIRST).limit(limit + 1)
        if after is not None:
            query = query.where(tuple_(DeliveryRow.created_at, DeliveryRow.id) < _position(after))
        if wanted := search(where):
            rows = await self._sought(query, tsquery(wanted, self._index, where.organisation_id), where, after)
        else:
            async with reading(self._engine) as connection:
                rows = (await connection.execute(query)).all()
        keys = await self._keys.known(row.id for row in rows)
        found = [as_delivery(row, keys.get(row.id)) for row in rows]
        page = found[:limit]
        if len(found) <= limit or not page:
            return page, None
        return page, _paging.encode(page[-1].created_at.isoformat(), page[-1].id)

    async def _sought(
        self, query: Select[Any], words: str | None, where: DeliveryFilter, after: str | None
    ) -> Sequence[Any]:
        """The rows of a query that words find. PostgreSQL cannot tell how many they will find, so it is not left to
        guess: the index of words gives what there is, and beyond `FEW` the newest are gone through instead."""
        if words is None:
            return ()
        clue_fits = ClueRow.words.bool_op("@@")(cast(words, TSQUERY))
        found = select(ClueRow.delivery_id).where(clue_fits).limit(FEW + 1)
        if after is not None:
            found = found.where(tuple_(ClueRow.created_at, ClueRow.delivery_id) < _position(after))
        async with transaction(self._engine) as connection:
            await connection.execute(_BY_WORDS)
            ids = (await connection.scalars(found)).all()
            if len(ids) <= FEW:
                await connection.execute(_BY_ID)
                query = query.where(DeliveryRow.id == any_(cast(ids, ARRAY(Text()))))
            else:
                await connection.execute(_IN_ORDER)
                query = _walked(query, clue_fits, where.organisation_id)
            rows: Sequence[Any] = (await connection.execute(query)).all()
            return rows

    async def entries(self, delivery_id: str) -> Sequence[Entry]:
        """The delivery's ledger entries, oldest first."""
        async with reading(self._engine) as connection:
            return await read_entries(connection, delivery_id)

    async def _opened(self, column: str, query: Select[Any], delivery_id: str) -> bytes | None:
        async with reading(self._engine) as connection:
            sealed: bytes | None = await connection.scalar(query.where(DeliveryRow.id == delivery_id))
        key = (await self._keys.known((delivery_id,))).get(delivery_id)
        return None if sealed is None or key is None else key.open(sealed, place(column, delivery_id))


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
            if before is not None:
                return lines[index:], before.hash
            end = select(EndRow.seq, EndRow.hash).where(EndRow.subject == delivery_id)
            seq, prev_hash = (await connection.execute(end)).one_or_none() or START
            if seq != line.seq - 1:  # it may be archived itself
                raise DeliveryDiverged("this line does not follow the last", delivery_id=delivery_id, seq=line.seq)
            return lines[index:], prev_hash
        if known.digest != line.digest():
            raise DeliveryDiverged("this line is told otherwise", delivery_id=delivery_id, seq=line.seq)
    return (), ""


async def _write_row(connection: AsyncConnection, move: RecordMove, key: Key, *, follows: int) -> None:
    told = values(move, key)
    first = insert(DeliveryRow).values(told).on_conflict_do_nothing().returning(DeliveryRow.id)
    next_one = update(DeliveryRow).where(DeliveryRow.id == move.delivery.id, DeliveryRow.seq == follows)
    statement = first if follows == 0 else next_one.values(told).returning(DeliveryRow.id)
    if await connection.scalar(statement) is None:
        raise DeliveryDiverged("the row is at another move", delivery_id=move.delivery.id, follows=follows)


# ── reading ───────────────────────────────────────────────────────────────────────────────────────────────


NEWEST_FIRST = DeliveryRow.created_at.desc(), DeliveryRow.id.desc()


def _planned(**switches: str) -> TextClause:
    """The planner's switches, for this transaction."""
    told = (f"set_config('enable_{name}', '{to}', true)" for name, to in switches.items())
    return text(f"SELECT {', '.join(told)}")


_BY_WORDS = _planned(seqscan="off", indexscan="off")
_BY_ID = _planned(indexscan="on")
_IN_ORDER = _planned(indexscan="on", bitmapscan="off", sort="off")


def _walked(query: Select[Any], clue_fits: ColumnElement[bool], organisation_id: str | None) -> Select[Any]:
    """The query in the order of clues, which is the same one."""
    query = query.join(ClueRow, ClueRow.delivery_id == DeliveryRow.id).where(clue_fits)
    if organisation_id is not None:
        query = query.where(ClueRow.organisation_id == organisation_id)
    return query.order_by(None).order_by(ClueRow.created_at.desc(), ClueRow.delivery_id.desc())


def narrowed(query: Select[Any], where: DeliveryFilter) -> Select[Any]:
    """What a filter says of rows; its words are looked up elsewhere."""
    for name in ("organisation_id", "created_by", "carrier", "service", "reference", "tracking_number"):
        wanted = getattr(where, name)
        if wanted is not None:
            query = query.where(getattr(DeliveryRow, name) == str(wanted))
    if where.status:
        query = query.where(DeliveryRow.status.in_([str(status) for status in where.status]))
    if where.attention:
        # Said so that the index of those that need attention serves.
        query = query.where(DeliveryRow.attention.in_([str(why) for why in where.attention]))
        query = query.where(DeliveryRow.attention != "none") if Attention.NONE not in where.attention else query
    for name in ("created", "promised", "ended"):
        column, since, until = getattr(DeliveryRow, f"{name}_at"), f"{name}_from", f"{name}_to"
        query = query if (at := getattr(where, since)) is None else query.where(column >= at)
        query = query if (at := getattr(where, until)) is None else query.where(column < at)
    if where.text:
        query = query.where(DeliveryRow.search_text.contains(folded(where.text), autoescape=True))
    return query


def _position(cursor: str) -> Any:
    created_at, delivery_id = _paging.decode(cursor, parts=2)
    try:
        return func.row(datetime.fromisoformat(created_at), delivery_id)
    except ValueError:
        raise Invalid("this is no cursor of ours: leave it out to begin at the first page", field="cursor") from None
