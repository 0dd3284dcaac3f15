"""Points fill in what an address lacks, and nothing else."""

import pytest
from pydantic import ValidationError

from domain.deliveries import DeliveryRequest
from domain.places import Address, Point, Points

HERE, THERE = Point(latitude=-23.5, longitude=-46.6), Point(latitude=10, longitude=20)


def address(**more: object) -> Address:
    known = {"street": "Rua A", "number": "1", "district": "Sé", "city": "São Paulo", "state": "SP"}
    return Address.model_validate({**known, "postal_code": "01310200", **more})


def request(**pickup: object) -> DeliveryRequest:
    stop = {"contact": {"name": "Ana"}, "address": address().model_dump()}
    began = {**stop, "address": address(**pickup).model_dump(), "instructions": "Portaria"}
    body = {"pickup": began, "dropoff": stop, "parcels": [{"description": "Bolo", "weight_g": 1}]}
    return DeliveryRequest.model_validate(body)


def test_a_point_makes_an_address_a_place() -> None:
    found = address().at(HERE)
    assert (found.latitude, found.longitude) == (-23.5, -46.6)
    assert found.model_copy(update={"latitude": None, "longitude": None}) == address()
    assert found.distance_m(-23.5, -46.6) == 0
    assert address().at(None) == address()


def test_an_address_that_knows_where_it_is_stays_there() -> None:
    known = address(latitude=1.0, longitude=2.0)
    assert known.at(HERE) == known


@pytest.mark.parametrize(
    ("points", "pickup", "dropoff"),
    [
        (None, None, None),
        (Points(), None, None),
        (Points(pickup=HERE), -23.5, None),
        (Points(dropoff=THERE), None, 10),
        (Points(pickup=HERE, dropoff=THERE), -23.5, 10),
    ],
)
def test_carriers_are_told_what_was_found(points: Points | None, pickup: float | None, dropoff: float | None) -> None:
    asked = request()
    told = asked.for_carriers(points)
    assert (told.pickup.address.latitude, told.dropoff.address.latitude) == (pickup, dropoff)
    assert told.pickup.instructions == "Portaria"
    assert asked.for_carriers() == request().for_carriers()
    assert asked.fingerprint() == request().fingerprint()


def test_what_the_customer_gave_goes_before_what_was_found() -> None:
    told = request(latitude=1.0, longitude=2.0).for_carriers(Points(pickup=HERE, dropoff=THERE))
    assert (told.pickup.address.latitude, told.dropoff.address.latitude) == (1.0, 10)


@pytest.mark.parametrize("wrong", [{"latitude": float("nan")}, {"latitude": 91}, {"longitude": -181}])
def test_a_point_lies_on_the_globe(wrong: dict[str, float]) -> None:
    with pytest.raises(ValidationError):
        Point(**{"latitude": 0, "longitude": 0, **wrong})
