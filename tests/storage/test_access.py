"""Looks at personal data: each is told once in a while, exactly, by however many processes."""

import asyncio
from datetime import timedelta

import pytest
from making import delivery, fresh, move

from domain.access import AccessKind, Look, chain_of
from domain.errors import Invalid
from storage import access
from storage.access import SqlAccessLog


def look(actor: str = "usr_ana", **more) -> Look:
    return Look.model_validate({"kind": AccessKind.READ, "actor": actor, "route": "get_delivery", **more})


@pytest.fixture
def processes(engines) -> list[SqlAccessLog]:
    """As different services have them, each with a memory of its own."""
    return [SqlAccessLog(engines[role]) for role in ("deliveries", "tracking", "users", "codec")]


async def test_however_many_tell_it_at_once_it_is_one_line(sql, processes):
    one, two = fresh("org"), fresh("org")
    seen = {fresh("del"): one, fresh("del"): two, fresh("del"): one}
    orders = [dict(sorted(seen.items(), reverse=bool(n % 2))) for n in range(12)]
    await asyncio.gather(*(processes[n % 4].tell(look(), order) for n, order in enumerate(orders)))
    for organisation in (one, two):
        [line] = await sql.journal.of(chain_of(organisation))
        theirs = sorted(it for it, owner in seen.items() if owner == organisation)
        assert line.data == {"subjects": theirs, "route": "get_delivery"}
        assert (line.kind, line.actor, line.organisation_id) == ("personal_data.read", "usr_ana", None)


async def test_what_is_new_is_told_and_nothing_else(sql, processes):
    organisation, first, second = fresh("org"), fresh("del"), fresh("del")
    again = [
        (look(request_id="r1"), [first]), (look(), [first]), (look(), [first, second]), (look("usr_bia"), [first]),
        (look(ticket="case-7"), [first]), (look(kind=AccessKind.DECODED), [first]), (look(), [second]),
    ]  # fmt: skip
    for one, subjects in again:
        for process in processes[:2]:
            await process.tell(one, dict.fromkeys(subjects, organisation))
    told = [(line.kind, line.actor, line.data) for line in await sql.journal.of(chain_of(organisation))]
    route = {"route": "get_delivery"}
    assert told == [
        ("personal_data.read", "usr_ana", {"subjects": [first], "request_id": "r1", **route}),
        ("personal_data.read", "usr_ana", {"subjects": [second], **route}),
        ("personal_data.read", "usr_bia", {"subjects": [first], **route}),
        ("personal_data.read", "usr_ana", {"subjects": [first], "ticket": "case-7", **route}),
        ("payload.decoded", "usr_ana", {"subjects": [first], **route}),
    ]


async def test_it_is_told_again_when_the_while_is_over(sql, processes, monkeypatch):
    organisation, seen = fresh("org"), {fresh("del"): None}
    await processes[0].tell(look(), dict.fromkeys(seen, organisation))
    monkeypatch.setattr(access, "AGAIN_AFTER", timedelta(0))
    await processes[1].tell(look(), dict.fromkeys(seen, organisation))
    assert len(await sql.journal.of(chain_of(organisation))) == 2


async def test_however_much_was_told_meanwhile_it_is_found(sql, processes, monkeypatch):
    monkeypatch.setattr(access, "_PAGE", 2)
    organisation, seen = fresh("org"), fresh("del")
    await processes[0].tell(look(), {seen: organisation})
    for n in range(4):
        await processes[0].tell(look(f"usr_{n}"), {seen: organisation})
    await processes[1].tell(look(), {seen: organisation})
    assert len(await sql.journal.of(chain_of(organisation))) == 5


async def test_whose_it_is_the_first_line_says_and_else_it_stands_for_itself(sql, processes):
    it, nobodys = delivery(organisation_id=fresh("org")), fresh("service/")
    await sql.deliveries.record(move(it))
    await processes[3].tell(look(), {it.id: None, nobodys: None})
    assert len(await sql.journal.of(chain_of(it.organisation_id))) == 1
    assert len(await sql.journal.of(chain_of(nobodys))) == 1


async def test_an_owner_reads_them_page_by_page(sql, processes):
    organisation, cursor, seen = fresh("org"), None, []
    for n in range(5):
        await processes[0].tell(look(f"usr_{n}"), {fresh("del"): organisation})
    while True:
        page, cursor = await processes[2].of(organisation, 2, cursor)
        seen += [it.actor for it in page]
        if cursor is None:
            break
    assert seen == [f"usr_{n}" for n in (4, 3, 2, 1, 0)]
    await sql.journal.append(chain_of(organisation), "deliveries.exported", "usr_9", {"ground": "owner"})
    [other], _ = await processes[2].of(organisation, 1, None)
    assert (other.actor, other.kind, other.subjects, other.route) == ("usr_9", "deliveries.exported", (), None)
    assert await processes[2].of(fresh("org"), 2, None) == ([], None)
    for strange in ("?", "WyJ4Il0", "WyIxIiwiMiJd"):
        with pytest.raises(Invalid):
            await processes[2].of(organisation, 2, strange)


async def test_failures_to_sign_in_are_told_by_their_number(sql, processes, monkeypatch):
    user_id = fresh("usr")
    for tries in range(1, 12):
        await processes[2].tell_failure(user_id, "password", tries)
    await processes[2].tell_failure(user_id, "code", 11)  # whoever comes that far knows the password
    told = [(line.actor, line.data["reason"], line.data["tries"]) for line in await sql.journal.of(user_id)]
    assert told == [*(("nobody", "password", tries) for tries in (1, 2, 4, 8)), ("nobody", "code", 11)]
    monkeypatch.setattr(access, "_FAILURES_OF", timedelta(0))  # the hour is over
    await processes[2].tell_failure(user_id, "password", 3)
    assert (await sql.journal.of(user_id))[-1].data == {"reason": "password", "tries": 3}
