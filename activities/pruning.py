"""Forgetting what was sent long ago."""

from temporalio import activity

from domain._values import Timestamp, Value
from domain.notification_ports import MessageStore

_BATCH = 1_000


class PruneMessages(Value):
    """Those that began before then and wait no more."""

    before: Timestamp


class Pruned(Value):
    """How many went, and whether there are more."""

    count: int
    more: bool


class PruningActivities:
    """Runs on the notifications queue."""

    def __init__(self, messages: MessageStore) -> None:
        self._messages = messages

    @activity.defn
    async def prune_messages(self, ask: PruneMessages) -> Pruned:
        """One batch, with its tries."""
        count = await self._messages.prune(ask.before, _BATCH)
        return Pruned(count=count, more=count >= _BATCH)
