"""People are told by letter, seen in a real mailbox: in their language, in order, when they wish, and no more often."""

import asyncio
import email
import email.policy
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import fakes
import pytest
from aiosmtpd.smtp import SMTP
from making import delivery, fresh, stop, user
from temporalio.client import Client, WorkflowExecutionStatus, WorkflowHandle
from temporalio.testing import WorkflowEnvironment
from world import Keep, Life, World, workers

from activities.letters import LetterActivities, MemberActivities, RecipientActivities
from channels.email import SmtpMailer
from domain import audit
from domain.audit import Cursor
from domain.deliveries import DeliveryPolicy
from domain.notifications import Subscriber
from domain.telling import LineRef, Preferences, member_id, recipients_id
from domain.telling_letters import Audience, Template, TemplateName, Words
from domain.users import Locale
from runtime.codec import SealingCodec
from runtime.letters import SignedLinks, TemporalLetterWriter, unsubscribing
from runtime.mailbox import Mailbox, serve
from runtime.ports import free_port
from runtime.settings import Settings
from runtime.temporal import data_converter, make_worker
from runtime.wiring import identity
from storage._crypto import BlindIndex
from storage._engine import connect
from storage._keks import Keks
from storage._seals import Seals
from storage.keys import KeyRing
from storage.letters import SqlLetterQueue, SqlTemplates
from storage.notifications import SqlSubscribers
from storage.telling import SqlMembers
from workers._letters import Post
from workers.heartbeats import Heartbeats
from workers.interceptors import DomainErrors
from workers.relay import tell_once
from workflows import addressing
from workflows.letters import LetterStart, LetterWorkflow, Look

ANA = "zuleica.canarinho@example.com"


class Subscribers:
    """Those at rest, read from a place in a journal that is not."""

    def __init__(self, there: SqlSubscribers) -> None:
        self._there, self._place = there, Cursor()

    async def of(self, organisations: Sequence[str]) -> Mapping[str, Sequence[Subscriber]]:
        return await self._there.of(organisations)

    async def cursor(self) -> Cursor:
        return self._place

    async def advance(self, cursor: Cursor) -> None:
        self._place = cursor


