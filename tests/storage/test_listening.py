"""The journal's bell: rings on commit, with ids alone, and again after the connection was lost."""

import asyncio

import pytest
from making import delivery, fresh, line, move
from sqlalchemy import text

from domain.ports import Hint
from storage.listening import Listener


@pytest.fixture
def bell(request: pytest.FixtureRequest, postgres):
    return Listener(postgres.url("tracking"), application_name="bell", quiet=0.3, retry=0.05)


async def heard(hints, subject: str) -> Hint:
    async with asyncio.timeout(30):
        async for hint in hints:
            if hint.subject == subject:
                return hint
    raise AssertionError


async def test_each_line_rings_once_it_is_committed(sql, bell):
    it, hints = delivery(), bell.hints()
    assert await anext(hints) == Hint()
    await sql.deliveries.record(move(it, line(1), line(2)))
    first, second = await heard(hints, it.id), await heard(hints, it.id)
    lines = await sql.journal.of(it.id)
    assert [first, second] == [Hint(id=told.id, subject=it.id, organisation_id=it.organisation_id) for told in lines]
    await hints.aclose()


async def test_the_memory_rings_too(memory):
    hints = memory.journal.hints()
    assert await anext(hints) == Hint()
    await memory.journal.append("usr_1", "user.seen", "usr_1", {}, "org_1")
    assert await anext(hints) == Hint(id=1, subject="usr_1", organisation_id="org_1")


async def test_silence_rings_now_and_then(bell):
    hints = bell.hints()
    async with asyncio.timeout(30):
        assert [await anext(hints) for _ in range(3)] == [Hint()] * 3
    await hints.aclose()


async def test_a_lost_connection_is_made_anew_and_says_look(sql, engines, bell):
    hints = bell.hints()
    await anext(hints)
    cut = text("SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = 'bell'")
    async with engines["owner"].connect() as connection:
        assert await connection.scalar(cut) == 1
    async with asyncio.timeout(30):
        assert await anext(hints) == Hint()
    subject = fresh("usr")
    await sql.journal.append(subject, "user.seen", "usr_1", {})
    assert (await heard(hints, subject)).organisation_id is None
    await hints.aclose()


async def test_a_ring_that_makes_no_sense_says_look(engines, bell):
    hints = bell.hints()
    await anext(hints)
    async with engines["relay"].begin() as connection:
        await connection.execute(text("SELECT pg_notify('journal', '[nonsense')"))
    async with asyncio.timeout(30):
        assert await anext(hints) == Hint()
    await hints.aclose()
