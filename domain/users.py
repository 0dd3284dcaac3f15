"""Who acts: users, organisations, and what each role may do, as named predicates."""

from enum import StrEnum

from pydantic import EmailStr, Field

from domain._values import Line, Timestamp, Value


class Role(StrEnum):
    """What a user is to Entrega; roles inside an organisation are `OrgRole`."""

    CUSTOMER = "customer"
    SUPPORT = "support"
    ADMIN = "admin"


class OrgRole(StrEnum):
    """What somebody is in an organisation."""

    OWNER = "owner"  # everything, members and keys included; there is always one
    MEMBER = "member"  # requests and steers deliveries
    VIEWER = "viewer"  # looks
    PARTNER = "partner"  # a service account that sees nothing but the deliveries it requested


class Scope(StrEnum):
    """What an API key is for; a key does nothing that is not named here."""

    DELIVERIES_READ = "deliveries:read"
    DELIVERIES_WRITE = "deliveries:write"
    QUOTES_READ = "quotes:read"  # price and availability checks
    TRACKING_READ = "tracking:read"  # timelines and the live stream
    WEBHOOKS_READ = "webhooks:read"  # endpoints that are told, and what was sent to them
    WEBHOOKS_WRITE = "webhooks:write"  # adding and changing them


class Locale(StrEnum):
    """In which language somebody is written to."""

    PT_BR = "pt-BR"
    EN = "en"


class Organisation(Value):
    """Owns everything a customer has: deliveries, entries, keys. Registration makes one of one person."""

    id: str
    name: Line
    created_at: Timestamp


class User(Value):
    """A person who signs in; `organisation_id` is where they begin."""

    id: str
    organisation_id: str
    email: EmailStr
    name: Line
    role: Role = Role.CUSTOMER
    locale: Locale = Locale.PT_BR
    email_verified_at: Timestamp | None = None
    disabled_at: Timestamp | None = None
    password_set_at: Timestamp
    created_at: Timestamp
    erased: bool = Field(default=False, description="name and address are gone for good")


class Principal(Value):
    """Who is asking, as the access token says it."""

    user_id: str = Field(description="`usr_…`, or `svc_…` for a service account")
    organisation_id: str = Field(description="`org_…`")
    role: Role
    org_role: OrgRole
    scopes: frozenset[Scope] | None = Field(default=None, description="an API key's; None for a person, who needs none")
    amr: tuple[str, ...] = Field(default=(), description="how they proved it: pwd, otp, recovery, api_key")
    verified: bool = Field(default=True, description="False while the e-mail address must yet be verified")

    @property
    def actor(self) -> str:
        """How the journal names them: an id, never a name."""
        return self.user_id


# ── everybody ─────────────────────────────────────────────────────────────────────────────────────────────


def is_person(principal: Principal) -> bool:
    """A person at a browser, not an API key: accounts, members and keys are theirs to keep."""
    return principal.scopes is None


def is_staff(principal: Principal) -> bool:
    """Support and admins see every organisation and may steer."""
    return principal.role in (Role.SUPPORT, Role.ADMIN)


def may_see(principal: Principal, organisation_id: str, created_by: str) -> bool:
    """An organisation's things are for itself and for staff, a partner's only for who made them; for everybody else
    they do not exist."""
    if is_staff(principal):
        return True
    theirs = principal.organisation_id == organisation_id
    return theirs and (not sees_only_own(principal) or principal.user_id == created_by)


def sees_only_own(principal: Principal) -> bool:
    """A partner: what others of the organisation requested is not there for it."""
    return principal.org_role is OrgRole.PARTNER


def may_read(principal: Principal) -> bool:
    """See deliveries and their entries."""
    return _in_scope(principal, Scope.DELIVERIES_READ)


def may_see_figures(principal: Principal) -> bool:
    """See figures of all an organisation's deliveries: not a partner, which sees only its own."""
    return may_read(principal) and not sees_only_own(principal)


def may_request(principal: Principal) -> bool:
    """Request deliveries and steer one's own: accept, cancel, decide."""
    writes = principal.org_role in (OrgRole.OWNER, OrgRole.MEMBER, OrgRole.PARTNER) or is_staff(principal)
    return writes and principal.verified and _in_scope(principal, Scope.DELIVERIES_WRITE)


def may_check(principal: Principal) -> bool:
    """Ask for prices and availability."""
    return _in_scope(principal, Scope.QUOTES_READ)


def may_follow(principal: Principal) -> bool:
    """Read timelines and the live stream."""
    return _in_scope(principal, Scope.TRACKING_READ)


def may_see_webhooks(principal: Principal) -> bool:
    """See the organisation's webhook endpoints and what was sent to them, secrets left out: no partner, who would learn
    of what others requested."""
    return not sees_only_own(principal) and _in_scope(principal, Scope.WEBHOOKS_READ)


