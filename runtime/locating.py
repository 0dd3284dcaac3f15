"""Where a shipment's ends lie: asked once, before carriers are."""

import asyncio

from domain.deliveries import Shipment
from domain.place_ports import Geocoder
from domain.places import Point, Points, Stop


async def locate(geocoder: Geocoder, shipment: Shipment) -> Points | None:
    """The points of the stops that came without coordinates, both asked at once; None where there is nothing to
    add. Never raises, and takes no longer than the geocoder's deadline."""
    pickup, dropoff = await asyncio.gather(_point(geocoder, shipment.pickup), _point(geocoder, shipment.dropoff))
    return Points(pickup=pickup, dropoff=dropoff) if pickup or dropoff else None


async def _point(geocoder: Geocoder, stop: Stop) -> Point | None:
    return None if stop.address.located else await geocoder.locate(stop.address)
