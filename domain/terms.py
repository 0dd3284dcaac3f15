"""What was agreed with an organisation: our margin on carriers' prices, and the clock by which its periods begin."""

from typing import Annotated, Self
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field, model_validator

from domain._values import Value, Whole
from domain.money import Currency, Money

_MOST_FIXED = 100_000_00


class Margin(Value):
    """What a customer pays beyond a carrier's price: a part of it, and an amount; rounded half up to the minor unit."""

    basis_points: Annotated[Whole, Field(ge=0, le=100_000, description="hundredths of a percent")] = 0
    fixed: Annotated[tuple[Money, ...], Field(max_length=len(Currency))] = Field(
        default=(), description="added to each price in its currency; prices in others get none"
    )

    @model_validator(mode="after")
    def _fixed_once_a_currency(self) -> Self:
        if len({money.currency for money in self.fixed}) < len(self.fixed):
            raise ValueError("fixed: one amount for each currency")
        if any(not 0 <= money.amount <= _MOST_FIXED for money in self.fixed):
            raise ValueError(f"fixed: from 0 to {_MOST_FIXED}")
        return self

    def on(self, cost: Money) -> Money:
        """The price for this cost."""
        raised = cost.plus_basis_points(self.basis_points)
        return sum((money for money in self.fixed if money.currency is cost.currency), start=raised)


def _a_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        raise ValueError("no such time zone; write it as in America/Sao_Paulo") from error
    return name


TimeZone = Annotated[
    str,
    Field(min_length=1, max_length=64, pattern=r"^[A-Za-z][A-Za-z0-9_+/-]*$", examples=["America/Sao_Paulo"]),
    AfterValidator(_a_zone),
]
"""A name of the IANA database."""


class Terms(Value):
    """An organisation's own terms; without a margin of its own it pays what each carrier account's margin makes."""

    margin: Margin | None = None
    time_zone: TimeZone = "America/Sao_Paulo"
