"""What the users service takes and shows."""

from typing import Annotated, Literal

from pydantic import BaseModel, EmailStr, Field, SecretStr

from domain._values import Line, Request, Timestamp, Value
from domain.users import Role, User

Email = Annotated[EmailStr, Field(max_length=254, examples=["ana@example.com"])]
# A single factor: fifteen at least, any characters, no composition rules (NIST SP 800-63B-4 §3.1.1.2).
NewPassword = Annotated[SecretStr, Field(min_length=15, max_length=128, examples=["correct horse battery"])]


class Register(Request):
    """A new user, who gets an organisation of one person."""

    email: Email
    password: NewPassword
    name: Line = Field(examples=["Ana Souza"])


class SignIn(Request):
    """Who and the proof."""

    email: Email
    password: Annotated[SecretStr, Field(min_length=1, max_length=128)]


class AccessToken(BaseModel):
    """Send it as `Authorization: Bearer …`."""

    access_token: str
    token_type: Literal["Bearer"] = "Bearer"  # noqa: S105
    expires_in: int = Field(description="seconds")


class UserView(Value):
    """A user as they see themselves."""

    id: str
    organisation_id: str
    email: str
    name: str
    role: Role
    created_at: Timestamp

    @classmethod
    def of(cls, user: User) -> "UserView":
        """All there is but the password."""
        return cls.model_validate(user.model_dump())


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
