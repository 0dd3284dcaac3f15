"""What is read of a customer's requests; the rest is kept as it came."""

from decimal import Decimal
from typing import Any

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from sandbox.bookings import Errand, Told
from sandbox.city import Point, place


class Said(BaseModel):
    """What is read of a request; the rest is kept as it came."""

    model_config = ConfigDict(alias_generator=to_camel, extra="allow")


class Merchant(Said):
    """Who sends."""

    id: str = Field(min_length=1)
    name: str


class Address(Said):
    """A place."""

    country: str = Field(pattern=r"^[A-Z]{2}$")
    state: str
    city: str
    district: str
    street: str
    number: str
    postal_code: str
    complement: str
    latitude: float | None = None
    longitude: float | None = None

    @property
    def point(self) -> Point:
        """Where it is in the city."""
        return place(self.latitude, self.longitude, self.postal_code)


class Vehicle(Said):
    """What it may travel in."""

    type: list[str] = Field(min_length=1, max_length=10)
    container: str


class Limits(Said):
    """Minutes."""

    delivery_limit: int | None = None


class Price(Said):
    """Money as the protocol writes it."""

    value: Decimal
    currency: str = Field(pattern=r"^[A-Z]{3}$")


class Shipment(Said):
    """What a simulation and an order have in common."""

    merchant: Merchant
    pickup_address: Address
    delivery_address: Address
    return_to_merchant: bool
    can_combine: bool
    vehicle: Vehicle
    limit_times: Limits
    total_order_price: Price
    total_weight: int = Field(gt=0)
    special_instructions: str = ""

    def errand(self, order_id: str = "", display_id: str = "", **more: Any) -> Errand:
        """The same in the couriers' words."""
        return Errand(
            order_id=order_id,
            display_id=display_id,
            pickup=self.pickup_address.point,
            dropoff=self.delivery_address.point,
            vehicles=self.vehicle.type,
            instructions=self.special_instructions,
            deliver_within_minutes=self.limit_times.delivery_limit,
            returns=self.return_to_merchant,
            **more,
        )


class Order(Shipment):
    """A delivery that is wanted."""

    order_id: str = Field(pattern=r"^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$")
    order_display_id: str
    customer_name: str
    payments: dict[str, Any]
    notify_ready_for_pickup: bool = False
    notify_pickup: bool = False
    notify_conclusion: bool = False
    additional_price_percentual: float | None = None

    def as_errand(self) -> Errand:
        """Kept with what is echoed in events."""
        notices = {
            Told.READY: self.notify_ready_for_pickup,
            Told.PICKED: self.notify_pickup,
            Told.CONCLUDED: self.notify_conclusion,
        }
        return self.errand(
            self.order_id.lower(),
            self.order_display_id,
            awaits=[told for told, wanted in notices.items() if wanted],
            max_extra_percent=self.additional_price_percentual,
            request={"merchant": self.merchant.model_dump(), "customerName": self.customer_name},
        )


class Grant(BaseModel):
    """Client credentials."""

    client_id: str
    client_secret: str
    grant_type: str


class Handling(Said):
    """What the merchant wants done about a problem."""

    reason: str
    action: str