def may_keep_webhooks(principal: Principal) -> bool:
    """Add, change, test and delete webhook endpoints: never staff, who would be calling as the customer."""
    keeps = principal.org_role in (OrgRole.OWNER, OrgRole.MEMBER) and principal.verified
    return keeps and _in_scope(principal, Scope.WEBHOOKS_WRITE)


def may_see_webhook_secrets(principal: Principal) -> bool:
    """See a secret again after it was made."""
    return is_person(principal) and principal.org_role is OrgRole.OWNER and principal.verified


def may_keep_letters(principal: Principal) -> bool:
    """Word the letters that tell of the organisation's deliveries: never a key, whose holder could write to anybody in
    the organisation's name."""
    keeps = principal.org_role in (OrgRole.OWNER, OrgRole.MEMBER) and principal.verified
    return is_person(principal) and keeps


def _in_scope(principal: Principal, scope: Scope) -> bool:
    return principal.scopes is None or scope in principal.scopes


def may_set_second_factor(principal: Principal) -> bool:
    """Set up a second factor: only who owns the address, or a stranger who registered it could lock its owner out."""
    return is_person(principal) and principal.verified


def may_export(principal: Principal) -> bool:
    """Have everything that an organisation's deliveries hold, all at once: its owners, and staff with a ground."""
    owns = principal.org_role is OrgRole.OWNER or is_staff(principal)
    return is_person(principal) and owns and principal.verified


def may_erase(principal: Principal) -> bool:
    """Make a delivery forget for good whom it was about: the same people."""
    return may_export(principal)


# ── inside an organisation: the principal's `org_role` is the one there ───────────────────────────────────


def may_see_members(principal: Principal) -> bool:
    """See who belongs to the organisation."""
    return is_person(principal)


def may_keep_members(principal: Principal) -> bool:
    """Invite, remove, change roles, hand over, rename; an admin may too, where no owner can be reached."""
    keeps = principal.org_role is OrgRole.OWNER or principal.role is Role.ADMIN
    return is_person(principal) and keeps and principal.verified


def may_see_accesses(principal: Principal) -> bool:
    """See who of staff looked at the organisation's data: its owners."""
    return is_person(principal) and principal.org_role is OrgRole.OWNER


def may_keep_keys(principal: Principal) -> bool:
    """Make and revoke API keys and the accounts they belong to: never staff, who would be acting as the customer."""
    return is_person(principal) and principal.org_role is OrgRole.OWNER and principal.verified


# ── staff ─────────────────────────────────────────────────────────────────────────────────────────────────


def may_steer(principal: Principal) -> bool:
    """Retry a booking, choose another carrier, force a status, clear attention."""
    return is_staff(principal)


def may_read_audit(principal: Principal) -> bool:
    """Search the audit log."""
    return is_staff(principal)


def may_read_exchanges(principal: Principal) -> bool:
    """See what was said to carriers about a delivery."""
    return is_staff(principal)


def may_decode(principal: Principal) -> bool:
    """Read what deliveries' workflows were told and said, personal data included."""
    return is_staff(principal)


def may_keep_areas(principal: Principal) -> bool:
    """Create and change service areas, hours, cut-off and capacity."""
    return is_staff(principal)


def may_see_carriers(principal: Principal) -> bool:
    """See which carriers and accounts there are and how they fare."""
    return is_staff(principal)


def may_see_users(principal: Principal) -> bool:
    """Find a user by address."""
    return is_staff(principal)


def may_export_people(principal: Principal) -> bool:
    """Hand out what is held on a user, with a ground."""
    return principal.role is Role.ADMIN


def may_erase_people(principal: Principal) -> bool:
    """End a user's account for good, with a ground."""
    return principal.role is Role.ADMIN


def may_pause_carriers(principal: Principal) -> bool:
    """Hold new bookings back from a carrier, and let them go."""
    return is_staff(principal)


def may_keep_carriers(principal: Principal) -> bool:
    """Add and change carrier accounts, which hold credentials, and the rules about them."""
    return principal.role is Role.ADMIN


def may_set_policy(principal: Principal) -> bool:
    """Change an organisation's delivery policy."""
    return principal.role is Role.ADMIN


def may_keep_contracts(principal: Principal) -> bool:
    """Set what an organisation is promised, and credited when it is not kept."""
    return principal.role is Role.ADMIN


def may_adjust(principal: Principal) -> bool:
    """Correct the books, agree to another's correction, and settle carriers' invoices."""
    return is_staff(principal)


def may_keep_terms(principal: Principal) -> bool:
    """Change what was agreed with an organisation."""
    return principal.role is Role.ADMIN


def may_keep_users(principal: Principal) -> bool:
    """Disable and enable users, give staff roles, take off a lost second factor."""
    return principal.role is Role.ADMIN
