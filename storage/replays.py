"""Replays at rest, and the lines of the journal that they are about."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ARRAY, ColumnElement, Select, Text, func, select, tuple_, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.orm import Mapped, mapped_column

from domain.audit import Cursor, JournalLine
from domain.errors import NotFound, ReplayRunning, ReplayTooLong
from domain.notifications import Outcome
from domain.replays import MOST_LINES, Replay, ReplayStatus
from storage import _paging
from storage._engine import constraint, reading, transaction
from storage._rows import Row, Xid8
from storage.endpoints import EndpointRow
from storage.journal import JournalRow, append_line, as_line
from storage.messages import MessageRow


class ReplayRow(Row):
    """A replay, and its place in the journal."""

    __tablename__ = "replays"
    __table_args__ = ({"schema": "notifications"},)

    id: Mapped[str] = mapped_column(primary_key=True)
    subscriber: Mapped[str]
    organisation_id: Mapped[str]
    since: Mapped[datetime]
    until: Mapped[datetime]
    events: Mapped[list[str]] = mapped_column(ARRAY(Text))
    only_failed: Mapped[bool]
    status: Mapped[str]
    lines: Mapped[int]
    seen: Mapped[int]
    told: Mapped[int]
    txid: Mapped[int] = mapped_column(Xid8)
    line_id: Mapped[int]
    created_by: Mapped[str]
    created_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


_READ = select(*ReplayRow.__table__.columns)
_RUNS = ReplayRow.status == ReplayStatus.RUNNING
_ONE_RUNS, _OF_A_SUBSCRIBER = "replays_running", "replays_subscriber_fkey"


class SqlReplayStore:
    """Kept by the notifications service."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def begin(self, replay: Replay) -> Replay:
        """Its journal line names it alone; one that is there already is left as it is."""
        if (known := await self.get(replay.subscriber, replay.id)) is not None:
            return known
        few = select(JournalRow.id).where(*_about(replay)).limit(MOST_LINES + 1).subquery()
        try:
            async with transaction(self._engine) as connection:
                told = {"replay": replay.id}
                kind, whose = "webhook_endpoint.replayed", replay.organisation_id
                await append_line(connection, replay.subscriber, kind, replay.created_by, told, whose)
                lines = await connection.scalar(select(func.count()).select_from(few)) or 0
                if lines > MOST_LINES:
                    raise ReplayTooLong(most=MOST_LINES)
                made = replay.model_copy(update={"lines": lines})
                values = {**made.model_dump(), "events": list(made.events), "txid": 0, "line_id": 0}
                await connection.execute(insert(ReplayRow).values(values))
        except IntegrityError as error:
            match constraint(error):
                case name if name == _ONE_RUNS:
                    raise ReplayRunning from None
                case name if name == _OF_A_SUBSCRIBER:
                    raise NotFound("no such webhook endpoint") from None
            if (known := await self.get(replay.subscriber, replay.id)) is not None:
                return known  # another was faster
            raise
        return made

    async def get(self, subscriber: str, replay_id: str) -> Replay | None:
        """One of a subscriber's."""
        query = _READ.where(ReplayRow.id == replay_id, ReplayRow.subscriber == subscriber)
        async with reading(self._engine) as connection:
            row = (await connection.execute(query)).one_or_none()
        return Replay.model_validate(dict(row._mapping)) if row else None

    async def page(self, subscriber: str, limit: int, after: str | None) -> tuple[Sequence[Replay], str | None]:
        """Newest first."""
        query = _READ.where(ReplayRow.subscriber == subscriber)
        if after is not None:
            [place] = _paging.decode(after, 1)
            since = select(ReplayRow.created_at).where(ReplayRow.id == place).scalar_subquery()
            query = query.where(tuple_(ReplayRow.created_at, ReplayRow.id) < tuple_(since, place))
        query = query.order_by(ReplayRow.created_at.desc(), ReplayRow.id.desc()).limit(limit + 1)
        async with reading(self._engine) as connection:
            rows = (await connection.execute(query)).all()
        replays = [Replay.model_validate(dict(row._mapping)) for row in rows[:limit]]
        return replays, _paging.encode(replays[-1].id) if len(rows) > limit else None

    async def following(self, replay_id: str, limit: int) -> Sequence[JournalLine]:
        """Behind its place."""
        async with reading(self._engine) as connection:
            row = (await connection.execute(_READ.where(ReplayRow.id == replay_id))).one_or_none()
            if row is None:
                return []
            replay = Replay.model_validate(dict(row._mapping))
            behind = tuple_(JournalRow.txid, JournalRow.id) > (row.txid, row.line_id)
            query = _lines().where(*_about(replay), behind).order_by(JournalRow.txid, JournalRow.id).limit(limit)
            return [as_line(line._mapping) for line in await connection.execute(query)]

    async def advance(self, replay_id: str, cursor: Cursor, seen: int, told: int) -> None:
        """Only ever forward."""
        place: dict[str, Any] = {"txid": cursor.txid, "line_id": cursor.id}
        forward = tuple_(ReplayRow.txid, ReplayRow.line_id) < (cursor.txid, cursor.id)
        counted = {"seen": ReplayRow.seen + seen, "told": ReplayRow.told + told}
        async with transaction(self._engine) as connection:
            it = ReplayRow.id == replay_id, _RUNS, forward
            await connection.execute(update(ReplayRow).where(*it).values({**place, **counted}))

    async def end(self, replay_id: str, status: ReplayStatus) -> None:
        """Once. Of every type and up to when it was asked for, it makes up for what was missed: what it left out as
        taken was."""
        ended = (
            update(ReplayRow).where(ReplayRow.id == replay_id, _RUNS).values(status=status, ended_at=datetime.now(UTC))
        )
        async with transaction(self._engine) as connection:
            row = (await connection.execute(ended.returning(*ReplayRow.__table__.columns))).one_or_none()
            if row is None or status is not ReplayStatus.DONE or row.events or row.until < row.created_at:
                return
            made_up = EndpointRow.id == row.subscriber, EndpointRow.missed_since >= row.since
            await connection.execute(update(EndpointRow).where(*made_up).values(missed_since=None))

    async def waiting(self, subscriber: str) -> int:
        """By an index of these alone."""
        query = select(func.count()).where(MessageRow.subscriber == subscriber, MessageRow.outcome == Outcome.WAITING)
        async with reading(self._engine) as connection:
            return await connection.scalar(query) or 0

    async def drop(self, message_ids: Sequence[str]) -> None:
        """Those that wait."""
        they = MessageRow.id.in_(message_ids), MessageRow.outcome == Outcome.WAITING
        async with transaction(self._engine) as connection:
            values = {"outcome": Outcome.DROPPED, "next_at": None}
            await connection.execute(update(MessageRow).where(*they).values(values))


def _lines() -> Select[Any]:
    return select(*(column for column in JournalRow.__table__.columns if column.name != "digest"))


def _about(replay: Replay) -> tuple[ColumnElement[bool], ...]:
    return (
        JournalRow.organisation_id == replay.organisation_id,
        JournalRow.at >= replay.since,
        JournalRow.at < replay.until,
        JournalRow.kind.in_(replay.kinds),
    )
