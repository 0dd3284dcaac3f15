"""A small city around the centre of São Paulo: where addresses are, and how couriers ride between them."""

import hashlib
import math

from pydantic import BaseModel, ConfigDict

from sandbox.streets import KNOWN

_METRES_PER_DEGREE = 111_320.0
_HALF_CITY_M = 4_000.0
_COURIERS_WAIT_WITHIN_M = 1_500.0


class Point(BaseModel):
    """A place on the map, in degrees."""

    model_config = ConfigDict(frozen=True)

    latitude: float
    longitude: float


CENTRE = Point(latitude=-23.5505, longitude=-46.6333)


def place(latitude: float | None, longitude: float | None, postal_code: str) -> Point:
    """Where an address is: its coordinates; or else its street, where it is a known one; or else a spot in the city
    that is always the same for its postal code."""
    if latitude is not None and longitude is not None:
        return Point(latitude=latitude, longitude=longitude)
    code = "".join(filter(str.isalnum, postal_code))
    if known := KNOWN.get(code):
        return Point(latitude=known.latitude, longitude=known.longitude)
    return near(CENTRE, code, _HALF_CITY_M)


def near(point: Point, seed: str, within_m: float = _COURIERS_WAIT_WITHIN_M) -> Point:
    """A spot around a point, decided by the seed alone."""
    digest = hashlib.sha256(seed.encode()).digest()
    north, east = (int.from_bytes(digest[i : i + 4]) / 2**31 - 1 for i in (0, 4))
    return _moved(point, north * within_m, east * within_m)


def streets_m(a: Point, b: Point) -> float:
    """Metres from one point to another along a grid of streets."""
    return sum(abs(metres) for metres in _legs(a, b))


def along(a: Point, b: Point, fraction: float) -> Point:
    """Where a courier is who has ridden a fraction of the way, first north or south, then east or west."""
    north, east = _legs(a, b)
    ridden = min(max(fraction, 0.0), 1.0) * (abs(north) + abs(east))
    first = min(ridden, abs(north))
    return _moved(a, math.copysign(first, north), math.copysign(ridden - first, east))


def _legs(a: Point, b: Point) -> tuple[float, float]:
    north = (b.latitude - a.latitude) * _METRES_PER_DEGREE
    return north, (b.longitude - a.longitude) * _METRES_PER_DEGREE * math.cos(math.radians(a.latitude))


def _moved(point: Point, north_m: float, east_m: float) -> Point:
    across = _METRES_PER_DEGREE * math.cos(math.radians(point.latitude))
    return Point(
        latitude=round(point.latitude + north_m / _METRES_PER_DEGREE, 6),
        longitude=round(point.longitude + east_m / across, 6),
    )
