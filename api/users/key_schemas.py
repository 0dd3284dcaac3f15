"""What the users service takes and shows of organisations, and of accounts and keys for systems."""

from datetime import UTC, datetime
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, SecretStr

from api.users.schemas import AccessToken, Email
from domain._values import Line, Request, Timestamp
from domain.organisations import ApiKey
from domain.users import OrgRole, Scope


def _of_a_person(role: OrgRole) -> OrgRole:
    if role is OrgRole.PARTNER:
        raise ValueError("partner is for service accounts")
    return role


def _of_a_system(role: OrgRole) -> OrgRole:
    if role is OrgRole.OWNER:
        raise ValueError("an organisation is owned by people")
    return role


def _ahead(at: datetime) -> datetime:
    if at <= datetime.now(UTC):
        raise ValueError("in the past")
    return at


class Rename(Request):
    """Another name."""

    name: Line


class Invite(Request):
    """Whom to ask, and as what."""

    email: Email
    role: Annotated[OrgRole, AfterValidator(_of_a_person)] = OrgRole.MEMBER


class MemberRole(Request):
    """What a member is from now on."""

    role: Annotated[OrgRole, AfterValidator(_of_a_person)]


class Transfer(Request):
    """Who owns the organisation from now on, instead of who asks."""

    user_id: Annotated[str, Field(pattern=r"^usr_[0-9a-z]{1,64}$")]


class AccountCreate(Request):
    """A system: `partner` for one that sees nothing but the deliveries it requested."""

    name: Line = Field(examples=["Loja virtual"])
    role: Annotated[OrgRole, AfterValidator(_of_a_system)] = OrgRole.MEMBER


class KeyCreate(Request):
    """A key, and what it is for."""

    name: Line = Field(examples=["produção"])
    scopes: Annotated[frozenset[Scope], Field(min_length=1)]
    expires_at: Annotated[Timestamp, AfterValidator(_ahead)] | None = None


class NewKey(ApiKey):
    """A key as it is shown this once."""

    key: str = Field(description="`ek_…`: keep it as you would a password", examples=["ek_4kQx…"])

    @classmethod
    def of(cls, key: ApiKey, secret: str) -> Self:
        """With what nobody will see again."""
        return cls(**key.model_dump(), key=secret)


class TokenRequest(Request):
    """The form of RFC 6749 §4.4.2."""

    grant_type: Literal["client_credentials"]
    client_id: Annotated[str, Field(max_length=100, description="the key's id; may be left out")] | None = None
    client_secret: Annotated[SecretStr, Field(max_length=200, description="the key")] | None = None
    scope: Annotated[str, Field(max_length=200, description="fewer scopes than the key's, by spaces")] | None = None


class ScopedToken(AccessToken):
    """Send it as `Authorization: Bearer …`."""

    scope: str
