"""How it is told: events, details and webhooks, signed."""

import json
from datetime import UTC, datetime
from typing import Any

from sandbox.bookings import Booking, Decision, Happening, Problem, Reason, State, Step
from sandbox.providers import Callback
from sandbox.tokens import signature
from sandbox.world import World

EVENTS = {
    Step.PENDING: "PENDING",
    Step.ACCEPTED: "ACCEPTED",
    Step.REJECTED: "REJECTED",
    Step.TO_PICKUP: "PICKUP_ONGOING",
    Step.AT_PICKUP: "ARRIVED_AT_MERCHANT",
    Step.PICKED_UP: "ORDER_PICKED",
    Step.TO_DROPOFF: "DELIVERY_ONGOING",
    Step.AT_DROPOFF: "ARRIVED_AT_CUSTOMER",
    Step.HANDED_OVER: "ORDER_DELIVERED",
    Step.RETURNING: "RETURNING_TO_MERCHANT",
    Step.RETURNED: "RETURNED_TO_MERCHANT",
    Step.FINISHED: "DELIVERY_FINISHED",
    Step.CANCELLED: "CANCELLED",
}
REASONS = {
    Reason.NO_COURIER: "NO_DELIVERYPERSON_AVAILABLE",
    Reason.NO_VEHICLE: "VEHICLE_NOT_AVAILABLE",
    Reason.TOO_FAR: "REGION_NOT_SERVED",
    Reason.TOO_SLOW: "DOES_NOT_MEET_REQUESTED_TIMES",
    Reason.TOO_DEAR: "PRICE_EXCEEDED",
    Reason.NOBODY_HOME: "NOBODY_TO_RECEIVE",
    Reason.THEFT: "FRAUD_OR_THEFT",
}
DECISIONS = {
    "DELIVER_PRODUCT": Decision.DELIVER,
    "RETURN_TO_STORE": Decision.RETURN,
    "CANCEL_DELIVERY": Decision.CANCEL,
}


def iso(wall: float) -> str:
    """A wall time as the protocol writes it."""
    return datetime.fromtimestamp(int(wall), UTC).isoformat().replace("+00:00", "Z")


def etas(world: World, pickup_at: float, dropoff_at: float) -> dict[str, str]:
    """When a courier would be at either door."""
    return {
        "pickupEtaDatetime": iso(world.clock.wall(pickup_at)),
        "deliveryEtaDatetime": iso(world.clock.wall(dropoff_at)),
    }


def price(cents: int) -> dict[str, Any]:
    """An amount as the protocol writes it."""
    return {"price": {"value": cents / 100, "currency": "BRL"}}


def _event(happening: Happening) -> dict[str, Any]:
    told: dict[str, Any] = {"type": EVENTS[happening.step], "datetime": iso(happening.at)}
    if happening.step is Step.REJECTED and happening.reason:
        told["rejectionInfo"] = {"reason": REASONS[happening.reason]}
    return told


def _problem(problem: Problem) -> dict[str, Any]:
    return {"reason": REASONS[problem.reason], "datetime": iso(problem.at), "message": problem.reason.value}


def _common(booking: Booking) -> dict[str, Any]:
    errand = booking.errand
    told: dict[str, Any] = {
        "deliveryId": booking.delivery_id,
        "orderId": errand.order_id,
        "orderDisplayId": errand.display_id,
        **errand.request,
    }
    if booking.at.step not in (Step.PENDING, Step.REJECTED, Step.CANCELLED):
        told["vehicle"] = {"type": booking.vehicle, "container": "NORMAL"}
        told["deliveryPrice"] = price(round(booking.price_cents * (100 + booking.extra_percent) / 100))
        told["deliveryPerson"] = {"id": booking.courier_id, "name": booking.courier_name}
    return told


def details(world: World, booking: Booking) -> dict[str, Any]:
    """Everything about one order."""
    finished = booking.happened(Step.FINISHED)
    times: dict[str, Any] = {
        "deliveryEtaDate": iso(world.clock.wall(booking.dropoff_estimate)),
        "maxDeliveryTime": iso(world.clock.wall(booking.deliver_by)),
        "isDeliveryFinished": booking.state is State.FINISHED,
    }
    if finished is not None:
        times["deliveryFinishDate"] = iso(finished.at)
    actions = {decision: action for action, decision in DECISIONS.items()}
    problems = []
    for problem in booking.problems:
        told = {**_problem(problem), "resolved": problem.decision is not None}
        problems.append({**told, "actionTaken": actions[problem.decision]} if problem.decision else told)
    events = [_event(happening) for happening in booking.history if happening.step in EVENTS]
    return {**_common(booking), "events": events, "problem": problems, "times": times}


def callback(world: World, booking: Booking, happening: Happening) -> Callback:
    """The webhook of a happening, signed over its very bytes."""
    provider = world.providers[booking.provider]
    told = {**_common(booking), "event": _event(booking.at)}
    if happening.step is Step.PROBLEM:
        last = booking.problems[-1]
        flags = {"canFinishDeliver": last.reason is not Reason.THEFT, "needMerchantAction": last.needs_decision}
        told["problem"] = [{**_problem(last), **flags}]
    if "deliveryPerson" in told:
        where = world.couriers.position(booking, happening.city_at)
        told["eta"] = etas(world, booking.pickup_estimate, booking.dropoff_estimate)
        told["geoLocalization"] = where.model_dump()
    body = json.dumps(told, ensure_ascii=False).encode()
    headers = {
        "X-App-Id": app_id(provider.name),
        "X-App-MerchantId": told["merchant"]["id"],
        "X-App-Signature": signature(provider.credentials["client_secret"], body),
    }
    return Callback(body, headers)


def app_id(name: str) -> str:
    """The provider's own id, in its webhooks."""
    return f"sandbox-{name}"
