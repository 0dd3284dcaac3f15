"""Open Delivery Logistics V2 as courier companies speak it: https://www.opendelivery.com.br."""

import hashlib
import hmac
import json
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from sandbox.bookings import Booking, Decision, Errand, Happening, Problem, Reason, State, Step, Told
from sandbox.city import Point, place
from sandbox.couriers import Refusal
from sandbox.faults import Operation
from sandbox.providers import Callback, Provider
from sandbox.wire import FaultyRoute, provider_of, slowly, world_of
from sandbox.world import World

NAME = "open_delivery"
_TOKEN_LIVES_S = 3600
MERCHANT_ID = "22815773000169-dbc7e35a-c936-4665-9e13-eb55eb8b6824"
MERCHANT_NAME = "Entrega"

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
_DECISIONS = {
    "DELIVER_PRODUCT": Decision.DELIVER,
    "RETURN_TO_STORE": Decision.RETURN,
    "CANCEL_DELIVERY": Decision.CANCEL,
}


def _provider(name: str, description: str, **more: Any) -> Provider:
    # A provider's secret is made from its name: the sandbox guards nothing, but the signatures are real.
    secret = hashlib.sha256(f"sandbox/{name}".encode()).hexdigest()
    credentials = {"client_id": f"entrega-{name}", "client_secret": secret}
    usual = {"accepts_after_s": 30.0, "vehicles": ("MOTORBIKE_BAG", "MOTORBIKE_BOX")}
    return Provider(name=name, protocol=NAME, description=description, credentials=credentials, **{**usual, **more})


_PROVIDERS = (
    _provider(
        "ligeiro", "fast and dear", base_cents=1400, cents_per_km=300, kmh=40.0, accepts_after_s=20.0,
        vehicles=("MOTORBIKE_BAG", "MOTORBIKE_BOX", "CAR"),
    ),
    _provider(
        "tartaruga", "slow and cheap", base_cents=500, cents_per_km=100, kmh=15.0, accepts_after_s=60.0,
        vehicles=("BICYCLE", "MOTORBIKE_BAG", "MOTORBIKE_BOX", "CAR"),
    ),
    _provider(
        "recusa", "offers, and then refuses every booking", base_cents=1300, cents_per_km=280, kmh=25.0,
        scenarios=frozenset({"refused"}),
    ),
    _provider(
        "trava", "hangs when it is asked for a price", base_cents=600, cents_per_km=120, kmh=30.0,
        faults={Operation.QUOTE: "hang"},
    ),
    _provider(
        "confuso", "reports everything twice and out of order", base_cents=1000, cents_per_km=220, kmh=25.0,
        scenarios=frozenset({"duplicated"}),
    ),
)  # fmt: skip


class Said(BaseModel):
    """What is read of a request; the rest is kept as it came."""

    model_config = ConfigDict(alias_generator=to_camel, extra="allow")


class Merchant(Said):
    """Who sends."""

    id: str = Field(min_length=1)
    name: str


class Address(Said):
    """A place."""

    country: str = Field(pattern=r"^[A-Z]{2}$")
    state: str
    city: str
    district: str
    street: str
    number: str
    postal_code: str
    complement: str
    latitude: float | None = None
    longitude: float | None = None

    @property
    def point(self) -> Point:
        """Where it is in the city."""
        return place(self.latitude, self.longitude, self.postal_code)


class Vehicle(Said):
    """What it may travel in."""

    type: list[str] = Field(min_length=1, max_length=10)
    container: str


class Limits(Said):
    """Minutes."""

    delivery_limit: int | None = None


class Price(Said):
    """Money as the protocol writes it."""

    value: Decimal
    currency: str = Field(pattern=r"^[A-Z]{3}$")


class Shipment(Said):
    """What a simulation and an order have in common."""

    merchant: Merchant
    pickup_address: Address
    delivery_address: Address
    return_to_merchant: bool
    can_combine: bool
    vehicle: Vehicle
    limit_times: Limits
    total_order_price: Price
    total_weight: int = Field(gt=0)
    special_instructions: str = ""

    def errand(self, order_id: str = "", display_id: str = "", **more: Any) -> Errand:
        """The same in the couriers' words."""
        return Errand(
            order_id=order_id,
            display_id=display_id,
            pickup=self.pickup_address.point,
            dropoff=self.delivery_address.point,
            vehicles=self.vehicle.type,
            instructions=self.special_instructions,
            deliver_within_minutes=self.limit_times.delivery_limit,
            returns=self.return_to_merchant,
            **more,
        )


