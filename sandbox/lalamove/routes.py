"""The routes, as Lalamove serves them."""

import base64
import hmac
import json
import random
import time
from collections.abc import Callable, Coroutine
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse

from sandbox.bookings import Booking, Errand, State, Step
from sandbox.couriers import Refusal
from sandbox.faults import Operation
from sandbox.lalamove.shapes import Data, Order, Quotation, Refused, unreadable
from sandbox.lalamove.telling import coordinates, distance, driver, driver_id, iso, order, price, signature, status
from sandbox.providers import Provider
from sandbox.wire import FaultyRoute, provider_of, slowly, world_of
from sandbox.world import World

_STANDS_FOR_S = 300.0  # wall seconds: whoever chooses does not live faster with the city
_CLOCKS_DIFFER_BY_S = 300.0
_PHOTO = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNk+A8AAQUBAScY42YAAAAASUVORK5CYII="
)

# How it says what the couriers' company says in no protocol's words.
_IN_ITS_WORDS = {
    (Operation.BOOK, 422): (402, "ERR_INSUFFICIENT_CREDIT"),
    (Operation.CANCEL, 422): (409, "ERR_CANCELLATION_FORBIDDEN"),
}


class LalamoveRoute(FaultyRoute):
    """A route whose refusals are Lalamove's."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The handler, with its errors in their envelope."""
        handle, operation = super().get_route_handler(), Operation(str(self.tags[0]))

        async def spoken(request: Request) -> Response:
            try:
                return await handle(request)
            except RequestValidationError as error:
                return _told(unreadable(error))
            except Refused as refused:
                return _told(refused)
            except Refusal as refusal:
                usual = (404, "ERR_ORDER_NOT_FOUND") if refusal.status == 404 else (422, "ERR_INVALID_FIELD")
                status, error_id = _IN_ITS_WORDS.get((operation, refusal.status), usual)
                return _told(Refused(status, error_id, refusal.title))

        return spoken


def _told(refused: Refused) -> Response:
    if not refused.id:
        return JSONResponse({"message": refused.title}, refused.status)
    said = {"id": refused.id, "message": refused.title, "detail": refused.detail}
    return JSONResponse({"errors": [{name: text for name, text in said.items() if text}]}, refused.status)


async def _authorised(
    request: Request, request_id: Annotated[str, Header()] = "", authorization: Annotated[str, Header()] = ""
) -> Provider:
    """Every request is signed over method, path and body, at a time that is about now."""
    provider = provider_of(request)
    key, timestamp, mac = (*authorization.removeprefix("hmac ").split(":"), "", "")[:3]
    path, body = request.scope["raw_path"].decode(), await request.body()
    right = hmac.compare_digest(mac.encode(), signature(provider, timestamp, request.method, path, body).encode())
    known = key == provider.credentials["api_key"] and authorization.startswith("hmac ") and timestamp.isdecimal()
    if not right or not known or abs(int(timestamp) / 1000 - time.time()) > _CLOCKS_DIFFER_BY_S:
        raise Refused(401, "", "Unauthorized")
    if not request_id:
        raise Refused(400, "", "Request-ID is missing")
    return provider


Caller = Annotated[Provider, Depends(_authorised)]


