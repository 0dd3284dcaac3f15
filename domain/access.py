"""Who of staff looked at whose personal data: what is told of it, and what of that the owner of the data sees.

Ids and codes only, as in every line of the journal.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Protocol, runtime_checkable

from pydantic import Field, StringConstraints

from domain._values import Timestamp, Value

Whose = Mapping[str, str | None]
"""Subjects (a delivery, a person, an invitation) by id, each with its organisation where that is known already."""

Ticket = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.-]{1,64}$")]
"""Why somebody looks, as the number of a case: words could be about somebody."""


class AccessKind(StrEnum):
    """How personal data was looked at: the kind of the line."""

    READ = "personal_data.read"  # in the answer of a route
    DECODED = "payload.decoded"  # in Temporal's histories, through the codec server


@runtime_checkable
class Personal(Protocol):
    """Something in an answer that holds personal data, and knows whose."""

    def whose(self) -> Whose:
        """The subjects it tells of."""


class Look(Value):
    """One person looking, by one request."""

    kind: AccessKind
    actor: str
    route: str = Field(examples=["get_delivery"])
    request_id: str | None = None
    ticket: Ticket | None = None


class Access(Value):
    """A line under `access/{organisation}`, as an organisation's owner sees it: chiefly that one of staff looked."""

    at: Timestamp
    actor: str = Field(description="who, by id", examples=["usr_0197…"])
    kind: str = Field(examples=["personal_data.read", "payload.decoded"])
    subjects: tuple[str, ...] = Field(default=(), description="whose data: deliveries, members, invitations")
    route: str | None = Field(default=None, description="what was asked", examples=["get_delivery"])
    ticket: str | None = Field(default=None, description="the case they worked on, where they named one")


def chain_of(organisation_id: str) -> str:
    """The journal's subject under which looks at an organisation's data are told."""
    return f"access/{organisation_id}"
