"""A gazetteer, in memory."""

from domain.errors import Unavailable
from domain.places import Address, PartialAddress, Point


class InMemoryPlaces:
    """Points and addresses by postal code; remembers which addresses it was asked for."""

    def __init__(self) -> None:
        self.points: dict[str, Point] = {}
        self.addresses: dict[str, PartialAddress] = {}
        self.located: list[Address] = []
        self.down = False

    async def locate(self, address: Address) -> Point | None:
        self.located.append(address)
        return None if self.down else self.points.get(address.postal_code)

    async def look_up(self, country: str, postal_code: str) -> PartialAddress | None:
        if self.down:
            raise Unavailable
        return self.addresses.get(postal_code) if country == "BR" else None