def routes() -> APIRouter:
    """Everything under /lalamove/{provider}."""
    router = APIRouter(route_class=LalamoveRoute)

    @router.post("/v3/quotations", tags=[Operation.QUOTE], status_code=201)
    async def quote(
        provider: Caller, asked: Data[Quotation], request: Request, market: Annotated[str, Header()] = ""
    ) -> dict[str, Any]:
        wanted, world = asked.data, world_of(request)
        wanted.check(provider, market)
        estimate = world.couriers.estimate(provider, _errand(wanted))
        if estimate.problem is not None:
            raise Refused(422, "ERR_OUT_OF_SERVICE_AREA", "Given latitude/longitude is out of service area.")
        now, ends = time.time(), (wanted.stops[0].coordinates.point, wanted.stops[-1].coordinates.point)
        stops = [
            {"stopId": _number(), "coordinates": coordinates(s.coordinates.point), "address": s.address}
            for s in wanted.stops
        ]
        quotation = {
            "quotationId": _number(),
            "scheduleAt": iso(wanted.schedule_at.timestamp() if wanted.schedule_at else now),
            "expiresAt": iso(now + _STANDS_FOR_S),
            "serviceType": wanted.service_type,
            "language": wanted.language.upper(),
            "stops": stops,
            "isRouteOptimized": False,
            "priceBreakdown": price(provider, estimate.price_cents),
            "distance": distance(*ends),
        }
        kept = {"provider": provider.name, "until": now + _STANDS_FOR_S, "asked": wanted.model_dump(mode="json")}
        _keep(world, {**kept, "told": quotation})
        return {"data": quotation}

    @router.post("/v3/orders", tags=[Operation.BOOK], status_code=201)
    async def place(provider: Caller, asked: Data[Order], request: Request) -> dict[str, Any]:
        world, wanted = world_of(request), asked.data
        kept = json.loads(world.store.note(_note(wanted.quotation_id)) or "null")
        if kept is None or kept["provider"] != provider.name or kept["until"] < time.time() or kept.get("used"):
            raise Refused(422, "ERR_INVALID_QUOTATION_ID", "The quotation is unknown, used or expired.")
        wanted.check([stop["stopId"] for stop in kept["told"]["stops"]])
        remarks = "\r\n".join(contact.remarks for contact in wanted.recipients if contact.remarks)
        errand = _errand(Quotation.model_validate(kept["asked"], by_name=True)).model_copy(
            update={
                "order_id": _number(),
                # Counter and courier know an order by what the sender writes first.
                "display_id": remarks.split("\r\n")[0],
                "instructions": remarks,
                "request": {
                    "base": f"{request.url.scheme}://{request.url.netloc}/lalamove/{provider.name}",
                    "quotation": kept["told"],
                    "contacts": [contact.model_dump() for contact in (wanted.sender, *wanted.recipients)],
                    "proof": wanted.is_pod_enabled,
                    "metadata": wanted.metadata,
                },
            }
        )
        with world.store.transaction():
            booking = world.couriers.book(provider, errand)
            _keep(world, {**kept, "used": True})
        await slowly(booking.scenarios)
        return {"data": order(world, booking)}

    @router.get("/v3/orders/{order_id}", tags=[Operation.FIND])
    async def details(order_id: str, provider: Caller, request: Request) -> dict[str, Any]:
        world = world_of(request)
        return {"data": order(world, world.couriers.find(provider, order_id))}

    @router.get("/v3/orders/{order_id}/drivers/{number}", tags=[Operation.ANY])
    async def who(order_id: str, number: str, provider: Caller, request: Request) -> dict[str, Any]:
        world = world_of(request)
        booking = world.couriers.find(provider, order_id)
        if not number or number != driver_id(booking):
            raise Refused(404, "ERR_DRIVER_NOT_FOUND", "Driver not found.")
        if booking.state is not State.LIVE:
            raise Refused(403, "", "Forbidden")
        return {"data": driver(world, booking)}

    @router.delete("/v3/orders/{order_id}", tags=[Operation.CANCEL], status_code=204)
    async def cancel(order_id: str, provider: Caller, request: Request) -> Response:
        couriers = world_of(request).couriers
        if couriers.find(provider, order_id).state in (State.CANCELLED, State.REJECTED):
            raise Refused(422, "ERR_CANCELLATION", "Cannot cancel order.")
        couriers.cancel(provider, order_id)
        return Response(status_code=204)

    @router.get("/pod/{order_id}.png", tags=[Operation.ANY])
    async def photo(order_id: str, request: Request) -> Response:
        booking = _found(request, order_id)
        if booking.happened(Step.HANDED_OVER) is None:
            raise Refused(404, "", "Not Found")
        return Response(_PHOTO, media_type="image/png")

    @router.get("/share/{order_id}", tags=[Operation.ANY])
    async def share(order_id: str, request: Request) -> Response:
        return Response(f"Pedido {order_id}: {status(_found(request, order_id))}", media_type="text/plain")

    return router


def _found(request: Request, order_id: str) -> Booking:
    return world_of(request).couriers.find(provider_of(request), order_id)


def _errand(wanted: Quotation) -> Errand:
    pickup, dropoff = wanted.stops[0].coordinates.point, wanted.stops[-1].coordinates.point
    return Errand(order_id="", display_id="", pickup=pickup, dropoff=dropoff, vehicles=[wanted.service_type])


def _note(quotation_id: str) -> str:
    return f"lalamove/quotation/{quotation_id}"


def _keep(world: World, kept: dict[str, Any]) -> None:
    world.store.set_note(_note(kept["told"]["quotationId"]), json.dumps(kept))


def _number() -> str:
    """Nineteen digits, like everything that Lalamove numbers."""
    return str(random.randrange(10**18, 10**19))  # noqa: S311 - a number, not a secret
