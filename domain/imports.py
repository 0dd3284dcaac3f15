"""Imports: many deliveries requested by one file, line by line."""

from collections.abc import Sequence
from enum import StrEnum
from typing import Protocol
from uuid import NAMESPACE_URL, uuid5

from pydantic import Field

from domain._values import Code, Timestamp, Value
from domain.deliveries import Delivery, DeliveryRequest

MOST_RUNNING = 5
"""Of an organisation at once."""


class ImportStatus(StrEnum):
    """How far it is."""

    RUNNING = "running"
    COMPLETED = "completed"  # every line has its outcome · final
    CANCELLED = "cancelled"  # stopped by hand; what was requested lives on · final


class Outcome(StrEnum):
    """What became of a line."""

    WAITING = "waiting"
    REQUESTED = "requested"  # there is a delivery of it
    FAILED = "failed"  # it was refused, and `reason` says why
    CANCELLED = "cancelled"  # not requested any more


class ImportLine(Value):
    """A line of the file; the delivery is there once it is requested."""

    line: int
    delivery_id: str
    outcome: Outcome = Outcome.WAITING
    reason: Code | None = None


class WaitingLine(ImportLine):
    """One that waits, with what it asks for."""

    request: DeliveryRequest


class Import(Value):
    """A file of requests, and how many of its lines came to what."""

    id: str = Field(examples=["imp_0e8c…"])
    organisation_id: str
    created_by: str
    status: ImportStatus = ImportStatus.RUNNING
    created_at: Timestamp
    ended_at: Timestamp | None = None
    lines: int
    requested: int = 0
    failed: int = 0
    cancelled: int = 0


def delivery_id(import_id: str, line: int) -> str:
    """The delivery of a line: always the same one, however often it is requested."""
    return f"del_{uuid5(NAMESPACE_URL, f'{import_id}/{line}').hex}"


class ImportStore(Protocol):
    """Imports at rest; what a line asks for is sealed, and only there while it waits."""

    async def begin(self, made: Import, lines: Sequence[WaitingLine], file_hash: str) -> Import:
        """Keeps file and lines, with a journal line; one that was there already stays as it is, and is answered with.
        Raises IdempotencyKeyReused when that one was of another file, TooManyImports."""

    async def get(self, import_id: str) -> Import | None:
        """One import, with its counts."""

    async def page(
        self, organisation_id: str | None, created_by: str | None, limit: int, after: str | None
    ) -> tuple[Sequence[Import], str | None]:
        """Newest first, and the next page's cursor; raises Invalid for a strange one."""

    async def lines(
        self, import_id: str, outcome: Outcome | None, limit: int, after: int
    ) -> tuple[Sequence[ImportLine], int | None]:
        """Lines after that one, and after which the next page begins."""

    async def waiting(self, import_id: str, limit: int) -> Sequence[WaitingLine]:
        """The first lines that still wait."""

    async def settle(self, import_id: str, lines: Sequence[ImportLine]) -> int:
        """Writes outcomes down, with a journal line of the counts; how many lines still wait."""

    async def end(self, import_id: str, *, cancelled: bool) -> None:
        """Over: nothing waits any more. With a journal line; again, it changes nothing."""

    async def orphaned(self, limit: int) -> Sequence[str]:
        """Imports that run for organisations that were erased."""


class Requester(Protocol):
    """How a delivery begins."""

    async def request(self, its_id: str, organisation_id: str, actor: str, request: DeliveryRequest) -> Delivery:
        """The delivery of this id with its offers; started if it was not yet."""
