"""The production adapters over real HTTP against the sandbox's map and postal codes."""

from typing import Any

import pytest
from servers import address

from domain.places import Point
from sandbox.city import place
from sandbox.streets import KNOWN


@pytest.fixture
def knows(sandbox_url: str, atlas: Any) -> Any:
    return atlas("", geocoder_url=f"{sandbox_url}/maps", cep_url=f"{sandbox_url}/cep")


@pytest.mark.parametrize("code", [*sorted(KNOWN), "02345-678", "07123000"])
async def test_the_map_and_the_couriers_agree_on_where_an_address_is(code: str, knows: Any) -> None:
    there = place(None, None, code)
    found = await knows.locate(address(postal_code=code))
    assert found == Point(latitude=there.latitude, longitude=there.longitude)


async def test_the_map_ends_where_the_city_ends(knows: Any) -> None:
    assert await knows.locate(address(postal_code="69000-000", city="Manaus", state="AM")) is None
    assert await knows.locate(address(postal_code="1100-053", city="Lisboa", country="PT")) is None


async def test_other_codes_have_a_street_of_their_own_that_stays(knows: Any, sandbox_url: str, atlas: Any) -> None:
    found = await knows.look_up("BR", "02345678")
    assert found.street
    assert found.district
    again = atlas("", cep_url=f"{sandbox_url}/cep/")
    assert await again.look_up("BR", "02345678") == found
    assert await knows.look_up("BR", "69000000") is None
