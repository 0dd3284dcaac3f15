"""Uber Direct as Uber speaks it: https://developer.uber.com/docs/deliveries."""

import hashlib
from collections.abc import Mapping, Sequence

from fastapi import APIRouter

from sandbox.bookings import Booking, Happening
from sandbox.providers import Callback, Provider
from sandbox.uber_direct.ids import customer_id
from sandbox.uber_direct.refusals import ERRORS
from sandbox.uber_direct.routes import routes
from sandbox.uber_direct.telling import STATUSES, callbacks
from sandbox.world import World

NAME = "uber_direct"


def _secret(what: str) -> str:
    return hashlib.sha256(f"sandbox/urbano/{what}".encode()).hexdigest()


# Neither the cheapest nor the fastest: what is booked by a rule goes to those whose every scenario is played.
_URBANO = Provider(
    name="urbano",
    protocol=NAME,
    description="in the middle, and takes no instructions",
    base_cents=1100,
    cents_per_km=250,
    kmh=22.0,
    accepts_after_s=30.0,
    vehicles=("motorcycle", "car"),
    credentials={
        "client_id": "entrega-urbano",
        "client_secret": _secret("client"),
        "webhook_secret": _secret("webhook"),
    },
)


class UberDirect:
    """The protocol, as the sandbox finds it."""

    name = NAME
    providers = (_URBANO,)
    statuses = tuple(dict.fromkeys(STATUSES.values()))
    errors = ERRORS

    def routes(self) -> APIRouter:
        """Under /uber_direct/{provider}."""
        return routes()

    def callback(self, world: World, booking: Booking, happening: Happening) -> Sequence[Callback]:
        """Its webhooks of a happening."""
        return callbacks(world, booking, happening)

    def settings(self, provider: Provider) -> Mapping[str, str]:
        """The organisation."""
        return {"customer_id": customer_id(provider)}


PROTOCOL = UberDirect()
