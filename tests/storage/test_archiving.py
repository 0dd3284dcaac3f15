"""Old months leave the journal for a sealed archive, and nothing is ever lost, doubled or forgotten on the way."""

import asyncio
import os
import signal
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from making import delivery, fresh, line, move
from pydantic import SecretStr

from domain.audit import Cursor
from domain.deliveries import DeliveryStatus
from domain.errors import Conflict, DeliveryDiverged
from runtime.archiving import archive, known_archives, lines_of, put_back, verify
from runtime.backup.checking import _BELOW, _RULES
from runtime.backup.postgres import Server
from runtime.backup.vault import Damaged, make_identity
from runtime.settings import Settings
from storage._crypto import BlindIndex
from storage._engine import connect
from storage.audit import MongoAuditLog
from storage.audit import connect as connect_mongo
from storage.audit_check import AuditCheck
from storage.deliveries import SqlDeliveryStore
from storage.figures import SqlFigureStore
from storage.journal import SqlJournal
from storage.keys import KeyRing
from storage.notifications import SqlSubscribers
from storage.partitions import SqlPartitions
from storage.tracking import SqlScanStore
from workers.relay import copy_once

_LINES = "SELECT id, txid::text, subject, seq, digest, prev_hash, hash, at FROM journal.journal ORDER BY id"


class Old:
    """A database whose first month is old: a delivery that ended in it, one that ended in the next, and people."""

    def __init__(self, url: str, log: MongoAuditLog, settings: Settings, keks: Any) -> None:
        self.url, self.log, self.settings = url, log, settings
        self.engine = connect(url, application_name="old")
        keys = KeyRing(self.engine, keks)
        self.journal = SqlJournal(self.engine)
        self.deliveries = SqlDeliveryStore(self.engine, keys, BlindIndex(bytes(32)))
        self.figures, self.subscribers = SqlFigureStore(self.engine), SqlSubscribers(self.engine)
        self.scans = SqlScanStore(self.engine, keys)
        self.check = AuditCheck(log, self.journal)
        self.said: list[str] = []
        self.now = datetime.now(UTC) + timedelta(days=600)
        self.old = datetime.now(UTC)
        self.ended, self.longer = delivery(status=DeliveryStatus.DELIVERED), delivery()

    async def live(self) -> None:
        """Fills it."""
        until = (await SqlPartitions(self.engine).journal()).until
        self.later = until - timedelta(days=5)
        for number in range(1, 4):
            one = line(number, at=self.old, kind="delivery.delivered", data={"status": "delivered"})
            await self.deliveries.record(move(self.ended, one))
            await self.deliveries.record(move(self.longer, line(number, at=self.old)))
            await self.journal.append("usr_1", "user.seen", "usr_1", {"n": number})
        await self.deliveries.record(move(self.longer, line(4, at=self.later)))

    async def end(self) -> None:
        """The delivery that went on ends too."""
        done = self.longer.model_copy(update={"status": DeliveryStatus.FAILED})
        await self.deliveries.record(move(done, line(5, at=self.later, data={"status": "failed"})))

    async def read(self) -> None:
        """Everybody reads all there is."""
        while await copy_once(self.journal, self.log):
            pass
        while await self.figures.fold(500):
            pass
        cursor = Cursor()
        while lines := await self.journal.after(cursor, 500):
            cursor = lines[-1].cursor
        await self.subscribers.advance(cursor)

    async def archive(self, say: Any = None) -> int:
        return await archive(self.settings, None, self.now, say or self.said.append, lambda _done, _total: None)

    async def all(self, query: str) -> list[Any]:
        async with await psycopg.AsyncConnection.connect(self.url, autocommit=True) as connection:
            return await (await connection.execute(query)).fetchall()

    async def whole(self) -> None:
        """What a drill and `entrega audit verify` look at."""
        assert [fault async for fault in self.check.faults()] == []
        for rule in _RULES.values():
            assert await self.all(rule.replace("%%", "%")) == []
        mark = await (await Server.at(self.url)).mark()
        async with await psycopg.AsyncConnection.connect(self.url) as connection:
            below = await (await connection.execute(_BELOW, (str(mark.txid),))).fetchone()
        assert below == (mark.lines, mark.deliveries)
        self.mark = mark


