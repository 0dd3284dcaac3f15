"""The audit log against the journal: each planted fault is found, and only those."""

import pytest
from making import fresh
from sqlalchemy import text

from domain.audit import FaultKind
from storage.audit import MongoAuditLog, connect
from storage.audit_check import AuditCheck
from storage.journal import SqlJournal
from workers.relay import copy_once


@pytest.fixture
async def copied(sql, engines, mongo, monkeypatch):
    """A few stories, and everything else that the journal holds, copied into a MongoDB database of its own."""
    monkeypatch.setattr("storage.audit_check._BATCH", 3)
    subjects = [fresh("usr") for _ in range(5)]
    for n in range(4):
        for subject in subjects:
            await sql.journal.append(subject, "user.seen", "usr_1", {"n": n})
    client = connect(mongo.url)
    name = fresh("audit")
    log, journal = MongoAuditLog(client[name]), SqlJournal(engines["relay"])
    while await copy_once(journal, log):
        pass
    yield AuditCheck(log, journal), client[name]["audit"], subjects
    await client.drop_database(name)
    await client.close()


async def found(check) -> list[tuple[str, int, FaultKind, int]]:
    return [(fault.subject, fault.seq, fault.what, fault.count) async for fault in check.faults()]


async def test_a_true_copy_is_whole(copied):
    check, lines, _ = copied
    assert await found(check) == []
    assert check.lines == await lines.count_documents({}) >= 20
    assert check.chains == len(await lines.distinct("subject")) >= 5


async def test_what_the_relay_has_yet_to_copy_is_no_fault(copied, sql):
    check, _, subjects = copied
    await sql.journal.append(subjects[0], "user.seen", "usr_1", {"n": 99})
    await sql.journal.append(fresh("usr"), "user.seen", "usr_1", {})
    assert await found(check) == []


async def test_a_missing_line_is_found_in_the_middle_and_at_the_end(copied):
    check, lines, (one, other, *_) = copied
    await lines.delete_one({"subject": one, "seq": 2})
    await lines.delete_many({"subject": other, "seq": {"$gte": 3}})
    assert sorted(await found(check)) == sorted([(one, 2, FaultKind.MISSING, 1), (other, 3, FaultKind.MISSING, 2)])


async def test_a_missing_chain_is_found(copied):
    check, lines, (one, *_) = copied
    await lines.delete_many({"subject": one})
    assert await found(check) == [(one, 1, FaultKind.MISSING, 4)]


@pytest.mark.parametrize("change", [
    {"actor": "usr_evil"}, {"data.n": 7}, {"kind": "user.left"}, {"at": "2031-01-01T00:00:00.000000+00:00"},
    {"hash": "0" * 64}, {"data": "no longer an object"},
])  # fmt: skip
async def test_an_altered_line_is_found(copied, change):
    check, lines, (one, *_) = copied
    await lines.update_one({"subject": one, "seq": 2}, {"$set": change})
    faults = await found(check)
    assert (one, 2, FaultKind.ALTERED, 1) in faults
    assert {subject for subject, *_ in faults} == {one}


async def test_a_line_that_the_journal_never_told_is_found(copied):
    check, lines, (one, *_) = copied
    last = await lines.find_one({"subject": one, "seq": 4})
    await lines.insert_one({**last, "_id": -1, "seq": 5})
    await lines.insert_one({**last, "_id": -2, "subject": "usr_nobody", "seq": 1})
    faults = await found(check)
    assert (one, 5, FaultKind.STRAY, 1) in faults
    assert ("usr_nobody", 1, FaultKind.STRAY, 1) in faults
    assert {subject for subject, *_ in faults} == {one, "usr_nobody"}


async def test_a_journal_that_was_altered_in_postgresql_disagrees_with_its_copy(copied, sql, engines):
    check, _, (one, *_) = copied
    before = (await sql.journal.of(one))[-1]

    async def write(actor: str, hash: str) -> None:
        async with engines["owner"].begin() as connection:  # whoever owns the database can lift its guard
            await connection.execute(text("ALTER TABLE journal.journal DISABLE TRIGGER append_only"))
            forged = text("UPDATE journal.journal SET actor = :actor, hash = :hash WHERE subject = :s AND seq = 4")
            await connection.execute(forged, {"s": one, "actor": actor, "hash": hash})
            await connection.execute(text("ALTER TABLE journal.journal ENABLE TRIGGER append_only"))

    await write("usr_evil", "x")
    assert await found(check) == [(one, 4, FaultKind.ALTERED, 1)]
    await write(before.actor, before.hash)
    assert await found(check) == []
