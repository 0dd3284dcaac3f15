"""Subscribers, endpoints and messages, in memory."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from domain import errors
from domain._values import Timestamp
from domain.audit import Cursor, JournalLine
from domain.notifications import (
    FAILING,
    Attempt,
    Health,
    KeptEndpoint,
    Message,
    Outcome,
    Secrets,
    Standing,
    Subscriber,
    WebhookEndpoint,
)
from domain.replays import Replay, ReplayStatus
from fakes.journal import InMemoryJournal


class InMemoryNotifications:
    """What the three share: an endpoint that is deleted takes its messages along."""

    def __init__(self, journal: InMemoryJournal | None = None) -> None:
        self.journal = journal or InMemoryJournal()
        self.kept: dict[str, KeptEndpoint] = {}
        self.sent: dict[str, Message] = {}
        self.tried: dict[str, list[Attempt]] = defaultdict(list)
        self.subscribers = InMemorySubscribers(self)
        self.endpoints = InMemoryEndpointStore(self)
        self.messages = InMemoryMessageStore(self)
        self.replays = InMemoryReplayStore(self)

    async def told(self, endpoint: WebhookEndpoint, kind: str, actor: str, **more: Any) -> None:
        told = more or {"events": list(endpoint.events), "enabled": endpoint.enabled}
        await self.journal.append(endpoint.id, kind, actor, told, endpoint.organisation_id)


class InMemorySubscribers:
    """Whoever is there and enabled."""

    def __init__(self, there: InMemoryNotifications) -> None:
        self.there, self.place = there, Cursor()

    async def of(self, organisations: Sequence[str]) -> Mapping[str, Sequence[Subscriber]]:
        found: defaultdict[str, list[Subscriber]] = defaultdict(list)
        for kept in self.there.kept.values():
            if kept.endpoint.enabled and kept.endpoint.organisation_id in organisations:
                told = kept.endpoint.model_dump(include=set(Subscriber.model_fields))
                found[kept.endpoint.organisation_id].append(Subscriber(**told))
        return found

    async def cursor(self) -> Cursor:
        return self.place

    async def advance(self, cursor: Cursor) -> None:
        self.place = max(self.place, cursor, key=lambda place: (place.txid, place.id))

    async def standing(self) -> Standing:
        waiting = [one.created_at for one in self.there.sent.values() if one.outcome is Outcome.WAITING]
        paused = sum(kept.endpoint.disabled_reason == FAILING for kept in self.there.kept.values())
        return Standing(paused=paused, waiting=len(waiting), oldest_at=min(waiting, default=None))


class InMemoryEndpointStore:
    """Endpoints by id."""

    def __init__(self, there: InMemoryNotifications) -> None:
        self.there = there

    async def add(self, endpoint: WebhookEndpoint, secrets: Secrets) -> bool:
        if endpoint.id in self.there.kept:
            return False
        self.there.kept[endpoint.id] = KeptEndpoint(endpoint=endpoint, secrets=secrets)
        await self.there.told(endpoint, "webhook_endpoint.added", endpoint.created_by)
        return True

    async def get(self, endpoint_id: str) -> KeptEndpoint | None:
        return self.there.kept.get(endpoint_id)

    async def page(
        self, organisation_id: str, limit: int, after: str | None
    ) -> tuple[Sequence[WebhookEndpoint], str | None]:
        every = [kept.endpoint for kept in self.there.kept.values() if kept.endpoint.organisation_id == organisation_id]
        return _page(sorted(every, key=lambda one: (one.created_at, one.id)), limit, after)

    async def put(self, endpoint: WebhookEndpoint, secrets: Secrets, kind: str, actor: str) -> bool:
        if (known := self.there.kept.get(endpoint.id)) is None:
            return False
        if not endpoint.enabled:
            missed = self._missed(endpoint, datetime.now(UTC))
            endpoint = endpoint.model_copy(update={"missed_since": missed})
        well = endpoint.enabled and endpoint.failing_since is None
        health = Health() if well else known.health
        self.there.kept[endpoint.id] = KeptEndpoint(endpoint=endpoint, secrets=secrets, health=health)
        await self.there.told(endpoint, kind, actor)
        return True

    async def delete(self, endpoint_id: str, actor: str) -> bool:
        if (known := self.there.kept.pop(endpoint_id, None)) is None:
            return False
        self.there.sent = {key: one for key, one in self.there.sent.items() if one.subscriber != endpoint_id}
        organisation_id = known.endpoint.organisation_id
        await self.there.journal.append(endpoint_id, "webhook_endpoint.deleted", actor, {}, organisation_id)
        return True

    async def orphaned(self, limit: int) -> Sequence[str]:
        ended = {line.subject for line in self.there.journal.lines if line.kind == "organisation.erased"}
        return [its_id for its_id, it in self.there.kept.items() if it.endpoint.organisation_id in ended][:limit]

    async def fare(self, endpoint_id: str, health: Health, disabled_reason: str | None = None) -> None:
        if (known := self.there.kept.get(endpoint_id)) is None:
            return
        if disabled_reason is not None and not known.endpoint.enabled:
            return
        shown: dict[str, Any] = {"failing_since": health.failing_since, "held_until": health.held_until}
        if disabled_reason is not None:
            missed = self._missed(known.endpoint, health.failing_since or datetime.now(UTC))
            shown |= {"enabled": False, "disabled_reason": disabled_reason, "missed_since": missed}
        endpoint = known.endpoint.model_copy(update=shown)
        self.there.kept[endpoint_id] = known.model_copy(update={"endpoint": endpoint, "health": health})
        if disabled_reason is not None and known.endpoint.enabled:
            await self.there.told(endpoint, "webhook_endpoint.disabled", "system", reason=disabled_reason)

    def _missed(self, endpoint: WebhookEndpoint, since: datetime) -> datetime:
        def unsent(one: Message) -> bool:
            tried = any(attempt.at >= since for attempt in self.there.tried[one.id])
            over = one.outcome in (Outcome.FAILED, Outcome.DROPPED) and tried
            return one.delivery_id is not None and (one.outcome is Outcome.WAITING or over)

        theirs = [one for one in self.there.sent.values() if one.subscriber == endpoint.id]
        return endpoint.missed_since or min([since, *(one.at for one in theirs if unsent(one))])


class InMemoryMessageStore:
    """Messages by id."""

    def __init__(self, there: InMemoryNotifications) -> None:
        self.there = there

    async def begin(self, message: Message) -> Message | None:
        if message.subscriber not in self.there.kept:
            return None
        return self.there.sent.setdefault(message.id, message)

    async def attempted(self, message: Message, attempt: Attempt, outcome: Outcome, next_at: Timestamp | None) -> None:
        tried = self.there.tried[message.id]
        if message.id not in self.there.sent or any(known.number == attempt.number for known in tried):
            return
        tried.append(attempt)
        self._change(
            message.id, attempts=attempt.number, tries=self.there.sent[message.id].tries + 1, outcome=outcome,
            status=attempt.status, error=attempt.error, next_at=next_at,
        )  # fmt: skip

    async def get(self, subscriber: str, message_id: str) -> Message | None:
        message = self.there.sent.get(message_id)
        return message if message is not None and message.subscriber == subscriber else None

    async def attempts(self, message_id: str) -> Sequence[Attempt]:
        return list(self.there.tried[message_id])

    async def page(
        self, subscriber: str, outcome: Outcome | None, limit: int, after: str | None
    ) -> tuple[Sequence[Message], str | None]:
        theirs = [one for one in self.there.sent.values() if one.subscriber == subscriber]
        fitting = [one for one in theirs if outcome in (None, one.outcome)]
        return _page(sorted(fitting, key=lambda one: (one.created_at, one.id), reverse=True), limit, after)

    async def reopen(self, message_id: str) -> None:
        self._change(message_id, outcome=Outcome.WAITING, tries=0)

    async def prune(self, before: Timestamp, limit: int) -> int:
        over = [one for one in self.there.sent.values() if one.outcome is not Outcome.WAITING]
        old = sorted((one for one in over if one.created_at < before), key=lambda one: one.created_at)[:limit]
        for one in old:
            del self.there.sent[one.id]
            self.there.tried.pop(one.id, None)
        return len(old)

    def _change(self, message_id: str, **changes: Any) -> None:
        self.there.sent[message_id] = self.there.sent[message_id].model_copy(update=changes)


class InMemoryReplayStore:
    """Replays by id, each with its place."""

    def __init__(self, there: InMemoryNotifications) -> None:
        self.there = there
        self.kept: dict[str, Replay] = {}
        self.places: dict[str, Cursor] = {}
        self.looked = 0

    async def begin(self, replay: Replay) -> Replay:
        if (known := self.kept.get(replay.id)) is not None:
            return known
        if replay.subscriber not in self.there.kept:
            raise errors.NotFound("no such webhook endpoint")
        theirs = [one for one in self.kept.values() if one.subscriber == replay.subscriber]
        if any(one.status is ReplayStatus.RUNNING for one in theirs):
            raise errors.ReplayRunning
        made = self.kept[replay.id] = replay.model_copy(update={"lines": len(self._about(replay))})
        told = {"replay": replay.id}
        journal, kind = self.there.journal, "webhook_endpoint.replayed"
        await journal.append(replay.subscriber, kind, replay.created_by, told, replay.organisation_id)
        return made

    async def get(self, subscriber: str, replay_id: str) -> Replay | None:
        replay = self.kept.get(replay_id)
        return replay if replay is not None and replay.subscriber == subscriber else None

    async def page(self, subscriber: str, limit: int, after: str | None) -> tuple[Sequence[Replay], str | None]:
        theirs = [one for one in self.kept.values() if one.subscriber == subscriber]
        return _page(sorted(theirs, key=lambda one: (one.created_at, one.id), reverse=True), limit, after)

    async def following(self, replay_id: str, limit: int) -> Sequence[JournalLine]:
        place = self._place(replay_id)
        lines = self._about(self.kept[replay_id])
        return [line for line in lines if (line.txid, line.id) > (place.txid, place.id)][:limit]

    async def advance(self, replay_id: str, cursor: Cursor, seen: int, told: int) -> None:
        it, place = self.kept[replay_id], self._place(replay_id)
        if it.status is ReplayStatus.RUNNING and (cursor.txid, cursor.id) > (place.txid, place.id):
            self.places[replay_id] = cursor
            self.kept[replay_id] = it.model_copy(update={"seen": it.seen + seen, "told": it.told + told})

    async def end(self, replay_id: str, status: ReplayStatus) -> None:
        it = self.kept[replay_id]
        if it.status is not ReplayStatus.RUNNING:
            return
        self.kept[replay_id] = it.model_copy(update={"status": status, "ended_at": datetime.now(UTC)})
        kept = self.there.kept[it.subscriber]
        missed, whole = kept.endpoint.missed_since, not it.events and it.until >= it.created_at
        if status is ReplayStatus.DONE and whole and missed is not None and missed >= it.since:
            endpoint = kept.endpoint.model_copy(update={"missed_since": None})
            self.there.kept[it.subscriber] = kept.model_copy(update={"endpoint": endpoint})

    async def waiting(self, subscriber: str) -> int:
        self.looked += 1
        every = self.there.sent.values()
        return sum(one.subscriber == subscriber and one.outcome is Outcome.WAITING for one in every)

    async def drop(self, message_ids: Sequence[str]) -> None:
        for one in [self.there.sent[each] for each in message_ids if each in self.there.sent]:
            if one.outcome is Outcome.WAITING:
                self.there.sent[one.id] = one.model_copy(update={"outcome": Outcome.DROPPED, "next_at": None})

    def _place(self, replay_id: str) -> Cursor:
        return self.places.get(replay_id, Cursor())

    def _about(self, replay: Replay) -> Sequence[JournalLine]:
        return [
            line
            for line in self.there.journal.lines
            if line.organisation_id == replay.organisation_id
            and replay.since <= line.at < replay.until
            and line.kind in replay.kinds
        ]


def _page(every: Sequence[Any], limit: int, after: str | None) -> tuple[Sequence[Any], str | None]:
    ids = [one.id for one in every]
    if after is not None and after not in ids:
        raise errors.Invalid("this is no cursor of ours", field="cursor")
    rest = every[ids.index(after) + 1 :] if after is not None else every
    page = rest[:limit]
    return page, page[-1].id if len(rest) > limit else None
