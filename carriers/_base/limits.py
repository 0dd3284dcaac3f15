"""How hard an account may be called, and when to leave it alone, told in carriers' errors."""

import wire
from domain.errors import CarrierRejected, CarrierThrottled, CarrierUnavailable
from wire import BreakerState

__all__ = ["Breaker", "BreakerState", "Bucket"]


class Bucket(wire.Bucket):
    """At most `rate` calls a second; see `wire.Bucket`."""

    async def take(self, until: float) -> None:
        """Waits for a turn; raises CarrierThrottled at once when it would come after `until`."""
        try:
            await super().take(until)
        except wire.HeldBack as held:
            raise CarrierThrottled(held.words, reason=held.reason, sent=False, retry_after=held.wait) from None


class Breaker(wire.Breaker):
    """Opens after unavailable answers in a row; see `wire.Breaker`. A refusal is an answer, being throttled says
    nothing. Raises CarrierUnavailable while open."""

    failures, silent, answers = (CarrierUnavailable,), (CarrierThrottled,), (CarrierRejected,)

    def _enter(self) -> bool:
        try:
            return super()._enter()
        except wire.HeldBack as held:
            raise CarrierUnavailable(held.words, reason=held.reason, sent=False, retry_after=held.wait) from None
