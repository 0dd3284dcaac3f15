"""Members as they are told, at rest: who they are, as the journal says, and what each wishes."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, delete, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from sqlalchemy.orm import Mapped, mapped_column

from domain.audit import JournalLine
from domain.telling import FOR_RECIPIENT, MEMBER, RECIPIENT, RECIPIENTS_HEAR, Preferences, Way, member_id, recipients_id
from domain.telling_ports import ToldMember
from storage._engine import reading, transaction
from storage._rows import Row
from storage.journal import append_line
from storage.letters import TemplateRow
from storage.notifications import SubscriberRow

_EVER = datetime(1970, 1, 1, tzinfo=UTC)  # whether their recipient is told, lines say themselves
_REGISTERED, _JOINED, _ERASED = "user.registered", "member.joined", "key.erased"
_GONE, _ENDED = ("member.left", "member.removed"), "organisation.erased"
_TELLING = frozenset({_REGISTERED, _JOINED, _ERASED, _ENDED, *_GONE})


class ToldMemberRow(Row):
    """What a subscriber has that is a member of an organisation: nothing by which they could be written to."""

    __tablename__ = "members"
    __table_args__ = ({"schema": "notifications"},)

    id: Mapped[str] = mapped_column(primary_key=True)
    organisation_id: Mapped[str]
    user_id: Mapped[str]
    preferences: Mapped[dict[str, Any]]


_READ = select(*ToldMemberRow.__table__.columns, SubscriberRow.created_at).join(
    SubscriberRow, SubscriberRow.id == ToldMemberRow.id
)


class SqlMembers:
    """Kept by the notifications service."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def learn(self, lines: Sequence[JournalLine]) -> None:
        """In their order, in one transaction, if there is anything to learn."""
        telling = [line for line in lines if line.kind in _TELLING or line.data.get(FOR_RECIPIENT)]
        if not telling:
            return
        async with transaction(self._engine) as connection:
            for line in telling:
                await _learn(connection, line)

    async def get(self, organisation_id: str, user_id: str) -> ToldMember | None:
        """By whom it is."""
        return await self.named(member_id(organisation_id, user_id))

    async def named(self, subscriber: str) -> ToldMember | None:
        """By the subscriber's id."""
        return next(iter(await self._find(ToldMemberRow.id == subscriber)), None)

    async def of(self, organisation_id: str) -> Sequence[ToldMember]:
        """By id."""
        return await self._find(ToldMemberRow.organisation_id == organisation_id)

    async def put(self, organisation_id: str, user_id: str, preferences: Preferences) -> None:
        """Their wishes, and the events the relay hands over for them. Who is not known yet is from now on: whoever
        loses their last organisation gets another of which no line tells."""
        subscriber = member_id(organisation_id, user_id)
        told = {"letters": preferences.letters, "digest": str(preferences.digest)}
        async with transaction(self._engine) as connection:
            await append_line(connection, subscriber, "telling.changed", user_id, told, organisation_id)
            await _add(connection, organisation_id, user_id, datetime.now(UTC))
            await _wish(connection, subscriber, preferences)

    async def unsubscribe(self, subscriber: str) -> None:
        """Everything but letters stays as it was."""
        member = await self.named(subscriber)
        if member is not None and member.preferences.letters:
            silent = member.preferences.model_copy(update={"letters": False})
            await self.put(member.organisation_id, member.user_id, silent)

    async def _find(self, where: ColumnElement[bool]) -> list[ToldMember]:
        async with reading(self._engine) as connection:
            rows = (await connection.execute(_READ.where(where).order_by(ToldMemberRow.id))).all()
        return [
            ToldMember(
                subscriber=row.id,
                organisation_id=row.organisation_id,
                user_id=row.user_id,
                preferences=Preferences.model_validate(row.preferences),
                since=row.created_at,
            )
            for row in rows
        ]


async def _learn(connection: AsyncConnection, line: JournalLine) -> None:
    organisation_id = line.organisation_id
    gone: ColumnElement[bool] | None = None
    if line.kind == _ERASED:
        theirs = ToldMemberRow.user_id == str(line.data.get("subject"))
        gone = SubscriberRow.id.in_(select(ToldMemberRow.id).where(theirs))
    elif organisation_id is None:
        return
    elif line.kind == _REGISTERED:
        await _add(connection, organisation_id, line.subject, line.at)
    elif line.kind == _JOINED:
        await _add(connection, organisation_id, str(line.data.get("user")), line.at)
    elif line.kind in _GONE:
        gone = SubscriberRow.id == member_id(organisation_id, str(line.data.get("user")))
    elif line.kind == _ENDED:
        written_to = SubscriberRow.id.startswith(MEMBER) | SubscriberRow.id.startswith(RECIPIENT)
        gone = (SubscriberRow.organisation_id == organisation_id) & written_to
        await connection.execute(delete(TemplateRow).where(TemplateRow.organisation_id == organisation_id))
    else:
        await _subscribe(connection, recipients_id(organisation_id), organisation_id, RECIPIENTS_HEAR, _EVER)
    if gone is not None:
        await connection.execute(delete(SubscriberRow).where(gone))


async def _add(connection: AsyncConnection, organisation_id: str, user_id: str, at: datetime) -> None:
    subscriber, usual = member_id(organisation_id, user_id), Preferences()
    await _subscribe(connection, subscriber, organisation_id, usual.heard(Way.EMAIL), at)
    values = {"id": subscriber, "organisation_id": organisation_id, "user_id": user_id, "preferences": {}}
    await connection.execute(insert(ToldMemberRow).values(values).on_conflict_do_nothing())


async def _subscribe(
    connection: AsyncConnection, subscriber: str, organisation_id: str, events: Sequence[str], at: datetime
) -> None:
    values = {"id": subscriber, "organisation_id": organisation_id, "events": list(events), "created_at": at}
    await connection.execute(insert(SubscriberRow).values(**values, enabled=True).on_conflict_do_nothing())


async def _wish(connection: AsyncConnection, subscriber: str, preferences: Preferences) -> None:
    events = list(preferences.heard(Way.EMAIL))  # none named would mean every one
    by_letter = update(SubscriberRow).where(SubscriberRow.id == subscriber).values(events=events, enabled=bool(events))
    await connection.execute(by_letter)
    document = preferences.model_dump(mode="json", exclude_defaults=True)
    wished = update(ToldMemberRow).where(ToldMemberRow.id == subscriber).values(preferences=document)
    await connection.execute(wished)
