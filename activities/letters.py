"""Telling people by letter: what waits is put into words here, and the address is put on by whoever keeps it."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime

from pydantic import Field
from temporalio import activity

from domain._values import Timestamp, Value
from domain.errors import Archived
from domain.ports import DeliveryStore, Journal
from domain.telling import MEMBER, LineRef, letter_id, not_before
from domain.telling_letters import (
    Audience,
    Closing,
    Facts,
    Sheet,
    TemplateName,
    Words,
    summed_up,
    usual,
    written,
)
from domain.telling_ports import LetterQueue, Links, Members, Templates, ToldMember
from domain.user_ports import Mailer, OrganisationStore, UserStore
from domain.users import Locale

_MOST_LINES = 50
_LUSOPHONE = frozenset({"BR", "PT"})
_HOME = "America/Sao_Paulo"  # a recipient's clock is not known


class DraftLetter(Value):
    """What is there to tell this subscriber, of one delivery or of all? `told` was, meanwhile."""

    subscriber: str
    delivery_id: str | None = None
    told: tuple[LineRef, ...] = ()


class Draft(Value):
    """What is told now, in each language for a member; or not before some moment; or nothing."""

    lines: tuple[LineRef, ...] = ()
    not_before: Timestamp | None = None
    organisation_id: str | None = None
    user_id: str | None = None
    sheets: dict[Locale, Sheet] = Field(default_factory=dict)


class FindRecipient(Value):
    """Who receives this delivery?"""

    delivery_id: str


class Recipient(Value):
    """Whom a letter goes to and what it says of the order; without an address there is nobody to write to."""

    organisation_id: str = ""
    email: str | None = None
    country: str = "BR"
    sender: str = ""
    reference: str = ""


class WriteToRecipient(Value):
    """Tell them these lines."""

    subscriber: str
    delivery_id: str
    lines: tuple[LineRef, ...]
    recipient: Recipient


class Written(Value):
    """Whether a letter went out; none does to somebody who wants none, or is no more."""

    sent: bool


class LetterActivities:
    """Runs on the notifications queue. `index` makes an address's blind index."""

    def __init__(
        self,
        journal: Journal,
        members: Members,
        queue: LetterQueue,
        templates: Templates,
        mailer: Mailer,
        links: Links,
        index: Callable[[str], bytes],
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._journal, self._members, self._queue, self._templates = journal, members, queue, templates
        self._mailer, self._links, self._index, self._now = mailer, links, index, now

    @activity.defn
    async def draft_letter(self, ask: DraftLetter) -> Draft:
        """Notes what was told, then looks what waits."""
        if ask.told:
            await self._queue.told(ask.subscriber, ask.told)
        waiting = (await self._queue.waiting(ask.subscriber, ask.delivery_id, _MOST_LINES)).lines
        if not waiting or not ask.subscriber.startswith(MEMBER):
            return Draft(lines=waiting)
        member = await self._members.named(ask.subscriber)
        if member is None:
            return Draft()  # what waited for them went with them
        now = self._now()
        earliest = not_before(member.preferences, waiting[0].at, now)
        if earliest > now:
            return Draft(not_before=earliest)
        return Draft(
            lines=waiting,
            organisation_id=member.organisation_id,
            user_id=member.user_id,
            sheets=await self._for_member(member, waiting),
        )

    @activity.defn
    async def write_to_recipient(self, ask: WriteToRecipient) -> Written:
        """One letter, unless its address has refused them. Raises Unavailable, LetterRefused."""
        to = ask.recipient
        if to.email is None:
            return Written(sent=False)
        address = self._index(to.email)
        if await self._templates.refused(ask.subscriber, address):
            return Written(sent=False)
        locale = Locale.PT_BR if to.country in _LUSOPHONE else Locale.EN
        closing = Closing(
            zone=_HOME,
            unsubscribe=self._links.unsubscribe(ask.subscriber, address),
            id=letter_id(ask.subscriber, ask.lines),
        )
        own = await self._templates.all(to.organisation_id)
        said = {"link": self._links.follow(ask.delivery_id), "sender": to.sender, "reference": to.reference}
        told = [await self._facts(line, **said) for line in ask.lines]
        await self._mailer.send(_sheet(Audience.RECIPIENT, own, told, locale, closing).to(to.email))
        return Written(sent=True)

    async def _for_member(self, member: ToldMember, lines: Sequence[LineRef]) -> dict[Locale, Sheet]:
        closing = Closing(
            zone=member.preferences.time_zone,
            unsubscribe=self._links.unsubscribe(member.subscriber, None),
            id=letter_id(member.subscriber, lines),
        )
        own = await self._templates.all(member.organisation_id)
        told = [await self._facts(line, link=self._links.open(line.delivery_id)) for line in lines]
        return {locale: _sheet(Audience.MEMBER, own, told, locale, closing) for locale in Locale}

    async def _facts(self, line: LineRef, **said: str) -> Facts:
        kept = await self._journal.line(line.delivery_id, line.seq)
        data = kept.data if kept else {}
        told = {name: data[name] for name in ("carrier", "reason") if isinstance(data.get(name), str)}
        if line.type == "delivery.attention":
            told["reason"] = told.get("reason") or data.get("attention", "-")
        return Facts.model_validate({"line": line, **told, **said})


def _sheet(
    audience: Audience,
    own: Mapping[tuple[TemplateName, Locale], Words],
    told: Sequence[Facts],
    locale: Locale,
    closing: Closing,
) -> Sheet:
    """What waits alone is told in the words of its event, more together in one letter."""
    if len(told) > 1:
        return summed_up(audience, told, locale, closing)
    [facts] = told
    name = TemplateName(audience=audience, event=facts.line.type)
    return written(own.get((name, locale)) or usual(name, locale), locale, facts, closing)


class RecipientActivities:
    """Runs on the deliveries queue, which knows who receives."""

    def __init__(self, deliveries: DeliveryStore) -> None:
        self._deliveries = deliveries

    @activity.defn
    async def find_recipient(self, ask: FindRecipient) -> Recipient:
        """Nobody where there is no address, or the delivery is erased or archived."""
        try:
            delivery = await self._deliveries.get(ask.delivery_id)
        except Archived:
            return Recipient()
        if delivery is None or delivery.erased:
            return Recipient()
        request = delivery.request
        return Recipient(
            organisation_id=delivery.organisation_id,
            email=request.dropoff.contact.email,
            country=request.dropoff.address.country,
            sender=request.pickup.contact.name,
            reference=request.reference,
        )


class MemberActivities:
    """Runs on the users queue: a person's address never leaves the service that keeps it."""

    def __init__(self, users: UserStore, organisations: OrganisationStore, mailer: Mailer) -> None:
        self._users, self._organisations, self._mailer = users, organisations, mailer

    @activity.defn
    async def write_to_member(self, draft: Draft) -> Written:
        """To whom still belongs there, in their language, at an address that is known to be theirs. Raises
        Unavailable, LetterRefused."""
        if draft.user_id is None or draft.organisation_id is None:
            return Written(sent=False)
        user = await self._users.get(draft.user_id)
        if user is None or user.erased or user.disabled_at is not None or user.email_verified_at is None:
            return Written(sent=False)
        if await self._organisations.membership(draft.organisation_id, draft.user_id) is None:
            return Written(sent=False)
        await self._mailer.send(draft.sheets[user.locale].to(user.email))
        return Written(sent=True)
