"""The journal: chained, in one order for every reader, and nothing skipped."""

import asyncio
import contextlib

import pytest
from making import delivery, fresh, line, move
from sqlalchemy import text

from domain import audit
from domain.errors import Invalid
from storage._engine import transaction
from storage.journal import append_line, lock


async def test_lines_are_numbered_and_chained_by_subject(stores):
    subject, organisation = fresh("usr"), fresh("org")
    await stores.journal.append(subject, "user.signed_in", subject, {"n": 1, "ok": True, "why": None}, organisation)
    await stores.journal.append(fresh("usr"), "user.signed_in", "usr_2", {})
    await stores.journal.append(subject, "user.signed_out", subject, {"list": ["é", {"a": -1}]})
    first, second = await stores.journal.of(subject)
    assert (first.seq, first.kind, first.actor, first.organisation_id) == (1, "user.signed_in", subject, organisation)
    assert first.data == {"n": 1, "ok": True, "why": None}
    assert first.prev_hash == audit.GENESIS
    assert first.hash == audit.chained(audit.GENESIS, subject, first)
    assert second.hash == audit.chained(first.hash, subject, second)
    assert (second.seq, second.data, second.organisation_id) == (2, {"list": ["é", {"a": -1}]}, None)


async def test_a_deliverys_lines_are_its_workflows_alone(stores):
    with pytest.raises(ValueError, match="workflow"):
        await stores.journal.append(fresh("del"), "delivery.seen", "usr_1", {})


@pytest.mark.parametrize("value", [1.0, 1e300, float("nan"), 2**63, "a\x00b", {"deep": [{"x": 0.5}]}])
async def test_what_would_not_come_back_as_it_went_in_is_refused(sql, value):
    subject = fresh("usr")
    with pytest.raises(ValueError, match="journal line"):
        await sql.journal.append(subject, "user.seen", "usr_1", {"value": value})
    assert await sql.journal.of(subject) == []


async def test_a_subject_that_cannot_be_stored_is_invalid(sql):
    with pytest.raises(Invalid):
        await sql.journal.append("a\x00b", "user.seen", "usr_1", {})


async def test_readers_go_on_from_their_cursor(stores):
    organisation, cursor = fresh("org"), audit.Cursor()
    for n in range(5):
        await stores.journal.append(fresh("usr"), "user.seen", "usr_1", {"n": n}, organisation)
        await stores.journal.append(fresh("usr"), "user.seen", "usr_1", {"n": n}, fresh("org"))
    seen = []
    while lines := await stores.journal.after(cursor, 2, organisation_id=organisation):
        seen += [told.data["n"] for told in lines]
        cursor = audit.Cursor.parse(str(lines[-1].cursor))
    assert seen == [0, 1, 2, 3, 4]


async def test_readers_may_follow_one_subject(stores):
    it = delivery()
    await stores.deliveries.record(move(it, line(1), line(2)))
    await stores.deliveries.record(move(delivery(organisation_id=it.organisation_id)))
    lines = await stores.journal.after(audit.Cursor(), 10, subject=it.id)
    assert [told.seq for told in lines] == [1, 2]
    assert len(await stores.journal.after(audit.Cursor(), 10, organisation_id=it.organisation_id)) == 3


async def test_now_is_behind_what_was_and_before_what_is_still_being_written(sql, engines):
    subject, organisation = fresh("usr"), fresh("org")
    await sql.journal.append(subject, "user.seen", "usr_1", {}, organisation)
    async with transaction(engines["users"]) as open_one:
        await append_line(open_one, fresh("usr"), "user.seen", "usr_1", {}, organisation)
        now = await sql.journal.now()
        assert not await sql.journal.after(now, 10, organisation_id=organisation)
    assert len(await sql.journal.after(now, 10, organisation_id=organisation)) == 1


async def test_no_line_is_skipped_while_an_older_transaction_is_open(sql, engines):
    organisation = fresh("org")
    async with transaction(engines["users"]) as slow:
        await append_line(slow, fresh("usr"), "user.slow", "usr_1", {}, organisation)
        await sql.journal.append(fresh("usr"), "user.fast", "usr_1", {}, organisation)
        # The fast one is committed, and has the higher number: shown now, the slow one would come before it unseen.
        assert await sql.journal.after(audit.Cursor(), 10, organisation_id=organisation) == []
    lines = await sql.journal.after(audit.Cursor(), 10, organisation_id=organisation)
    assert [told.kind for told in lines] == ["user.slow", "user.fast"]


async def test_a_line_of_a_transaction_that_failed_holds_nobody_up(sql, engines):
    organisation, subject = fresh("org"), fresh("usr")
    with contextlib.suppress(ZeroDivisionError):
        async with transaction(engines["users"]) as connection:
            await append_line(connection, subject, "user.lost", "usr_1", {}, organisation)
            raise ZeroDivisionError
    await sql.journal.append(subject, "user.kept", "usr_1", {}, organisation)
    lines = await sql.journal.after(audit.Cursor(), 10, organisation_id=organisation)
    assert [(told.seq, told.kind) for told in lines] == [(1, "user.kept")]


async def test_many_writers_and_a_reader_that_never_rests(sql):
    organisation, shared, cursor, seen = fresh("org"), fresh("usr"), audit.Cursor(), []

    async def write(n: int) -> None:
        for _ in range(5):
            await sql.journal.append(shared if n % 2 else fresh("usr"), "user.seen", "usr_1", {"n": n}, organisation)

    writers = asyncio.gather(*map(write, range(10)))
    while True:
        over = writers.done()
        lines = await sql.journal.after(cursor, 7, organisation_id=organisation)
        seen += lines
        cursor = lines[-1].cursor if lines else cursor
        if over and not lines:
            break
    assert len({told.id for told in seen}) == len(seen) == 50
    assert [told.seq for told in seen if told.subject == shared] == list(range(1, 26))


@pytest.mark.parametrize("change", ["UPDATE journal.journal SET kind = 'x'", "DELETE FROM journal.journal",
                                    "TRUNCATE journal.journal"])  # fmt: skip
async def test_not_even_the_owner_changes_a_line(engines, change):
    async with engines["owner"].connect() as connection:
        with pytest.raises(Exception, match="append-only"):
            await connection.execute(text(change))


async def test_a_lock_is_for_one_subject_alone(engines):
    async with transaction(engines["users"]) as one, transaction(engines["users"]) as other:
        await lock(one, "usr_1")
        await asyncio.wait_for(lock(other, "usr_2"), timeout=30)
