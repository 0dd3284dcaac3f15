"""The routes, as courier companies serve them."""

import hmac
import time
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response

from sandbox.bookings import Told
from sandbox.couriers import Refusal
from sandbox.faults import Operation
from sandbox.open_delivery.shapes import Grant, Handling, Order, Shipment
from sandbox.open_delivery.telling import DECISIONS, EVENTS, REASONS, details, etas, iso, price, signature
from sandbox.providers import Provider
from sandbox.wire import FaultyRoute, provider_of, slowly, world_of

_TOKEN_LIVES_S = 3600


def _authorised(request: Request) -> Provider:
    """A bearer token says until when, and is signed: nothing to remember, so it outlives a restart."""
    provider = provider_of(request)
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    until, _, mac = token.partition(".")
    right = (
        scheme.lower() == "bearer" and until.isdigit() and hmac.compare_digest(mac, signature(provider, until.encode()))
    )
    if not right or int(until) < time.time():
        raise Refusal(401, "Unauthorized")
    return provider


Caller = Annotated[Provider, Depends(_authorised)]


def routes() -> APIRouter:
    """Everything under /open_delivery/{provider}."""
    router = APIRouter(route_class=FaultyRoute)

    @router.post("/oauth/token", tags=[Operation.TOKEN])
    async def token(grant: Grant, request: Request) -> dict[str, Any]:
        provider = provider_of(request)
        given = {"client_id": grant.client_id, "client_secret": grant.client_secret}
        if given != provider.credentials or grant.grant_type != "client_credentials":
            raise Refusal(401, "Unauthorized")
        until = str(int(time.time()) + _TOKEN_LIVES_S)
        access = f"{until}.{signature(provider, until.encode())}"
        return {"access_token": access, "token_type": "bearer", "expires_in": _TOKEN_LIVES_S}

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
