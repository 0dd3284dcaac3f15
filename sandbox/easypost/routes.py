"""The routes, as EasyPost serves them for the carriers behind it."""

import time
import uuid
from collections.abc import Callable, Coroutine
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, PlainTextResponse
from fastapi.security import HTTPBasic

from sandbox.bookings import Booking, Reason
from sandbox.couriers import Refusal
from sandbox.easypost.shapes import Buy, Create, Kept, Rate, Shipment
from sandbox.easypost.telling import Error, error, named, refund_status, refused, shipment, tracker
from sandbox.faults import Operation
from sandbox.providers import Provider
from sandbox.wire import FaultyRoute, provider_of, slowly, world_of
from sandbox.world import World

_TROUBLE = {Reason.TOO_FAR: "no service to this postal code", Reason.NO_VEHICLE: "no service for this parcel"}
# What each service costs against a plain ride, in percent; and its days.
_SERVICES = (("Correios", "PAC", 100, 6), ("Correios", "SEDEX", 180, 1))
_CENTS_AN_OUNCE = 2


class SpokenRoute(FaultyRoute):
    """A route whose refusals are in the protocol's words."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The handler, with what it raises put into words."""
        handle = super().get_route_handler()

        async def spoken(request: Request) -> Response:
            try:
                return await handle(request)
            except Refusal as refusal:
                return refused(refusal)
            except RequestValidationError as invalid:
                first = invalid.errors()[0]
                told = error("PARAMETER.REQUIRED", "A parameter is missing or wrong.")
                field = {"field": ".".join(str(part) for part in first["loc"][1:]), "message": first["msg"]}
                told["error"]["errors"].append(field)
                return JSONResponse(told, 422)

        return spoken


async def _authorised(request: Request) -> Provider:
    provider = provider_of(request)
    given = await HTTPBasic(auto_error=False)(request)
    if given is None or given.username != provider.credentials["api_key"]:
        raise Error(401, "UNAUTHORIZED", "No such key.")
    return provider


Caller = Annotated[Provider, Depends(_authorised)]


def remember(world: World, kept: Kept) -> None:
    """Keeps a shipment, bought or not."""
    world.store.set_note(f"easypost/{kept.id}", kept.model_dump_json())


def recall(world: World, provider: Provider, shipment_id: str) -> Kept:
    """A provider's shipment; raises the protocol's 404."""
    note = world.store.note(f"easypost/{shipment_id}")
    kept = Kept.model_validate_json(note) if note else None
    if kept is None or kept.provider != provider.name:
        raise Error(404, "NOT_FOUND", "No such shipment.")
    return kept


def _priced(world: World, provider: Provider, shipment_id: str, asked: Shipment) -> tuple[list[Rate], str]:
    estimate = world.couriers.estimate(provider, asked.errand())
    if estimate.problem is not None:
        return [], _TROUBLE[estimate.problem]
    plain = estimate.price_cents + round(float(asked.parcel.weight) * _CENTS_AN_OUNCE)
    rates = [
        Rate(id=named("rate", shipment_id, name), carrier=carrier, service=name, cents=plain * part // 100, days=days)
        for carrier, name, part, days in _SERVICES
    ]
    return rates, ""


def routes() -> APIRouter:
    """Everything under /easypost/{provider}."""
    router = APIRouter(route_class=SpokenRoute)

    def found(request: Request, provider: Provider, shipment_id: str) -> tuple[World, Kept, Booking | None]:
        world = world_of(request)
        return world, recall(world, provider, shipment_id), world.store.last_booking(provider.name, shipment_id)

    @router.post("/v2/shipments", tags=[Operation.QUOTE], status_code=201)
    async def create(wanted: Create, provider: Caller, request: Request) -> dict[str, Any]:
        world, shipment_id, asked = world_of(request), f"shp_{uuid.uuid4().hex}", wanted.shipment
        rates, trouble = _priced(world, provider, shipment_id, asked)
        url = str(request.url).partition("/v2/")[0]
        kept = Kept(
            id=shipment_id,
            provider=provider.name,
            created_at=time.time(),
            url=url,
            asked=asked,
            rates=rates,
            trouble=trouble,
        )
        remember(world, kept)
        return shipment(world, kept, None)

    @router.get("/v2/shipments/{shipment_id}", tags=[Operation.FIND])
    async def retrieve(shipment_id: str, provider: Caller, request: Request) -> dict[str, Any]:
        return shipment(*found(request, provider, shipment_id))

    @router.post("/v2/shipments/{shipment_id}/buy", tags=[Operation.BOOK])
    async def buy(shipment_id: str, wanted: Buy, provider: Caller, request: Request) -> dict[str, Any]:
        world, kept, before = found(request, provider, shipment_id)
        if before is not None:
            before.posts += 1
            world.store.save_booking(before)
            raise Error(422, "SHIPMENT.POSTAGE.EXISTS", "It has been bought already.")
        if all(rate.id != wanted.rate.id for rate in kept.rates):
            raise Error(422, "SHIPMENT.MISSING_RATE", "It has no such rate.")
        try:
            booking = world.couriers.book(provider, kept.asked.errand(shipment_id, rate_id=wanted.rate.id))
        except Refusal as refusal:
            code = "SHIPMENT.OPTIONS.INVALID" if refusal.status == 400 else "SHIPMENT.POSTAGE.FAILURE"
            raise Error(422, code, refusal.title) from refusal
        await slowly(booking.scenarios)
        return shipment(world, kept, booking)

    @router.post("/v2/shipments/{shipment_id}/refund", tags=[Operation.CANCEL])
    async def refund(shipment_id: str, provider: Caller, request: Request) -> dict[str, Any]:
        world, kept, booking = found(request, provider, shipment_id)
        if booking is None:
            raise Error(422, "SHIPMENT.POSTAGE.REQUIRED", "Nothing has been bought.")
        if refund_status(booking) is not None:
            raise Error(422, "SHIPMENT.REFUND.UNAVAILABLE", "A refund has been asked for already.")
        try:
            world.couriers.cancel(provider, shipment_id)
        except Refusal as refusal:
            raise Error(422, "SHIPMENT.REFUND.UNAVAILABLE", refusal.title) from refusal
        return shipment(world, kept, world.couriers.find(provider, shipment_id))

    @router.get("/labels/{shipment_id}", tags=[Operation.ANY])
    async def label(shipment_id: str, request: Request) -> PlainTextResponse:
        world, kept, booking = found(request, provider_of(request), shipment_id)
        if booking is None:
            raise Error(404, "NOT_FOUND", "No label yet.")
        told = shipment(world, kept, booking)
        service, to = told["selected_rate"]["service"], kept.asked.to_address
        return PlainTextResponse(f"{service}\n{told['tracking_code']}\n{to.zip} {to.country}\n")

    @router.get("/track/{shipment_id}", tags=[Operation.ANY])
    async def track(shipment_id: str, request: Request) -> PlainTextResponse:
        world, kept, booking = found(request, provider_of(request), shipment_id)
        steps = tracker(world, kept, booking)["tracking_details"] if booking else []
        return PlainTextResponse("".join(f"{step['datetime']} {step['message']}\n" for step in steps))

    return router
