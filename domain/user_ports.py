"""What the users service keeps and whom it writes to, as it sees them: Protocols that adapters fulfil.

Secrets come as fingerprints (`digest`): whoever reads the stores can use none of them.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from pydantic import EmailStr

from domain._values import Timestamp, Value
from domain.access import Access, Look, Whose
from domain.letters import Letter
from domain.limits import Left, Limit
from domain.organisations import ApiKey, Invitation, Member, Membership, ServiceAccount
from domain.sessions import Session
from domain.users import Locale, Organisation, OrgRole, Role, User


class UserStore(Protocol):
    """People who sign in."""

    async def add(self, user: User, organisation: Organisation, password_hash: str) -> None:
        """A new user, the owner of a new organisation, with journal lines; raises EmailTaken."""

    async def by_email(self, email: str) -> tuple[User, str] | None:
        """The user and the password's hash; the address is compared without case."""

    async def get(self, user_id: str) -> User | None:
        """One user."""

    async def change(self, user_id: str, *, name: str | None = None, locale: Locale | None = None) -> User:
        """What they may change of themselves at will; raises NotFound."""

    async def set_password(self, user_id: str, password_hash: str, at: datetime | None) -> None:
        """A new password, which ends every session and what was sent by letter to change something; or, without `at`,
        the same one hashed anew, which tells nobody."""

    async def set_standing(
        self, user_id: str, actor: str, *, role: Role | None = None, disabled: bool | None = None
    ) -> User:
        """A staff role, or disabled and enabled again: each ends every session. Raises NotFound."""


class Purpose(StrEnum):
    """What a link in a message proves its reader may do."""

    VERIFY_EMAIL = "verify_email"
    CHANGE_EMAIL = "change_email"
    RESET_PASSWORD = "reset_password"  # noqa: S105


class Proof(Value):
    """A link that was sent to an address: good once, until it expires."""

    user_id: str
    purpose: Purpose
    email: EmailStr
    expires_at: Timestamp


class ProofStore(Protocol):
    """Links in messages, until they are followed."""

    async def add(self, proof: Proof, digest: str) -> None:
        """Keeps one, beside those sent before."""

    async def get(self, digest: str, now: datetime) -> Proof | None:
        """One that is still good."""

    async def verify_email(self, digest: str, now: datetime) -> User | None:
        """Uses it up, and all of its kind: the address is the user's and verified; what was sent to another to change
        something is no longer good. None when it is not good itself; raises EmailTaken when somebody else has the
        address by now."""

    async def reset_password(self, digest: str, password_hash: str, now: datetime) -> User | None:
        """Uses it up, and every other link: a new password, and no session lives on. The address is verified by it;
        where it had never been, whatever a stranger may have set up there goes: second factor and keys."""


class SessionStore(Protocol):
    """Who is signed in where."""

    async def begin(self, session: Session, family: str, token: str, password_set_at: datetime) -> None:
        """A new one; raises Unauthenticated when its user was disabled, or got another password, meanwhile."""

    async def rotate(self, family: str, shown: str, fresh: str, now: datetime) -> Session:
        """Exchanges the refresh token shown for a fresh one, as `domain.sessions.judge` says. Raises Unauthenticated
        for one that is unknown, over or reused; the latter ends the session."""

    async def end(self, family: str, now: datetime) -> None:
        """Signs out the browser that holds it; again is harmless."""

    async def end_all(self, user_id: str, actor: str, now: datetime, session_id: str | None = None) -> int:
        """Signs a user out everywhere, or of one session; how many ended."""

    async def of(self, user_id: str, now: datetime) -> Sequence[Session]:
        """Those that live, newest first."""

    async def move(self, family: str, user_id: str, organisation_id: str) -> None:
        """What the user's session refreshes into from now on."""


class SecondFactor(Value):
    """What a user's codes are made of; not in force until a first code has confirmed it."""

    secret: bytes
    confirmed: bool
    codes_left: int = 0


class SecondFactorStore(Protocol):
    """Second factors, and codes for those who lost theirs."""

    async def get(self, user_id: str) -> SecondFactor | None:
        """The user's, proposed or in force."""

    async def propose(self, user_id: str, secret: bytes) -> None:
        """A secret to confirm; raises SecondFactorSet while one is in force."""

    async def confirm(self, user_id: str, step: int, codes: Sequence[str]) -> None:
        """In force from now on, the step of the code shown used; other sessions end. Raises SecondFactorSet."""

    async def use(self, user_id: str, proof: int | str) -> bool:
        """Uses up a time step, or a recovery code by its digest; False when it was used or there is none."""

    async def renew(self, user_id: str, codes: Sequence[str]) -> None:
        """New recovery codes instead of all before."""

    async def remove(self, user_id: str, actor: str, now: datetime) -> bool:
        """Off; every session ends. Whether there was one in force."""


