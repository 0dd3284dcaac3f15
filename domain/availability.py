"""Where and when express goes: service areas, opening hours, cut-off, capacity per window."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, Field, model_validator

from domain._values import Flag, Line, LocalTime, Real, Text, Timestamp, Value, Whole
from domain.places import Address


class Refusal(StrEnum):
    """Why an express offer is not available."""

    REGION_NOT_SERVED = "region_not_served"
    OUTSIDE_HOURS = "outside_hours"
    AFTER_CUT_OFF = "after_cut_off"
    NO_CAPACITY = "no_capacity"
    CARRIER_REFUSED = "carrier_refused"
    CARRIER_SILENT = "carrier_silent"


def known_zone(name: str) -> str:
    """The name, if it is a time zone's; raises ValueError."""
    try:
        return ZoneInfo(name).key
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError("an IANA time zone, as in America/Sao_Paulo") from error


class PostalRange(Value):
    """Postal codes from `first` to `last`, both included, compared as text of one length."""

    first: Annotated[str, Field(pattern=r"^[0-9A-Z]{3,12}$", examples=["01000000"])]
    last: Annotated[str, Field(pattern=r"^[0-9A-Z]{3,12}$", examples=["05999999"])]

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if len(self.first) != len(self.last) or self.first > self.last:
            raise ValueError("first and last: same length, first not after last")
        return self

    def __contains__(self, postal_code: str) -> bool:
        return len(postal_code) == len(self.first) and self.first <= postal_code <= self.last


class Radius(Value):
    """A circle on the map."""

    latitude: Annotated[Real, Field(ge=-90, le=90)]
    longitude: Annotated[Real, Field(ge=-180, le=180)]
    metres: Annotated[Whole, Field(ge=100, le=500_000)]


class Hours(Value):
    """Opening hours of one weekday, local time; Monday is 0."""

    weekday: Annotated[Whole, Field(ge=0, le=6)]
    opens: LocalTime
    closes: LocalTime

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.opens >= self.closes:
            raise ValueError("closes: after opens; split what passes midnight in two")
        return self


class Window(Value):
    """A stretch of time that has a capacity of its own."""

    starts_at: Timestamp
    ends_at: Timestamp


class ServiceArea(Value):
    """Where express goes, when, and how much of it: postal ranges or a radius; both ends must lie inside."""

    id: str = Field(examples=["area_0197…"])
    name: Line
    enabled: Flag = True
    timezone: Annotated[str, AfterValidator(known_zone)] = "America/Sao_Paulo"
    postal_ranges: tuple[PostalRange, ...] = ()
    radius: Radius | None = None
    hours: tuple[Hours, ...] = Field(default=(), description="closed on days not listed")
    cut_off: LocalTime | None = Field(default=None, description="no new express after this local time")
    window_minutes: Annotated[Whole, Field(ge=5, le=1440)] = 60
    capacity: Annotated[Whole, Field(ge=0, le=1_000_000)] = Field(default=100, description="deliveries a window")

    def covers(self, address: Address) -> bool:
        """Whether the address lies inside."""
        if self.radius is not None:
            near = address.distance_m(self.radius.latitude, self.radius.longitude) <= self.radius.metres
            if near:
                return True
        return any(address.postal_code in span for span in self.postal_ranges)

    def refusal(self, at: datetime) -> Refusal | None:
        """Why not at this instant, by the clock alone; None when it may go."""
        local = at.astimezone(ZoneInfo(self.timezone))
        today = [hours for hours in self.hours if hours.weekday == local.weekday()]
        if not any(hours.opens <= local.time() < hours.closes for hours in today):
            return Refusal.OUTSIDE_HOURS
        if self.cut_off is not None and local.time() >= self.cut_off:
            return Refusal.AFTER_CUT_OFF
        return None

    def window(self, at: datetime) -> Window:
        """The window this instant falls in; windows count from local midnight."""
        local = at.astimezone(ZoneInfo(self.timezone))
        midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
        length = timedelta(minutes=self.window_minutes)
        starts_at = midnight + length * ((local - midnight) // length)
        return Window(starts_at=starts_at, ends_at=starts_at + length)


class Slot(Value):
    """One delivery's place in a window of an area; held until released."""

    id: str
    area_id: str
    delivery_id: str
    window: Window


class Availability(Value):
    """May it go express: yes with the slot (once held), or no with the reason."""

    available: bool
    reason: Refusal | None = None
    detail: Text = ""
    area_id: str | None = None
    window: Window | None = None
    slot: Slot | None = None


def no(reason: Refusal, detail: str = "", area: ServiceArea | None = None) -> Availability:
    """A refusal."""
    return Availability(available=False, reason=reason, detail=detail, area_id=area.id if area else None)


def by_the_book(areas: Iterable[ServiceArea], pickup: Address, dropoff: Address, at: datetime) -> Availability:
    """What the areas and the clock alone say; capacity and the carrier still have their word.

    With several areas over both ends, the first that is open answers; when none is, the first's reason.
    """
    covering = [a for a in areas if a.enabled and a.covers(pickup) and a.covers(dropoff)]
    if not covering:
        return no(Refusal.REGION_NOT_SERVED, "no service area holds both ends")
    for area in covering:
        if area.refusal(at) is None:
            return Availability(available=True, area_id=area.id, window=area.window(at))
    first = covering[0]
    return no(first.refusal(at) or Refusal.OUTSIDE_HOURS, area=first)
