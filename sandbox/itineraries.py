"""What will happen to a booking: the scenarios that can be asked for, and the legs of each."""

import re

from sandbox.bookings import Decision, Leg, Reason, Step, Told
from sandbox.city import Point, streets_m
from sandbox.providers import Provider

SCENARIOS = frozenset(
    {
        "delivered",
        "refused",  # REJECTED after PENDING
        "refused_at_once",  # the booking itself is answered with a refusal
        "never_accepted",
        "silent",  # no webhook after the acceptance
        "silent_all",  # no webhook at all
        "returned",  # nobody home; goes back when told so, or when told nothing for a while
        "waits_for_decision",  # nobody home; waits for an answer for ever
        "lost",
        "slow_pickup",  # the courier is hours on the way to the counter
        "cancelled_by_carrier",
        "price_drift",  # accepted, 60 % dearer than quoted
        "duplicated",  # webhooks twice, shuffled
        "slow_reply",  # the booking takes three seconds to be answered
        "refuses_cancel",
        "no_refund",  # cancels, and keeps what was paid
    }
)

_MARK = re.compile(r"\[sandbox:([^\]]*)\]")
_AT_THE_COUNTER_S = 90
_TO_HAND_OVER_S = 90
_TO_SET_OUT_S = 30
_TO_REFUSE_S = 20
_PATIENCE_S = 600
_HOURS_LATE_S = 4 * 3600


class UnknownScenario(ValueError):
    """No scenario has this name."""


def scenarios(instructions: str, provider: Provider) -> set[str]:
    """The scenarios asked for by `[sandbox:name,provider=name]` that concern this provider, and its own temper."""
    asked = set(provider.scenarios)
    for mark in _MARK.findall(instructions):
        for word in mark.split(","):
            whose, _, name = word.strip().rpartition("=")
            if name not in SCENARIOS:
                raise UnknownScenario(name)
            if whose in ("", provider.name):
                asked.add(name)
    return asked


def refusal(provider: Provider, reason: Reason) -> list[Leg]:
    """The carrier thinks about it and says no."""
    return [Leg(step=Step.REJECTED, wait=provider.accepts_after_s + _TO_REFUSE_S, reason=reason)]


def to_pickup(provider: Provider, start: Point, pickup: Point) -> list[Leg]:
    """From the booking to the courier's arrival at the merchant."""
    return [
        Leg(step=Step.ACCEPTED, wait=provider.accepts_after_s),
        Leg(step=Step.TO_PICKUP, wait=_TO_SET_OUT_S),
        Leg(step=Step.AT_PICKUP, wait=provider.ride_s(streets_m(start, pickup))),
    ]


def to_dropoff(provider: Provider, pickup: Point, dropoff: Point, awaits: list[Told]) -> list[Leg]:
    """From the merchant's counter to the customer's door."""
    return [
        Leg(step=Step.PICKED_UP, wait=_AT_THE_COUNTER_S, awaits=[t for t in awaits if t is not Told.CONCLUDED]),
        Leg(step=Step.TO_DROPOFF, wait=_TO_SET_OUT_S),
        Leg(step=Step.AT_DROPOFF, wait=provider.ride_s(streets_m(pickup, dropoff))),
    ]


def hand_over(way_back: list[Leg], awaits: list[Told]) -> list[Leg]:
    """The customer takes it; some couriers then bring something back to the merchant."""
    finish = Leg(step=Step.FINISHED, wait=_TO_SET_OUT_S, awaits=[t for t in awaits if t is Told.CONCLUDED])
    return [Leg(step=Step.HANDED_OVER, wait=_TO_HAND_OVER_S), *way_back, finish]


def way_back(provider: Provider, pickup: Point, dropoff: Point) -> list[Leg]:
    """From the customer's door back to the merchant."""
    return [
        Leg(step=Step.RETURNING, wait=_TO_SET_OUT_S),
        Leg(step=Step.RETURNED, wait=provider.ride_s(streets_m(dropoff, pickup))),
    ]


def cancelled(provider: Provider, asked: list[str]) -> list[Leg]:
    """The courier is called off; where it was paid before, the money comes back, or does not."""
    legs = [Leg(step=Step.CANCELLED, wait=0)]
    if provider.refunds_after_s is not None:
        step = Step.REFUND_REJECTED if "no_refund" in asked else Step.REFUNDED
        legs.append(Leg(step=step, wait=provider.refunds_after_s))
    return legs


def itinerary(
    provider: Provider, start: Point, pickup: Point, dropoff: Point, returns: bool, awaits: list[Told], asked: set[str]
) -> list[Leg]:
    """Everything that will happen to an accepted booking unless somebody steps in."""
    there, ride = to_pickup(provider, start, pickup), to_dropoff(provider, pickup, dropoff, awaits)
    back = way_back(provider, pickup, dropoff)
    if "slow_pickup" in asked:
        there[-1].wait += _HOURS_LATE_S
    if "never_accepted" in asked:
        return []
    if "cancelled_by_carrier" in asked:
        return [there[0], Leg(step=Step.CANCELLED, wait=_TO_REFUSE_S)]
    if "lost" in asked:
        half_way = Leg(step=Step.PROBLEM, wait=ride[-1].wait / 2, reason=Reason.THEFT)
        return [*there, *ride[:-1], half_way, Leg(step=Step.CANCELLED, wait=_TO_SET_OUT_S)]
    if asked & {"returned", "waits_for_decision"}:
        nobody = Leg(step=Step.PROBLEM, wait=_TO_HAND_OVER_S, reason=Reason.NOBODY_HOME)
        back[0].wait = _PATIENCE_S
        back[0].awaits = [Told.DECISION] if "waits_for_decision" in asked else []
        return [*there, *ride, nobody, *back, Leg(step=Step.FINISHED, wait=_TO_SET_OUT_S)]
    return [*there, *ride, *hand_over(back if returns else [], awaits)]


def decided(decision: Decision, back: list[Leg], returns: bool, awaits: list[Told]) -> list[Leg]:
    """What happens instead, once the sender has decided about a problem at the customer's door."""
    match decision:
        case Decision.DELIVER:
            return hand_over(back if returns else [], awaits)
        case Decision.RETURN:
            return [*back, Leg(step=Step.FINISHED, wait=_TO_SET_OUT_S)]
        case Decision.CANCEL:
            return [Leg(step=Step.CANCELLED, wait=0)]