class Town:
    """An organisation, its mailbox and its journal, and a relay to be turned by hand."""

    def __init__(self, env: WorkflowEnvironment, client: Client, engines: Any, keks: Keks, folder: Path) -> None:
        self.env, self.client, self.folder = env, client, folder
        self.ahead = timedelta()
        self.organisation = fresh("org")
        self.journal = fakes.InMemoryJournal()
        self.deliveries = fakes.InMemoryDeliveryStore(self.journal)
        told, people = engines
        self.members, self.queue, self.templates = SqlMembers(told), SqlLetterQueue(told), SqlTemplates(told)
        self.people = identity(people, Seals(KeyRing(people, keks), BlindIndex(bytes(32))))
        self.subscribers = Subscribers(SqlSubscribers(told))
        self.post = Post(self.members, self.queue, TemporalLetterWriter(client))
        key = folder / "key"
        key.write_bytes(bytes(range(32)))
        self.settings = Settings(tracking_token_key_file=key, public_url="https://entrega.example")
        self.links = SignedLinks(self.settings)
        self.port = free_port()
        self.mailer = SmtpMailer(f"smtp://127.0.0.1:{self.port}", "no-reply@entrega.example")
        (folder / "mail").mkdir()

    def now(self) -> datetime:
        return datetime.now(UTC) + self.ahead

    async def open(self, stack: AsyncExitStack) -> None:
        """The mail server, and nobody before."""
        await stack.enter_async_context(await serve(self.folder / "mail", self.port))

    def letters(self, to: str | None = None) -> list[EmailMessage]:
        """Those that came, oldest first."""
        paths = sorted((self.folder / "mail").glob("*.eml"), key=lambda path: path.name.partition("-")[2])
        every = [email.message_from_bytes(path.read_bytes(), policy=email.policy.default) for path in paths]
        return [letter for letter in every if to in (None, letter["To"])]

    async def member(self, address: str, locale: Locale = Locale.PT_BR, **more: Any) -> str:
        """Somebody who belongs to the organisation, and of whom the journal has told; the subscriber."""
        person, own = user(address, locale=locale, **{"email_verified_at": datetime.now(UTC), **more})
        own = own.model_copy(update={"id": self.organisation})
        person = person.model_copy(update={"organisation_id": own.id})
        await self.people["users"].add(person, own, "no hash")
        await self.journal.append(person.id, "user.registered", person.id, {}, own.id)
        self.organisation, self.user = own.id, person.id
        return member_id(own.id, person.id)

    async def wishes(self, **wishes: Any) -> None:
        await self.members.put(self.organisation, self.user, Preferences.model_validate(wishes))

    def happens(self, its_id: str, *kinds: str, **data: Any) -> None:
        first = len([line for line in self.journal.lines if line.subject == its_id]) + 1
        lines = [
            audit.Line(seq=seq, kind=f"delivery.{kind}", actor="system", at=self.now(), data={"status": kind, **data})
            for seq, kind in enumerate(kinds, start=first)
        ]
        self.journal.write(its_id, self.organisation, lines)

    async def relayed(self) -> None:
        while await tell_once(self.journal, self.subscribers, _Nobody(), self.post):
            pass

    def handle(self, subscriber: str, its_id: str | None = None) -> WorkflowHandle[Any, Any]:
        return self.client.get_workflow_handle(addressing.letter_workflow_id(subscriber, its_id))

    async def told(self, subscriber: str, its_id: str | None = None) -> None:
        await self.relayed()
        await self.handle(subscriber, its_id).result()

    async def skip(self, span: timedelta, handle: WorkflowHandle[Any, Any]) -> None:
        self.ahead += span
        await self.env.fast_forward(handle, span)

    async def requested(self, **contact: Any) -> str:
        """A delivery whose recipient can be written to."""
        its_id, dropoff = fresh("del"), stop()
        dropoff["contact"] |= contact
        made = delivery(id=its_id, organisation_id=self.organisation)
        request = made.request.model_validate({**made.request.model_dump(), "dropoff": dropoff})
        self.deliveries.rows[its_id] = made.model_copy(update={"request": request})
        return its_id


class _Nobody:
    async def tell(self, *_: Any, **__: Any) -> bool:
        raise AssertionError("whoever is told by letter has no webhook")


