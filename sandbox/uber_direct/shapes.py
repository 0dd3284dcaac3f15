"""What is read of a customer's requests, as the official OpenAPI has it."""

import json
import time
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field

from sandbox.bookings import Errand
from sandbox.city import Point, place
from sandbox.uber_direct.refusals import Refused

_WAITS_FOR_NOBODY = ("waits_for_decision", "returned")


class Said(BaseModel):
    """What is read of a request; the rest is kept as it came."""

    model_config = ConfigDict(extra="allow")


class Structured(Said):
    """An address, once it is out of its string."""

    street_address: list[str] = Field(min_length=1)
    city: str
    state: str
    zip_code: str
    country: str = Field(pattern=r"^[A-Z]{2}$")


def _structured(text: str) -> str:
    Structured.model_validate(json.loads(text))
    return text


AddressText = Annotated[str, AfterValidator(_structured)]
"""An address as JSON in a string."""

Phone = Annotated[str, Field(pattern=r"^\+[0-9]+$")]


class QuoteWanted(Said):
    """DeliveryQuoteReq: what asking and booking have in common."""

    pickup_address: AddressText
    dropoff_address: AddressText
    pickup_latitude: float | None = None
    pickup_longitude: float | None = None
    dropoff_latitude: float | None = None
    dropoff_longitude: float | None = None
    pickup_phone_number: Phone | None = None
    dropoff_phone_number: Phone | None = None
    pickup_ready_dt: AwareDatetime | None = None
    dropoff_deadline_dt: AwareDatetime | None = None
    manifest_total_value: int | None = None

    def errand(self, **more: Any) -> Errand:
        """The same in the couriers' words; raises Refused for times that cannot be kept."""
        ready, deadline = _from_now(self.pickup_ready_dt), _from_now(self.dropoff_deadline_dt)
        if ready is not None and ready < -60:
            raise Refused("pickup_ready_too_early")
        if ready is not None and ready > 30 * 86_400:
            raise Refused("pickup_ready_too_late")
        if deadline is not None and deadline < 20 * 60:
            raise Refused("dropoff_deadline_too_early")
        return Errand(
            **{"order_id": "", "display_id": "", **more},
            pickup=_point(self.pickup_address, self.pickup_latitude, self.pickup_longitude),
            dropoff=_point(self.dropoff_address, self.dropoff_latitude, self.dropoff_longitude),
            deliver_within_minutes=None if deadline is None else int(deadline // 60),
        )


class Size(Said):
    """Whole centimetres."""

    length: int = Field(ge=1)
    height: int = Field(ge=1)
    depth: int = Field(ge=1)


class Item(Said):
    """One kind of thing in the bag; grams."""

    name: str = Field(min_length=1)
    quantity: int = Field(ge=1)
    size: Literal["small", "medium", "large", "xlarge"] = "small"
    dimensions: Size | None = None
    price: int | None = None
    weight: int | None = Field(default=None, ge=1)


class DeliveryWanted(QuoteWanted):
    """DeliveryReq."""

    pickup_name: str = Field(min_length=1)
    dropoff_name: str = Field(min_length=1)
    pickup_phone_number: Phone
    dropoff_phone_number: Phone
    manifest_items: list[Item] = Field(min_length=1)
    pickup_notes: str = Field(default="", max_length=280)
    dropoff_notes: str = Field(default="", max_length=280)
    dropoff_verification: dict[str, Any] = {}
    undeliverable_action: Literal["leave_at_door", "return", "discard"] = "return"
    manifest_reference: str = ""
    quote_id: str | None = None
    external_id: str = ""
    idempotency_key: str = ""

    def as_errand(self, order_id: str) -> Errand:
        """Kept with what is echoed later. Nobody can be told what to do here, so nobody is waited for."""
        return self.errand(
            order_id=order_id,
            display_id=self.manifest_reference,
            instructions=self.dropoff_notes.replace(*_WAITS_FOR_NOBODY),
            request=self.model_dump(mode="json"),
        )


def _from_now(moment: datetime | None) -> float | None:
    return None if moment is None else moment.timestamp() - time.time()


def _point(address: str, latitude: float | None, longitude: float | None) -> Point:
    return place(latitude, longitude, json.loads(address)["zip_code"])
