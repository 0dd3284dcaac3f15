"""Open Delivery Logistics V2 as courier companies speak it: https://www.opendelivery.com.br."""

import hashlib
from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter

from sandbox.bookings import Booking, Happening
from sandbox.faults import Operation
from sandbox.open_delivery.routes import routes
from sandbox.open_delivery.telling import EVENTS, REASONS, app_id, callback
from sandbox.providers import Callback, Documented, Means, Provider
from sandbox.world import World

NAME = "open_delivery"
MERCHANT_ID = "22815773000169-dbc7e35a-c936-4665-9e13-eb55eb8b6824"
MERCHANT_NAME = "Entrega"


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


_ASKED = (Operation.QUOTE, Operation.BOOK)


def _error(code: str, status: int, means: Means, *operations: str) -> Documented:
    return Documented(code, status, means, {"title": code, "status": status}, operations or _ASKED)


_ERRORS = (
    # The reasons of a refusal travel as titles; 404 is what a service answers that will not come.
    *(_error(title, 404, Means.NO) for title in sorted({*REASONS.values()} - {"NOBODY_TO_RECEIVE", "FRAUD_OR_THEFT"})),
    _error("INVALID_ADDRESS", 422, Means.NO),
    _error("Bad request", 400, Means.NO),
    _error("Forbidden", 403, Means.NO),
    _error("Unprocessable entity", 422, Means.NO),
)


class OpenDelivery:
    """The protocol, as the sandbox finds it."""

    name = NAME
    providers = _PROVIDERS
    statuses = tuple(EVENTS.values())
    errors = _ERRORS

    def routes(self) -> APIRouter:
        """Under /open_delivery/{provider}."""
        return routes()

    def callback(self, world: World, booking: Booking, happening: Happening) -> Callback | None:
        """A `newLogisticEvent`."""
        return callback(world, booking, happening)

    def settings(self, provider: Provider) -> Mapping[str, str]:
        """What the other side must be told of a provider, beside its address and credentials."""
        return {"merchant_id": MERCHANT_ID, "merchant_name": MERCHANT_NAME, "app_id": app_id(provider.name)}


PROTOCOL = OpenDelivery()
