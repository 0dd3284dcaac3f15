"""Telling people: which events are worth it, by what way each wants to hear, and when a letter may be written."""

from collections.abc import Mapping, Sequence
from datetime import datetime, time, timedelta
from enum import StrEnum
from typing import Annotated
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, Field, WithJsonSchema

from domain._values import LocalTime, Request, Timestamp, Value
from domain.audit import JournalLine
from domain.deliveries import Attention

MEMBER, RECIPIENT = "eml_", "rcp_"
"""What the ids of those begin with who are told by letter: a member, and whoever an organisation delivers to."""
FOR_RECIPIENT = "recipient"
"""The mark of a delivery's lines whose recipient is told."""
_NAMESPACE = UUID("0d8f6d1e-5c1b-4f0e-9a55-3a5a1f5d2b77")
_DAY = timedelta(days=1)

MEMBERS_HEAR = (
    *("delivery.booked", "delivery.picked_up", "delivery.out_for_delivery", "delivery.ready_for_collection"),
    *("delivery.delivered", "delivery.attempt_failed", "delivery.returned", "delivery.cancelled", "delivery.lost"),
    *("delivery.failed", "delivery.expired", "delivery.cancel_refused", "delivery.attention"),
)
"""The events a member may hear of, of all that are told outside."""
RECIPIENTS_HEAR = (
    *("delivery.booked", "delivery.picked_up", "delivery.out_for_delivery", "delivery.ready_for_collection"),
    *("delivery.delivered", "delivery.attempt_failed", "delivery.returned", "delivery.cancelled"),
)
ATTENTIONS = (Attention.DECISION_NEEDED, Attention.UNBOOKABLE, Attention.PROMISE_IN_DANGER)
"""What of `delivery.attention` is a customer's matter; the rest is staff's."""


class Way(StrEnum):
    """How somebody hears of an event."""

    EMAIL = "email"
    IN_APP = "in_app"


class Digest(StrEnum):
    """When letters are written; whatever waits by then goes into one."""

    IMMEDIATE = "immediate"
    HOURLY = "hourly"
    DAILY = "daily"


_BY_LETTER = frozenset(
    {"delivery.attempt_failed", "delivery.cancel_refused", "delivery.failed", "delivery.lost", "delivery.attention"}
)
USUAL: Mapping[str, tuple[Way, ...]] = {
    event: (Way.EMAIL, Way.IN_APP) if event in _BY_LETTER else (Way.IN_APP,) for event in MEMBERS_HEAR
}
"""The ways of who has chosen none: everything in the app, and a letter for what went wrong."""


def _heard(event: str) -> str:
    if event not in MEMBERS_HEAR:
        raise ValueError(f"nobody is told of that; there are {', '.join(MEMBERS_HEAR)}")
    return event


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError("no such time zone; one is written as in America/Sao_Paulo") from error
    return name


Heard = Annotated[str, AfterValidator(_heard), WithJsonSchema({"type": "string", "enum": [*MEMBERS_HEAR]})]
Zone = Annotated[str, Field(min_length=1, max_length=64, examples=["America/Sao_Paulo"]), AfterValidator(_zone)]


class QuietHours(Request):
    """When no letter is written, by the wall clock; over midnight where `until` is earlier than `since`."""

    since: LocalTime = Field(examples=["22:00"])
    until: LocalTime = Field(examples=["07:00"])


class Preferences(Request):
    """How a member of an organisation wants to be told; events that are not named are told as usual."""

    events: dict[Heard, Annotated[tuple[Way, ...], Field(max_length=2)]] = Field(
        default_factory=dict, max_length=len(MEMBERS_HEAR), examples=[{"delivery.booked": ["email", "in_app"]}]
    )
    letters: bool = Field(default=True, strict=True, description="false: no letter at all, as after unsubscribing")
    quiet_hours: QuietHours | None = None
    digest: Digest = Digest.IMMEDIATE
    daily_at: LocalTime = Field(default=time(8), description="when the daily letter is written")
    time_zone: Zone = "America/Sao_Paulo"

    def ways(self, event: str) -> tuple[Way, ...]:
        """How this event is told."""
        return self.events.get(event, USUAL[event])

    def heard(self, way: Way) -> tuple[str, ...]:
        """The events told by this way."""
        if way is Way.EMAIL and not self.letters:
            return ()
        return tuple(event for event in MEMBERS_HEAR if way in self.ways(event))


class LineRef(Value):
    """A line of a delivery, and when it was told."""

    delivery_id: str
    seq: int
    type: str
    at: Timestamp


class Waiting(Value):
    """What a subscriber was not told yet, oldest first, and whether there is more."""

    lines: tuple[LineRef, ...] = ()
    more: bool = False


def member_id(organisation_id: str, user_id: str) -> str:
    """The subscriber that a member is."""
    return f"{MEMBER}{uuid5(_NAMESPACE, f'{organisation_id}/{user_id}').hex}"


def recipients_id(organisation_id: str) -> str:
    """The subscriber that stands for everybody an organisation delivers to."""
    return f"{RECIPIENT}{uuid5(_NAMESPACE, organisation_id).hex}"


def letter_id(subscriber: str, lines: Sequence[LineRef]) -> str:
    """The same lines for the same subscriber, the same id: by it a mailbox knows a letter that comes again."""
    told = "/".join(f"{line.delivery_id}:{line.seq}" for line in lines)
    return f"ltr_{uuid5(_NAMESPACE, f'{subscriber}/{told}').hex}"


def worth_telling(line: JournalLine) -> bool:
    """Whether people, and not only their systems, are told of a line."""
    if line.kind == "delivery.attention":
        return line.data.get("attention") in ATTENTIONS
    return line.kind in MEMBERS_HEAR


def not_before(preferences: Preferences, since: datetime, now: datetime) -> datetime:
    """When a letter may be written of what has waited since then: after the digest is due and outside quiet hours.
    Not after `now` when it may be written at once."""
    zone = ZoneInfo(preferences.time_zone)
    due = since
    if preferences.digest is Digest.HOURLY:
        due = since.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    elif preferences.digest is Digest.DAILY:
        due = _next(since.astimezone(zone), preferences.daily_at)
    earliest = max(due, now)
    quiet = preferences.quiet_hours
    if quiet is not None and _within(quiet, earliest.astimezone(zone).time()):
        earliest = _next(earliest.astimezone(zone), quiet.until)
    return earliest.astimezone(now.tzinfo)


def _within(quiet: QuietHours, clock: time) -> bool:
    if quiet.since <= quiet.until:
        return quiet.since <= clock < quiet.until
    return clock >= quiet.since or clock < quiet.until


def _next(local: datetime, clock: time) -> datetime:
    """The next instant, after this one, at which the wall clock shows that."""
    there = local.replace(hour=clock.hour, minute=clock.minute, second=clock.second, microsecond=0, fold=0)
    return there if there > local else there + _DAY
