"""Sessions: how long they last, and what a refresh token that comes back means."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum

from domain._values import Timestamp, Value
from domain.users import Role

ACCESS_LIFETIME = timedelta(minutes=10)
"""How long an access token opens doors, whatever happened to its owner meanwhile."""
GRACE = timedelta(seconds=10)
"""Two tabs of one browser may refresh at once: so long the token before is taken too."""
_IDLE = timedelta(days=7)
_LONGEST = {Role.CUSTOMER: timedelta(days=30), Role.SUPPORT: timedelta(hours=12), Role.ADMIN: timedelta(hours=12)}
_SIBLINGS = 16


class Session(Value):
    """A browser that signed in. `turn` counts how often its refresh token was exchanged for the next."""

    id: str
    user_id: str
    organisation_id: str
    amr: tuple[str, ...]
    turn: int = 0
    created_at: Timestamp
    rotated_at: Timestamp
    expires_at: Timestamp
    ended_at: Timestamp | None = None


def lasts(role: Role) -> timedelta:
    """From signing in to having to sign in again, however busy the session; staff's is a working day."""
    return _LONGEST[role]


class Verdict(StrEnum):
    """What to do about a refresh token that names a session."""

    NEXT = "next"  # the newest: exchange it
    SIBLING = "sibling"  # the one before, at the same moment: another of the newest
    REUSED = "reused"  # an older one: somebody has a copy, so the session ends for both
    OVER = "over"  # the session has ended or expired


def judge(session: Session, newest: Sequence[str], before: Sequence[str], shown: str, now: datetime) -> Verdict:
    """`newest` and `before` are the fingerprints of the tokens of this turn and of the last, `shown` the one that came.

    A session's tokens share a part that names it, so whoever shows it with another turn's part held a token once.
    """
    if session.ended_at is not None or now >= session.expires_at or now - session.rotated_at >= _IDLE:
        return Verdict.OVER
    if shown in newest:
        return Verdict.NEXT
    if shown in before and now - session.rotated_at <= GRACE and len(newest) < _SIBLINGS:
        return Verdict.SIBLING
    return Verdict.REUSED
