"""What a carrier's errors are to us: each documented one has a row in its adapter's table, made with these."""

from typing import NamedTuple

import httpx

from domain import errors

# Refusals that another try may mend: the request came too slowly or too early, and was not looked at.
_TRY_AGAIN = frozenset({408, 425})


class Meaning(NamedTuple):
    """What one of a carrier's errors is to us, and the reason we give for it."""

    error: type[errors.CarrierError]
    reason: str


def no(reason: str) -> Meaning:
    """It will not, and asking again will not help."""
    return Meaning(errors.CarrierRejected, reason)


def again(reason: str) -> Meaning:
    """It could not now: another try may mend it."""
    return Meaning(errors.CarrierUnavailable, reason)


def throttled(reason: str = "throttled") -> Meaning:
    """It read the request only to turn it away: nothing was done."""
    return Meaning(errors.CarrierThrottled, reason)


def by_status(status: int) -> Meaning:
    """What HTTP itself promises of a status."""
    if status == httpx.codes.TOO_MANY_REQUESTS:
        return throttled()
    if 500 <= status <= 599 or status in _TRY_AGAIN:
        return again(f"http_{status}")
    if 400 <= status <= 499:
        return no(f"http_{status}")
    return Meaning(errors.CarrierMisbehaved, f"http_{status}")
