"""What is carried: grams and millimetres, integers."""

import math
from collections.abc import Iterable
from typing import Annotated

from pydantic import Field

from domain._values import Closed, Flag, Line, Request
from domain.money import Money

Grams = Annotated[int, Field(ge=1, le=1_000_000, strict=True)]
Millimetres = Annotated[int, Field(ge=1, le=10_000, strict=True)]


class Parcel(Request):
    """One package; at most a tonne and ten metres a side."""

    description: Line = Field(examples=["Bolo de cenoura"])
    weight_g: Grams = Field(examples=[1500])
    length_mm: Millimetres = Field(default=200)
    width_mm: Millimetres = Field(default=200)
    height_mm: Millimetres = Field(default=200)
    declared_value: Annotated[Money, Closed()] | None = None
    fragile: Flag = False

    @property
    def volume_mm3(self) -> int:
        """Length times width times height."""
        return self.length_mm * self.width_mm * self.height_mm


def fits(parcels: Iterable[Parcel], grams: int, room_mm: tuple[int, int, int]) -> bool:
    """Whether a vehicle takes them all: by weight, by volume, and each by its sides, however it is turned."""
    load, room = list(parcels), sorted(room_mm)
    if sum(parcel.weight_g for parcel in load) > grams or sum(parcel.volume_mm3 for parcel in load) > math.prod(room):
        return False
    sides = (sorted((parcel.length_mm, parcel.width_mm, parcel.height_mm)) for parcel in load)
    return all(side <= most for each in sides for side, most in zip(each, room, strict=True))
