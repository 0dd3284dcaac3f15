"""What a carrier knows of a booking: what was asked, what is planned, and what has happened; no protocol's words."""

from enum import StrEnum
from typing import Any

from pydantic import BaseModel

from sandbox.city import Point


class Step(StrEnum):
    """One thing that happens to a booking."""

    PENDING = "pending"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    TO_PICKUP = "to_pickup"
    AT_PICKUP = "at_pickup"
    PICKED_UP = "picked_up"
    TO_DROPOFF = "to_dropoff"
    AT_DROPOFF = "at_dropoff"
    HANDED_OVER = "handed_over"
    PROBLEM = "problem"  # beside the others: the booking stays where it was
    RETURNING = "returning"
    RETURNED = "returned"
    FINISHED = "finished"
    CANCELLED = "cancelled"
    REFUNDED = "refunded"  # after a cancel: what was paid is paid back
    REFUND_REJECTED = "refund_rejected"


class State(StrEnum):
    """Whether a courier is still held by the booking."""

    LIVE = "live"
    REJECTED = "rejected"
    CANCELLED = "cancelled"
    FINISHED = "finished"


ENDS = {Step.REJECTED: State.REJECTED, Step.CANCELLED: State.CANCELLED, Step.FINISHED: State.FINISHED}


class Told(StrEnum):
    """What a courier may have to be told before going on."""

    READY = "ready"
    PICKED = "picked"
    CONCLUDED = "concluded"
    DECISION = "decision"


class Reason(StrEnum):
    """Why a booking is rejected or in trouble."""

    NO_COURIER = "no_courier"
    NO_VEHICLE = "no_vehicle"
    TOO_FAR = "too_far"
    TOO_SLOW = "too_slow"
    TOO_DEAR = "too_dear"
    NOBODY_HOME = "nobody_home"
    THEFT = "theft"


class Decision(StrEnum):
    """What the sender wants done about a problem."""

    DELIVER = "deliver"
    RETURN = "return"
    CANCEL = "cancel"


class Leg(BaseModel):
    """A planned step: `wait` city seconds after the one before it, once the courier was told what it awaits."""

    step: Step
    wait: float
    awaits: list[Told] = []
    reason: Reason | None = None


class Happening(BaseModel):
    """A step that was taken, at a city second and at a wall time."""

    step: Step
    city_at: float
    at: float
    reason: Reason | None = None


class Problem(BaseModel):
    """Trouble on the way, and what the sender decided about it."""

    reason: Reason
    at: float
    needs_decision: bool
    decision: Decision | None = None
    decided_at: float | None = None


class Errand(BaseModel):
    """What a protocol asks of the couriers, in their words; `request` is kept as it came, to be echoed."""

    order_id: str
    display_id: str
    pickup: Point
    dropoff: Point
    vehicles: list[str] = []
    instructions: str = ""
    max_extra_percent: float | None = None
    deliver_within_minutes: int | None = None
    returns: bool = False
    awaits: list[Told] = []
    request: dict[str, Any] = {}


class Booking(BaseModel):
    """One attempt at one order by one provider; estimates and `next_due` are city seconds, other times wall time."""

    delivery_id: str
    provider: str
    errand: Errand
    scenarios: list[str]
    state: State = State.LIVE
    posts: int = 1
    created_at: float
    price_cents: int
    extra_percent: int
    vehicle: str
    courier_id: str
    courier_name: str
    courier_start: Point
    pickup_estimate: float
    dropoff_estimate: float
    deliver_by: float
    answer_by: float
    plan: list[Leg]
    next_due: float | None = None
    told: list[Told] = []
    history: list[Happening]
    problems: list[Problem] = []

    @property
    def at(self) -> Happening:
        """Where the booking stands: the last happening that was not a mere problem."""
        return next(h for h in reversed(self.history) if h.step is not Step.PROBLEM)

    def happened(self, step: Step) -> Happening | None:
        """When a step was last taken, if it was."""
        return next((h for h in reversed(self.history) if h.step is step), None)

    def arm(self, since: float) -> None:
        """Decide when the next planned step falls due, `since` the city second from which it is waited for."""
        ready = bool(self.plan) and set(self.plan[0].awaits) <= set(self.told)
        self.next_due = since + self.plan[0].wait if ready else None
