"""How long and how often each activity is tried: every option set has a name, and stands here alone."""

from datetime import timedelta
from typing import Any

from temporalio.common import Priority, RetryPolicy
from temporalio.workflow import ActivityCancellationType

from domain.deliveries import DeliveryPolicy
from workflows import addressing

# A cancel stops further tries; the one under way is waited for, so that nothing happens behind our back.
_WAIT = ActivityCancellationType.WAIT_CANCELLATION_COMPLETED

# A worker that was killed is missed within this time instead of the whole attempt's. Where a false alarm could cost a
# human's attention (a carrier that cannot be asked whether it booked), there is more patience.
_MISSED = timedelta(seconds=2.5)
_MISSED_LATE = timedelta(seconds=10)

RECORD: dict[str, Any] = {
    "start_to_close_timeout": timedelta(seconds=10),
    "retry_policy": RetryPolicy(initial_interval=timedelta(milliseconds=200), maximum_interval=timedelta(seconds=10)),
    "local_retry_threshold": timedelta(seconds=5),
}


def ask_carrier(policy: DeliveryPolicy) -> dict[str, Any]:
    """One deadline for every carrier, the retry inside it."""
    return {
        "task_queue": addressing.QUOTES,
        "schedule_to_close_timeout": policy.quote_deadline,
        "start_to_close_timeout": policy.quote_deadline,
        "heartbeat_timeout": _MISSED,
        "retry_policy": RetryPolicy(initial_interval=timedelta(milliseconds=250), maximum_attempts=2),
        "priority": Priority(priority_key=2),
    }


def reserve_slot(policy: DeliveryPolicy) -> dict[str, Any]:
    """A customer waits for it."""
    return {
        "task_queue": addressing.AVAILABILITY,
        "schedule_to_close_timeout": policy.availability_deadline,
        "start_to_close_timeout": policy.availability_deadline,
        "heartbeat_timeout": _MISSED,
        "retry_policy": RetryPolicy(initial_interval=timedelta(milliseconds=250), maximum_attempts=3),
        "cancellation_type": _WAIT,
        "priority": Priority(priority_key=1),
    }


RELEASE_SLOT: dict[str, Any] = {
    "task_queue": addressing.AVAILABILITY,
    "start_to_close_timeout": timedelta(seconds=10),
    "retry_policy": RetryPolicy(initial_interval=timedelta(seconds=1), maximum_interval=timedelta(minutes=1)),
}


def book_carrier(policy: DeliveryPolicy) -> dict[str, Any]:
    """Tried until the deadline; each try asks first whether the one before it happened."""
    return {
        "start_to_close_timeout": policy.book_attempt,
        "heartbeat_timeout": _MISSED_LATE,
        "schedule_to_close_timeout": policy.book_deadline,
        "retry_policy": RetryPolicy(initial_interval=timedelta(seconds=1), maximum_interval=timedelta(seconds=15)),
        "cancellation_type": _WAIT,
        "priority": Priority(priority_key=1),
    }


def cancel_booking(policy: DeliveryPolicy) -> dict[str, Any]:
    """Retried for days if need be."""
    return {
        "start_to_close_timeout": policy.book_attempt,
        "heartbeat_timeout": _MISSED_LATE,
        "schedule_to_close_timeout": policy.cancel_for,
        "retry_policy": RetryPolicy(initial_interval=timedelta(seconds=1), maximum_interval=timedelta(minutes=5)),
        "cancellation_type": _WAIT,
        "priority": Priority(priority_key=1),
    }


def instruct_carrier(policy: DeliveryPolicy) -> dict[str, Any]:
    """A human waits for it."""
    return {
        "start_to_close_timeout": policy.book_attempt,
        "heartbeat_timeout": _MISSED_LATE,
        "schedule_to_close_timeout": policy.book_deadline,
        "retry_policy": RetryPolicy(initial_interval=timedelta(seconds=1), maximum_attempts=3),
    }