async def until(ready: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not ready():
            await asyncio.sleep(0.01)


def text(letter: EmailMessage, kind: str = "plain") -> str:
    part = letter.get_body((kind,))
    assert part is not None
    return str(part.get_content())


@pytest.fixture(scope="module")
async def engines(postgres: Any) -> AsyncIterator[Any]:
    made = [connect(postgres.url(role), application_name=role) for role in ("notifications", "users")]
    yield made
    for engine in made:
        await engine.dispose()


@pytest.fixture
async def town(
    env: WorkflowEnvironment, client: Client, engines: Any, keks: Keks, tmp_path: Path, recording: bool
) -> AsyncIterator[Town]:
    codec = None if recording else SealingCodec(fakes.InMemoryKeys())  # what is replayed is read without keys
    sealed = Client(**{**client.config(), "data_converter": data_converter(codec)})
    made = Town(env, sealed, engines, keks, tmp_path)
    index = BlindIndex(bytes(32))
    letters = LetterActivities(
        made.journal, made.members, made.queue, made.templates, made.mailer, made.links,
        lambda address: index.of("recipient", address.lower()), made.now,
    )  # fmt: skip
    members = MemberActivities(made.people["users"], made.people["organisations"], made.mailer)
    recipients = RecipientActivities(made.deliveries)
    queues = {
        addressing.NOTIFICATIONS: [letters.draft_letter, letters.write_to_recipient],
        addressing.USERS: [members.write_to_member],
        addressing.DELIVERIES: [recipients.find_recipient],
    }
    async with AsyncExitStack() as stack:
        for queue, activities in queues.items():
            more: dict[str, Any] = {"graceful_shutdown_timeout": timedelta(0)}
            if queue == addressing.NOTIFICATIONS:
                more |= {"workflows": [LetterWorkflow], "max_cached_workflows": 0}
            interceptors = [DomainErrors(), Heartbeats()]
            worker = make_worker(sealed, queue, activities=activities, interceptors=interceptors, **more)
            await stack.enter_async_context(worker)
        yield made


@pytest.fixture
async def mailbox(town: Town) -> AsyncIterator[Town]:
    async with AsyncExitStack() as stack:
        await town.open(stack)
        yield town


async def test_members_are_told_in_their_language_of_what_went_wrong(mailbox: Town) -> None:
    town = mailbox
    ana, organisation = await town.member(f"{fresh('ana')}@example.com"), town.organisation
    town.organisation, its_id = organisation, fresh("del")
    town.happens(its_id, "booked", "attempt_failed", carrier="ligeiro", reason="nobody_home")
    await town.told(ana)
    [letter] = town.letters()
    assert letter["Subject"] == "Tentativa de entrega sem sucesso"
    for body in (text(letter), text(letter, "html")):
        assert "motivo: nobody_home" in body
        assert f"https://entrega.example/deliveries/{its_id}" in body
    link = letter["List-Unsubscribe"].strip("<>")
    assert (link in text(letter), letter["List-Unsubscribe-Post"]) == (True, "List-Unsubscribe=One-Click")
    town.organisation = fresh("org")
    eve = await town.member(f"{fresh('eve')}@example.com", Locale.EN)
    town.happens(fresh("del"), "attempt_failed", reason="refused")
    await town.told(eve)
    english = town.letters()[-1]
    assert english["Subject"] == "Delivery attempt failed"
    assert "reason: refused" in text(english)
    assert english["Message-ID"] != letter["Message-ID"]


async def test_an_address_that_is_not_proven_and_who_does_not_want_it_get_none(mailbox: Town) -> None:
    town = mailbox
    unproven = await town.member(f"{fresh('x')}@example.com", email_verified_at=None)
    town.happens(fresh("del"), "lost")
    await town.told(unproven)
    town.organisation = fresh("org")
    picky = await town.member(f"{fresh('ana')}@example.com")
    await town.relayed()
    await town.wishes(events={"delivery.lost": ["in_app"], "delivery.booked": ["email"]})
    town.happens(fresh("del"), "lost", "booked")
    await town.told(picky)
    [letter] = town.letters()
    assert "Entregador confirmado" in letter["Subject"]
    subscriber, address = unsubscribing(town.settings, letter["List-Unsubscribe"].strip("<>").rpartition("/")[2])
    assert (subscriber, address) == (picky, None)
    await town.members.unsubscribe(subscriber)
    town.happens(fresh("del"), "booked")
    await town.told(picky)
    assert len(town.letters()) == 1


async def test_a_line_that_comes_again_is_told_once(mailbox: Town, keep: Keep) -> None:
    town = mailbox
    ana = await town.member(f"{fresh('ana')}@example.com")
    town.happens(fresh("del"), "failed")
    await town.told(ana)
    await keep("letters/to_a_member", town.handle(ana))
    await town.subscribers.advance(Cursor())  # a relay that begins anew
    await town.told(ana)
    assert len(town.letters()) == 1


async def test_a_daily_letter_tells_all_of_the_day_in_order(mailbox: Town, keep: Keep) -> None:
    town = mailbox
    ana = await town.member(f"{fresh('ana')}@example.com")
    await town.relayed()
    daily_at = f"{datetime.now(UTC) + timedelta(hours=3):%H:%M}"
    events = {"delivery.booked": ["email"], "delivery.delivered": ["email"]}
    await town.wishes(digest="daily", daily_at=daily_at, time_zone="UTC", events=events)
    first, second = fresh("del"), fresh("del")
    for its_id, kind in ((first, "booked"), (second, "booked"), (first, "delivered")):
        town.happens(its_id, kind)
        await town.relayed()
    handle = town.handle(ana)
    await town.skip(timedelta(hours=1), handle)
    assert town.letters() == []
    await town.skip(timedelta(hours=3), handle)
    await handle.result()
    [letter] = town.letters()
    assert letter["Subject"] == "3 notícias das suas entregas"
    told = [line for line in text(letter).splitlines() if "·" in line]
    assert [(its_id in line, what in line) for line, its_id, what in zip(
        told, (first, second, first), ("Entregador confirmado", "Entregador confirmado", "Entregue"), strict=True
    )] == [(True, True)] * 3  # fmt: skip
    history = await handle.fetch_history()
    assert len(history.events) < 60
    await keep("letters/daily", handle)


async def test_in_quiet_hours_nothing_comes_and_afterwards_everything_in_one(mailbox: Town) -> None:
    town = mailbox
    ana = await town.member(f"{fresh('ana')}@example.com")
    await town.relayed()
    clock = datetime.now(UTC)
    since, until_ = (f"{(clock + timedelta(hours=h)):%H:%M}" for h in (-1, 2))
    await town.wishes(quiet_hours={"since": since, "until": until_}, time_zone="UTC")
    its_id = fresh("del")
    town.happens(its_id, "attempt_failed", "lost")
    await town.relayed()
    handle = town.handle(ana)
    await town.skip(timedelta(minutes=50), handle)
    assert town.letters() == []
    await town.skip(timedelta(minutes=90), handle)
    await handle.result()
    assert [letter["Subject"] for letter in town.letters()] == ["2 notícias das suas entregas"]


async def test_new_wishes_hold_for_what_waits(mailbox: Town, keep: Keep) -> None:
    town = mailbox
    ana = await town.member(f"{fresh('ana')}@example.com")
    await town.relayed()
    await town.wishes(digest="daily")
    town.happens(fresh("del"), "lost")
    await town.relayed()
    await town.wishes(digest="immediate")
    await TemporalLetterWriter(town.client).look(ana, None, anew=True)
    await town.handle(ana).result()
    assert len(town.letters()) == 1
    await keep("letters/new_wishes", town.handle(ana))


async def test_a_run_of_many_signals_goes_on_in_another_and_tells_nothing_again(mailbox: Town, keep: Keep) -> None:
    town = mailbox
    ana = await town.member(f"{fresh('ana')}@example.com")
    its_id = fresh("del")
    await town.relayed()
    town.happens(its_id, "lost")
    lost = LineRef(delivery_id=its_id, seq=1, type="delivery.lost", at=town.now())
    await town.queue.add({ana: [lost]})
    first = await town.client.start_workflow(
        LetterWorkflow.run,
        LetterStart(subscriber=ana, most_signals=1),
        id=addressing.letter_workflow_id(ana, None),
        task_queue=addressing.NOTIFICATIONS,
        start_signal="look",
        start_signal_args=[Look()],
    )
    await first.result()
    before = town.client.get_workflow_handle(first.id, run_id=first.result_run_id)
    assert (await before.describe()).status is WorkflowExecutionStatus.CONTINUED_AS_NEW
    assert len(town.letters()) == 1
    await keep("letters/goes_on", before)
    await keep("letters/went_on", town.handle(ana))


async def test_when_the_mail_server_is_away_for_an_hour_everything_arrives_in_order_and_once(town: Town) -> None:
    ana, its_id = await town.member(f"{fresh('ana')}@example.com"), fresh("del")
    town.happens(its_id, "attempt_failed")
    await town.relayed()
    handle = town.handle(ana)
    town.happens(its_id, "lost")
    town.happens(fresh("del"), "failed")
    await town.relayed()

    async def tried() -> int:
        pending = (await handle.describe()).raw_description.pending_activities
        return max((one.attempt for one in pending), default=0)

    while town.ahead < timedelta(hours=1):
        async with asyncio.timeout(20):
            before = await tried()
            await town.skip(timedelta(minutes=13), handle)
            while await tried() <= before:
                await asyncio.sleep(0.02)
    async with AsyncExitStack() as stack:
        await town.open(stack)
        await town.skip(timedelta(minutes=6), handle)
        await handle.result()
    told = "\n".join(letter["Subject"] + text(letter) for letter in town.letters())
    places = [told.index(what) for what in ("Tentativa de entrega sem sucesso", "Extraviada", "Nenhum entregador")]
    assert places == sorted(places)
    assert len(town.letters()) <= 2


class Dead(Mailbox):
    """A mail server that has no such mailbox."""

    async def handle_RCPT(self, *_: object) -> str:
        return "550 5.1.1 no such user"


async def test_a_letter_refused_for_good_is_given_up_at_once_and_the_next_is_sent(town: Town, keep: Keep) -> None:
    ana = await town.member(f"{fresh('ana')}@example.com")
    town.happens(fresh("del"), "lost")
    dead = Dead(town.folder / "mail")
    async with await asyncio.get_running_loop().create_server(lambda: SMTP(dead), "127.0.0.1", town.port):
        async with asyncio.timeout(20):  # no clock is moved: days would not pass
            await town.told(ana)
    await keep("letters/refused", town.handle(ana))
    town.happens(fresh("del"), "failed")
    async with AsyncExitStack() as stack:
        await town.open(stack)
        await town.told(ana)
    assert [letter["Subject"].partition(":")[0] for letter in town.letters()] == ["Nenhum entregador aceitou"]


async def test_a_recipient_is_told_where_it_is_wanted_until_they_want_no_more(
    mailbox: Town, keep: Keep, recording: bool
) -> None:
    town = mailbox
    await town.member(f"{fresh('ana')}@example.com")
    wanted, unwanted = await town.requested(email=ANA, name="Zuleica"), await town.requested(email=ANA)
    town.happens(wanted, "booked", recipient=True)
    town.happens(unwanted, "booked")
    everybody = recipients_id(town.organisation)
    await town.told(everybody, wanted)
    [letter] = town.letters(ANA)
    assert letter["Subject"] == "Entregador confirmado: pedido de Ana Pessoa"
    assert town.links.follow(wanted) in text(letter)
    raw = (await town.handle(everybody, wanted).fetch_history()).to_json()
    assert recording or ANA not in raw
    assert recording or "canarinho" not in raw
    await keep("letters/to_a_recipient", town.handle(everybody, wanted))
    name = TemplateName(audience=Audience.RECIPIENT, event="delivery.delivered")
    words = Words(subject="Chegou!", paragraphs=("De $sender com carinho.", "$link"))
    await town.templates.put(town.organisation, Template(name=name, locale=Locale.PT_BR, words=words), "usr_1")
    town.happens(wanted, "delivered", recipient=True)
    await town.told(everybody, wanted)
    assert town.letters(ANA)[-1]["Subject"] == "Chegou!"
    link = letter["List-Unsubscribe"].strip("<>").rpartition("/")[2]
    subscriber, address = unsubscribing(town.settings, link)
    assert address is not None
    assert ANA not in link
    await town.templates.refuse(subscriber, address)
    again = await town.requested(email=ANA.upper())
    town.happens(again, "booked", recipient=True)
    await town.told(everybody, again)
    assert len(town.letters()) == 2


async def test_a_delivery_marks_the_lines_its_recipient_is_told(client: Client) -> None:
    async def marked(asked: bool | None, usual: bool, **contact: Any) -> set[str]:
        world = World()
        world.carrier("fast")
        life = Life(client, world, DeliveryPolicy(notify_recipient=usual))
        dropoff = stop("São Paulo")
        dropoff["contact"] |= contact
        async with workers(client, world):
            await life.requested(dropoff=dropoff, notify_recipient=asked, choice={"rule": "fastest"})
            await life.reaches("booked")
            await life.reports("picked_up", "delivered", "finished")
            await life.handle.result()
        return {line.kind for line in world.journal[life.id] if line.data.get("recipient")}

    told = {"delivery.booked", "delivery.picked_up", "delivery.delivered"}
    assert await marked(True, False, email=ANA) == told
    assert await marked(None, True, email=ANA) == told
    assert await marked(False, True, email=ANA) == set()
    assert await marked(True, True) == set()
