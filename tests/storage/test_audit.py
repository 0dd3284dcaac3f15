"""The audit log: an unbroken copy, whoever copies and whatever dies."""

import asyncio
from datetime import timedelta

import pytest
from making import NOW, fresh

from domain import audit
from domain.access import chain_of
from domain.errors import Invalid, Unavailable
from storage.audit import MongoAuditLog, connect


def story(count: int, subject: str | None = None, **more) -> list[audit.JournalLine]:
    """Lines as the journal gives them; every third transaction has the lower id, as happens when one is slow."""
    lines, prev_hash = [], audit.GENESIS
    for n in range(1, count + 1):
        at = NOW + timedelta(microseconds=n * 1001)
        told = {"seq": n, "kind": "delivery.moved", "actor": "usr_1", "at": at, "data": {"n": n, "é": [None, True]}}
        line = audit.Line.model_validate({**told, **more})
        subject = subject or fresh("del")
        place = {"id": n if n % 3 else 1000 + n, "txid": 5_000_000_000 + n, "subject": subject}
        hashed = {"prev_hash": prev_hash, "hash": audit.chained(prev_hash, subject, line)}
        lines.append(audit.JournalLine(**line.model_dump(), **place, organisation_id="org_1", **hashed))
        prev_hash = lines[-1].hash
    return lines


async def test_lines_come_back_exactly_and_the_chain_still_holds(audit_log):
    lines = story(5)
    await audit_log.copy(lines)
    found, cursor = await audit_log.search(subject=lines[0].subject)
    assert (list(found), cursor) == (lines[::-1], None)
    for line in found:
        assert line.hash == audit.chained(line.prev_hash, line.subject, line)


async def test_the_cursor_is_where_the_copy_ends(audit_log):
    assert await audit_log.cursor() == audit.Cursor()
    lines = story(7)
    await audit_log.copy(lines[:3])
    assert await audit_log.cursor() == lines[2].cursor
    await audit_log.copy(lines[3:])
    assert await audit_log.cursor() == lines[6].cursor
    await audit_log.copy([])
    assert await audit_log.cursor() == lines[6].cursor


async def test_a_line_that_is_there_is_left_alone(audit_log):
    lines = story(6)
    await audit_log.copy(lines[:4])
    forged = [line.model_copy(update={"actor": "usr_evil"}) for line in lines]
    await audit_log.copy(forged[1:3])
    await audit_log.copy([*forged[:4], *lines[4:]])
    found, _ = await audit_log.search(subject=lines[0].subject)
    assert list(found) == lines[::-1]


async def test_a_search_pages_newest_first_through_everything_once(audit_log):
    lines = story(10)
    await audit_log.copy(lines)
    seen, cursor = [], None
    while True:
        page, cursor = await audit_log.search(limit=3, after=cursor)
        seen += page
        if cursor is None:
            break
    assert seen == lines[::-1]


async def test_a_search_is_narrowed_by_what_is_asked(audit_log):
    quiet, loud = story(3), story(3, actor="usr_2", kind="user.seen")
    loud = [line.model_copy(update={"id": line.id + 5000, "txid": line.txid + 5000}) for line in loud]
    await audit_log.copy([*quiet, *loud])

    async def found(**where):
        page, _ = await audit_log.search(**where)
        return list(page)

    assert await found(actor="usr_2") == await found(kind="user.seen") == await found(subject=loud[0].subject)
    assert await found(actor="usr_2") == loud[::-1]
    assert await found(actor="usr_2", kind="delivery.moved") == []
    assert await found(actor="usr_1", since=quiet[1].at, until=quiet[2].at) == [quiet[1]]


async def test_looks_are_found_by_whose_data_it_was(audit_log):
    theirs, it = fresh("org"), fresh("del")
    looks = story(2, chain_of(theirs), kind="personal_data.read", data={"subjects": [it, "del_2"]})
    await audit_log.copy([*looks, *(line.model_copy(update={"id": line.id + 50, "txid": 9}) for line in story(3))])
    for about in (theirs, it, "del_2"):
        assert list((await audit_log.search(about=about))[0]) == looks[::-1]
        assert (await audit_log.search(about=about, actor="usr_2"))[0] == []
    assert (await audit_log.search(about="del_3"))[0] == []


@pytest.mark.parametrize("cursor", ["", "x", "WyJub3ciLCJ4Il0", "WyJub3ciLCLCsiJd", "é"])
async def test_a_strange_cursor_is_invalid(audit_log, cursor):
    with pytest.raises(Invalid):
        await audit_log.search(after=cursor)


async def test_relays_beside_each_other_leave_no_gap_at_any_moment(mongo_log):
    lines = story(300)
    place = {line.cursor: index for index, line in enumerate(lines)}

    async def relay(batch: int) -> None:
        while (cursor := await mongo_log.cursor()) != lines[-1].cursor:
            start = place.get(cursor, -1) + 1
            await mongo_log.copy(lines[start : start + batch])

    async def watch() -> None:
        while True:
            cursor = await mongo_log.cursor()
            found, _ = await mongo_log.search(limit=1000)
            assert {line.id for line in lines[: place.get(cursor, -1) + 1]} <= {line.id for line in found}

    watching = asyncio.create_task(watch())
    await asyncio.gather(relay(7), relay(20), relay(50))
    assert not watching.done()
    watching.cancel()
    found, _ = await mongo_log.search(limit=1000)
    assert list(found) == lines[::-1]


async def test_a_relay_stopped_anywhere_leaves_a_beginning(mongo_log):
    lines = story(400)
    for delay in (0.001, 0.004, 0.01, 0.02):
        copying = asyncio.create_task(mongo_log.copy(lines))
        await asyncio.sleep(delay)
        copying.cancel()
        await asyncio.gather(copying, return_exceptions=True)
        cursor, (found, _) = await mongo_log.cursor(), await mongo_log.search(limit=1000)
        end = next((i + 1 for i, line in enumerate(lines) if line.cursor == cursor), 0)
        assert set(range(end)) <= {i for i, line in enumerate(lines) if line in found}


async def test_a_server_that_is_away_is_unavailable(monkeypatch):
    monkeypatch.setattr("storage.audit._FIND_MS", 100)
    async with connect("mongodb://127.0.0.1:9") as client:
        log = MongoAuditLog(client["audit"])
        for ask in (log.cursor, lambda: log.copy(story(1)), log.search):
            with pytest.raises(Unavailable):
                await ask()
