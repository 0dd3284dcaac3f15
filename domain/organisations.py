"""What an organisation has besides deliveries: members, invitations, and accounts and keys for its systems."""

from datetime import timedelta

from pydantic import EmailStr, Field

from domain._values import Line, Timestamp, Value
from domain.access import Whose
from domain.users import OrgRole, Scope

INVITED_FOR = timedelta(days=7)


class Membership(Value):
    """Where somebody belongs, and as what."""

    organisation_id: str
    organisation_name: Line
    role: OrgRole


class Member(Value):
    """Somebody who belongs to an organisation, as the others see them."""

    user_id: str
    name: Line
    email: EmailStr
    role: OrgRole
    joined_at: Timestamp

    def whose(self) -> Whose:
        """Their own."""
        return {self.user_id: None}


class Invitation(Value):
    """An address that was asked to join; who proves to own it may, once, until it expires."""

    id: str = Field(examples=["inv_0197…"])
    organisation_id: str
    email: EmailStr
    role: OrgRole
    invited_by: str
    created_at: Timestamp
    expires_at: Timestamp

    def whose(self) -> Whose:
        """Of who was invited, whom only the invitation names."""
        return {self.id: self.organisation_id}


class ServiceAccount(Value):
    """A customer's or partner's system: what it requests stays its own however often its keys change."""

    id: str = Field(examples=["svc_0197…"])
    organisation_id: str
    name: Line
    role: OrgRole
    created_by: str
    created_at: Timestamp
    disabled_at: Timestamp | None = None


class ApiKey(Value):
    """A service account's key; the key itself is known to nobody but its holder."""

    id: str = Field(examples=["key_0197…"])
    service_account_id: str
    organisation_id: str
    name: Line
    hint: str = Field(description="the key's first letters, to tell keys apart")
    scopes: tuple[Scope, ...]
    created_by: str
    created_at: Timestamp
    expires_at: Timestamp | None = None
    last_used_on: Timestamp | None = Field(default=None, description="the day, no finer")
    revoked_at: Timestamp | None = None
