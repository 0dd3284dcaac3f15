"""Where a shipment's ends lie is found before anybody is asked about it; what a postal code tells fills in forms."""

from typing import Any, cast

import fakes
import httpx
import pytest
import structlog
from bodies import shipment
from test_quotes import Scripted
from world import stop

from api.deps import Parts
from domain.errors import Unavailable
from domain.places import PartialAddress, Point
from domain.users import Role

PAULISTA, ITAIM = Point(latitude=-23.5614, longitude=-46.656), Point(latitude=-23.5868, longitude=-46.682)
WHERE = "/v1/places/cep/01310200"


@pytest.fixture
def places(parts: Parts) -> fakes.InMemoryPlaces:
    known = cast(fakes.InMemoryPlaces, parts.geocoder)
    known.points |= {"01310200": PAULISTA, "04538133": ITAIM}
    known.addresses["01310200"] = PartialAddress(
        street="Avenida Paulista", district="Bela Vista", city="São Paulo", state="SP", postal_code="01310200"
    )
    return known


def ends(parts: Parts) -> list[Point | None]:
    """Where the only carrier was told to go."""
    (carrier,) = cast(Scripted, parts.carriers).by_ref.values()
    addresses = [one.address for one in (carrier.requests["quote"].pickup, carrier.requests["quote"].dropoff)]
    return [Point(latitude=a.latitude, longitude=a.longitude) if a.located else None for a in addresses]


async def test_a_price_is_asked_with_the_points_of_both_ends(
    http: httpx.AsyncClient, signed: Any, parts: Parts, places: fakes.InMemoryPlaces
) -> None:
    parts.carriers = Scripted(cheap=1000)
    answer = await http.post("/v1/quotes", json=shipment(), headers=await signed())
    assert answer.status_code == 200
    assert ends(parts) == [PAULISTA, ITAIM]


async def test_nobody_is_asked_where_the_customer_says_it_is(
    http: httpx.AsyncClient, signed: Any, parts: Parts, places: fakes.InMemoryPlaces
) -> None:
    parts.carriers = Scripted(cheap=1000)
    given = stop()
    given["address"] |= {"latitude": -23.0, "longitude": -46.0}
    await http.post("/v1/quotes", json=shipment(pickup=given), headers=await signed())
    assert ends(parts) == [Point(latitude=-23.0, longitude=-46.0), ITAIM]
    assert [address.postal_code for address in places.located] == ["04538133"]


async def test_a_geocoder_that_is_down_costs_the_points_alone(
    http: httpx.AsyncClient, signed: Any, parts: Parts, places: fakes.InMemoryPlaces
) -> None:
    parts.carriers = Scripted(cheap=1000)
    places.down = True
    answer = await http.post("/v1/quotes", json=shipment(), headers=await signed())
    assert len(answer.json()["offers"]) == 1
    assert ends(parts) == [None, None]


@pytest.mark.parametrize(("metres", "reason"), [(5_000, None), (2_000, "region_not_served")])
async def test_an_area_by_radius_holds_addresses_without_coordinates(
    metres: int, reason: str | None, http: httpx.AsyncClient, signed: Any, parts: Parts, places: fakes.InMemoryPlaces
) -> None:
    parts.carriers = Scripted(cheap=1000)
    area = {
        "name": "Paulista",
        "radius": {"latitude": PAULISTA.latitude, "longitude": PAULISTA.longitude, "metres": metres},
        "hours": [{"weekday": day, "opens": "00:00", "closes": "23:59:59"} for day in range(7)],
    }
    await http.post("/v1/areas", json=area, headers=await signed(Role.SUPPORT))
    answer = await http.post("/v1/availability", json=shipment(), headers=await signed())
    assert answer.json()["reason"] == reason


async def test_a_postal_code_tells_an_address(
    http: httpx.AsyncClient, signed: Any, places: fakes.InMemoryPlaces
) -> None:
    headers = await signed()
    answer = await http.get(WHERE, headers=headers)
    assert answer.json() == {
        "street": "Avenida Paulista",
        "district": "Bela Vista",
        "city": "São Paulo",
        "state": "SP",
        "postal_code": "01310200",
    }
    assert (await http.get("/v1/places/cep/01310-200", headers=headers)).json() == answer.json()


@pytest.mark.parametrize(
    ("cep", "status", "code"),
    [
        ("99999999", 404, "not_found"),
        ("0131020", 422, "invalid"),
        ("013102000", 422, "invalid"),
        ("0131-0200", 422, "invalid"),
        ("abcdefgh", 422, "invalid"),
        ("01310200%00", 422, "invalid"),
        ("%D9%A0%D9%A1310200", 422, "invalid"),
    ],
)
async def test_what_is_no_postal_code(
    cep: str, status: int, code: str, http: httpx.AsyncClient, signed: Any, places: fakes.InMemoryPlaces
) -> None:
    answer = await http.get(f"/v1/places/cep/{cep}", headers=await signed())
    assert (answer.status_code, answer.json()["code"]) == (status, code)


async def test_a_look_up_that_is_down_is_a_problem_and_no_log_says_whose_code_it_was(
    http: httpx.AsyncClient, signed: Any, places: fakes.InMemoryPlaces
) -> None:
    places.down = True
    headers = await signed()
    with structlog.testing.capture_logs() as logs:
        answer = await http.get(WHERE, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (503, Unavailable.code)
    assert answer.headers["retry-after"]
    assert [line["event"] for line in logs] == ["not served", "request"]
    assert {line["route"] for line in logs} == {"/places/cep/{cep}"}
    assert "01310200" not in str(logs)
