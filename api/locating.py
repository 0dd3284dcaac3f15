"""Where a shipment's ends lie: asked once, before carriers are."""

import asyncio

from api.deps import Parts
from domain.deliveries import Shipment
from domain.places import Point, Points, Stop


async def locate(parts: Parts, shipment: Shipment) -> Points | None:
    """The points of the stops that came without coordinates, both asked at once; None where there is nothing to
    add. Never raises, and takes no longer than the geocoder's deadline."""
    pickup, dropoff = await asyncio.gather(_point(parts, shipment.pickup), _point(parts, shipment.dropoff))
    return Points(pickup=pickup, dropoff=dropoff) if pickup or dropoff else None


async def _point(parts: Parts, stop: Stop) -> Point | None:
    return None if stop.address.located else await parts.geocoder.locate(stop.address)
