"""Replaying: a batch of lines after another is handed to the workflows that tell them."""

from collections import defaultdict

from temporalio import activity

from domain._values import Value
from domain.audit import JournalLine
from domain.errors import SubscriberBusy
from domain.notification_ports import EndpointStore, MessageStore, Notifier
from domain.notifications import Outcome, WebhookEndpoint, message_id
from domain.replays import Replay, ReplayStatus, ReplayStore

_BATCH = 100
_MOST_WAITING = 200
_LOOK_AGAIN_S = 5


class ReplayLines(Value):
    """Go on with this replay."""

    subscriber: str
    replay_id: str


class Replayed(Value):
    """Whether there may be more."""

    more: bool


class ReplayActivities:
    """Runs on the notifications queue."""

    def __init__(
        self, replays: ReplayStore, endpoints: EndpointStore, messages: MessageStore, notifier: Notifier
    ) -> None:
        self._replays, self._endpoints, self._messages, self._notifier = replays, endpoints, messages, notifier

    @activity.defn
    async def begin_replay(self, replay: Replay) -> Replay:
        """As it is kept. Raises ReplayTooLong, ReplayRunning, NotFound."""
        return await self._replays.begin(replay)

    @activity.defn
    async def replay_lines(self, ask: ReplayLines) -> Replayed:
        """The next batch. While many messages of this subscriber wait, it raises SubscriberBusy with `retry_after`: a
        replay fills nobody's queue. After a crash a batch is handed over again, under the same ids."""
        replay = await self._replays.get(ask.subscriber, ask.replay_id)
        kept = await self._endpoints.get(ask.subscriber)
        if replay is None or kept is None or replay.status is not ReplayStatus.RUNNING:
            return Replayed(more=False)
        if not kept.endpoint.enabled:
            await self._replays.end(replay.id, ReplayStatus.STOPPED)
            return Replayed(more=False)
        if await self._replays.waiting(ask.subscriber) >= _MOST_WAITING:
            raise SubscriberBusy(retry_after=_LOOK_AGAIN_S)
        lines = await self._replays.following(replay.id, _BATCH)
        if not lines:
            await self._replays.end(replay.id, ReplayStatus.DONE)
            return Replayed(more=False)
        told = await self._hand_over(kept.endpoint, [line for line in lines if kept.endpoint.wants(line)], replay)
        await self._replays.advance(replay.id, lines[-1].cursor, len(lines), told)
        return Replayed(more=True)

    async def _hand_over(self, endpoint: WebhookEndpoint, lines: list[JournalLine], replay: Replay) -> int:
        """How many there were to send, each delivery's in their order."""
        due: defaultdict[str, list[int]] = defaultdict(list)
        for line in lines:
            if await self._reopened(endpoint.id, line, replay):
                due[line.subject].append(line.seq)
        for delivery_id, seqs in due.items():
            if not await self._notifier.tell(endpoint.id, delivery_id, seqs, again=True):
                await self._replays.drop([message_id(endpoint.id, delivery_id, seq) for seq in seqs])
        return sum(map(len, due.values()))

    async def _reopened(self, subscriber: str, line: JournalLine, replay: Replay) -> bool:
        """Whether it is to be sent; one that never was needs nothing else."""
        message = await self._messages.get(subscriber, message_id(subscriber, line.subject, line.seq))
        if message is None or message.outcome is Outcome.WAITING:
            return True
        if message.outcome is Outcome.SENT and replay.only_failed:
            return False
        await self._messages.reopen(message.id)
        return True
