"""What the availability service takes and shows."""

from typing import Annotated, Self

from pydantic import AfterValidator, Field, model_validator

from domain._values import Closed, Flag, Line, LocalTime, Request, Value, Whole
from domain.availability import Hours, PostalRange, Radius, Refusal, ServiceArea, Window, known_zone
from domain.deliveries import Shipment
from domain.quotes import Decline


class AvailabilityCheck(Shipment):
    """What is to go express; `ready_at` asks for another time than now."""


class CarrierAnswer(Value):
    """Whether one carrier would take it."""

    carrier: str
    carrier_account: str
    available: bool
    reason: str | None = None

    @classmethod
    def of(cls, decline: Decline) -> Self:
        """The answer of one that is not asked."""
        return cls(**decline.model_dump(exclude={"detail"}), available=False)


class AvailabilityAnswer(Value):
    """May it go express, in which window, with whom; nothing is held."""

    available: bool
    reason: Refusal | None = None
    area_id: str | None = None
    window: Window | None = None
    places_left: int | None = None
    carriers: tuple[CarrierAnswer, ...] = ()


class AreaBody(Request):
    """A service area: postal ranges or a radius, opening hours, cut-off, and capacity per window."""

    name: Line
    enabled: Flag = True
    timezone: Annotated[str, AfterValidator(known_zone), Field(max_length=64)] = "America/Sao_Paulo"
    postal_ranges: Annotated[tuple[Annotated[PostalRange, Closed()], ...], Field(max_length=500)] = ()
    radius: Annotated[Radius, Closed()] | None = None
    hours: Annotated[tuple[Annotated[Hours, Closed()], ...], Field(max_length=50)] = ()
    cut_off: LocalTime | None = None
    window_minutes: Annotated[Whole, Field(ge=5, le=1440)] = 60
    capacity: Annotated[Whole, Field(ge=0, le=1_000_000)] = 100

    @model_validator(mode="after")
    def _somewhere(self) -> Self:
        if not self.postal_ranges and self.radius is None:
            raise ValueError("give postal_ranges or a radius: an area is somewhere")
        return self

    def area(self, area_id: str) -> ServiceArea:
        """The area of that id."""
        return ServiceArea(id=area_id, **{name: getattr(self, name) for name in type(self).model_fields})
