"""Telling a subscriber again, or late, what happened in a stretch of time."""

from collections.abc import Sequence
from datetime import timedelta
from enum import StrEnum
from typing import Protocol

from pydantic import Field

from domain._values import Timestamp, Value
from domain.audit import Cursor, JournalLine
from domain.events import EVENTS

LONGEST = timedelta(days=31)
"""So far apart a replay's ends may be."""
MOST_LINES = 100_000
"""So many lines it may be about."""


class ReplayStatus(StrEnum):
    """What became of a replay."""

    RUNNING = "running"  # lines are being handed over
    DONE = "done"  # all are handed over; the log says what came of each
    STOPPED = "stopped"  # the endpoint was disabled or deleted meanwhile


class Replay(Value):
    """What happened from `since` on and before `until`, in its order; messages keep their ids."""

    id: str = Field(examples=["rpl_0197…"])
    subscriber: str
    organisation_id: str
    since: Timestamp
    until: Timestamp
    events: tuple[str, ...] = Field(default=(), description="of these types; none named: whatever the endpoint wants")
    only_failed: bool = Field(default=False, description="nothing that was taken before")
    status: ReplayStatus = ReplayStatus.RUNNING
    lines: int = Field(default=0, description="how many there were to look at when it began")
    seen: int = Field(default=0, description="how many were looked at so far")
    told: int = Field(default=0, description="how many of them were handed over to be sent")
    created_by: str
    created_at: Timestamp
    ended_at: Timestamp | None = None

    @property
    def kinds(self) -> tuple[str, ...]:
        """The kinds of lines it is about."""
        return self.events or tuple(EVENTS)

    def same_as(self, other: "Replay") -> bool:
        """Whether both ask for the same."""
        asked = ("subscriber", "since", "until", "events", "only_failed")
        return all(getattr(self, name) == getattr(other, name) for name in asked)


class ReplayStore(Protocol):
    """Replays at rest, and the lines they are about; a replay's beginning is a line in the journal."""

    async def begin(self, replay: Replay) -> Replay:
        """As it is kept, made with this if it is new. Raises ReplayTooLong, ReplayRunning, NotFound."""

    async def get(self, subscriber: str, replay_id: str) -> Replay | None:
        """One of a subscriber's."""

    async def page(self, subscriber: str, limit: int, after: str | None) -> tuple[Sequence[Replay], str | None]:
        """A subscriber's, newest first, and the next page's cursor; raises Invalid for a strange one."""

    async def following(self, replay_id: str, limit: int) -> Sequence[JournalLine]:
        """The next lines it is about, in reading order."""

    async def advance(self, replay_id: str, cursor: Cursor, seen: int, told: int) -> None:
        """These lines were dealt with; said twice, it counts once."""

    async def end(self, replay_id: str, status: ReplayStatus) -> None:
        """It runs no more. One that is done takes away that its endpoint missed something, where it reached back so
        far."""

    async def waiting(self, subscriber: str) -> int:
        """How many of a subscriber's messages wait to be sent."""

    async def drop(self, message_ids: Sequence[str]) -> None:
        """They will not be sent: their delivery was erased."""


class Replayer(Protocol):
    """The way to a replay's workflow."""

    async def replay(self, replay: Replay) -> Replay:
        """Begins it, durably, and answers as it is kept. Raises what `ReplayStore.begin` raises, and Unavailable."""
