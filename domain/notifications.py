"""Telling subscribers what happens to deliveries: who they are, their messages, and when a try is made again."""

import hashlib
from datetime import timedelta
from enum import StrEnum
from uuid import UUID, uuid5

from pydantic import Field, computed_field

from domain._values import Code, Line, Timestamp, Value
from domain.access import Whose
from domain.audit import JournalLine
from domain.events import EVENTS

_NAMESPACE = UUID("5b1f1f0e-6a43-4d3c-9d52-0f6c1f0a7c11")

# Standard Webhooks 1.0.0: what follows the first try.
SCHEDULE = tuple(
    timedelta(seconds=seconds) for seconds in (5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400)
)
MOST_TRIES = len(SCHEDULE) + 1
LONGEST_WAIT = timedelta(hours=24)
"""More than that nobody may ask us to wait."""
ROTATED_FOR = timedelta(hours=24)
"""How long the secret of before still signs."""
_JITTER = 0.2
_HOLD_FIRST, _HOLD_LONGEST = timedelta(seconds=5), timedelta(minutes=5)
FAILING = "failing"
"""Why an endpoint was paused that took nothing for too long."""
DISABLED = "webhook_endpoint.disabled"
"""The kind of the journal's line that says so; `data.reason` is why."""
_GONE = 410
_ADVICE = {
    FAILING: "Make it answer 2xx (`…/test` calls it once), then enable it, and replay what it missed.",
    "gone": "It answered 410, which asks us to stop. Enable it if it should be called after all.",
    "customer": "Enable it when it should be called again, and replay what it missed.",
}
_MISSED = "Not everything since `missed_since` was sent: `…/replay` sends it."
_SLOW_DOWN = frozenset({429, 502, 503, 504})


class Subscriber(Value):
    """Somebody who is told; the beginning of the id, up to `_`, says through which channel."""

    id: str = Field(examples=["whe_0197…"])
    organisation_id: str
    events: tuple[str, ...] = Field(default=(), description="types of events; none named: every one")
    enabled: bool = True
    created_at: Timestamp

    def wants(self, line: JournalLine) -> bool:
        """Whether a line is for them: their organisation's, told outside, of a type they chose, and not from before
        they came."""
        chosen = line.kind in (self.events or EVENTS) and line.kind in EVENTS
        theirs = line.organisation_id == self.organisation_id and line.at >= self.created_at
        return self.enabled and chosen and theirs


class WebhookEndpoint(Subscriber):
    """A customer's address that is called, as its owners see it."""

    url: str
    description: Line | None = None
    disabled_reason: Code | None = Field(
        default=None, description="`failing`: it took nothing for days; `gone`: it answered 410; `customer`: by hand"
    )
    missed_since: Timestamp | None = Field(
        default=None, description="it was disabled, and what happened since then was not all sent: replay it"
    )
    failing_since: Timestamp | None = Field(
        default=None, description="since when no call succeeded, if the last did not"
    )
    held_until: Timestamp | None = Field(default=None, description="it asked us to slow down, or does not answer")
    created_by: str
    updated_at: Timestamp

    @computed_field(description="what to do about it, for people")  # type: ignore[prop-decorator]
    @property
    def advice(self) -> str | None:
        """While it is disabled, and afterwards until what it missed was replayed."""
        if not self.enabled:
            return _ADVICE.get(self.disabled_reason or "")
        return _MISSED if self.missed_since else None

    def whose(self) -> Whose:
        """The organisation's: an address may tell of somebody."""
        return {self.id: self.organisation_id}


class Secrets(Value):
    """`whsec_…`, by which an endpoint knows us; while one is rotated, two."""

    current: str
    previous: str | None = None
    previous_until: Timestamp | None = None

    def in_force(self, now: Timestamp) -> tuple[str, ...]:
        """Those to sign with, the newest first."""
        if self.previous and self.previous_until and now < self.previous_until:
            return (self.current, self.previous)
        return (self.current,)


class Health(Value):
    """How an endpoint has fared: failures in a row, since when, and until when it is left alone."""

    failures: int = 0
    failing_since: Timestamp | None = None
    held_until: Timestamp | None = None


class PauseRule(Value):
    """When an endpoint is left alone for good: it took nothing for so long, and not for want of tries."""

    after: timedelta = timedelta(days=5)
    failures: int = 20

    def met(self, health: Health, now: Timestamp) -> bool:
        """Whether every try has failed for that long, and often enough."""
        since = health.failing_since
        return since is not None and now - since >= self.after and health.failures >= self.failures


