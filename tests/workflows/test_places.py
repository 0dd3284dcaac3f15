"""The points of a delivery's ends: found before it begins, told to carriers, and to nobody else."""

from types import SimpleNamespace
from typing import Any, cast

import fakes
import pytest
from temporalio.client import Client
from world import Life, World, request, stop

from api.deliveries.asking import request_delivery
from api.deps import Parts
from domain.availability import Radius
from domain.deliveries import DeliveryStatus
from domain.places import Point, Points
from domain.users import OrgRole, Principal, Role
from runtime.settings import Settings

PAULISTA = Point(latitude=-23.5614, longitude=-46.656)
ITAIM = Point(latitude=-23.5868, longitude=-46.682)
OPERATIONS = ("quote", "availability", "book")


def ends(asked: Any) -> list[tuple[float | None, float | None]]:
    return [(one.address.latitude, one.address.longitude) for one in (asked.pickup, asked.dropoff)]


async def test_every_carrier_is_told_where_it_is_and_the_request_stays_as_it_was_sent(world: World, life: Life) -> None:
    carrier = world.carrier("fast")
    life.points = Points(pickup=PAULISTA, dropoff=ITAIM)
    await life.booked()
    there = [(PAULISTA.latitude, PAULISTA.longitude), (ITAIM.latitude, ITAIM.longitude)]
    assert {name: ends(carrier.requests[name]) for name in OPERATIONS} == dict.fromkeys(OPERATIONS, there)
    assert life.row.points == life.points
    assert life.row.request == request()
    assert life.row.request.fingerprint() == request().fingerprint()


async def test_coordinates_that_the_customer_gave_are_not_replaced(world: World, life: Life) -> None:
    carrier = world.carrier("fast")
    life.points = Points(pickup=PAULISTA, dropoff=ITAIM)
    given = stop("04538133")
    given["address"] |= {"latitude": -23.6, "longitude": -46.7}
    await life.requested(dropoff=given)
    assert ends(carrier.requests["quote"]) == [(PAULISTA.latitude, PAULISTA.longitude), (-23.6, -46.7)]


async def test_an_area_by_radius_is_open_to_whom_the_map_knows(world: World, life: Life, client: Client) -> None:
    world.carrier("fast")
    world.radius = Radius(latitude=PAULISTA.latitude, longitude=PAULISTA.longitude, metres=5_000)
    life.points = Points(pickup=PAULISTA, dropoff=ITAIM)
    assert (await life.booked()).slot is not None
    unknown = Life(client, world)
    with pytest.raises(Exception, match="update failed") as refused:
        await unknown.accept(await unknown.requested())
    assert refused.value.__cause__.type == "not_available"  # type: ignore[union-attr]


async def test_where_it_is_appears_in_no_line_and_no_search_attribute(world: World, life: Life) -> None:
    world.carrier("fast")
    life.points = Points(pickup=PAULISTA, dropoff=ITAIM)
    await life.booked()
    description = await life.handle.describe()
    told = f"{world.journal[life.id]} {description.typed_search_attributes} {description.static_summary}"
    assert "delivery.booked" in told
    assert not [part for part in ("23.56", "46.65", "23.58", "46.68") if part in told]


async def test_the_api_finds_the_points_before_the_delivery_begins(world: World, client: Client) -> None:
    carrier = world.carrier("fast")
    places = fakes.InMemoryPlaces()
    places.points["04538133"] = ITAIM
    parts = cast(
        Parts,
        SimpleNamespace(
            settings=Settings(),
            deliveries=fakes.InMemoryDeliveryStore(fakes.InMemoryJournal()),
            policies=fakes.InMemoryPolicyStore(),
            contracts=fakes.InMemoryContractStore(),
            terms=fakes.InMemoryTermsStore(),
            carriers=world,
            geocoder=places,
            temporal=client,
        ),
    )
    caller = Principal(user_id="usr_1", organisation_id="org_1", role=Role.CUSTOMER, org_role=OrgRole.OWNER)
    delivery, _ = await request_delivery(parts, caller, request(), "places")
    assert delivery.status is DeliveryStatus.QUOTED
    assert delivery.points == Points(dropoff=ITAIM)
    assert sorted(address.postal_code for address in places.located) == ["01310200", "04538133"]
    assert ends(carrier.requests["quote"]) == [(None, None), (ITAIM.latitude, ITAIM.longitude)]
