"""Service areas are kept by staff; what they say is what a check answers."""

from typing import Any

import httpx
import pytest
from bodies import shipment

from domain.users import Role

ALWAYS = [{"weekday": day, "opens": "00:00", "closes": "23:59:59"} for day in range(7)]
CENTRE = {
    "name": "Centro",
    "postal_ranges": [{"first": "01000000", "last": "05999999"}],
    "hours": ALWAYS,
    "capacity": 7,
}


async def test_an_area_is_made_changed_and_deleted(http: httpx.AsyncClient, signed: Any) -> None:
    staff = await signed(Role.SUPPORT)
    made = await http.post("/v1/areas", json=CENTRE, headers=staff)
    assert made.status_code == 201
    where = made.headers["location"]
    assert (await http.get(where, headers=staff)).json() == made.json()
    changed = await http.put(where, json={**CENTRE, "capacity": 3}, headers=staff)
    assert changed.json()["capacity"] == 3
    assert [area["capacity"] for area in (await http.get("/v1/areas", headers=staff)).json()["items"]] == [3]
    assert (await http.delete(where, headers=staff)).status_code == 204
    assert (await http.delete(where, headers=staff)).status_code == 404
    assert (await http.put(where, json=CENTRE, headers=staff)).status_code == 404


@pytest.mark.parametrize(
    "more",
    [
        {"postal_ranges": []},
        {"postal_ranges": [{"first": "05000000", "last": "01000000"}]},
        {"hours": [{"weekday": 7, "opens": "08:00", "closes": "18:00"}]},
        {"hours": [{"weekday": 1, "opens": "18:00", "closes": "08:00"}]},
        {"timezone": "Mars/Olympus"},
        {"timezone": "../../etc/passwd"},
        {"capacity": -1},
        {"window_minutes": 0},
        {"radius": {"latitude": 0, "longitude": 0, "metres": 1}},
    ],
)
async def test_an_area_that_cannot_be(more: dict[str, Any], http: httpx.AsyncClient, signed: Any) -> None:
    answer = await http.post("/v1/areas", json={**CENTRE, **more}, headers=await signed(Role.SUPPORT))
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")


async def test_what_a_check_answers(http: httpx.AsyncClient, signed: Any) -> None:
    customer = await signed()
    nowhere = await http.post("/v1/availability", json=shipment(), headers=customer)
    assert nowhere.json()["reason"] == "region_not_served"
    await http.post("/v1/areas", json=CENTRE, headers=await signed(Role.SUPPORT))
    open_now = (await http.post("/v1/availability", json=shipment(), headers=customer)).json()
    assert open_now["places_left"] == 7
    assert open_now["reason"] == "carrier_refused"  # the only carrier there is cannot be reached
    assert open_now["carriers"][0] == {
        "carrier": "open_delivery",
        "carrier_account": "ligeiro",
        "available": False,
        "reason": "unreachable",
    }