@pytest.fixture
async def old(unwritten, mongo, tmp_path, keks):
    identity, recipients = make_identity(tmp_path / "age")
    client = connect_mongo(mongo.url)
    name = fresh("audit")
    settings = Settings(
        database_url=SecretStr(unwritten), mongo_url=SecretStr(mongo.url), mongo_database=name,
        backup_url=str(tmp_path / "vault"), backup_recipients_file=recipients, backup_identity_file=identity,
    )  # fmt: skip
    made = Old(unwritten, MongoAuditLog(client[name]), settings, keks)
    await made.live()
    yield made
    await made.engine.dispose()
    await client.drop_database(name)
    await client.close()


async def test_a_month_waits_for_its_deliveries_and_for_whoever_reads(old):
    assert await old.archive() == 0
    assert old.longer.id in old.said[-1]
    await old.end()
    assert await old.archive() == 0
    assert "the audit log" in old.said[-1]
    assert "figures" in old.said[-1]
    assert "subscribers" in old.said[-1]
    await old.read()
    old.now = datetime.now(UTC) + timedelta(days=399)
    assert await old.archive() == 0  # nor is it old enough before
    assert await old.all("SELECT * FROM journal.archives") == []


async def test_an_archived_month_is_gone_from_the_journal_and_from_nowhere_else(old):
    await old.end()
    await old.read()
    await old.whole()
    before, mark = await old.all(_LINES), old.mark
    assert await old.archive() == 2
    left = await old.all(_LINES)
    assert left == [row for row in before if row[2] == "usr_1"]
    await old.whole()
    assert (old.mark.lines, old.mark.deliveries) == (mark.lines, mark.deliveries)
    assert await verify(old.settings, None, old.said.append, lambda *_: None)
    first, second = await known_archives(old.settings)
    assert (first["lines"], first["deliveries"], second["lines"], second["deliveries"]) == (6, 2, 2, 0)
    there = [it for one in (first, second) for it in lines_of(old.settings, None, one["name"], None)]
    assert [(it.id, str(it.txid), it.hash) for it in there] == [(r[0], r[1], r[6]) for r in before if r[2] != "usr_1"]
    alone = lines_of(old.settings, None, first["name"], old.ended.id)
    assert [(it.subject, it.seq) for it in alone] == [(old.ended.id, n) for n in (1, 2, 3)]

    assert await old.scans.organisation_of(old.ended.id) == old.ended.organisation_id
    assert await old.journal.archived(old.ended.organisation_id, "", 10) == [old.ended.id]
    assert await old.journal.archived(old.ended.organisation_id, old.ended.id, 10) == []
    assert (await old.deliveries.get(old.ended.id)).status is DeliveryStatus.DELIVERED
    await old.journal.append("usr_1", "user.seen", "usr_1", {})
    assert [it.seq for it in await old.journal.of("usr_1")] == [1, 2, 3, 4]
    with pytest.raises(DeliveryDiverged):  # a line too many is not taken for the next one
        await old.deliveries.record(move(old.ended, line(5, at=old.now)))
    await old.deliveries.record(move(old.ended, line(4, at=old.now)))
    await old.read()
    await old.whole()
    with pytest.raises(Conflict, match="put-back"):
        await old.figures.rebuild(lambda *_: None)
    assert await old.archive() == 0


async def test_what_is_put_back_is_what_was_taken_and_may_go_again(old):
    await old.end()
    await old.read()
    before = await old.all(_LINES)
    await old.archive()
    for one in await known_archives(old.settings):
        assert await put_back(old.settings, None, one["name"], lambda *_: None) == one["lines"]
    assert await old.all(_LINES) == before
    await old.whole()
    assert await old.figures.rebuild(lambda *_: None) == len(before)
    await old.read()
    assert await old.archive() == 2
    await old.whole()


