"""What the notifications service takes and shows."""

import base64
import secrets
from typing import Annotated, Self

from pydantic import Field, StringConstraints

from domain._values import Flag, Line, Request, Span, Timestamp
from domain.events import EventType
from domain.notifications import ROTATED_FOR, Attempt, Message, Secrets, WebhookEndpoint

_SECRET_BYTES = 32
_MOST_EVENTS = 50

Url = Annotated[str, StringConstraints(max_length=2_000, pattern=r"^https?://[^\s\x00-\x1f\x7f]+$")]
Events = Annotated[
    tuple[EventType, ...],
    Field(max_length=_MOST_EVENTS, description="types of events; none named: every one"),
]


def new_secret() -> str:
    """`whsec_` and random bytes in base64."""
    return f"whsec_{base64.b64encode(secrets.token_bytes(_SECRET_BYTES)).decode()}"


class EndpointCreate(Request):
    """An address to be called, and with what."""

    url: Url = Field(examples=["https://loja.example.com/entrega"], description="HTTPS, on the public Internet")
    events: Events = ()
    description: Line | None = Field(default=None, examples=["ERP da loja"])
    enabled: Flag = True


class EndpointChange(Request):
    """What is to be otherwise; what is left out stays."""

    url: Url | None = None
    events: Events | None = None
    description: Line | None = None
    enabled: Flag | None = None


class RotateBody(Request):
    """How long the secret of before still signs beside the new one."""

    keep_for: Annotated[Span, Field(le=7 * ROTATED_FOR)] = ROTATED_FOR


class ReplayCreate(Request):
    """Which stretch of time, and what of it."""

    since: Timestamp = Field(examples=["2026-01-31T00:00:00Z"], description="from then on; 31 days at most")
    until: Timestamp | None = Field(default=None, description="before then; up to now if not said")
    events: Events = Field(default=(), description="of these types; none named: whatever the endpoint wants")
    only_failed: Flag = Field(default=False, description="nothing that was taken before")


class EndpointSecret(Secrets):
    """What an endpoint knows us by; `previous` is there while one is rotated."""

    current: str = Field(examples=["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"])


class NewEndpoint(WebhookEndpoint):
    """An endpoint, with the secret it knows us by. Owners can see that again."""

    secret: str = Field(examples=["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"])

    @classmethod
    def of(cls, endpoint: WebhookEndpoint, secret: str) -> Self:
        """With its secret."""
        return cls(**endpoint.model_dump(), secret=secret)


class MessageDetail(Message):
    """A message with every try."""

    log: tuple[Attempt, ...]


class Tested(Attempt):
    """What came of a test."""

    message_id: str = Field(description="the `webhook-id` it was sent with")
    taken: bool
    at: Timestamp
