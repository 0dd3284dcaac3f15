"""Where things are taken from and to: addresses (Brazil's in full), points on the map, contacts, stops."""

import math
import re
from typing import Annotated, Self

from pydantic import EmailStr, Field, StringConstraints, model_validator

from domain._values import Line, Real, Request, Text, Value

_UFS = frozenset(
    (
        *("AC", "AL", "AP", "AM", "BA", "CE", "DF", "ES", "GO", "MA", "MT", "MS", "MG", "PA"),
        *("PB", "PR", "PE", "PI", "RJ", "RN", "RS", "RO", "RR", "SC", "SP", "SE", "TO"),
    )
)
_EARTH_RADIUS_M = 6_371_000
_SHORT_POSTAL_CODE = 4  # of which three digits would be a village

Country = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")]
Latitude = Annotated[float, Field(ge=-90, le=90, allow_inf_nan=False)]
Longitude = Annotated[float, Field(ge=-180, le=180, allow_inf_nan=False)]


class Point(Value):
    """A place on the map, in degrees (WGS 84). A street address's is as personal as the address."""

    latitude: Latitude
    longitude: Longitude


class Points(Value):
    """Where a delivery's ends lie, as found for those that came without coordinates; None where nobody knew."""

    pickup: Point | None = None
    dropoff: Point | None = None


class PartialAddress(Value):
    """What a postal code tells of an address; empty where it covers more than one."""

    street: Text = Field(default="", examples=["Avenida Paulista"])
    district: Text = Field(default="", examples=["Bela Vista"])
    city: Line = Field(examples=["São Paulo"])
    state: Text = Field(default="", examples=["SP"])
    postal_code: Line = Field(examples=["01310200"])


class Address(Request):
    """A street address; `country` is ISO 3166-1 alpha-2.

    In Brazil `postal_code` is the CEP (eight digits, kept without the hyphen), `state` the UF, and district
    and number are apart from the street, `number` being `S/N` where there is none.
    """

    street: Line = Field(examples=["Avenida Paulista"])
    number: Annotated[Text, Field(max_length=20, examples=["1578"])] = ""
    complement: Text = Field(default="", examples=["Apto 31"])
    district: Text = Field(default="", examples=["Bela Vista"])
    city: Line = Field(examples=["São Paulo"])
    state: Annotated[Text, Field(max_length=50, examples=["SP"])] = ""
    postal_code: Annotated[Line, Field(max_length=12, examples=["01310200"])]
    country: Country = "BR"
    latitude: Annotated[Real, Field(ge=-90, le=90)] | None = None
    longitude: Annotated[Real, Field(ge=-180, le=180)] | None = None

    @model_validator(mode="before")
    @classmethod
    def _plain_postal_code(cls, data: object) -> object:
        if isinstance(data, dict) and isinstance(data.get("postal_code"), str) and data.get("country", "BR") == "BR":
            return {**data, "postal_code": data["postal_code"].strip().replace("-", "").replace(".", "")}
        return data

    @model_validator(mode="after")
    def _as_the_country_writes_it(self) -> Self:
        if (self.latitude is None) != (self.longitude is None):
            raise ValueError("give latitude and longitude together, or neither")
        if self.country == "BR":
            if not re.fullmatch(r"[0-9]{8}", self.postal_code):
                raise ValueError("postal_code: a CEP has eight digits, as in 01310-200")
            if self.state not in _UFS:
                raise ValueError("state: give the UF, as in SP")
            if not self.number:
                raise ValueError("number: required in Brazil; S/N where there is none")
            if not self.district:
                raise ValueError("district: required in Brazil (bairro)")
        return self

    @property
    def located(self) -> bool:
        """Whether coordinates are known."""
        return self.latitude is not None

    @property
    def area(self) -> str:
        """Roughly where, as a code that names nobody: the country and how its postal code begins, as in `BR-013`."""
        code = "".join(letter for letter in self.postal_code.upper() if letter.isascii() and letter.isalnum())
        return f"{self.country}-{code[: 3 if len(code) > _SHORT_POSTAL_CODE else 2]}"

    def at(self, point: Point | None) -> Self:
        """The same address with these coordinates, unless it has its own."""
        if point is None or self.located:
            return self
        return self.model_copy(update={"latitude": point.latitude, "longitude": point.longitude})

    def distance_m(self, latitude: float, longitude: float) -> float:
        """Metres from here to a point on the great circle; infinite when here has no coordinates."""
        if self.latitude is None or self.longitude is None:
            return math.inf
        a, b = math.radians(self.latitude), math.radians(latitude)
        half = math.sin((b - a) / 2) ** 2
        half += math.cos(a) * math.cos(b) * math.sin(math.radians(longitude - self.longitude) / 2) ** 2
        return 2 * _EARTH_RADIUS_M * math.asin(math.sqrt(half))


class Contact(Request):
    """Who hands over or receives; personal data, never in logs, ids, journal or search attributes."""

    name: Line = Field(examples=["Padaria do Bairro"])
    phone: Annotated[str, StringConstraints(pattern=r"^\+[1-9][0-9]{6,14}$")] | None = Field(
        default=None, description="E.164", examples=["+5511999990000"]
    )
    email: EmailStr | None = None
    tax_id: Annotated[str, StringConstraints(pattern=r"^([0-9]{11}|[0-9A-Z]{12}[0-9]{2})$")] | None = Field(
        default=None, description="CPF (11 digits) or CNPJ (14, letters allowed since 2026), without punctuation"
    )


class Stop(Request):
    """A contact at an address, with instructions for the courier."""

    contact: Contact
    address: Address
    instructions: Text = ""

    def at(self, point: Point | None) -> Self:
        """The same stop, its address with these coordinates unless it has its own."""
        return self.model_copy(update={"address": self.address.at(point)})