async def test_stopped_after_any_step_it_goes_on_and_archives_once(old):
    await old.end()
    await old.read()
    before = await old.all(_LINES)

    class Stopped(Exception):
        pass

    for step in ("in 1 files", "were read back", "is remembered", "are copied"):

        def stop(said: str, step: str = step) -> None:
            if step in said:
                raise Stopped

        with pytest.raises(Stopped):
            await old.archive(stop)
        assert await old.all(_LINES) == before
        await old.whole()
    assert await old.archive() == 2
    assert not any("files" in said for said in old.said[:1])  # what lay there already was not sealed again
    assert sum(one["lines"] for one in await known_archives(old.settings)) == len(before) - 3
    await old.whole()


async def test_a_line_that_comes_meanwhile_is_not_lost(old):
    await old.end()
    await old.read()
    late = delivery(status=DeliveryStatus.DELIVERED)

    async def come() -> None:
        await old.deliveries.record(move(late, line(1, at=old.old)))
        await old.read()

    with pytest.raises(Conflict, match="meanwhile"):
        await _archive_after(old, come)
    assert await old.archive() == 2
    assert [one["lines"] for one in await known_archives(old.settings)] == [7, 2]
    await old.whole()


async def _archive_after(old: Old, come: Any) -> None:
    """A line comes when all is copied, just before the exchange."""
    from storage.archiving import Archivist

    exchange = Archivist.let_go

    async def later(self: Any, *more: Any) -> None:
        await come()
        await exchange(self, *more)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Archivist, "let_go", later)
        await old.archive()


async def test_what_was_damaged_on_the_way_is_not_let_go(old, tmp_path):
    await old.end()
    await old.read()

    def damage(said: str) -> None:
        if "in 1 files" in said:
            file = next((tmp_path / "vault").rglob("*.age"))
            content = bytearray(file.read_bytes())
            content[-1] ^= 1
            file.write_bytes(content)

    before = await old.all(_LINES)
    with pytest.raises(Damaged):
        await old.archive(damage)
    assert await old.all(_LINES) == before
    for file in (tmp_path / "vault").rglob("*"):
        if file.is_file():
            file.unlink()
    assert await old.archive() == 2
    damage("in 1 files")
    assert not await verify(old.settings, None, old.said.append, lambda *_: None)
    assert any(said.startswith("WRONG") for said in old.said)


async def test_archives_end_when_they_are_older_than_they_are_kept(old, tmp_path):
    await old.end()
    await old.read()
    await old.archive()
    old.settings = old.settings.model_copy(update={"archive_keep_days": 555})
    await old.archive()
    first, second = await known_archives(old.settings)
    assert first["forgotten_at"] is not None
    assert second["forgotten_at"] is None
    assert {file.parent.name for file in (tmp_path / "vault").rglob("*.age")} == {second["name"]}
    assert await verify(old.settings, None, old.said.append, lambda *_: None)
    await old.whole()


_KILLED = """
import asyncio, os, signal, sys
from datetime import datetime
from runtime.archiving import archive
from runtime.settings import load_settings
def say(said):
    if sys.argv[1] in said:
        os.kill(os.getpid(), signal.SIGKILL)
asyncio.run(archive(load_settings(), None, datetime.fromisoformat(sys.argv[2]), say, lambda done, total: None))
"""


@pytest.mark.long
async def test_killed_between_any_two_steps_nothing_is_lost_and_nothing_twice(old):
    await old.end()
    await old.read()
    before = await old.all(_LINES)
    told = old.settings.model_dump(include={"mongo_database", "backup_url", "backup_recipients_file"})
    env = {f"ENTREGA_{name.upper()}": str(value) for name, value in told.items()}
    env |= {"ENTREGA_DATABASE_URL": old.url, "ENTREGA_MONGO_URL": old.settings.need("mongo_url")}
    for step in ("in 1 files", "were read back", "is remembered", "are copied", ": archived"):
        killed = await asyncio.to_thread(
            subprocess.run, [sys.executable, "-c", _KILLED, step, old.now.isoformat()], env={**os.environ, **env}
        )
        assert killed.returncode == -signal.SIGKILL
        archived = sum(one["lines"] for one in await known_archives(old.settings))
        assert len(await old.all(_LINES)) + archived == len(before)
        await old.whole()
    assert await old.archive() == 1
    assert await verify(old.settings, None, old.said.append, lambda *_: None)
    await old.whole()