class OrganisationStore(Protocol):
    """Who belongs where."""

    async def of(self, user_id: str) -> Sequence[Membership]:
        """Where a user belongs, by name."""

    async def membership(self, organisation_id: str, user_id: str) -> Membership | None:
        """As what a user belongs there, if at all."""

    async def members(self, organisation_id: str) -> Sequence[Member]:
        """Everybody, by when they joined; nobody for an organisation there is not."""

    async def set_roles(self, organisation_id: str, roles: Mapping[str, OrgRole], actor: str) -> None:
        """Together or not at all; raises NotFound for who does not belong, LastOwner where none would be left."""

    async def remove(self, organisation_id: str, user_id: str, actor: str) -> None:
        """Out, by themselves or by another; who then belongs nowhere gets an organisation of one person again.
        Raises NotFound, LastOwner."""

    async def rename(self, organisation_id: str, name: str, actor: str) -> None:
        """Another name."""


class InvitationStore(Protocol):
    """Who was asked to join."""

    async def add(self, invitation: Invitation, digest: str) -> None:
        """Keeps one; an earlier one for the same address there is no longer good."""

    async def of(self, organisation_id: str, now: datetime) -> Sequence[Invitation]:
        """Those that are still good, oldest first."""

    async def withdraw(self, organisation_id: str, invitation_id: str, actor: str) -> bool:
        """Whether there was one to withdraw."""

    async def accept(self, digest: str, user: User, now: datetime) -> Membership | None:
        """Uses it up: the user belongs there, with the better of the two roles if they did before, and their address
        is verified. None when it is no longer good, or was sent to another address."""


class ServiceAccountStore(Protocol):
    """Systems that act for an organisation."""

    async def add(self, account: ServiceAccount) -> None:
        """A new one."""

    async def of(self, organisation_id: str) -> Sequence[ServiceAccount]:
        """Every one, oldest first."""

    async def disable(self, organisation_id: str, account_id: str, actor: str, now: datetime) -> bool:
        """For good, with all its keys; whether there was one to disable."""


class ApiKeyStore(Protocol):
    """API keys, by their fingerprints."""

    async def add(self, key: ApiKey, digest: str) -> None:
        """A new one; raises NotFound unless its service account is there and in force."""

    async def of(self, organisation_id: str) -> Sequence[ApiKey]:
        """Every one, oldest first."""

    async def revoke(self, organisation_id: str, key_id: str, actor: str, now: datetime) -> bool:
        """Whether there was one to revoke."""

    async def use(self, digest: str, now: datetime) -> tuple[ApiKey, ServiceAccount] | None:
        """The key and whose it is, if it is good now; remembers the day."""


class RateLimit(Protocol):
    """How often something was tried, by everybody together. Raises Unavailable when nobody can tell."""

    async def take(self, limit: Limit, key: str) -> Left:
        """One try; raises TooMany, with `retry_after` in seconds, when none is left."""

    async def give_back(self, limit: Limit, key: str) -> None:
        """A try that should not count after all."""


class AccessLog(Protocol):
    """Who of staff looked at whose personal data, and who tried to be somebody: lines of the journal, kept few."""

    async def tell(self, look: Look, whose: Whose) -> None:
        """One line for each organisation with something of which nothing was told lately, by any process. Raises
        Unavailable, and then nothing may be shown."""

    async def tell_failure(self, user_id: str, reason: str, tries: int) -> None:
        """A try to sign in that failed, the `tries`th lately: a line for the first of an hour, and whenever they have
        doubled since."""

    async def of(self, organisation_id: str, limit: int, after: str | None) -> tuple[Sequence[Access], str | None]:
        """Looks at an organisation's data, newest first, and the next page's cursor; raises Invalid for a strange
        one."""


class Mailer(Protocol):
    """How a letter reaches a mailbox."""

    async def send(self, letter: Letter) -> None:
        """Hands it over to be delivered; raises Unavailable, and LetterRefused where no other try makes sense."""
