"""Members, lines before letters, templates and what the app shows, at rest."""

from datetime import timedelta

import pytest
from making import NOW, delivery, fresh, line, move
from sqlalchemy import text

from domain.audit import GENESIS, Cursor, JournalLine
from domain.errors import Invalid
from domain.notifications import Subscriber
from domain.telling import LineRef, Preferences, member_id, recipients_id
from domain.telling_letters import Audience, Template, TemplateName, Words
from domain.telling_ports import ToldMember
from domain.users import Locale
from storage.letters import SqlLetterQueue, SqlTemplates
from storage.notices import SqlNotices
from storage.telling import SqlMembers


@pytest.fixture
def members(engines):
    return SqlMembers(engines["notifications"])


@pytest.fixture
def queue(engines):
    return SqlLetterQueue(engines["notifications"])


@pytest.fixture
def templates(engines):
    return SqlTemplates(engines["notifications"])


@pytest.fixture
def notices(engines):
    return SqlNotices(engines["notifications"])


def told(kind: str, chain: str, organisation: str | None, **data) -> JournalLine:
    values = {"seq": 1, "kind": kind, "actor": "usr_1", "at": NOW, "data": data, "id": 1, "txid": 1}
    hashes = {"prev_hash": GENESIS, "hash": GENESIS}
    return JournalLine.model_validate({**values, **hashes, "subject": chain, "organisation_id": organisation})


async def joined(members, organisation: str | None = None) -> ToldMember:
    organisation, person = organisation or fresh("org"), fresh("usr")
    await members.learn([told("user.registered", person, organisation)])
    known = await members.get(organisation, person)
    assert known is not None
    return known


async def events_of(sql, organisation: str) -> dict[str, Subscriber]:
    return {one.id: one for one in (await sql.subscribers.of([organisation])).get(organisation, ())}


async def test_who_comes_and_goes_is_learnt_from_the_journal(members, sql):
    one, organisation = await joined(members), fresh("org")
    assert (one.preferences, one.since) == (Preferences(), NOW)
    guest = told("member.joined", organisation, organisation, user=one.user_id)
    for _ in range(2):
        await members.learn([guest])
    assert set(await events_of(sql, organisation)) == {member_id(organisation, one.user_id)}
    removed = told("member.removed", organisation, organisation, user=one.user_id)
    await members.learn([removed, guest])
    assert await members.get(organisation, one.user_id) is not None
    await members.learn([removed])
    assert await members.get(organisation, one.user_id) is None
    assert await members.get(one.organisation_id, one.user_id) == one
    await members.learn([told("key.erased", f"key/{one.user_id}", None, subject=one.user_id)])
    assert await members.get(one.organisation_id, one.user_id) is None
    assert await events_of(sql, one.organisation_id) == {}


async def test_with_an_organisation_everybody_in_it_and_its_words_go(members, templates, sql):
    one, name = await joined(members), TemplateName(audience=Audience.MEMBER, event="delivery.lost")
    organisation = one.organisation_id
    await members.learn([told("delivery.booked", fresh("del"), organisation, recipient=True)])
    words = Words(subject="Puxa", paragraphs=("$link",))
    await templates.put(organisation, Template(name=name, locale=Locale.EN, words=words), "usr_1")
    await members.learn([told("organisation.erased", organisation, organisation, user=one.user_id)])
    assert await events_of(sql, organisation) == {}
    assert await templates.all(organisation) == {}


async def test_recipients_are_somebody_once_a_delivery_says_so(members, sql):
    organisation = fresh("org")
    await members.learn([told("delivery.booked", fresh("del"), organisation)])
    assert await events_of(sql, organisation) == {}
    await members.learn([told("delivery.booked", fresh("del"), organisation, recipient=True)])
    assert set(await events_of(sql, organisation)) == {recipients_id(organisation)}


async def test_wishes_are_what_the_relay_goes_by(members, sql):
    one = await joined(members)
    usual = (await events_of(sql, one.organisation_id))[one.subscriber]
    assert "delivery.lost" in usual.events
    wishes = Preferences.model_validate({"events": {"delivery.lost": [], "delivery.booked": ["email"]}})
    await members.put(one.organisation_id, one.user_id, wishes)
    chosen = (await events_of(sql, one.organisation_id))[one.subscriber]
    assert ("delivery.lost" in chosen.events, "delivery.booked" in chosen.events) == (False, True)
    for _ in range(2):
        await members.unsubscribe(one.subscriber)
    assert await events_of(sql, one.organisation_id) == {}
    known = await members.named(one.subscriber)
    assert (known.preferences.letters, known.preferences.events) == (False, wishes.events)
    kinds = [line.kind for line in await sql.journal.of(one.subscriber)]
    assert kinds == ["telling.changed"] * 2
    await members.unsubscribe(fresh("eml"))


