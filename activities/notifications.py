"""Telling a subscriber one line: the message is made of the journal's line when it is sent, and each try is kept."""

import math
from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from temporalio import activity

from domain._values import Value
from domain.errors import NotTaken
from domain.events import Event, event_of
from domain.notification_ports import Channel, MessageStore
from domain.notifications import Answer, Attempt, Message, Outcome, judged, message_id
from domain.ports import Journal


class SendMessage(Value):
    """Tell this subscriber this line of this delivery."""

    subscriber: str
    delivery_id: str
    seq: int


class Sent(Value):
    """What became of it in the end."""

    outcome: Outcome


class NotificationActivities:
    """Runs on the notifications queue. `channels` are by what their subscribers' ids begin with."""

    def __init__(
        self,
        journal: Journal,
        messages: MessageStore,
        channels: Mapping[str, Channel],
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._journal, self._messages, self._channels, self._now = journal, messages, channels, now

    @activity.defn
    async def send_message(self, ask: SendMessage) -> Sent:
        """One try. What was sent before is not sent again; whatever must be tried again raises NotTaken with
        `retry_after`, by which Temporal keeps the schedule."""
        channel = next((self._channels[p] for p in self._channels if ask.subscriber.startswith(p)), None)
        line = await self._journal.line(ask.delivery_id, ask.seq)
        event = event_of(line) if line is not None else None
        if channel is None or event is None:
            return Sent(outcome=Outcome.DROPPED)
        message = await self._messages.begin(_message(ask, event, self._now()))
        if message is None:
            return Sent(outcome=Outcome.DROPPED)
        if message.outcome is not Outcome.WAITING:
            return Sent(outcome=message.outcome)
        answer = await channel.send(ask.subscriber, message.id, event)
        return await self._settled(message, answer)

    async def _settled(self, message: Message, answer: Answer) -> Sent:
        now = self._now()
        outcome, wait = judged(answer, message.tries + 1, message.id)
        attempt = Attempt(
            number=message.attempts + 1,
            at=now,
            status=answer.status,
            error=answer.error,
            latency_ms=answer.latency_ms,
        )
        await self._messages.attempted(message, attempt, outcome, now + wait if wait else None)
        if wait is not None:
            raise NotTaken(retry_after=math.ceil(wait.total_seconds()), status=answer.status, error=answer.error)
        return Sent(outcome=outcome)


def _message(ask: SendMessage, event: Event, now: datetime) -> Message:
    return Message(
        id=message_id(ask.subscriber, ask.delivery_id, ask.seq),
        subscriber=ask.subscriber,
        delivery_id=ask.delivery_id,
        seq=ask.seq,
        type=event.type,
        at=event.timestamp,
        created_at=now,
    )
