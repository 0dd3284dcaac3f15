"""Lines that wait for a letter, letters as organisations word them, and addresses that want none."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Identity, delete, func, select, tuple_, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.orm import Mapped, mapped_column

from domain.telling import LineRef, Waiting, recipients_id
from domain.telling_letters import Audience, Template, TemplateName, Words
from domain.users import Locale
from storage._engine import reading, transaction
from storage._rows import Row
from storage.journal import append_line
from storage.notifications import SubscriberRow

_KEPT = timedelta(days=30)
"""How long it is remembered that a line was told: no relay begins that far behind."""


class LetterLineRow(Row):
    """A line that is told to somebody by letter, once."""

    __tablename__ = "letter_lines"
    __table_args__ = ({"schema": "notifications"},)

    subscriber: Mapped[str] = mapped_column(primary_key=True)
    delivery_id: Mapped[str] = mapped_column(primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True)
    type: Mapped[str]
    at: Mapped[datetime]
    place: Mapped[int] = mapped_column(Identity(always=True))
    told_at: Mapped[datetime | None]


class TemplateRow(Row):
    """A letter in an organisation's own words."""

    __tablename__ = "templates"
    __table_args__ = ({"schema": "notifications"},)

    organisation_id: Mapped[str] = mapped_column(primary_key=True)
    audience: Mapped[str] = mapped_column(primary_key=True)
    event: Mapped[str] = mapped_column(primary_key=True)
    locale: Mapped[str] = mapped_column(primary_key=True)
    words: Mapped[dict[str, Any]]
    updated_at: Mapped[datetime]


class RefusalRow(Row):
    """An address, by its blind index, that wants no letters from an organisation."""

    __tablename__ = "refusals"
    __table_args__ = ({"schema": "notifications"},)

    subscriber: Mapped[str] = mapped_column(primary_key=True)
    address_index: Mapped[bytes] = mapped_column(primary_key=True)
    at: Mapped[datetime]


class SqlLetterQueue:
    """Kept by the notifications service."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def add(self, lines: Mapping[str, Sequence[LineRef]]) -> None:
        """One statement, in their order; whoever was deleted meanwhile is left out."""
        async with transaction(self._engine) as connection:
            there = (
                select(SubscriberRow.id)
                .where(SubscriberRow.id.in_(list(lines)))
                .with_for_update(read=True, key_share=True)
            )
            known = set(await connection.scalars(there))
            rows = [
                {"subscriber": subscriber, **line.model_dump()}
                for subscriber, theirs in lines.items()
                for line in theirs
                if subscriber in known
            ]
            if rows:
                await connection.execute(insert(LetterLineRow).values(rows).on_conflict_do_nothing())

    async def waiting(self, subscriber: str, delivery_id: str | None, limit: int) -> Waiting:
        """In the order in which the relay handed them over."""
        query = select(LetterLineRow.delivery_id, LetterLineRow.seq, LetterLineRow.type, LetterLineRow.at).where(
            LetterLineRow.subscriber == subscriber, LetterLineRow.told_at.is_(None)
        )
        if delivery_id is not None:
            query = query.where(LetterLineRow.delivery_id == delivery_id)
        async with reading(self._engine) as connection:
            rows = (await connection.execute(query.order_by(LetterLineRow.place).limit(limit + 1))).all()
        lines = tuple(LineRef.model_validate(dict(row._mapping)) for row in rows[:limit])
        return Waiting(lines=lines, more=len(rows) > limit)

    async def told(self, subscriber: str, lines: Sequence[LineRef]) -> None:
        """And what was told long ago is forgotten."""
        these = tuple_(LetterLineRow.delivery_id, LetterLineRow.seq).in_(
            [(line.delivery_id, line.seq) for line in lines]
        )
        theirs = LetterLineRow.subscriber == subscriber
        async with transaction(self._engine) as connection:
            await connection.execute(update(LetterLineRow).where(theirs, these).values(told_at=func.now()))
            await connection.execute(
                delete(LetterLineRow).where(theirs, LetterLineRow.told_at < datetime.now(UTC) - _KEPT)
            )


class SqlTemplates:
    """Kept by the notifications service."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def all(self, organisation_id: str) -> Mapping[tuple[TemplateName, Locale], Words]:
        """A few dozen at most."""
        query = select(*TemplateRow.__table__.columns).where(TemplateRow.organisation_id == organisation_id)
        async with reading(self._engine) as connection:
            rows = (await connection.execute(query)).all()
        return {
            (TemplateName(audience=Audience(row.audience), event=row.event), Locale(row.locale)): Words.model_validate(
                row.words
            )
            for row in rows
        }

    async def put(self, organisation_id: str, template: Template, actor: str) -> None:
        """Its own words; the journal does not repeat them."""
        key = _key(organisation_id, template.name, template.locale)
        values = {"words": template.words.model_dump(mode="json"), "updated_at": datetime.now(UTC)}
        async with transaction(self._engine) as connection:
            await _tell(connection, organisation_id, "template.changed", actor, key)
            statement = insert(TemplateRow).values(**key, **values)
            await connection.execute(statement.on_conflict_do_update(index_elements=list(key), set_=values))

    async def reset(self, organisation_id: str, name: TemplateName, locale: Locale, actor: str) -> None:
        """Ours again, with a journal line if it was not."""
        key = _key(organisation_id, name, locale)
        gone = [getattr(TemplateRow, column) == value for column, value in key.items()]
        there = select(TemplateRow.event).where(*gone)
        async with transaction(self._engine) as connection:
            if await connection.scalar(there) is None:
                return
        async with transaction(self._engine) as connection:
            await _tell(connection, organisation_id, "template.reset", actor, key)
            await connection.execute(delete(TemplateRow).where(*gone))

    async def refuse(self, subscriber: str, address: bytes) -> None:
        """Once is enough."""
        values = {"subscriber": subscriber, "address_index": address, "at": datetime.now(UTC)}
        async with transaction(self._engine) as connection:
            await connection.execute(insert(RefusalRow).values(values).on_conflict_do_nothing())

    async def refused(self, subscriber: str, address: bytes) -> bool:
        """Whether it has said so."""
        it = select(RefusalRow.at).where(RefusalRow.subscriber == subscriber, RefusalRow.address_index == address)
        async with reading(self._engine) as connection:
            return await connection.scalar(it) is not None


def _key(organisation_id: str, name: TemplateName, locale: Locale) -> dict[str, str]:
    of = {"audience": str(name.audience), "event": name.event, "locale": str(locale)}
    return {"organisation_id": organisation_id, **of}


async def _tell(connection: Any, organisation_id: str, kind: str, actor: str, key: Mapping[str, str]) -> None:
    told = {name: value for name, value in key.items() if name != "organisation_id"}
    await append_line(connection, recipients_id(organisation_id), kind, actor, told, organisation_id)
