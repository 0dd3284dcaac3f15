"""What is not over yet, as each service's own rows tell: what has to go on after a restore."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from domain.imports import ImportStatus
from domain.notifications import Outcome, Subscriber
from domain.replays import Replay, ReplayStatus
from domain.telling import MEMBER
from storage._delivery_rows import DeliveryRow
from storage._engine import reading
from storage.imports import ImportRow
from storage.letters import LetterLineRow
from storage.messages import MessageRow
from storage.notifications import SubscriberRow
from storage.replays import ReplayRow
from storage.stubs import StubRow


class UnendedDelivery(NamedTuple):
    """A delivery that may have something before it; `ended_at` where its status is final."""

    id: str
    organisation_id: str
    service: str
    ended_at: datetime | None


class UnendedDeliveries:
    """As the deliveries role sees them."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def page(self, ended_since: datetime, after: str, limit: int) -> Sequence[UnendedDelivery]:
        """The next by id: those that have not ended, and those that ended since then, whose money may be on its way;
        none that was erased."""
        columns = [getattr(DeliveryRow, name) for name in UnendedDelivery._fields]
        open_still = DeliveryRow.ended_at.is_(None) | (DeliveryRow.ended_at >= ended_since)
        query = select(*columns).where(open_still, DeliveryRow.erased_at.is_(None), DeliveryRow.id > after)
        async with reading(self._engine) as connection:
            rows = await connection.execute(query.order_by(DeliveryRow.id).limit(limit))
            return [UnendedDelivery(*row) for row in rows]

    async def known(self, deliveries: Sequence[str]) -> set[str]:
        """Those of them that there are, archived or not."""
        stubs = select(StubRow.id).where(StubRow.id.in_(deliveries))
        query = select(DeliveryRow.id).where(DeliveryRow.id.in_(deliveries)).union_all(stubs)
        async with reading(self._engine) as connection:
            return set(await connection.scalars(query))

    async def imports(self) -> Sequence[str]:
        """Every import that runs."""
        query = select(ImportRow.id).where(ImportRow.status == str(ImportStatus.RUNNING))
        async with reading(self._engine) as connection:
            return (await connection.scalars(query)).all()


class UnendedTelling:
    """As the notifications role sees it."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def messages(self) -> Sequence[tuple[Subscriber, str, int]]:
        """Who waits to be told of which delivery, and from which line on."""
        waits = select(MessageRow.delivery_id, MessageRow.seq, *SubscriberRow.__table__.columns).join(
            SubscriberRow, SubscriberRow.id == MessageRow.subscriber
        )
        query = waits.where(MessageRow.outcome == str(Outcome.WAITING), MessageRow.delivery_id.is_not(None))
        first: dict[tuple[str, str], tuple[Subscriber, str, int]] = {}
        async with reading(self._engine) as connection:
            for row in await connection.execute(query.order_by(MessageRow.seq)):
                told = dict(row._mapping)
                delivery_id, seq = told.pop("delivery_id"), told.pop("seq")
                subscriber = Subscriber.model_validate(told)
                first.setdefault((subscriber.id, delivery_id), (subscriber, delivery_id, seq))
        return list(first.values())

    async def letters(self) -> Sequence[tuple[str, str | None]]:
        """Whom a letter waits for: a member, or the recipient of one delivery."""
        waiting = LetterLineRow.told_at.is_(None)
        query = select(LetterLineRow.subscriber, LetterLineRow.delivery_id).where(waiting).distinct()
        async with reading(self._engine) as connection:
            rows = await connection.execute(query)
            whom = {(row.subscriber, None if row.subscriber.startswith(MEMBER) else row.delivery_id) for row in rows}
        return sorted(whom, key=str)

    async def replays(self) -> Sequence[Replay]:
        """Every replay that runs."""
        query = select(*ReplayRow.__table__.columns).where(ReplayRow.status == ReplayStatus.RUNNING)
        async with reading(self._engine) as connection:
            return [Replay.model_validate(dict(row._mapping)) for row in await connection.execute(query)]