class Standing(Value):
    """How telling fares as a whole."""

    paused: int = Field(default=0, description="endpoints that are disabled because they failed")
    waiting: int = 0
    oldest_at: Timestamp | None = Field(default=None, description="since when the oldest message waits")


class KeptEndpoint(Value):
    """An endpoint with what nobody is shown."""

    endpoint: WebhookEndpoint
    secrets: Secrets
    health: Health = Health()


class Outcome(StrEnum):
    """What became of a message."""

    WAITING = "waiting"  # not sent yet, or tried and to be tried again
    SENT = "sent"  # the subscriber has it
    FAILED = "failed"  # tried as often as it is tried
    DROPPED = "dropped"  # the subscriber does not want it any more


class Message(Value):
    """One line for one subscriber. `id` is the `webhook-id`: the same however often it is sent."""

    id: str = Field(examples=["msg_5f0c…"])
    subscriber: str
    delivery_id: str | None = Field(default=None, description="absent for a test")
    seq: int = 0
    type: str
    at: Timestamp = Field(description="when it happened")
    outcome: Outcome = Outcome.WAITING
    attempts: int = Field(default=0, description="how often it was sent, resends included")
    tries: int = Field(default=0, description="how often since it was last asked for")
    status: int | None = Field(default=None, description="the last answer's HTTP status")
    error: Code | None = Field(default=None, description="why there was no good answer")
    next_at: Timestamp | None = Field(default=None, description="when it is tried again")
    created_at: Timestamp


class Answer(Value):
    """What a subscriber said to one try, or what kept it from saying anything."""

    status: int | None = None
    error: Code | None = None
    latency_ms: int = 0
    wait_s: float | None = Field(default=None, description="how long it asked us to wait")
    ends: Outcome | None = Field(default=None, description="the channel knows that no other try makes sense")

    @property
    def taken(self) -> bool:
        """Only 2xx is success."""
        return self.error is None and self.status is not None and 200 <= self.status <= 299

    @property
    def gone(self) -> bool:
        """It wants nothing more, ever."""
        return self.status == _GONE


class Attempt(Value):
    """One try, as the log keeps it; nothing of what was answered but its status."""

    number: int
    at: Timestamp
    status: int | None = None
    error: Code | None = None
    latency_ms: int = 0


def message_id(subscriber: str, delivery_id: str, seq: int) -> str:
    """The same line and subscriber, the same id: by it whoever receives knows a repetition."""
    return f"msg_{uuid5(_NAMESPACE, f'{subscriber}/{delivery_id}/{seq}').hex}"


def judged(answer: Answer, tries: int, key: str) -> tuple[Outcome, timedelta | None]:
    """What becomes of a message after so many tries, and how long until the next."""
    if answer.ends is not None:
        return answer.ends, None
    if answer.taken:
        return Outcome.SENT, None
    if answer.gone or tries >= MOST_TRIES:
        return Outcome.FAILED, None
    usual = SCHEDULE[max(tries, 1) - 1]
    asked = timedelta(seconds=answer.wait_s or 0)
    return Outcome.WAITING, jittered(max(usual, asked), f"{key}/{tries}")


def fares(health: Health, answer: Answer, now: Timestamp, key: str) -> Health:
    """How an endpoint fares after an answer. One that asks us to slow down, or does not answer at all, is left alone by
    every message for a while, longer each time."""
    if answer.taken:
        return Health()
    failures = health.failures + 1
    held = None
    if answer.status is None or answer.status in _SLOW_DOWN or answer.wait_s:
        usual = min(_HOLD_FIRST * (1 << min(failures - 1, 16)), _HOLD_LONGEST)
        asked = timedelta(seconds=answer.wait_s or 0)
        held = now + jittered(max(usual, asked), f"{key}/{failures}")
    return Health(failures=failures, failing_since=health.failing_since or now, held_until=held)


def jittered(usual: timedelta, key: str) -> timedelta:
    """That long and up to a fifth more, as the key decides, so that those that failed together come back apart."""
    digest = hashlib.sha256(key.encode()).digest()
    return usual * (1 + _JITTER * int.from_bytes(digest[:8], "big") / 2**64)
