"""Money in integer minor units with an ISO 4217 code; never a float."""

from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from typing import Annotated, Self

from pydantic import Field

from domain._values import Value


class Currency(StrEnum):
    """The ISO 4217 currencies we settle in; every one has two minor digits."""

    BRL = "BRL"
    USD = "USD"
    EUR = "EUR"
    MXN = "MXN"
    ARS = "ARS"
    COP = "COP"


_MINOR_DIGITS = 2
MAX_AMOUNT = 10**12
"""Ten billion in major units: what is above it is a mistake, and it stays far inside a 64-bit integer."""


class CurrencyMismatch(ValueError):
    """Two currencies were about to be mixed: a bug, never a customer's doing."""


class Money(Value):
    """An amount in minor units (`1290` BRL is R$ 12,90) and its currency; may be negative in the ledger."""

    amount: Annotated[int, Field(ge=-MAX_AMOUNT, le=MAX_AMOUNT, strict=True, examples=[1290])]
    currency: Currency

    @classmethod
    def parse(cls, value: str | Decimal | int, currency: str) -> Self:
        """Reads a carrier's major-unit amount (`"12.90"`); more digits are rounded half up.

        Raises ValueError for NaN, infinity, garbage or a currency we do not settle in.
        """
        try:
            major = Decimal(value)
            if not major.is_finite():
                raise ValueError(f"not an amount: {value!r}")
            minor = (major * 10**_MINOR_DIGITS).quantize(Decimal(1), rounding=ROUND_HALF_UP)
        except ArithmeticError as error:
            raise ValueError(f"not an amount: {value!r}") from error
        return cls(amount=int(minor), currency=Currency(currency))

    def major(self) -> Decimal:
        """The amount in major units, as most carriers write it."""
        return Decimal(self.amount).scaleb(-_MINOR_DIGITS)

    def plus_percent(self, percent: Decimal) -> Self:
        """This amount with a margin on top, rounded half up to the minor unit."""
        raised = (Decimal(self.amount) * (100 + percent) / 100).quantize(Decimal(1), rounding=ROUND_HALF_UP)
        return self.model_copy(update={"amount": int(raised)})

    def plus_basis_points(self, points: int) -> Self:
        """This amount with a margin in hundredths of a percent on top, rounded half up to the minor unit."""
        return self.plus_percent(Decimal(points) / 100)

    def __add__(self, other: Self) -> Self:
        if self.currency != other.currency:
            raise CurrencyMismatch(f"{self.currency} + {other.currency}")
        return self.model_copy(update={"amount": self.amount + other.amount})

    def __neg__(self) -> Self:
        return self.model_copy(update={"amount": -self.amount})

    def __sub__(self, other: Self) -> Self:
        return self + -other

    def __str__(self) -> str:
        return f"{self.currency} {self.major():.2f}"
