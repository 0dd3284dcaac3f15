"""A booking that waits for a paused carrier: nothing of it was sent, and it looks again now and then."""

from pydantic import JsonValue
from temporalio import workflow

from workflows._promising import Promising

with workflow.unsafe.imports_passed_through():
    from domain.bookings import BookingOrder
    from domain.deliveries import Actor, Attention
    from domain.pauses import next_look
    from workflows.state import Hold

PAUSED = "paused"


class Holding(Promising):
    """Each look is a booking that stops before it is sent, so that none slips out between looking and booking."""

    def _hold(self, order: BookingOrder) -> bool:
        """Plans the next look and says that it waits, to a human too when that takes long. False when the policy's
        patience is over.

        What is told follows from when this look was due, not from the clock, which is later when a task runs again.
        """
        policy, now = self.state.policy, workflow.now()
        hold = self.state.hold or Hold(since=now, next_at=now)
        patience = hold.since + policy.paused_for
        if hold.next_at >= patience:
            self._end_hold()
            return False
        if hold.looks == 0:
            data: dict[str, JsonValue] = {"carrier": order.offer.carrier, "account": order.offer.carrier_account}
            self._tell("delivery.waiting", Actor.SYSTEM, {**data, "reason": PAUSED}, reason=PAUSED)
        long = hold.next_at >= hold.since + policy.stuck_after
        if long and not hold.told:
            self._attend(Attention.PAUSED, reason=PAUSED)
        wait = next_look(order.key, hold.looks, policy.paused_look_first, policy.paused_look_longest)
        self.state.hold = Hold(
            since=hold.since, next_at=min(now + wait, patience), looks=hold.looks + 1, told=hold.told or long
        )
        return True

    def _end_hold(self) -> None:
        """Sent at last, or no longer wanted."""
        self.state.hold = None
        if self.delivery.attention is Attention.PAUSED:
            self._attend(Attention.NONE)
