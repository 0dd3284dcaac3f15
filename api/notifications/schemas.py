"""What the notifications service takes and shows."""

import base64
import secrets
from typing import Annotated, Self

from pydantic import Field, StringConstraints

from domain._values import Flag, Line, Request, Span, Timestamp, Value
from domain.audit import Cursor
from domain.errors import Invalid
from domain.events import EventType
from domain.notifications import ROTATED_FOR, Attempt, Message, Secrets, WebhookEndpoint
from domain.telling import MEMBERS_HEAR, RECIPIENTS_HEAR, USUAL, Heard, Preferences, Way
from domain.telling_letters import Audience, Sheet, Template, TemplateName, Words, placeholders
from domain.telling_ports import ToldMember
from domain.users import Locale

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


# ── people ────────────────────────────────────────────────────────────────────────────────────────────────


class Wishes(Preferences):
    """How somebody is told, every event named."""

    usual: dict[str, tuple[Way, ...]] = Field(description="how events are told of which nothing was said")

    @classmethod
    def of(cls, preferences: Preferences) -> Self:
        """With what is usual for the rest."""
        events = {event: preferences.ways(event) for event in MEMBERS_HEAR}
        return cls.model_validate({**preferences.model_dump(), "events": events, "usual": dict(USUAL)})


Place = Annotated[str, StringConstraints(pattern=r"^[0-9]{1,18}\.[0-9]{1,18}$")]


class Unread(Value):
    """How many; `more` where there are still more than that."""

    count: int
    more: bool


class ReadBody(Request):
    """Notifications by their ids."""

    ids: Annotated[tuple[Place, ...], Field(min_length=1, max_length=200, examples=[["1234.56"]])]

    def places(self) -> tuple[Cursor, ...]:
        """In the journal."""
        return tuple(Cursor.parse(each) for each in self.ids)


class ReadAllBody(Request):
    """Up to where."""

    up_to: Place | None = Field(default=None, examples=["1234.56"], description="the newest that was seen, by its id")

    def place(self) -> Cursor | None:
        """In the journal."""
        return Cursor.parse(self.up_to) if self.up_to else None


class TemplateKey(Request):
    """Which letter, in which language."""

    audience: Audience
    event: Heard = Field(examples=["delivery.out_for_delivery"])
    locale: Locale

    def name(self) -> TemplateName:
        """Which letter. Raises Invalid for one that is never written."""
        if self.audience is Audience.RECIPIENT and self.event not in RECIPIENTS_HEAR:
            raise Invalid(f"recipients are told of {', '.join(RECIPIENTS_HEAR)}", field="event")
        return TemplateName(audience=self.audience, event=self.event)


class TemplateBody(TemplateKey):
    """With its words."""

    words: Words


class PreviewBody(TemplateKey):
    """With words to try, or none for those in force."""

    words: Words | None = None


class LetterTemplate(Value):
    """A letter as it is written now; `own` if the organisation changed it."""

    audience: Audience
    event: str
    locale: Locale
    words: Words
    own: bool
    placeholders: dict[str, str] = Field(description="what the words may name, with a `$` before it")

    @classmethod
    def of(cls, name: TemplateName, locale: Locale, words: Words, *, own: bool) -> Self:
        """With what it may name."""
        may = placeholders(name.audience)
        return cls(
            audience=name.audience, event=name.event, locale=locale, words=words, own=own, placeholders=dict(may)
        )


class Preview(Value):
    """A letter, as text and as HTML."""

    subject: str
    text: str
    html: str

    @classmethod
    def of(cls, sheet: Sheet) -> Self:
        """What somebody would read."""
        return cls(subject=sheet.subject, text=sheet.text, html=sheet.html)


class NotificationsExport(Value):
    """All that is kept of whom an organisation tells, and how."""

    organisation_id: str
    exported_at: Timestamp | None = None
    members: tuple[ToldMember, ...] = Field(default=(), description="how each wishes to be told")
    templates: tuple[Template, ...] = Field(default=(), description="letters in its own words")
    endpoints: tuple[WebhookEndpoint, ...] = ()
