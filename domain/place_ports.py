"""What knows where addresses lie and what postal codes tell, as protocols."""

from typing import Protocol

from domain.places import Address, PartialAddress, Point


class Geocoder(Protocol):
    """Where addresses lie."""

    async def locate(self, address: Address) -> Point | None:
        """The address's point; None when nobody knows, nobody is there to ask, or nobody answered in time.
        Never raises: having no coordinates is an answer."""


class PostalCodes(Protocol):
    """What lies behind a postal code."""

    async def look_up(self, country: str, postal_code: str) -> PartialAddress | None:
        """The address as far as the code tells it; None when there is no such code. Raises Unavailable when nobody
        can be asked."""
