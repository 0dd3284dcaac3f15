"""Figures at rest: sums and the journal's cursor move in one transaction, so that every line is counted once."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

from sqlalchemy import Identity, Integer, case, delete, func, literal, select, tuple_, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from sqlalchemy.orm import Mapped, mapped_column

from domain import audit
from domain.counting import Cell, Counter, Counts, Life
from domain.errors import Conflict, Unavailable
from domain.figures import FigureFilter, Grouping, Measure, Sum
from domain.ledger import Account
from domain.money import Currency, Money
from storage._engine import reading, transaction
from storage._rows import Row, Xid8
from storage.ends import ArchiveRow
from storage.journal import JournalRow, as_line, following
from storage.ledger import EntryRow

_BATCH = 500
_DELETED_AT_ONCE = 5_000
_EVERYBODY = ""  # whose sums are counted beside each organisation's, so that staff's question is as short as theirs
_FIGURES = {"schema": "figures"}


class EditionRow(Row):
    """Everything counted up to a place in the journal; one is current."""

    __tablename__ = "editions"
    __table_args__ = (_FIGURES,)

    edition: Mapped[int] = mapped_column(Integer, Identity(always=True), primary_key=True)
    current: Mapped[bool]
    txid: Mapped[int] = mapped_column(Xid8)
    line_id: Mapped[int]
    lines: Mapped[int]


class LifeRow(Row):
    """What an edition remembers of a delivery between its lines."""

    __tablename__ = "lives"
    __table_args__ = (_FIGURES,)

    edition: Mapped[int] = mapped_column(Integer, primary_key=True)
    delivery_id: Mapped[str] = mapped_column(primary_key=True)
    document: Mapped[dict[str, Any]]


class SumRow(Row):
    """A cell and what was counted in it."""

    __tablename__ = "sums"
    __table_args__ = (_FIGURES,)

    edition: Mapped[int] = mapped_column(Integer, primary_key=True)
    organisation_id: Mapped[str] = mapped_column(primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    carrier: Mapped[str] = mapped_column(primary_key=True)
    service: Mapped[str] = mapped_column(primary_key=True)
    area: Mapped[str] = mapped_column(primary_key=True)
    measure: Mapped[str] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(primary_key=True)
    currency: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[int]


_LIFE_KEY: tuple[Any, ...] = (LifeRow.edition, LifeRow.delivery_id)
_SUM_KEY: tuple[Any, ...] = (SumRow.edition, *(getattr(SumRow, name) for name in Cell._fields))
_CURRENT = select(EditionRow.edition).where(EditionRow.current).scalar_subquery()


class SqlFigureStore:
    """As the deliveries role; any number of processes may count, one at a time does."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def fold(self, limit: int) -> int:
        """Counts the next lines into the current edition; how many there were."""
        async with transaction(self._engine) as connection:
            current = select(*EditionRow.__table__.columns).where(EditionRow.current)
            edition = (await connection.execute(current.with_for_update(skip_locked=True))).one_or_none()
            return 0 if edition is None else await _fold(connection, edition, limit)

    async def rebuild(self, progress: Callable[[int, int], None]) -> int:
        """A new edition, counted from the beginning and made current when it has caught up. Raises Conflict once lines
        are archived: what they were counted into is all there is of them here."""
        async with transaction(self._engine) as connection:
            if oldest := await connection.scalar(select(func.max(ArchiveRow.until)).where(ArchiveRow.lines > 0)):
                raise Conflict(
                    f"lines from before {oldest.date()} lie in the archive: `entrega archive put-back` puts them back"
                )
            total = await connection.scalar(select(func.count()).select_from(JournalRow)) or 0
            values = {"current": False, "txid": 0, "line_id": 0, "lines": 0}
            new = await connection.scalar(insert(EditionRow).values(values).returning(EditionRow.edition))
        done, more = 0, _BATCH
        while more:
            async with transaction(self._engine) as connection:
                more = await _fold(connection, await _locked(connection, new), _BATCH)
            done += more
            progress(done, max(done, total))
        async with transaction(self._engine) as connection:
            await _locked(connection, new)
            await connection.execute(update(EditionRow).where(EditionRow.current).values(current=False))
            await connection.execute(update(EditionRow).where(EditionRow.edition == new).values(current=True))
            await connection.execute(delete(EditionRow).where(EditionRow.edition != new))
        await self._sweep(new)
        return done

    async def _sweep(self, kept: int | None) -> None:
        """Takes away what earlier editions counted, also those that were never finished."""
        for row, key in ((SumRow, _SUM_KEY), (LifeRow, _LIFE_KEY)):
            place, some = tuple_(*key), select(*key).where(key[0] != kept).limit(_DELETED_AT_ONCE)
            gone = _DELETED_AT_ONCE
            while gone == _DELETED_AT_ONCE:
                async with transaction(self._engine) as connection:
                    gone = (await connection.execute(delete(row).where(place.in_(some)))).rowcount

    async def read(self, where: FigureFilter, by: Grouping) -> Sequence[Sum]:
        """The sums of each group, those that are nothing left out."""
        group = {
            Grouping.DAY: func.to_char(SumRow.day, "YYYY-MM-DD"),
            Grouping.CARRIER: SumRow.carrier,
            Grouping.SERVICE: SumRow.service,
            Grouping.AREA: SumRow.area,
        }[by]
        whose = case((SumRow.measure.in_([Measure.DECLINED, Measure.REFUSED]), SumRow.carrier), else_=literal(""))
        parts: tuple[Any, ...] = (
            group.label("group"),
            SumRow.measure,
            SumRow.code,
            whose.label("carrier"),
            SumRow.currency,
        )
        query = (
            select(*parts, func.sum(SumRow.value).label("value"))
            .where(SumRow.edition == _CURRENT, SumRow.organisation_id == (where.organisation_id or _EVERYBODY))
            .where(SumRow.day.between(where.first, where.last))
            .group_by(*parts)
            .having(func.sum(SumRow.value) != 0)
        )
        for name in ("carrier", "service", "area"):
            if (wanted := getattr(where, name)) is not None:
                query = query.where(getattr(SumRow, name) == wanted)
        async with reading(self._engine) as connection:
            return [Sum.model_validate(dict(row._mapping)) for row in await connection.execute(query)]


