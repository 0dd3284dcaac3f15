"""What people may have of what is held on them, on which ground it goes, and how long what nobody needs is kept."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Protocol

from pydantic import EmailStr, Field

from domain._values import Timestamp, Value
from domain.audit import JournalLine
from domain.organisations import ApiKey, Membership, ServiceAccount
from domain.sessions import Session
from domain.user_ports import Proof
from domain.users import OrgRole, User


class Ground(StrEnum):
    """Why somebody's data is handed out or erased: a code for the journal, since a sentence could name people."""

    REQUEST = "request"  # whom it is about asked us
    DUTY = "duty"  # a law, a court or an authority asks for it
    OWNER = "owner"  # who it belongs to did it for themselves
    RETENTION = "retention"  # it was kept as long as the settings say


Days = Annotated[int, Field(ge=0, le=36_500)]


class Retention(Value):
    """How many days things are kept; 0 keeps them until somebody erases them."""

    deliveries_days: Days = 0
    """What is personal in a delivery, after its last move."""
    ended_days: Days = 30
    """Sessions, links and invitations that are over."""
    unverified_days: Days = 0
    """Accounts whose address nobody verified."""
    unmatched_days: Days = 30
    """Carriers' reports about no delivery of ours."""


class Tidied(Value):
    """What a run of the retention erased and tidied away."""

    deliveries: int = 0
    people: int = 0
    rows: int = 0


class Invited(Value):
    """An invitation sent to somebody's address."""

    id: str
    organisation_id: str
    email: EmailStr
    role: OrgRole
    created_at: Timestamp
    expires_at: Timestamp


class Held(Value):
    """What the users service holds on a person, but for the journal's lines. Of passwords, codes and keys nobody can
    say more than that there are some."""

    user: User
    memberships: tuple[Membership, ...] = ()
    sessions: tuple[Session, ...] = ()
    second_factor: bool = False
    recovery_codes_left: int = 0
    links: tuple[Proof, ...] = Field(default=(), description="sent by letter, not followed yet")
    invitations: tuple[Invited, ...] = Field(default=(), description="to their address")
    service_accounts: tuple[ServiceAccount, ...] = Field(default=(), description="made by them")
    api_keys: tuple[ApiKey, ...] = Field(default=(), description="made by them")


class Privacy(Protocol):
    """What is held on a person, all at once, and its end."""

    async def held(self, user_id: str) -> Held | None:
        """Everything but the journal; None for nobody, and for who was erased."""

    async def lines(self, user_id: str, after: int, limit: int) -> Sequence[JournalLine]:
        """The next of the journal's lines that a person is the subject of, acted in or is named in, by their id."""

    async def erase(self, user_id: str, actor: str, ground: Ground, now: datetime) -> bool:
        """Ends the account and every organisation of which it is the only member, all or nothing; whether there was
        one. Raises NotFound, Conflict for staff, LastOwner, DeliveriesUnderway."""

    async def unverified(self, before: datetime, limit: int, after: str) -> Sequence[str]:
        """Customers who registered before then and never verified their address; by id, after that one."""
