"""Pauses: staff hold a carrier's new bookings back, and what waited is let go little by little."""

import hashlib
from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import StrEnum

from pydantic import Field

from domain._values import Code, Timestamp, Value
from domain.quotes import AccountRef

_SOONEST = timedelta(seconds=1)


class PauseMode(StrEnum):
    """What becomes of bookings that the carrier has not been sent yet; what it has goes on either way."""

    WAIT = "wait"  # it is asked for offers as usual, and bookings wait
    ELSEWHERE = "elsewhere"  # it is not asked, and bookings go to the next best offer


class Pause(Value):
    """A carrier, or one account at it, left alone by staff."""

    carrier: Code
    account: Code | None = Field(default=None, description="absent: every account of the carrier's")
    mode: PauseMode
    reason: Code = Field(examples=["carrier_outage"])
    until: Timestamp | None = Field(default=None, description="absent: until it is lifted")
    actor: str
    created_at: Timestamp

    def stands(self, now: datetime) -> bool:
        """Whether it still holds anything back."""
        return self.until is None or now < self.until

    def covers(self, ref: AccountRef) -> bool:
        """Whether the account is paused by it."""
        return self.carrier == ref.carrier and self.account in (None, ref.account)


def told_of(carrier: str, account: str | None) -> str:
    """The journal's subject for what befalls a carrier or an account."""
    return "/".join(filter(None, ("carrier", carrier, account)))


def pause_of(pauses: Iterable[Pause], ref: AccountRef, now: datetime) -> Pause | None:
    """The pause an account is under; of several the strictest, `elsewhere` before `wait`."""
    standing = [pause for pause in pauses if pause.covers(ref) and pause.stands(now)]
    return min(standing, key=lambda pause: pause.mode is not PauseMode.ELSEWHERE, default=None)


def next_look(key: str, looks: int, first: timedelta, longest: timedelta) -> timedelta:
    """How long a waiting booking waits before it looks again: twice as long each time, from half to one and a half
    times that, as its key and the look decide.

    So those that waited together are let go over as long a time as they have waited, up to `longest`, and not at once;
    and the same booking always waits the same, which a workflow that is replayed needs.
    """
    usual = max(min(first * (1 << min(looks, 16)), longest), _SOONEST)
    digest = hashlib.sha256(f"{key}/{looks}".encode()).digest()
    return usual * (0.5 + int.from_bytes(digest[:8], "big") / 2**64)
