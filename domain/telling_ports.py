"""What telling people needs of the world: members and their wishes, lines that wait for a letter, templates."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from domain._values import Timestamp, Value
from domain.audit import Cursor, JournalLine
from domain.telling import LineRef, Preferences, Waiting
from domain.telling_letters import Template, TemplateName, Words
from domain.users import Locale


class ToldMember(Value):
    """A member as they are told: ids and wishes, no address."""

    subscriber: str
    organisation_id: str
    user_id: str
    preferences: Preferences
    since: Timestamp


class Members(Protocol):
    """Who belongs where, as the journal says, and how each wants to be told."""

    async def learn(self, lines: Sequence[JournalLine]) -> None:
        """Takes up who came and went, and the recipients of whoever delivers to some; the same again is harmless."""

    async def get(self, organisation_id: str, user_id: str) -> ToldMember | None:
        """One, by whom; None for who does not belong there, as far as is known."""

    async def named(self, subscriber: str) -> ToldMember | None:
        """One, by the subscriber's id."""

    async def of(self, organisation_id: str) -> Sequence[ToldMember]:
        """Everybody who belongs there, as far as is known."""

    async def put(self, organisation_id: str, user_id: str, preferences: Preferences) -> None:
        """Their wishes from now on, with a journal line under the subscriber's id."""

    async def unsubscribe(self, subscriber: str) -> None:
        """No letter any more; nothing happens to who is not there."""


class LetterQueue(Protocol):
    """Lines that wait to be told by letter; a line is told once."""

    async def add(self, lines: Mapping[str, Sequence[LineRef]]) -> None:
        """By subscriber; those that are there already, told or not, stay as they are."""

    async def waiting(self, subscriber: str, delivery_id: str | None, limit: int) -> Waiting:
        """Of one delivery, or of all."""

    async def told(self, subscriber: str, lines: Sequence[LineRef]) -> None:
        """They wait no more."""


class Templates(Protocol):
    """Letters as an organisation words them, and who wants none from it."""

    async def all(self, organisation_id: str) -> Mapping[tuple[TemplateName, Locale], Words]:
        """Those it has changed."""

    async def put(self, organisation_id: str, template: Template, actor: str) -> None:
        """Its own words, with a journal line under the organisation's recipients."""

    async def reset(self, organisation_id: str, name: TemplateName, locale: Locale, actor: str) -> None:
        """Ours again."""

    async def refuse(self, subscriber: str, address: bytes) -> None:
        """An address, by its blind index, wants nothing more from this organisation."""

    async def refused(self, subscriber: str, address: bytes) -> bool:
        """Whether it has said so."""


class Links(Protocol):
    """The addresses that letters name."""

    def follow(self, delivery_id: str) -> str:
        """Where the recipient follows it, without signing in."""

    def open(self, delivery_id: str) -> str:
        """Where a member sees it, once signed in."""

    def unsubscribe(self, subscriber: str, address: bytes | None) -> str:
        """Where one click ends such letters, to a member or to an address by its blind index."""


class LetterWriter(Protocol):
    """A way to the workflows that write."""

    async def look(self, subscriber: str, delivery_id: str | None, *, anew: bool = False) -> None:
        """Something waits, or their wishes have changed; an erased delivery's recipient is told nothing. Raises
        Unavailable."""


class Notice(Value):
    """What happened, as the app shows it: ids and codes, from which it makes the words. `id` is the line's place in the
    live stream."""

    id: str
    delivery_id: str
    seq: int
    type: str
    at: Timestamp
    reason: str | None = None
    carrier: str | None = None
    attention: str | None = None
    read: bool


class Notices(Protocol):
    """What a member sees in the app: the journal's own lines, and which of them they have read."""

    async def page(
        self, member: ToldMember, unread: bool, limit: int, after: str | None
    ) -> tuple[Sequence[Notice], str | None]:
        """Newest first, and the next page's cursor; raises Invalid for a strange one."""

    async def unread(self, member: ToldMember, most: int) -> int:
        """How many, counted up to so many."""

    async def read(self, member: ToldMember, places: Sequence[Cursor]) -> None:
        """These; what is not theirs changes nothing."""

    async def read_up_to(self, member: ToldMember, place: Cursor | None) -> None:
        """Everything up to there, or all there is now."""
