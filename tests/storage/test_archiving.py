"""Old months leave the journal for a sealed archive, and nothing is ever lost, doubled or forgotten on the way."""

import asyncio
import os
import signal
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from making import delivery, line, move
from old import LINES, Old

from domain.audit import Origin
from domain.deliveries import DeliveryStatus
from domain.errors import Archived, Conflict, DeliveryDiverged
from runtime.archiving import known_archives, lines_of, put_back, verify
from runtime.backup.vault import Damaged, VaultUnusable


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
    before, mark = await old.all(LINES), old.mark
    assert await old.archive() == 2
    left = await old.all(LINES)
    assert left == [row for row in before if row[2] == "usr_1"]
    await old.whole()
    assert (old.mark.lines, old.mark.deliveries) == (mark.lines, mark.deliveries)
    assert await verify(old.settings, None, old.said.append, lambda *_: None)
    (first, second), _ = await known_archives(old.settings)
    assert (first["lines"], first["deliveries"], second["lines"], second["deliveries"]) == (6, 2, 2, 0)
    there = [it for one in (first, second) for it in lines_of(old.settings, None, one["name"], None)]
    assert [(it.id, str(it.txid), it.hash) for it in there] == [(r[0], r[1], r[6]) for r in before if r[2] != "usr_1"]
    alone = lines_of(old.settings, None, first["name"], old.ended.id)
    assert [(it.subject, it.seq) for it in alone] == [(old.ended.id, n) for n in (1, 2, 3)]

    whose = Origin(organisation_id=old.ended.organisation_id, created_by=old.ended.created_by)
    assert await old.scans.origin(old.ended.id) == whose
    assert await old.journal.archived(old.ended.organisation_id, "", 10) == [old.ended.id]
    assert await old.journal.archived(old.ended.organisation_id, old.ended.id, 10) == []
    assert (await old.deliveries.get(old.ended.id)).status is DeliveryStatus.DELIVERED
    await old.journal.append("usr_1", "user.seen", "usr_1", {})
    assert [it.seq for it in await old.journal.of("usr_1")] == [1, 2, 3, 4]
    for seq in (1, 5):  # one that is archived is not told anew, nor one too many taken for the next
        with pytest.raises(DeliveryDiverged):
            await old.deliveries.record(move(old.ended, line(seq, at=old.now)))
    await old.deliveries.record(move(old.ended, line(4, at=old.now)))
    await old.read()
    await old.whole()
    with pytest.raises(Conflict, match="put-back"):
        await old.figures.rebuild(lambda *_: None)
    assert await old.archive() == 0


async def test_a_place_that_holds_anothers_archives_is_left_alone(old):
    await old.end()
    await old.read()
    before = await old.all(LINES)
    place = Path(str(old.settings.backup_url)) / "archive" / "place.json"
    place.parent.mkdir(parents=True)
    place.write_text('{"system": "7", "name": "theirs"}')
    with pytest.raises(VaultUnusable, match="ENTREGA_ARCHIVE_URL"):
        await old.archive()
    assert (await old.all(LINES), [each.name for each in place.parent.iterdir()]) == (before, ["place.json"])
    place.unlink()
    assert await old.archive() == 2
    assert place.exists()
    assert await old.archive() == 0  # and it is still ours


async def test_what_is_put_back_is_what_was_taken_and_may_go_again(old):
    await old.end()
    await old.read()
    before = await old.all(LINES)
    await old.archive()
    for one in (await known_archives(old.settings))[0]:
        assert await put_back(old.settings, None, one["name"], lambda *_: None) == one["lines"]
    assert await old.all(LINES) == before
    await old.whole()
    assert await old.figures.rebuild(lambda *_: None) == len(before)
    await old.read()
    assert await old.archive() == 2
    await old.whole()


async def test_stopped_after_any_step_it_goes_on_and_archives_once(old):
    await old.end()
    await old.read()
    before = await old.all(LINES)

    class Stopped(Exception):
        pass

    for step in ("in 1 files", "were read back", "is remembered", "are copied"):

        def stop(said: str, step: str = step) -> None:
            if step in said:
                raise Stopped

        with pytest.raises(Stopped):
            await old.archive(stop)
        assert await old.all(LINES) == before
        await old.whole()
    assert await old.archive() == 2
    assert not any("files" in said for said in old.said[:1])  # what lay there already was not sealed again
    assert sum(one["lines"] for one in (await known_archives(old.settings))[0]) == len(before) - 3
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
    assert [one["lines"] for one in (await known_archives(old.settings))[0]] == [7, 2]
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

    before = await old.all(LINES)
    with pytest.raises(Damaged):
        await old.archive(damage)
    assert await old.all(LINES) == before
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
    (first, second), _ = await known_archives(old.settings)
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
    ended = delivery(status=DeliveryStatus.DELIVERED, ended_at=old.old)
    await old.deliveries.record(move(ended, line(1, at=old.old, data={"status": "delivered"})))
    await old.end()
    await old.read()
    before = await old.all(LINES)
    told = old.settings.model_dump(include={"mongo_database", "backup_url", "backup_recipients_file"})
    env = {f"ENTREGA_{name.upper()}": str(value) for name, value in told.items()}
    env |= {"ENTREGA_DATABASE_URL": old.url, "ENTREGA_MONGO_URL": old.settings.need("mongo_url")}
    for step in ("in 1 files", "were read back", "is remembered", "are copied", ": archived", "was read back"):
        killed = await asyncio.to_thread(
            subprocess.run, [sys.executable, "-c", _KILLED, step, old.now.isoformat()], env={**os.environ, **env}
        )
        assert killed.returncode == -signal.SIGKILL
        archived = sum(one["lines"] for one in (await known_archives(old.settings))[0])
        assert len(await old.all(LINES)) + archived == len(before)
        assert await old.deliveries.get(ended.id) == ended
        await old.whole()
    assert (await old.archive(), old.left) == (0, 1)
    with pytest.raises(Archived):
        await old.deliveries.get(ended.id)
    assert await verify(old.settings, None, old.said.append, lambda *_: None)
    await old.whole()
