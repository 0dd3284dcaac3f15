"""What was sent to whom, and what came of each try."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, select, tuple_, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.orm import Mapped, mapped_column

from domain._values import Timestamp
from domain.notifications import Attempt, Message, Outcome
from storage import _paging
from storage._engine import constraint, reading, transaction
from storage._rows import Row


class MessageRow(Row):
    """One line for one subscriber."""

    __tablename__ = "messages"
    __table_args__ = ({"schema": "notifications"},)

    id: Mapped[str] = mapped_column(primary_key=True)
    subscriber: Mapped[str]
    delivery_id: Mapped[str | None]
    seq: Mapped[int]
    type: Mapped[str]
    at: Mapped[datetime]
    outcome: Mapped[str]
    attempts: Mapped[int]
    tries: Mapped[int]
    status: Mapped[int | None]
    error: Mapped[str | None]
    next_at: Mapped[datetime | None]
    created_at: Mapped[datetime]


class AttemptRow(Row):
    """One try."""

    __tablename__ = "attempts"
    __table_args__ = ({"schema": "notifications"},)

    message_id: Mapped[str] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    status: Mapped[int | None]
    error: Mapped[str | None]
    latency_ms: Mapped[int]


_READ = select(*MessageRow.__table__.columns)
_OF_A_SUBSCRIBER = "messages_subscriber_fkey"


class SqlMessageStore:
    """Kept by the notifications service."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def begin(self, message: Message) -> Message | None:
        """One read for a message that is there, as each try after the first finds it."""
        if (known := await self.get(message.subscriber, message.id)) is not None:
            return known
        new = insert(MessageRow).values(message.model_dump()).on_conflict_do_nothing()
        try:
            async with transaction(self._engine) as connection:
                await connection.execute(new)
        except IntegrityError as error:
            if constraint(error) == _OF_A_SUBSCRIBER:
                return None
            raise
        return await self.get(message.subscriber, message.id)

    async def attempted(self, message: Message, attempt: Attempt, outcome: Outcome, next_at: Timestamp | None) -> None:
        """One transaction; a try that was kept before leaves everything as it is."""
        new = insert(AttemptRow).values(message_id=message.id, **attempt.model_dump()).on_conflict_do_nothing()
        values: dict[str, Any] = {
            "attempts": attempt.number,
            "tries": MessageRow.tries + 1,
            "outcome": outcome,
            "status": attempt.status,
            "error": attempt.error,
            "next_at": next_at,
        }
        changed = update(MessageRow).where(MessageRow.id == message.id).values(values)
        there = select(MessageRow.id).where(MessageRow.id == message.id).with_for_update()
        async with transaction(self._engine) as connection:
            if await connection.scalar(there) is None:
                return  # its subscriber was deleted meanwhile
            if await connection.scalar(new.returning(AttemptRow.number)) is not None:
                await connection.execute(changed)

    async def get(self, subscriber: str, message_id: str) -> Message | None:
        """One of a subscriber's."""
        query = _READ.where(MessageRow.id == message_id, MessageRow.subscriber == subscriber)
        async with reading(self._engine) as connection:
            row = (await connection.execute(query)).one_or_none()
        return Message.model_validate(dict(row._mapping)) if row else None

    async def attempts(self, message_id: str) -> Sequence[Attempt]:
        """Its tries, oldest first."""
        query = select(*AttemptRow.__table__.columns).where(AttemptRow.message_id == message_id)
        async with reading(self._engine) as connection:
            rows = await connection.execute(query.order_by(AttemptRow.number))
            return [Attempt.model_validate(dict(row._mapping)) for row in rows]

    async def page(
        self, subscriber: str, outcome: Outcome | None, limit: int, after: str | None
    ) -> tuple[Sequence[Message], str | None]:
        """Newest first."""
        query = _READ.where(MessageRow.subscriber == subscriber)
        if outcome is not None:
            query = query.where(MessageRow.outcome == outcome)
        if after is not None:
            [place] = _paging.decode(after, 1)
            since = select(MessageRow.created_at).where(MessageRow.id == place).scalar_subquery()
            query = query.where(tuple_(MessageRow.created_at, MessageRow.id) < tuple_(since, place))
        query = query.order_by(MessageRow.created_at.desc(), MessageRow.id.desc()).limit(limit + 1)
        async with reading(self._engine) as connection:
            rows = (await connection.execute(query)).all()
        messages = [Message.model_validate(dict(row._mapping)) for row in rows[:limit]]
        return messages, _paging.encode(messages[-1].id) if len(rows) > limit else None

    async def reopen(self, message_id: str) -> None:
        """One that is being tried already keeps its place in the schedule until it is sent."""
        values = {"outcome": Outcome.WAITING, "tries": 0, "next_at": func.now()}
        async with transaction(self._engine) as connection:
            await connection.execute(update(MessageRow).where(MessageRow.id == message_id).values(values))

    async def prune(self, before: Timestamp, limit: int) -> int:
        """Their tries go with them."""
        over = MessageRow.created_at < before, MessageRow.outcome != Outcome.WAITING
        oldest = select(MessageRow.id).where(*over).order_by(MessageRow.created_at).limit(limit)
        async with transaction(self._engine) as connection:
            gone = await connection.execute(delete(MessageRow).where(MessageRow.id.in_(oldest)))
            return gone.rowcount