POLL_CARRIER: dict[str, Any] = {
    "task_queue": addressing.TRACKING,
    "start_to_close_timeout": timedelta(seconds=15),
    "schedule_to_close_timeout": timedelta(minutes=2),
    "retry_policy": RetryPolicy(initial_interval=timedelta(seconds=1), maximum_attempts=3),
    "priority": Priority(priority_key=5),
}

SWEEP_INBOX: dict[str, Any] = {
    "start_to_close_timeout": timedelta(seconds=30),
    "retry_policy": RetryPolicy(maximum_attempts=3),
}

# When it is tried again, `retry_after` says; only what keeps us from trying at all follows this policy.
SEND_MESSAGE: dict[str, Any] = {
    "start_to_close_timeout": timedelta(seconds=60),
    "heartbeat_timeout": _MISSED_LATE,
    "retry_policy": RetryPolicy(initial_interval=timedelta(seconds=1), maximum_interval=timedelta(minutes=1)),
    "cancellation_type": _WAIT,
    "priority": Priority(priority_key=4),
}

RETENTION: dict[str, Any] = {
    "start_to_close_timeout": timedelta(minutes=1),
    "schedule_to_close_timeout": timedelta(minutes=10),
    "heartbeat_timeout": _MISSED_LATE,
    "retry_policy": RetryPolicy(initial_interval=timedelta(seconds=1), maximum_attempts=5),
    "priority": Priority(priority_key=5),
}

REQUEST_LINES: dict[str, Any] = {
    "start_to_close_timeout": timedelta(minutes=10),
    "heartbeat_timeout": _MISSED_LATE,
    "retry_policy": RetryPolicy(initial_interval=timedelta(seconds=1), maximum_interval=timedelta(minutes=1)),
    "cancellation_type": _WAIT,
    "priority": Priority(priority_key=5),  # whoever waits at a screen comes first
}

END_IMPORT: dict[str, Any] = {
    "start_to_close_timeout": timedelta(seconds=30),
    "retry_policy": RetryPolicy(initial_interval=timedelta(seconds=1), maximum_interval=timedelta(minutes=1)),
}

# Somebody waits for it.
BEGIN_REPLAY: dict[str, Any] = {
    "start_to_close_timeout": timedelta(seconds=15),
    "retry_policy": RetryPolicy(initial_interval=timedelta(milliseconds=250), maximum_interval=timedelta(seconds=10)),
    "priority": Priority(priority_key=2),
}

# It waits for its endpoint as long as that may take, without an event.
REPLAY_LINES: dict[str, Any] = {
    "start_to_close_timeout": timedelta(minutes=2),
    "heartbeat_timeout": _MISSED_LATE,
    "retry_policy": RetryPolicy(initial_interval=timedelta(seconds=1), maximum_interval=timedelta(minutes=1)),
    "priority": Priority(priority_key=5),
}

PRUNE_MESSAGES: dict[str, Any] = {
    "start_to_close_timeout": timedelta(seconds=30),
    "retry_policy": RetryPolicy(maximum_attempts=3),
    "priority": Priority(priority_key=5),
}

_BY_LETTER: dict[str, Any] = {
    "start_to_close_timeout": timedelta(seconds=60),
    "heartbeat_timeout": _MISSED_LATE,
    "retry_policy": RetryPolicy(initial_interval=timedelta(seconds=2), maximum_interval=timedelta(minutes=5)),
    "cancellation_type": _WAIT,
    "priority": Priority(priority_key=4),
}
DRAFT_LETTER = _BY_LETTER
FIND_RECIPIENT: dict[str, Any] = {**_BY_LETTER, "task_queue": addressing.DELIVERIES}
# A mail server that is away comes back; one that never takes a letter does not hold up the next for ever.
WRITE_TO_RECIPIENT: dict[str, Any] = {**_BY_LETTER, "schedule_to_close_timeout": timedelta(days=3)}
WRITE_TO_MEMBER: dict[str, Any] = {**WRITE_TO_RECIPIENT, "task_queue": addressing.USERS}