class Order(Shipment):
    """A delivery that is wanted."""

    order_id: str = Field(pattern=r"^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$")
    order_display_id: str
    customer_name: str
    payments: dict[str, Any]
    notify_ready_for_pickup: bool = False
    notify_pickup: bool = False
    notify_conclusion: bool = False
    additional_price_percentual: float | None = None

    def as_errand(self) -> Errand:
        """Kept with what is echoed in events."""
        notices = {
            Told.READY: self.notify_ready_for_pickup,
            Told.PICKED: self.notify_pickup,
            Told.CONCLUDED: self.notify_conclusion,
        }
        return self.errand(
            self.order_id.lower(),
            self.order_display_id,
            awaits=[told for told, wanted in notices.items() if wanted],
            max_extra_percent=self.additional_price_percentual,
            request={"merchant": self.merchant.model_dump(), "customerName": self.customer_name},
        )


class Grant(BaseModel):
    """Client credentials."""

    client_id: str
    client_secret: str
    grant_type: str


class Handling(Said):
    """What the merchant wants done about a problem."""

    reason: str
    action: str


def _signature(provider: Provider, body: bytes) -> str:
    return hmac.new(provider.credentials["client_secret"].encode(), body, hashlib.sha256).hexdigest()


def _authorised(request: Request) -> Provider:
    """A bearer token says until when, and is signed: nothing to remember, so it outlives a restart."""
    provider = provider_of(request)
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    until, _, mac = token.partition(".")
    right = (
        scheme.lower() == "bearer"
        and until.isdigit()
        and hmac.compare_digest(mac, _signature(provider, until.encode()))
    )
    if not right or int(until) < time.time():
        raise Refusal(401, "Unauthorized")
    return provider


Caller = Annotated[Provider, Depends(_authorised)]


def _routes() -> APIRouter:
    router = APIRouter(route_class=FaultyRoute)

    @router.post("/oauth/token", tags=[Operation.TOKEN])
    async def token(grant: Grant, request: Request) -> dict[str, Any]:
        provider = provider_of(request)
        given = {"client_id": grant.client_id, "client_secret": grant.client_secret}
        if given != provider.credentials or grant.grant_type != "client_credentials":
            raise Refusal(401, "Unauthorized")
        until = str(int(time.time()) + _TOKEN_LIVES_S)
        access = f"{until}.{_signature(provider, until.encode())}"
        return {"access_token": access, "token_type": "bearer", "expires_in": _TOKEN_LIVES_S}

    @router.post("/v2/logistics/availability", tags=[Operation.QUOTE])
    async def availability(shipment: Shipment, provider: Caller, request: Request) -> dict[str, Any]:
        world = world_of(request)
        estimate = world.couriers.estimate(provider, shipment.errand())
        if estimate.problem is not None:
            raise Refusal(404, REASONS[estimate.problem])
        return {
            "vehicles": {"availableVehicles": 3, "vehiclesAvailable": {"type": [estimate.vehicle]}},
            "ETAs": _etas(world, estimate.pickup_at, estimate.dropoff_at),
            "deliveryPrice": _price(estimate.price_cents),
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
                "estimate": _iso(world.clock.wall(booking.dropoff_estimate)),
                "rejectAfter": _iso(booking.answer_by),
            },
        }

    @router.get("/v2/logistics/delivery/{order_id}", tags=[Operation.FIND])
    async def details(order_id: str, provider: Caller, request: Request) -> dict[str, Any]:
        world = world_of(request)
        return _details(world, world.couriers.find(provider, order_id.lower()))

    @router.post("/v2/logistics/cancel/{order_id}", tags=[Operation.CANCEL], status_code=202)
    async def cancel(order_id: str, wanted: Handling, provider: Caller, request: Request) -> Response:  # noqa: ARG001
        world_of(request).couriers.cancel(provider, order_id.lower())
        return Response(status_code=202)

    @router.post("/v2/logistics/handleProblem/{order_id}", tags=[Operation.PROBLEM])
    async def handle_problem(order_id: str, wanted: Handling, provider: Caller, request: Request) -> Response:
        decision = _DECISIONS.get(wanted.action)
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


