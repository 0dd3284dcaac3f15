"""What notifications need of the world: subscribers and messages at rest, channels, and a way to their workflows."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from domain._values import Timestamp
from domain.audit import Cursor
from domain.events import Event
from domain.notifications import (
    Answer,
    Attempt,
    Health,
    KeptEndpoint,
    Message,
    Outcome,
    Secrets,
    Standing,
    Subscriber,
    WebhookEndpoint,
)


class Subscribers(Protocol):
    """Who is told, and how far the relay has told them."""

    async def of(self, organisations: Sequence[str]) -> Mapping[str, Sequence[Subscriber]]:
        """Those of each of these organisations that are enabled, whatever their channel."""

    async def cursor(self) -> Cursor:
        """Up to which line everybody's workflow was told."""

    async def advance(self, cursor: Cursor) -> None:
        """Moves it forward; another relay's that is further stays."""

    async def standing(self) -> Standing:
        """How they all fare, for whoever watches."""


class EndpointStore(Protocol):
    """Webhook endpoints at rest; each change has a journal line under the endpoint's id that names no address."""

    async def add(self, endpoint: WebhookEndpoint, secrets: Secrets) -> bool:
        """Whether it was new: one of that id is left as it is."""

    async def get(self, endpoint_id: str) -> KeptEndpoint | None:
        """One, secrets included."""

    async def page(
        self, organisation_id: str, limit: int, after: str | None
    ) -> tuple[Sequence[WebhookEndpoint], str | None]:
        """An organisation's, oldest first, and the next page's cursor; raises Invalid for a strange one."""

    async def put(self, endpoint: WebhookEndpoint, secrets: Secrets, kind: str, actor: str) -> bool:
        """Replaces it, telling the journal by this kind; whether there was one. Enabled anew, it fares well again;
        disabled, it begins to miss something."""

    async def delete(self, endpoint_id: str, actor: str) -> bool:
        """With its log, secrets and key, all or nothing; whether there was one."""

    async def orphaned(self, limit: int) -> Sequence[str]:
        """Endpoints of organisations that were erased."""

    async def fare(self, endpoint_id: str, health: Health, disabled_reason: str | None = None) -> None:
        """Notes how it fares; a reason disables it, with a journal line, and what it missed begins with the first that
        it did not take."""


class MessageStore(Protocol):
    """What was sent to whom, and what came of it."""

    async def begin(self, message: Message) -> Message | None:
        """As it is kept, made with this if it is new; None when the subscriber is no more."""

    async def attempted(self, message: Message, attempt: Attempt, outcome: Outcome, next_at: Timestamp | None) -> None:
        """Keeps a try and what became of the message; the same try again changes nothing."""

    async def get(self, subscriber: str, message_id: str) -> Message | None:
        """One of a subscriber's."""

    async def attempts(self, message_id: str) -> Sequence[Attempt]:
        """Its tries, oldest first."""

    async def page(
        self, subscriber: str, outcome: Outcome | None, limit: int, after: str | None
    ) -> tuple[Sequence[Message], str | None]:
        """A subscriber's, newest first, and the next page's cursor; raises Invalid for a strange one."""

    async def reopen(self, message_id: str) -> None:
        """It waits to be sent again, with all tries before it."""

    async def prune(self, before: Timestamp, limit: int) -> int:
        """Deletes so many at most that began before then and wait no more, with their tries; how many there were."""


class Channel(Protocol):
    """One way of telling somebody: one file in `channels/`, as a carrier is one in `carriers/`."""

    async def send(self, subscriber: str, message_id: str, event: Event, *, probe: bool = False) -> Answer:
        """One try, within a total deadline, and what came of it; a probe is also made where nothing else is sent.

        Raises SubscriberBusy, with `retry_after`, when the try was not made: it does not count.
        """


class AddressChannel(Channel, Protocol):
    """A channel to addresses that customers give."""

    async def check(self, url: str) -> None:
        """Raises AddressForbidden for one that may not be called, as it resolves now."""


class Notifier(Protocol):
    """How what happened reaches a subscriber's workflow."""

    async def tell(self, subscriber: str, delivery_id: str, seqs: Sequence[int], *, again: bool = False) -> bool:
        """Hands over lines of a delivery, durably, in order; `again` asks for lines to be sent at once that were sent
        or are being tried. False when the delivery was erased. Raises Unavailable."""

    async def paused(self, organisation_id: str, endpoint_id: str, seq: int) -> None:
        """Sees to it that an organisation's owners are written to, once for this line of an endpoint that was paused.
        Raises Unavailable."""
