"""How things stand as a whole, for whoever watches: what is under way, what waits and for how long, what is out of
order. Counts and instants alone: nothing of anybody's."""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Literal, Protocol

from pydantic import Field

from domain._values import Timestamp, Value

Span = Literal["day", "week", "month"]
"""For how long a partition of the journal is."""
AHEAD: Mapping[Span, timedelta] = {"day": timedelta(days=14), "week": timedelta(weeks=8), "month": timedelta(days=92)}
"""So far ahead they are made: nobody may look for a week, and few are empty."""


class DeliveriesStanding(Value):
    """Deliveries that have not ended, by status; those somebody should look at, by why."""

    open: Mapping[str, int] = Field(default_factory=dict)
    attention: Mapping[str, int] = Field(default_factory=dict)


class Waiting(Value):
    """So many, the oldest since then."""

    count: int = 0
    oldest_at: Timestamp | None = None

    def age_s(self, now: datetime) -> float:
        """How long the oldest has waited; 0 where nothing waits."""
        return (now - self.oldest_at).total_seconds() if self.oldest_at else 0.0


class InboxStanding(Value):
    """Scans that no workflow has heard of: of deliveries we know, and of bookings that nobody knows."""

    matched: Waiting = Waiting()
    unmatched: Waiting = Waiting()


class JournalStanding(Value):
    """Up to when there are partitions, and how many lines are of a later time."""

    until: Timestamp
    strays: int


class JournalKeeper(Protocol):
    """What may be done about the journal's partitions."""

    async def make_ahead(self, span: Span, until: datetime) -> int:
        """Makes those that are missing up to then, and moves strays into them; how many there were. Raises Unavailable
        where the journal is too busy: nothing has happened then."""

    async def journal(self) -> JournalStanding:
        """As it is now."""


class DeliveriesWatch(Protocol):
    """What may be counted of deliveries and their ledger, at any size of either."""

    async def deliveries(self) -> DeliveriesStanding:
        """All organisations' together."""

    async def unbalanced(self, since: datetime, until: datetime, also: Collection[str] = ()) -> set[str]:
        """Of the deliveries with an entry posted in that time (`since` included), and these, those whose entries do not
        sum to zero. Raises Unavailable, also for more than can be looked at at once."""


class InboxWatch(Protocol):
    """What may be counted of the inbox."""

    async def inbox(self) -> InboxStanding:
        """As it is now."""
