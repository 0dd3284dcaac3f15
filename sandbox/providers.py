"""Who exists: the providers that each protocol's file declares, and what a protocol must be able to do."""

import importlib
import pkgutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from fastapi import APIRouter

from sandbox.bookings import Booking, Happening

if TYPE_CHECKING:
    from sandbox.world import World


@dataclass(frozen=True)
class Provider:
    """One courier company: what it costs, how fast it rides, and its temper (scenarios and faults it always has)."""

    name: str
    protocol: str
    description: str
    base_cents: int
    cents_per_km: int
    kmh: float
    accepts_after_s: float  # city seconds
    vehicles: tuple[str, ...]
    credentials: dict[str, str]
    reach_km: float = 40
    services: tuple[str, ...] = ("express", "standard")  # what it is good for
    refunds_after_s: float | None = None  # city seconds from a cancel; None where nothing was paid before
    scenarios: frozenset[str] = frozenset()
    faults: dict[str, str] = field(default_factory=dict)  # operation → fault

    def price_cents(self, metres: float) -> int:
        """The list price of a ride, rounded to ten centavos as price lists are."""
        return round((self.base_cents + self.cents_per_km * metres / 1000) / 10) * 10

    def ride_s(self, metres: float) -> float:
        """City seconds that a ride takes."""
        return metres / (self.kmh / 3.6)


class Callback(NamedTuple):
    """A webhook as it goes over the wire, `after` so many city seconds; the body is signed, so it is kept byte by
    byte."""

    body: bytes
    headers: dict[str, str]
    after: float = 0.0


class Means(StrEnum):
    """What a careful customer makes of an error."""

    AGAIN = "again"  # another try may mend it
    NO = "no"  # another try will not
    DONE = "done"  # what was asked for had happened already


class Documented(NamedTuple):
    """An error that the protocol documents, as it goes over the wire in answer to these operations."""

    code: str
    status: int
    means: Means
    body: Mapping[str, Any]
    operations: tuple[str, ...]
    headers: Mapping[str, str] = {}


class CourierProtocol(Protocol):
    """What a protocol's file offers as `PROTOCOL`."""

    name: str  # also its prefix: /{name}/{provider}
    providers: tuple[Provider, ...]
    statuses: tuple[str, ...]  # every word that the protocol documents for where a booking stands
    errors: tuple[Documented, ...]  # every error that it documents

    def routes(self) -> APIRouter:
        """The protocol's routes under /{name}/{provider}, each tagged with its neutral operation."""
        ...

    def callback(self, world: "World", booking: Booking, happening: Happening) -> Callback | Sequence[Callback] | None:
        """How the protocol tells its customer of a happening, once or several times; None where it has no word."""
        ...

    def settings(self, provider: Provider) -> Mapping[str, str]:
        """What its customer must be told of a provider, beside its address and credentials."""
        ...


def protocols() -> Iterator[CourierProtocol]:
    """Every protocol whose file lies in this package: being there is enough."""
    package = importlib.import_module("sandbox")
    for module in pkgutil.iter_modules(package.__path__, "sandbox."):
        if not module.name.endswith("__main__"):
            protocol: CourierProtocol | None = getattr(importlib.import_module(module.name), "PROTOCOL", None)
            if protocol is not None:
                yield protocol
