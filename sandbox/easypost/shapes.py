"""What is read of a customer's requests, and what is kept of a shipment between them."""

from decimal import Decimal
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from sandbox.bookings import Errand
from sandbox.city import Point, place


class Said(BaseModel):
    """What is read of a request; the rest is kept as it came."""

    model_config = ConfigDict(extra="allow")


class Address(Said):
    """A place, and who is there; it has no coordinates."""

    name: str = Field(min_length=1)
    street1: str = Field(min_length=1)
    city: str
    zip: str = Field(min_length=1)
    country: str = Field(pattern=r"^[A-Z]{2}$")

    @property
    def point(self) -> Point:
        """Where it is in the city."""
        return place(None, None, self.zip)


class Parcel(Said):
    """Ounces and inches."""

    weight: Decimal = Field(gt=0)
    length: Decimal | None = Field(default=None, gt=0)
    width: Decimal | None = Field(default=None, gt=0)
    height: Decimal | None = Field(default=None, gt=0)


class Options(Said):
    """A few of many."""

    label_format: Literal["PNG", "PDF", "ZPL", "EPL2"] = "PNG"
    currency: str = Field(default="USD", pattern=r"^[A-Z]{3}$")
    handling_instructions: str = ""


class Shipment(Said):
    """A parcel that somebody wants to send."""

    from_address: Address
    to_address: Address
    parcel: Parcel
    options: Options = Options()
    reference: str | None = None

    def errand(self, shipment_id: str = "", **request: Any) -> Errand:
        """The same in the couriers' words."""
        return Errand(
            order_id=shipment_id,
            display_id=shipment_id,
            pickup=self.from_address.point,
            dropoff=self.to_address.point,
            instructions=self.options.handling_instructions,
            request=request,
        )


class Create(Said):
    """A shipment is wanted."""

    shipment: Shipment


class Rate(BaseModel):
    """One carrier's price for it."""

    id: str
    carrier: str
    service: str
    cents: int
    days: int


class Buy(Said):
    """Which rate is wanted."""

    class Chosen(Said):
        """By its id."""

        id: str

    rate: Chosen


class Kept(BaseModel):
    """A shipment from the day it was made; whether it was bought the couriers know."""

    id: str
    provider: str
    created_at: float
    url: str
    asked: Shipment
    rates: list[Rate]
    trouble: str = ""