async def test_lines_wait_in_their_order_and_are_told_once(members, queue):
    one, first, second = await joined(members), fresh("del"), fresh("del")

    def ref(its_id: str, seq: int) -> LineRef:
        return LineRef(delivery_id=its_id, seq=seq, type="delivery.booked", at=NOW)

    lines = [ref(second, 1), ref(first, 4), ref(second, 2)]
    await queue.add({one.subscriber: lines, fresh("eml"): lines})
    await queue.add({one.subscriber: [ref(first, 4), ref(first, 5)]})
    waiting = await queue.waiting(one.subscriber, None, 3)
    assert (list(waiting.lines), waiting.more) == (lines, True)
    assert [line.seq for line in (await queue.waiting(one.subscriber, first, 9)).lines] == [4, 5]
    await queue.told(one.subscriber, waiting.lines)
    await queue.add({one.subscriber: lines})
    rest = await queue.waiting(one.subscriber, None, 9)
    assert (list(rest.lines), rest.more) == ([ref(first, 5)], False)


async def test_an_organisations_words_are_its_own_and_ours_come_back(templates, sql):
    organisation, name = fresh("org"), TemplateName(audience=Audience.RECIPIENT, event="delivery.booked")
    words = Words(subject="Canarinho", paragraphs=("Oi!", "$link"))
    await templates.put(organisation, Template(name=name, locale=Locale.PT_BR, words=words), "usr_1")
    assert await templates.all(organisation) == {(name, Locale.PT_BR): words}
    assert await templates.all(fresh("org")) == {}
    for _ in range(2):
        await templates.reset(organisation, name, Locale.PT_BR, "usr_1")
    assert await templates.all(organisation) == {}
    lines = await sql.journal.of(recipients_id(organisation))
    assert [line.kind for line in lines] == ["template.changed", "template.reset"]
    assert "Canarinho" not in str(lines)


async def test_an_address_refuses_one_organisations_letters(templates):
    ours, theirs, address = recipients_id(fresh("org")), recipients_id(fresh("org")), bytes(32)
    for _ in range(2):
        await templates.refuse(ours, address)
    assert await templates.refused(ours, address)
    assert not await templates.refused(theirs, address)
    assert not await templates.refused(ours, bytes(31))


async def lived(sql, organisation: str, *kinds: str, **data) -> str:
    it = delivery(organisation_id=organisation)
    lines = [
        line(seq, kind=f"delivery.{kind}", at=NOW + timedelta(minutes=seq), data={"status": "booked", **data})
        for seq, kind in enumerate(kinds, start=1)
    ]
    await sql.deliveries.record(move(it, *lines))
    return it.id


async def test_what_the_app_shows_is_the_journal_and_knows_what_was_read(members, notices, sql):
    one = await joined(members)
    first = await lived(sql, one.organisation_id, "requested", "booked", "picked_up", carrier="ligeiro")
    await lived(sql, fresh("org"), "booked")
    second = await lived(sql, one.organisation_id, "requested", "lost")
    items, following = await notices.page(one, False, 2, None)
    assert [(item.delivery_id, item.type) for item in items] == [
        (second, "delivery.lost"), (first, "delivery.picked_up")
    ]  # fmt: skip
    rest, end = await notices.page(one, False, 2, following)
    assert ([item.type for item in rest], end, rest[0].carrier) == (["delivery.booked"], None, "ligeiro")
    assert await notices.unread(one, 100) == 3
    await notices.read(one, [Cursor.parse(items[1].id), Cursor(txid=1, id=2)])
    assert [item.read for item in (await notices.page(one, False, 9, None))[0]] == [False, True, False]
    assert await notices.unread(one, 100) == 2
    await notices.read_up_to(one, Cursor.parse(items[1].id))
    unread, _ = await notices.page(one, True, 9, None)
    assert [item.delivery_id for item in unread] == [second]
    await notices.read_up_to(one, Cursor.parse(rest[0].id))  # never back
    await notices.read_up_to(one, Cursor(txid=2**62, id=1))  # nor beyond what there is
    assert await notices.unread(one, 100) == 0
    await lived(sql, one.organisation_id, "attempt_failed")
    assert await notices.unread(one, 100) == 1
    await notices.read_up_to(one, None)
    assert await notices.unread(one, 100) == 0
    with pytest.raises(Invalid):
        await notices.page(one, False, 2, "nonsense")


async def test_in_the_app_one_hears_what_one_chose_of_what_is_theirs_since_they_came(members, notices, sql):
    one = await joined(members)
    await lived(sql, one.organisation_id, "attention", attention="silent_carrier")
    asks = await lived(sql, one.organisation_id, "attention", attention="decision_needed")
    [item] = (await notices.page(one, False, 9, None))[0]
    assert (item.delivery_id, item.attention) == (asks, "decision_needed")
    later = one.model_copy(update={"since": NOW + timedelta(days=1)})
    assert await notices.unread(later, 100) == 0
    silent = {event: [] for event in Preferences().heard("in_app")}
    deaf = one.model_copy(update={"preferences": Preferences.model_validate({"events": silent})})
    assert await notices.unread(deaf, 100) == 0


async def test_a_line_that_another_may_precede_is_not_shown_yet(members, notices, sql, engines):
    one = await joined(members)
    async with engines["owner"].connect() as open_:
        await open_.execute(text("SELECT pg_current_xact_id()"))
        await lived(sql, one.organisation_id, "lost")
        await notices.read_up_to(one, None)
        assert await notices.unread(one, 100) == 0
    assert await notices.unread(one, 100) == 1
