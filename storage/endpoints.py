"""Webhook endpoints at rest: address, description and secrets sealed by the endpoint's own key."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from pydantic_core import from_json, to_json
from sqlalchemy import ColumnElement, and_, delete, exists, func, or_, select, tuple_, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.orm import Mapped, mapped_column

from domain.notifications import DISABLED, Health, KeptEndpoint, Outcome, Secrets, WebhookEndpoint
from storage import _paging
from storage._crypto import Key
from storage._engine import reading, transaction
from storage._rows import Row
from storage.journal import ERASED_ORGANISATIONS, append_line, lock
from storage.keys import KeyRing
from storage.messages import AttemptRow, MessageRow
from storage.notifications import SubscriberRow

_SYSTEM = "system"


class EndpointRow(Row):
    """What a subscriber has that is a webhook endpoint. An address often carries a password, so it too is sealed."""

    __tablename__ = "endpoints"
    __table_args__ = ({"schema": "notifications"},)

    id: Mapped[str] = mapped_column(primary_key=True)
    document: Mapped[bytes]
    disabled_reason: Mapped[str | None]
    failures: Mapped[int]
    failing_since: Mapped[datetime | None]
    held_until: Mapped[datetime | None]
    missed_since: Mapped[datetime | None]
    created_by: Mapped[str]
    updated_at: Mapped[datetime]


_THEIRS = ("organisation_id", "events", "enabled", "created_at")
_READ = select(
    *EndpointRow.__table__.columns, *(column for column in SubscriberRow.__table__.columns if column.name in _THEIRS)
).join(SubscriberRow, SubscriberRow.id == EndpointRow.id)
_WELL = {"failures": 0, "failing_since": None, "held_until": None}


class SqlEndpointStore:
    """Kept by the notifications service."""

    def __init__(self, engine: AsyncEngine, keys: KeyRing) -> None:
        self._engine = engine
        self._keys = keys

    async def add(self, endpoint: WebhookEndpoint, secrets: Secrets) -> bool:
        """With a journal line, unless one of that id is there."""
        new = insert(SubscriberRow).values(
            id=endpoint.id,
            organisation_id=endpoint.organisation_id,
            events=list(endpoint.events),
            enabled=endpoint.enabled,
            created_at=endpoint.created_at,
        )
        async with transaction(self._engine) as connection:
            await lock(connection, endpoint.id)
            made = new.on_conflict_do_nothing().returning(SubscriberRow.id)
            if await connection.scalar(made) is None:
                return False
            await append_line(
                connection,
                endpoint.id,
                "webhook_endpoint.added",
                endpoint.created_by,
                _told(endpoint),
                endpoint.organisation_id,
            )
            key = await self._keys.within(connection, endpoint.id)
            values = {
                "id": endpoint.id,
                "document": _sealed(key, endpoint, secrets),
                "disabled_reason": endpoint.disabled_reason,
                "missed_since": endpoint.missed_since,
                "created_by": endpoint.created_by,
                "updated_at": endpoint.updated_at,
                **_WELL,
            }
            await connection.execute(insert(EndpointRow).values(values))
        return True

    async def get(self, endpoint_id: str) -> KeptEndpoint | None:
        """One, opened."""
        async with reading(self._engine) as connection:
            row = (await connection.execute(_READ.where(EndpointRow.id == endpoint_id))).one_or_none()
        if row is None or (key := (await self._keys.known([endpoint_id])).get(endpoint_id)) is None:
            return None
        return _kept(row, key)

    async def page(
        self, organisation_id: str, limit: int, after: str | None
    ) -> tuple[Sequence[WebhookEndpoint], str | None]:
        """Oldest first."""
        query = _READ.where(SubscriberRow.organisation_id == organisation_id)
        if after is not None:
            [place] = _paging.decode(after, 1)
            since = select(SubscriberRow.created_at).where(SubscriberRow.id == place).scalar_subquery()
            query = query.where(tuple_(SubscriberRow.created_at, SubscriberRow.id) > tuple_(since, place))
        query = query.order_by(SubscriberRow.created_at, SubscriberRow.id).limit(limit + 1)
        async with reading(self._engine) as connection:
            rows = (await connection.execute(query)).all()
        keys = await self._keys.known(row.id for row in rows)
        shown = [_kept(row, keys[row.id]).endpoint for row in rows[:limit] if row.id in keys]
        return shown, _paging.encode(rows[limit - 1].id) if len(rows) > limit else None

    async def put(self, endpoint: WebhookEndpoint, secrets: Secrets, kind: str, actor: str) -> bool:
        """Replaces it; the journal learns its events and whether it is enabled."""
        theirs = {"events": list(endpoint.events), "enabled": endpoint.enabled}
        changed, now = update(SubscriberRow).where(SubscriberRow.id == endpoint.id).values(theirs), datetime.now(UTC)
        async with transaction(self._engine) as connection:
            await lock(connection, endpoint.id)
            if await connection.scalar(changed.returning(SubscriberRow.id)) is None:
                return False
            await append_line(connection, endpoint.id, kind, actor, _told(endpoint), endpoint.organisation_id)
            key = await self._keys.within(connection, endpoint.id)
            values: dict[str, Any] = {
                "document": _sealed(key, endpoint, secrets),
                "disabled_reason": endpoint.disabled_reason,
                "missed_since": endpoint.missed_since if endpoint.enabled else _missed(endpoint.id, now),
                "updated_at": now,
                **(_WELL if endpoint.enabled and endpoint.failing_since is None else {}),
            }
            await connection.execute(update(EndpointRow).where(EndpointRow.id == endpoint.id).values(values))
        return True

    async def delete(self, endpoint_id: str, actor: str) -> bool:
        """With everything that hangs on it, and its key."""
        gone = delete(SubscriberRow).where(SubscriberRow.id == endpoint_id).returning(SubscriberRow.organisation_id)
        async with transaction(self._engine) as connection:
            await lock(connection, f"key/{endpoint_id}")
            await lock(connection, endpoint_id)
            organisation_id = await connection.scalar(gone)
            if organisation_id is None:
                return False
            await append_line(connection, endpoint_id, "webhook_endpoint.deleted", actor, {}, organisation_id)
            await self._keys.erase_within(connection, endpoint_id, actor)
        self._keys.forget(endpoint_id)
        return True

    async def orphaned(self, limit: int) -> Sequence[str]:
        """Any of them."""
        theirs = SubscriberRow.organisation_id.in_(ERASED_ORGANISATIONS)
        query = select(EndpointRow.id).join(SubscriberRow, SubscriberRow.id == EndpointRow.id).where(theirs)
        async with reading(self._engine) as connection:
            return (await connection.scalars(query.limit(limit))).all()

    async def fare(self, endpoint_id: str, health: Health, disabled_reason: str | None = None) -> None:
        """Notes its health; disables it for a reason, once."""
        values: dict[str, Any] = health.model_dump()
        if disabled_reason is not None:
            now = datetime.now(UTC)
            missed = _missed(endpoint_id, health.failing_since or now)
            values |= {"disabled_reason": disabled_reason, "missed_since": missed, "updated_at": now}
        off = update(SubscriberRow).where(SubscriberRow.id == endpoint_id, SubscriberRow.enabled)
        async with transaction(self._engine) as connection:
            await lock(connection, endpoint_id)
            if disabled_reason is not None:
                owner = await connection.scalar(off.values(enabled=False).returning(SubscriberRow.organisation_id))
                if owner is None:
                    return  # it was disabled before, for another reason perhaps
                told = {"reason": disabled_reason}
                await append_line(connection, endpoint_id, DISABLED, _SYSTEM, told, owner)
            await connection.execute(update(EndpointRow).where(EndpointRow.id == endpoint_id).values(values))


def _missed(endpoint_id: str, since: datetime) -> ColumnElement[Any]:
    """Since when not everything is sent, if it began to fail or was disabled then: of what waits, or has failed or was
    dropped since, the first happened before."""
    tried = exists().where(AttemptRow.message_id == MessageRow.id, AttemptRow.at >= since)
    unsent = or_(
        MessageRow.outcome == Outcome.WAITING, and_(MessageRow.outcome.in_((Outcome.FAILED, Outcome.DROPPED)), tried)
    )
    theirs = MessageRow.subscriber == endpoint_id, MessageRow.delivery_id.is_not(None)
    first = select(func.min(MessageRow.at)).where(*theirs, unsent).scalar_subquery()
    return func.coalesce(EndpointRow.missed_since, func.least(since, first))


def _told(endpoint: WebhookEndpoint) -> dict[str, object]:
    return {"events": list(endpoint.events), "enabled": endpoint.enabled}


def _place(endpoint_id: str) -> str:
    return f"notifications.endpoints.document/{endpoint_id}"


def _sealed(key: Key, endpoint: WebhookEndpoint, secrets: Secrets) -> bytes:
    document = {"url": endpoint.url, "description": endpoint.description, "secrets": secrets}
    return key.seal(to_json(document), _place(endpoint.id))


def _kept(row: Any, key: Key) -> KeptEndpoint:
    document = from_json(key.open(row.document, _place(row.id)))
    secrets, told = document.pop("secrets"), {**row._mapping, **document}
    return KeptEndpoint(
        endpoint=WebhookEndpoint.model_validate(told),
        secrets=Secrets.model_validate(secrets),
        health=Health.model_validate(told),
    )
