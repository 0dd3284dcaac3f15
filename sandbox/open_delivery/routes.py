"""The routes, as courier companies serve them."""

from typing import Any

from fastapi import APIRouter, Request, Response

from sandbox.bookings import Told
from sandbox.couriers import Refusal
from sandbox.faults import Operation
from sandbox.open_delivery.shapes import Grant, Handling, Order, Shipment
from sandbox.open_delivery.telling import DECISIONS, EVENTS, REASONS, details, etas, iso, price
from sandbox.tokens import Caller, grant
from sandbox.wire import FaultyRoute, provider_of, slowly, world_of


def routes() -> APIRouter:
    """Everything under /open_delivery/{provider}."""
    router = APIRouter(route_class=FaultyRoute)

    @router.post("/oauth/token", tags=[Operation.TOKEN])
    async def token(wanted: Grant, request: Request) -> dict[str, Any]:
        return grant(provider_of(request), wanted.client_id, wanted.client_secret, wanted.grant_type)

    @router.post("/v2/logistics/availability", tags=[Operation.QUOTE])
    async def availability(shipment: Shipment, provider: Caller, request: Request) -> dict[str, Any]:
        world = world_of(request)
        estimate = world.couriers.estimate(provider, shipment.errand())
        if estimate.problem is not None:
            raise Refusal(404, REASONS[estimate.problem])
        return {
            "vehicles": {"availableVehicles": 3, "vehiclesAvailable": {"type": [estimate.vehicle]}},
            "ETAs": etas(world, estimate.pickup_at, estimate.dropoff_at),
            "deliveryPrice": price(estimate.price_cents),
        }

    @router.post("/v2/logistics/delivery", tags=[Operation.BOOK], status_code=202)
    async def order(wanted: Order, provider: Caller, request: Request) -> dict[str, Any]:
        world = world_of(request)
        booking = world.couriers.book(provider, wanted.as_errand())
        await slowly(booking.scenarios)
        return {
            "deliveryId": booking.delivery_id,
            "event": EVENTS[booking.at.step],
            "completion": {
                "estimate": iso(world.clock.wall(booking.dropoff_estimate)),
                "rejectAfter": iso(booking.answer_by),
            },
        }

    @router.get("/v2/logistics/delivery/{order_id}", tags=[Operation.FIND])
    async def find(order_id: str, provider: Caller, request: Request) -> dict[str, Any]:
        world = world_of(request)
        return details(world, world.couriers.find(provider, order_id.lower()))

    @router.post("/v2/logistics/cancel/{order_id}", tags=[Operation.CANCEL], status_code=202)
    async def cancel(order_id: str, wanted: Handling, provider: Caller, request: Request) -> Response:  # noqa: ARG001
        world_of(request).couriers.cancel(provider, order_id.lower())
        return Response(status_code=202)

    @router.post("/v2/logistics/handleProblem/{order_id}", tags=[Operation.PROBLEM])
    async def handle_problem(order_id: str, wanted: Handling, provider: Caller, request: Request) -> Response:
        decision = DECISIONS.get(wanted.action)
        if decision is None:
            raise Refusal(400, "Unknown action")
        world_of(request).couriers.decide(provider, order_id.lower(), decision)
        return Response(status_code=200)

    def tells(path: str, told: Told) -> None:
        @router.post(f"/v2/logistics/{path}/{{order_id}}", tags=[Operation.ANY], name=path)
        async def tell(order_id: str, provider: Caller, request: Request) -> Response:
            world_of(request).couriers.tell(provider, order_id.lower(), told)
            return Response(status_code=200)

    tells("readyForPickup", Told.READY)
    tells("orderPicked", Told.PICKED)
    tells("finishDelivery", Told.CONCLUDED)
    return router
