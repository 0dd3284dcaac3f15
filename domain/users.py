"""Who acts: users, organisations, and what each role may do, as named predicates."""

from enum import StrEnum

from pydantic import EmailStr, Field

from domain._values import Line, Timestamp, Value


class Role(StrEnum):
    """What a user is to Entrega; roles inside an organisation are another matter."""

    CUSTOMER = "customer"
    SUPPORT = "support"
    ADMIN = "admin"


class Organisation(Value):
    """Owns everything a customer has: deliveries, entries, keys. Registration makes one of one person."""

    id: str
    name: Line
    created_at: Timestamp


class User(Value):
    """A person who signs in."""

    id: str
    organisation_id: str
    email: EmailStr
    name: Line
    role: Role = Role.CUSTOMER
    created_at: Timestamp


class Principal(Value):
    """Who is asking, as the access token says it."""

    user_id: str = Field(description="`usr_…`")
    organisation_id: str = Field(description="`org_…`")
    role: Role

    @property
    def actor(self) -> str:
        """How the journal names them: an id, never a name."""
        return self.user_id


def is_staff(principal: Principal) -> bool:
    """Support and admins see every organisation and may steer."""
    return principal.role in (Role.SUPPORT, Role.ADMIN)


def may_see(principal: Principal, organisation_id: str) -> bool:
    """An organisation's things are for itself and for staff; for everybody else they do not exist."""
    return is_staff(principal) or principal.organisation_id == organisation_id


def may_steer(principal: Principal) -> bool:
    """Retry a booking, choose another carrier, force a status, clear attention."""
    return is_staff(principal)


def may_read_audit(principal: Principal) -> bool:
    """Search the audit log."""
    return is_staff(principal)


def may_read_exchanges(principal: Principal) -> bool:
    """See what was said to carriers about a delivery."""
    return is_staff(principal)


def may_keep_areas(principal: Principal) -> bool:
    """Create and change service areas, hours, cut-off and capacity."""
    return is_staff(principal)


def may_see_carriers(principal: Principal) -> bool:
    """See which carriers and accounts there are and how they fare."""
    return is_staff(principal)


def may_pause_carriers(principal: Principal) -> bool:
    """Hold new bookings back from a carrier, and let them go."""
    return is_staff(principal)


def may_keep_carriers(principal: Principal) -> bool:
    """Add and change carrier accounts, which hold credentials, and the rules about them."""
    return principal.role is Role.ADMIN


def may_set_policy(principal: Principal) -> bool:
    """Change an organisation's delivery policy."""
    return principal.role is Role.ADMIN