async def _locked(connection: AsyncConnection, edition: int | None) -> Any:
    query = select(*EditionRow.__table__.columns).where(EditionRow.edition == edition).with_for_update()
    found = (await connection.execute(query)).one_or_none()
    if found is None:
        raise Unavailable("another rebuild has begun: run this again")
    return found


async def _fold(connection: AsyncConnection, edition: Any, limit: int) -> int:
    """Into an edition that this transaction has locked."""
    cursor = audit.Cursor(txid=edition.txid, id=edition.line_id)
    lines = [as_line(row._mapping) for row in await connection.execute(following(cursor, limit))]
    if not lines:
        return 0
    stories: dict[str, list[audit.JournalLine]] = defaultdict(list)
    for line in lines:
        if line.subject.startswith("del_"):
            stories[line.subject].append(line)
    lives = await _lives(connection, edition.edition, list(stories))
    costs = await _costs(connection, [line for story in stories.values() for line in story])
    sums = Counts()
    for subject, story in stories.items():
        counter = Counter(lives.get(subject, Life()), costs[subject])
        for line in story:
            counter.take(line)
        lives[subject] = counter.life
        for cell, value in counter.counts.items():
            for one in {cell, cell._replace(organisation_id=_EVERYBODY)}:
                sums[one] = sums.get(one, 0) + value
    await _write(connection, edition.edition, lives, sums)
    here = {"txid": lines[-1].txid, "line_id": lines[-1].id, "lines": edition.lines + len(lines)}
    await connection.execute(update(EditionRow).where(EditionRow.edition == edition.edition).values(here))
    return len(lines)


async def _lives(connection: AsyncConnection, edition: int, subjects: Sequence[str]) -> dict[str, Life]:
    query = select(LifeRow.delivery_id, LifeRow.document).where(
        LifeRow.edition == edition, LifeRow.delivery_id.in_(subjects)
    )
    return {row.delivery_id: Life.model_validate(row.document) for row in await connection.execute(query)}


async def _costs(connection: AsyncConnection, lines: Sequence[audit.JournalLine]) -> dict[str, dict[str, Money]]:
    """What was posted as carrier cost beside each booking, by step: it stands on no line, since customers read those.
    What the ledger adds later has a later time, so counting again finds the same."""
    booked = {(line.subject, f"booked/{line.data.get('attempt')}"): line for line in lines if _is_booking(line)}
    costs: dict[str, dict[str, Money]] = defaultdict(dict)
    if not booked:
        return costs
    query = select(EntryRow.delivery_id, EntryRow.step, EntryRow.posted_at, EntryRow.amount, EntryRow.currency).where(
        EntryRow.delivery_id.in_({subject for subject, _ in booked}),
        EntryRow.account == Account.CARRIER_COST,
        EntryRow.reverses.is_(None),
        EntryRow.step.startswith("booked/"),
    )
    for row in await connection.execute(query):
        step = "/".join(row.step.split("/")[:2])
        line = booked.get((row.delivery_id, step))
        if line is not None and row.posted_at <= line.at:
            money = Money(amount=row.amount, currency=Currency(row.currency))
            known = costs[row.delivery_id].get(step)
            costs[row.delivery_id][step] = money if known is None else known + money
    return costs


def _is_booking(line: audit.JournalLine) -> bool:
    return line.kind == "delivery.booked"


async def _write(connection: AsyncConnection, edition: int, lives: dict[str, Life], sums: Counts) -> None:
    if lives:
        told = {subject: life.model_dump(mode="json", exclude_defaults=True) for subject, life in lives.items()}
        documents = [{"edition": edition, "delivery_id": subject, "document": known} for subject, known in told.items()]
        one_life = insert(LifeRow)
        replaced = one_life.on_conflict_do_update(
            index_elements=["edition", "delivery_id"], set_={"document": one_life.excluded.document}
        )
        await connection.execute(replaced, documents)
    cells = [{"edition": edition, **cell._asdict(), "value": value} for cell, value in sums.items() if value]
    if cells:
        one = insert(SumRow)
        added = one.on_conflict_do_update(
            index_elements=["edition", *Cell._fields], set_={"value": SumRow.value + one.excluded.value}
        )
        await connection.execute(added, cells)
