"""What the ports promise, held to by the atlas over real HTTP and by its fake."""

from typing import Any

import pytest
from fakes import InMemoryPlaces
from servers import address

from domain import errors
from domain.places import PartialAddress, Point
from sandbox.streets import KNOWN

NOWHERE = "http://127.0.0.1:1"


@pytest.fixture(params=["atlas", "fake"])
def knows(request: pytest.FixtureRequest, sandbox_url: str, atlas: Any) -> Any:
    if request.param == "atlas":
        return atlas("", geocoder_url=f"{sandbox_url}/maps", cep_url=f"{sandbox_url}/cep")
    fake = InMemoryPlaces()
    for code, known in KNOWN.items():
        name, district, city = known.street
        fake.points[code] = Point(latitude=known.latitude, longitude=known.longitude)
        fake.addresses[code] = PartialAddress(street=name, district=district, city=city, state="SP", postal_code=code)
    return fake


@pytest.fixture(params=["atlas", "fake"])
def down(request: pytest.FixtureRequest, atlas: Any) -> Any:
    if request.param == "atlas":
        return atlas(NOWHERE)
    fake = InMemoryPlaces()
    fake.down = True
    return fake


async def test_a_known_address_has_its_point_and_another_none(knows: Any) -> None:
    assert await knows.locate(address()) == Point(latitude=-23.5614, longitude=-46.6560)
    assert await knows.locate(address(postal_code="69000-000")) is None


async def test_a_known_code_has_its_street_and_another_none(knows: Any) -> None:
    assert await knows.look_up("BR", "01310200") == PartialAddress(
        street="Avenida Paulista", district="Bela Vista", city="São Paulo", state="SP", postal_code="01310200"
    )
    assert await knows.look_up("BR", "69000000") is None
    assert await knows.look_up("PT", "01310200") is None


async def test_who_is_down_has_no_points_and_looks_nothing_up(down: Any) -> None:
    assert await down.locate(address()) is None
    with pytest.raises(errors.Unavailable):
        await down.look_up("BR", "01310200")
