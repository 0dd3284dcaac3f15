"""What the users service takes and shows of people and their sessions."""

from typing import Annotated, Literal

from pydantic import BaseModel, EmailStr, Field, SecretStr

from domain._values import Line, Request, Timestamp, Value
from domain.access import Whose
from domain.audit import JournalLine
from domain.passwords import LONGEST, WITH_SECOND_FACTOR
from domain.privacy import Held
from domain.sessions import Session
from domain.users import Locale, Role, User

Email = Annotated[EmailStr, Field(max_length=254, examples=["ana@example.com"])]
# Fifteen at least where it is the only factor, which `domain.passwords` sees to.
NewPassword = Annotated[
    SecretStr, Field(min_length=WITH_SECOND_FACTOR, max_length=LONGEST, examples=["correct horse battery"])
]
Password = Annotated[SecretStr, Field(min_length=1, max_length=LONGEST)]
Code = Annotated[
    str, Field(pattern=r"^[0-9A-Za-z -]{6,30}$", description="six digits, or a recovery code", examples=["287082"])
]
LinkToken = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{20,100}$", description="what follows `#token=` in the link")]


class Register(Request):
    """A new user, who gets an organisation of one person."""

    email: Email
    password: NewPassword
    name: Line = Field(examples=["Ana Souza"])
    locale: Locale = Locale.PT_BR


class Asked(Value):
    """A letter is on its way, if there is reason for one: the answer is the same whoever asks for whomever."""

    sent_to: str


class EmailOnly(Request):
    """Whom it is about."""

    email: Email


class Follow(Request):
    """A link that was followed."""

    token: LinkToken


class ResetPassword(Follow):
    """A link that was followed, and the password from now on."""

    password: NewPassword


class SignIn(Request):
    """Who, and the proof; the code only where a second factor is on."""

    email: Email
    password: Password
    code: Code | None = None


class Prove(Request):
    """The password once more, before something that could cost the account."""

    password: Password


class ProveTwice(Prove):
    """The password and a code once more."""

    code: Code


class ChangePassword(Request):
    """The password until now, and from now on."""

    current_password: Password
    new_password: NewPassword


class ChangeEmail(Prove):
    """The address from now on, once it is confirmed."""

    email: Email


class ChangeProfile(Request):
    """What is given is changed."""

    name: Line | None = None
    locale: Locale | None = None


class ConfirmCode(Request):
    """The first code, which shows that the secret arrived."""

    code: Annotated[str, Field(pattern=r"^[0-9]{6}$", examples=["287082"])]


class AccessToken(BaseModel):
    """Send it as `Authorization: Bearer …`. The refresh token comes beside it, as a cookie."""

    access_token: str
    token_type: Literal["Bearer"] = "Bearer"  # noqa: S105
    expires_in: int = Field(description="seconds")
    second_factor_due: bool = Field(
        default=False, description="staff: sign in with a second factor to be more than a customer"
    )


class UserView(Value):
    """A user as they see themselves, and as staff sees them."""

    id: str
    organisation_id: str = Field(description="where they begin")
    email: str
    email_verified: bool
    name: str
    role: Role
    locale: Locale
    disabled: bool
    created_at: Timestamp

    @classmethod
    def of(cls, user: User) -> "UserView":
        """All there is but when things happened."""
        known = user.model_dump()
        return cls(**known, email_verified=user.email_verified_at is not None, disabled=user.disabled_at is not None)

    def whose(self) -> Whose:
        """Their own."""
        return {self.id: self.organisation_id}


class SecondFactorProposal(BaseModel):
    """What an authenticator program takes; in force once a code of it is confirmed."""

    secret: str = Field(description="base32")
    uri: str = Field(description="the same as `otpauth://…`, for a QR code")


class RecoveryCodes(BaseModel):
    """Each signs in once instead of a code; shown this once."""

    codes: list[str]


class SecondFactorView(Value):
    """Whether a second factor is on."""

    on: bool
    recovery_codes_left: int


class SessionView(Value):
    """A browser that is signed in."""

    id: str
    organisation_id: str
    amr: tuple[str, ...]
    created_at: Timestamp
    rotated_at: Timestamp = Field(description="last refreshed")
    expires_at: Timestamp

    @classmethod
    def of(cls, session: Session) -> "SessionView":
        """Nothing that could be used."""
        return cls.model_validate(session.model_dump())


class Switch(Request):
    """Where to act from now on."""

    organisation_id: Annotated[str, Field(pattern=r"^org_[0-9a-z]{1,64}$")]


class RoleBody(Request):
    """What a user is to Entrega from now on."""

    role: Role


class Jwk(BaseModel):
    """An Ed25519 public key (RFC 8037)."""

    kty: str
    crv: str
    alg: str
    use: str
    kid: str
    x: str


class Jwks(BaseModel):
    """The keys that verify access tokens (RFC 7517)."""

    keys: list[Jwk]


class ProveAsSigningIn(Prove):
    """The password once more, and a code where a second factor is on."""

    code: Code | None = None


class PersonExport(Held):
    """All that the users service and the journal hold on a person; lines hold ids and codes alone."""

    exported_at: Timestamp | None = None
    lines: tuple[JournalLine, ...] = Field(default=(), description="about them, or of what they did")
