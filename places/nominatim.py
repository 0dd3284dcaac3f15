"""Addresses to points, by any server that speaks Nominatim: https://nominatim.org/release-docs/latest/api/Search/.

The public one takes a request a second and wants to know whom it serves (https://operations.osmfoundation.org/policies/
nominatim); what is built on its answers credits © OpenStreetMap contributors.
"""

from typing import Annotated, ClassVar

from pydantic import BaseModel, BeforeValidator, RootModel

from domain.places import Address, Latitude, Longitude, Point
from places._source import Source
from wire import Reply

_NO_NUMBER = frozenset({"", "s/n", "sn"})
_DECIMALS = 6  # a hand's breadth


def _no_truth(value: object) -> object:
    if isinstance(value, bool):
        raise ValueError("a number, perhaps as text")
    return value


class _Match(BaseModel):
    lat: Annotated[Latitude, BeforeValidator(_no_truth)]
    lon: Annotated[Longitude, BeforeValidator(_no_truth)]


class _Matches(RootModel[list[_Match]]):
    """Best first."""


class Nominatim(Source):
    """A geocoder by structured search."""

    name: ClassVar[str] = "geocoder"

    async def locate(self, address: Address) -> Point | None:
        """The best match; None when there is none. Raises Unavailable."""
        return await self.ask("/search", {"format": "jsonv2", "limit": "1", **question(address)}, _point)


def question(address: Address) -> dict[str, str]:
    """The address as the search takes it apart; who lives there, and on which floor, is not its business."""
    street, code = address.street, address.postal_code
    if address.number.casefold() not in _NO_NUMBER:
        street = f"{address.number} {street}"
    if address.country == "BR":
        code = f"{code[:5]}-{code[5:]}"
    asked = {
        "street": street,
        "city": address.city,
        "state": address.state,
        "postalcode": code,
        "country": address.country,
        "countrycodes": address.country.lower(),
    }
    return {name: value for name, value in asked.items() if value}


def _point(reply: Reply) -> Point | None:
    matches = reply.read(_Matches).root
    if not matches:
        return None
    return Point(latitude=round(matches[0].lat, _DECIMALS), longitude=round(matches[0].lon, _DECIMALS))
