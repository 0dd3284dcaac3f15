"""What is read of a customer's requests, and what is wrong with them in Lalamove's words."""

import re
from datetime import UTC, datetime
from typing import Annotated, Generic, TypeVar

from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from sandbox.city import Point
from sandbox.couriers import Refusal
from sandbox.providers import Provider

MARKET = "BR"
LANGUAGES = ("pt_BR", "en_BR")
_MOST_STOPS = 16
_PHONE = re.compile(r"\+[1-9]\d{1,14}")

Degrees = Annotated[str, Field(pattern=r"^-?\d{1,3}(\.\d{1,15})?$")]
T = TypeVar("T")


class Refused(Refusal):
    """A no with Lalamove's id for it; `detail` points into the request."""

    def __init__(self, status: int, error_id: str, message: str = "", detail: str = "") -> None:
        super().__init__(status, message)
        self.id, self.detail = error_id, detail


def unreadable(error: RequestValidationError) -> Refused:
    """The first thing that is missing or wrong in a body."""
    first = error.errors()[0]
    where = "/" + "/".join(str(part) for part in first["loc"][1:])
    if where.startswith("/data/stops") and "coordinates" in where:
        return Refused(422, "ERR_REVERSE_GEOCODE_FAILURE", "Provide lat and lng.", where)
    missing = first["type"] == "missing"
    return Refused(422, "ERR_MISSING_FIELD" if missing else "ERR_INVALID_FIELD", first["msg"], where)


class Said(BaseModel):
    """What is read of a request; the rest is ignored."""

    model_config = ConfigDict(alias_generator=to_camel, extra="ignore")


class Data(BaseModel, Generic[T]):
    """Every body's envelope."""

    data: T


class Coordinates(Said):
    """A place, as decimals in strings."""

    lat: Degrees
    lng: Degrees

    @property
    def point(self) -> Point:
        """The same on the map."""
        return Point(latitude=float(self.lat), longitude=float(self.lng))


class Stop(Said):
    """Where to go."""

    coordinates: Coordinates
    address: str


class Quotation(Said):
    """What shall be priced."""

    service_type: str
    language: str
    stops: list[Stop]
    schedule_at: datetime | None = None
    special_requests: list[str] = []

    def check(self, provider: Provider, market: str) -> None:
        """Raises what is wrong with it beside its form."""
        if market != MARKET:
            raise Refused(422, "ERR_INVALID_MARKET")
        if len(self.stops) < 2:
            raise Refused(422, "ERR_INSUFFICIENT_STOPS")
        if len(self.stops) > _MOST_STOPS:
            raise Refused(422, "ERR_TOO_MANY_STOPS")
        for number, stop in enumerate(self.stops):
            if not stop.address.strip():
                raise Refused(422, "ERR_INCORRECT_ADDRESS", detail=f"/data/stops/{number}")
        if self.language not in LANGUAGES:
            raise Refused(422, "ERR_INVALID_FIELD", f"value must be one of {', '.join(LANGUAGES)}", "/data/language")
        if self.service_type not in provider.vehicles:
            raise Refused(422, "ERR_INVALID_SERVICE_TYPE")
        if self.special_requests:
            raise Refused(422, "ERR_INVALID_SPECIAL_REQUEST")
        if self.schedule_at is not None and self.schedule_at.astimezone(UTC) < datetime.now(UTC):
            raise Refused(422, "ERR_INVALID_SCHEDULE_TIME")


class Contact(Said):
    """Who is met at a stop."""

    stop_id: str
    name: str = Field(min_length=1)
    phone: str
    remarks: str = Field(default="", max_length=1500)


class Order(Said):
    """A quotation that shall be carried out."""

    quotation_id: str
    sender: Contact
    recipients: list[Contact] = Field(min_length=1)
    is_pod_enabled: bool = Field(default=False, alias="isPODEnabled")
    metadata: dict[str, str] = {}

    def check(self, stop_ids: list[str]) -> None:
        """Raises what is wrong with it, given the stops that were quoted."""
        contacts = [self.sender, *self.recipients]
        if [contact.stop_id for contact in contacts] != stop_ids:
            raise Refused(422, "ERR_INVALID_FIELD", "no such stop in the quotation", "/data/recipients")
        if not all(_PHONE.fullmatch(contact.phone) for contact in contacts):
            raise Refused(422, "ERR_INVALID_PHONE_NUMBER")
