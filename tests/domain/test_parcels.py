"""What goes into which vehicle."""

import pytest

from domain.parcels import Parcel, fits

ROOM = (400, 300, 300)


@pytest.mark.parametrize(
    ("parcels", "inside"),
    [
        ([(20_000, 300, 300, 400)], True),
        ([(20_000, 400, 300, 300)], True),
        ([(20_001, 10, 10, 10)], False),
        ([(10_000, 10, 10, 10), (10_001, 10, 10, 10)], False),
        ([(1, 301, 301, 10)], False),
        ([(1, 401, 1, 1)], False),
        ([(1, 200, 300, 300), (1, 200, 300, 300)], True),
        ([(1, 200, 300, 300), (1, 201, 300, 300)], False),
    ],
)
def test_a_vehicle_takes_what_is_light_and_small_enough(parcels: list[tuple[int, ...]], inside: bool) -> None:
    names = ("weight_g", "length_mm", "width_mm", "height_mm")
    load = (Parcel(description="x", **dict(zip(names, parcel, strict=True))) for parcel in parcels)
    assert fits(load, 20_000, ROOM) is inside
