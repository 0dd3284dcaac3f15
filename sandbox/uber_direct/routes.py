"""The routes, as Uber Direct serves them; its token endpoint, which has a host of its own, lies beside them."""

import time
import uuid
from collections.abc import Callable, Coroutine
from typing import Annotated, Any
from urllib.parse import parse_qs, urlencode

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse

from sandbox.bookings import Booking, State, Step
from sandbox.couriers import Refusal
from sandbox.faults import Operation
from sandbox.providers import Provider
from sandbox.tokens import Caller, grant
from sandbox.uber_direct.ids import customer_id, delivery_id, read_id, read_quote
from sandbox.uber_direct.refusals import Refused
from sandbox.uber_direct.shapes import DeliveryWanted, QuoteWanted
from sandbox.uber_direct.telling import delivery, quoted, refund, status
from sandbox.wire import FaultyRoute, provider_of, slowly, world_of
from sandbox.world import World

_SCOPE = "eats.deliveries"


class _Route(FaultyRoute):
    """Refusals in its own words."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The handler, with refusals told as the protocol tells them."""
        handle = super().get_route_handler()

        async def answered(request: Request) -> Response:
            try:
                return await handle(request)
            except RequestValidationError as error:
                first = error.errors()[0]
                refused = Refused("invalid_params", **{str(first["loc"][-1]): str(first["msg"])})
            except Refused as error:
                refused = error
            except Refusal as error:
                refused = Refused("unauthorized" if error.status == 401 else "invalid_params")
            return JSONResponse(refused.body, refused.status)

        return answered


def _customer(customer: str, provider: Caller) -> Provider:
    if customer != customer_id(provider):
        raise Refused("customer_not_found")
    return provider


Customer = Annotated[Provider, Depends(_customer)]


def routes() -> APIRouter:
    """Everything under /uber_direct/{provider}."""
    router = APIRouter(route_class=_Route)

    @router.post("/oauth/v2/token", tags=[Operation.TOKEN])
    async def token(request: Request) -> JSONResponse:
        form = {name: values[-1] for name, values in parse_qs((await request.body()).decode()).items()}
        if _SCOPE not in form.get("scope", "").split():
            return JSONResponse({"error": "invalid_scope"}, 400)
        try:
            given = (form.get(name, "") for name in ("client_id", "client_secret", "grant_type"))
            return JSONResponse({**grant(provider_of(request), *given), "scope": _SCOPE})
        except Refusal:
            return JSONResponse({"error": "invalid_client"}, 401)

    @router.post("/v1/customers/{customer}/delivery_quotes", tags=[Operation.QUOTE])
    async def quote(wanted: QuoteWanted, provider: Customer, request: Request) -> dict[str, Any]:
        world = world_of(request)
        estimate = world.couriers.estimate(provider, wanted.errand())
        if estimate.problem is not None:
            raise Refused("address_undeliverable")
        return quoted(world, provider, estimate)

    @router.post("/v1/customers/{customer}/deliveries", tags=[Operation.BOOK])
    async def create(wanted: DeliveryWanted, provider: Customer, request: Request) -> dict[str, Any]:
        world = world_of(request)
        booking = _take(world, provider, wanted)
        await slowly(booking.scenarios)
        return delivery(world, booking, world.clock.now())

    @router.get("/v1/customers/{customer}/deliveries", tags=[Operation.FIND])
    async def listed(
        provider: Customer,
        request: Request,
        wanted: Annotated[str | None, Query(alias="filter")] = None,
        limit: Annotated[int, Query(ge=1, le=100)] = 30,
        offset: Annotated[int, Query(ge=0)] = 0,
    ) -> dict[str, Any]:
        world = world_of(request)
        mine = [booking for booking in reversed(world.store.bookings()) if booking.provider == provider.name]
        found = [booking for booking in mine if not wanted or wanted in (status(booking), _ongoing(booking))]
        here = request.url.path.removeprefix(f"/{provider.protocol}/{provider.name}")
        more = urlencode({"filter": wanted or "", "limit": limit, "offset": offset + limit})
        page = found[offset : offset + limit]
        return {
            "data": [delivery(world, booking, world.clock.now()) for booking in page],
            "next_href": f"{here}?{more}" if len(found) > offset + limit else "",
            "total_count": -1,
        }

    @router.get("/v1/customers/{customer}/deliveries/{reference}", tags=[Operation.FIND])
    async def find(reference: str, provider: Customer, request: Request) -> dict[str, Any]:
        world = world_of(request)
        booking, back = _booking(world, provider, reference)
        told = delivery(world, booking, world.clock.now(), back=back)
        given_back = None if back else refund(booking)
        return {**told, "refund": given_back} if given_back else told

    @router.post("/v1/customers/{customer}/deliveries/{reference}/cancel", tags=[Operation.CANCEL])
    async def cancel(reference: str, provider: Customer, request: Request) -> dict[str, Any]:
        world = world_of(request)
        booking, back = _booking(world, provider, reference)
        if back or booking.state is not State.LIVE:
            raise Refused("noncancelable_delivery")
        try:
            world.couriers.cancel(provider, booking.errand.order_id)
        except Refusal:
            raise Refused("noncancelable_delivery") from None
        booking, _ = _booking(world, provider, reference)
        return delivery(world, booking, world.clock.now())

    return router


def _take(world: World, provider: Provider, wanted: DeliveryWanted) -> Booking:
    """Books once per idempotency key, and uses up the quote; raises Refused."""
    errand = wanted.as_errand(wanted.idempotency_key or wanted.external_id or str(uuid.uuid4()))
    last = world.store.last_booking(provider.name, errand.order_id)
    anew = last is None or last.state is State.REJECTED
    if anew and wanted.quote_id:
        price_cents, expires_at = read_quote(provider, wanted.quote_id)
        if time.time() > expires_at:
            raise Refused("expired_quote")
        if world.store.note(f"used/{wanted.quote_id}"):
            raise Refused("used_quote")
        if world.couriers.estimate(provider, errand).price_cents != price_cents:
            raise Refused("mismatched_price_quote")
    try:
        booking = world.couriers.book(provider, errand)
    except Refusal as refusal:
        if last is not None and not anew:
            raise Refused("duplicate_delivery", delivery_id=delivery_id(last)) from None
        if refusal.status == 400:
            raise Refused("invalid_params", dropoff_notes=refusal.title) from None
        raise Refused("address_undeliverable") from None
    if wanted.quote_id:
        world.store.set_note(f"used/{wanted.quote_id}", booking.delivery_id)
    return booking


def _booking(world: World, provider: Provider, reference: str) -> tuple[Booking, bool]:
    booking_id, back = read_id(reference)
    booking = world.store.booking(provider.name, booking_id)
    if booking is None or (back and not booking.happened(Step.RETURNING)):
        raise Refused("delivery_not_found")
    return booking, back


def _ongoing(booking: Booking) -> str:
    return "" if status(booking) in ("delivered", "canceled", "returned") else "ongoing"