# ── how it is told ────────────────────────────────────────────────────────────────────────────────────────


def _iso(wall: float) -> str:
    return datetime.fromtimestamp(int(wall), UTC).isoformat().replace("+00:00", "Z")


def _etas(world: World, pickup_at: float, dropoff_at: float) -> dict[str, str]:
    return {
        "pickupEtaDatetime": _iso(world.clock.wall(pickup_at)),
        "deliveryEtaDatetime": _iso(world.clock.wall(dropoff_at)),
    }


def _price(cents: int) -> dict[str, Any]:
    return {"price": {"value": cents / 100, "currency": "BRL"}}


def _event(happening: Happening) -> dict[str, Any]:
    told: dict[str, Any] = {"type": EVENTS[happening.step], "datetime": _iso(happening.at)}
    if happening.step is Step.REJECTED and happening.reason:
        told["rejectionInfo"] = {"reason": REASONS[happening.reason]}
    return told


def _problem(problem: Problem) -> dict[str, Any]:
    return {"reason": REASONS[problem.reason], "datetime": _iso(problem.at), "message": problem.reason.value}


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
        told["deliveryPrice"] = _price(round(booking.price_cents * (100 + booking.extra_percent) / 100))
        told["deliveryPerson"] = {"id": booking.courier_id, "name": booking.courier_name}
    return told


def _details(world: World, booking: Booking) -> dict[str, Any]:
    finished = booking.happened(Step.FINISHED)
    times: dict[str, Any] = {
        "deliveryEtaDate": _iso(world.clock.wall(booking.dropoff_estimate)),
        "maxDeliveryTime": _iso(world.clock.wall(booking.deliver_by)),
        "isDeliveryFinished": booking.state is State.FINISHED,
    }
    if finished is not None:
        times["deliveryFinishDate"] = _iso(finished.at)
    actions = {decision: action for action, decision in _DECISIONS.items()}
    problems = []
    for problem in booking.problems:
        told = {**_problem(problem), "resolved": problem.decision is not None}
        problems.append({**told, "actionTaken": actions[problem.decision]} if problem.decision else told)
    events = [_event(happening) for happening in booking.history if happening.step in EVENTS]
    return {**_common(booking), "events": events, "problem": problems, "times": times}


def _callback(world: World, booking: Booking, happening: Happening) -> Callback:
    provider = world.providers[booking.provider]
    told = {**_common(booking), "event": _event(booking.at)}
    if happening.step is Step.PROBLEM:
        last = booking.problems[-1]
        flags = {"canFinishDeliver": last.reason is not Reason.THEFT, "needMerchantAction": last.needs_decision}
        told["problem"] = [{**_problem(last), **flags}]
    if "deliveryPerson" in told:
        where = world.couriers.position(booking, happening.city_at)
        told["eta"] = _etas(world, booking.pickup_estimate, booking.dropoff_estimate)
        told["geoLocalization"] = where.model_dump()
    body = json.dumps(told, ensure_ascii=False).encode()
    headers = {
        "X-App-Id": app_id(provider.name),
        "X-App-MerchantId": told["merchant"]["id"],
        "X-App-Signature": _signature(provider, body),
    }
    return Callback(body, headers)


def app_id(name: str) -> str:
    """The provider's own id, in its webhooks."""
    return f"sandbox-{name}"


class OpenDelivery:
    """The protocol, as the sandbox finds it."""

    name = NAME
    providers = _PROVIDERS

    def routes(self) -> APIRouter:
        """Under /open_delivery/{provider}."""
        return _routes()

    def callback(self, world: World, booking: Booking, happening: Happening) -> Callback | None:
        """A `newLogisticEvent`."""
        return _callback(world, booking, happening)

    def settings(self, provider: Provider) -> Mapping[str, str]:
        """What the other side must be told of a provider, beside its address and credentials."""
        return {"merchant_id": MERCHANT_ID, "merchant_name": MERCHANT_NAME, "app_id": app_id(provider.name)}


PROTOCOL = OpenDelivery()
