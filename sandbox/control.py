"""The sandbox's own controls, for whoever runs it: who exists, what is booked, what shall go wrong, how time runs."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field

from sandbox.bookings import Booking
from sandbox.couriers import Refusal
from sandbox.faults import Fault, Operation
from sandbox.wire import world_of

router = APIRouter(prefix="/control")


class Webhook(BaseModel):
    """Where a provider's webhooks go."""

    url: str = Field(pattern=r"^https?://")


class Wrong(BaseModel):
    """A fault on order: how often (without: from now on), at whom, in what."""

    provider: str = "*"
    operation: Operation = Operation.ANY
    fault: Fault
    times: int | None = Field(default=1, ge=1)
    seconds: float | None = Field(default=None, gt=0)
    code: str | None = Field(default=None, description="which documented error")


class Speed(BaseModel):
    """How many times faster than life."""

    speed: float = Field(gt=0, le=100_000)


@router.get("/health")
async def health() -> dict[str, str]:
    """It runs."""
    return {"status": "ok"}


@router.get("/providers")
async def providers(request: Request) -> dict[str, Any]:
    """Every provider, and what its customer needs to reach it."""
    world = world_of(request)
    items = [
        {
            "name": provider.name,
            "protocol": provider.protocol,
            "display_name": provider.name.title(),
            "description": provider.description,
            "services": provider.services,
            "calm": not provider.scenarios and not provider.faults,
            "base_path": f"/{provider.protocol}/{provider.name}",
            "settings": dict(world.protocols[provider.protocol].settings(provider)),
            "credentials": provider.credentials,
        }
        for provider in world.providers.values()
    ]
    return {"items": items}


@router.get("/protocols")
async def protocols(request: Request) -> dict[str, Any]:
    """Every protocol, with the words and the errors that it documents."""
    items = [
        {"name": name, "statuses": protocol.statuses, "errors": [error._asdict() for error in protocol.errors]}
        for name, protocol in world_of(request).protocols.items()
    ]
    return {"items": items}


@router.put("/providers/{name}/webhook")
async def set_webhook(name: str, webhook: Webhook, request: Request) -> Webhook:
    """From now on its webhooks, waiting ones too, go there."""
    world = world_of(request)
    if name not in world.providers:
        raise Refusal(404, "No such provider")
    world.store.set_endpoint(name, webhook.url)
    return webhook


@router.get("/bookings")
async def bookings(request: Request, order_id: Annotated[str | None, Query()] = None) -> dict[str, Any]:
    """Every booking ever taken, oldest first; `posted` counts how often its order was sent."""
    return {"items": [_shown(booking) for booking in world_of(request).store.bookings(order_id)]}


def _shown(booking: Booking) -> dict[str, Any]:
    return {
        "provider": booking.provider,
        "order_id": booking.errand.order_id,
        "display_id": booking.errand.display_id,
        "delivery_id": booking.delivery_id,
        "state": booking.state,
        "at": booking.at.step,
        "created_at": booking.created_at,
        "posted": booking.posts,
    }


@router.post("/faults", status_code=201)
async def order_fault(wrong: Wrong, request: Request) -> dict[str, int]:
    """Something shall go wrong."""
    stored = world_of(request).store.add_fault(**wrong.model_dump())
    return {"id": stored.id}


@router.get("/faults")
async def faults(request: Request) -> dict[str, Any]:
    """What is still to go wrong."""
    return {"items": [vars(fault) for fault in world_of(request).store.faults()]}


@router.delete("/faults", status_code=204)
async def clear_faults(request: Request) -> None:
    """All is well again."""
    world_of(request).store.clear_faults()


@router.put("/speed")
async def set_speed(speed: Speed, request: Request) -> Speed:
    """Time goes on from this moment at another speed."""
    world = world_of(request)
    world.clock.set_speed(speed.speed)
    world.couriers.wake()
    return speed
