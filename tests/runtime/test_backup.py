"""The vault and what lies in it: sealed, checked, whole or not there; what nobody needs goes, and nothing else."""

import asyncio
import contextlib
import io
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from runtime.backup.fetching import RestoreRefused, check_empty, check_keys, chosen, fetch_oplog, fetch_wal
from runtime.backup.making import OPLOG, WAL, oplog_name, span_of, tidy
from runtime.backup.manifest import (
    Followed,
    Manifest,
    Mark,
    MongoBackup,
    Owner,
    PostgresBackup,
    chain,
    claim,
    followed,
    manifests,
    write_followed,
    write_manifest,
)
from runtime.backup.metrics import write_metrics
from runtime.backup.postgres import following_segment, segment_name
from runtime.backup.vault import Damaged, Sealed, Vault, VaultUnusable, make_identity

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
SEGMENT = 16 * 1024 * 1024
MARK = Mark(at=NOW, txid=100, lines=7, deliveries=2)


@pytest.fixture
def vault(tmp_path: Path) -> Vault:
    identity, recipients = make_identity(tmp_path / "keys")
    return Vault(str(tmp_path / "vault"), recipients, identity)


def sealed(vault: Vault, name: str) -> Sealed:
    return vault.put(name, io.BytesIO(b"content"))


def backup(vault: Vault, its_id: str, ended_at: datetime, wal: int, parent: str | None = None) -> Manifest:
    """Files that are there, and a manifest that says so."""
    made = Manifest(
        id=its_id,
        began_at=ended_at - timedelta(minutes=1),
        ended_at=ended_at,
        mark=MARK,
        keks=["2026-01"],
        postgres=PostgresBackup(
            major=18,
            superuser="entrega",
            database="entrega",
            base=sealed(vault, f"backups/{its_id}/postgres.tar.gz.age"),
            contents=vault.write_open(f"backups/{its_id}/postgres.contents.json.gz", b"{}"),
            parent=parent,
            wal=segment_name(1, wal * SEGMENT, SEGMENT),
            segment_bytes=SEGMENT,
        ),
        mongo=MongoBackup(dump=sealed(vault, f"backups/{its_id}/mongo.bson.gz.age"), oplog=(wal, 1), documents={}),
    )
    write_manifest(vault, made)
    return made


def at(day: int) -> str:
    return (NOW + timedelta(days=day)).strftime("%Y%m%dT%H%M%S%fZ")


def test_what_is_put_comes_back_and_cannot_be_read_where_it_lies(vault: Vault, tmp_path: Path) -> None:
    content = os.urandom(1000) + b"Rua das Flores" * 300_000
    put = vault.put("a/b.age", io.BytesIO(content))
    lies = (tmp_path / "vault" / "a" / "b.age").read_bytes()
    assert (put.size, b"Flores" in lies) == (len(lies), False)
    target = io.BytesIO()
    vault.get("a/b.age", target, put)
    assert target.getvalue() == content


def test_who_only_takes_backups_cannot_read_them(vault: Vault, tmp_path: Path) -> None:
    put = vault.put_small("a.age", b"content")
    takes = Vault(vault.url, tmp_path / "keys" / "recipients")
    assert takes.put_small("b.age", b"more").name == "b.age"
    with pytest.raises(VaultUnusable, match="ENTREGA_BACKUP_IDENTITY_FILE"):
        takes.get_small("a.age", put)
    strangers, _ = make_identity(tmp_path / "strangers")
    with pytest.raises(Damaged, match="sealed for another"):
        Vault(vault.url, None, strangers).get_small("a.age")


@pytest.mark.parametrize("place", [20, 300, 100_000, -10])
def test_a_flipped_bit_is_found_wherever_it_is(vault: Vault, tmp_path: Path, place: int) -> None:
    put = vault.put_small("wal/a.age", os.urandom(200_000))
    path = tmp_path / "vault" / "wal" / "a.age"
    lies = bytearray(path.read_bytes())
    lies[place] ^= 1
    path.write_bytes(lies)
    with pytest.raises(Damaged, match=r"wal/a\.age"):
        vault.get_small("wal/a.age", put)


def test_what_was_put_in_anothers_place_is_found(vault: Vault, tmp_path: Path) -> None:
    put = vault.put_small("a.age", b"ours")
    vault.put_small("b.age", b"theirs")
    shutil.copy(tmp_path / "vault" / "b.age", tmp_path / "vault" / "a.age")
    with pytest.raises(Damaged, match="checksum"):
        vault.get_small("a.age", put)
    (tmp_path / "vault" / "a.age").unlink()
    with pytest.raises(Damaged, match="missing"):
        vault.get_small("a.age", put)


def test_killed_while_it_puts_nothing_is_there_and_the_others_are(vault: Vault, tmp_path: Path) -> None:
    kept = backup(vault, at(0), NOW, 3)
    endless = (
        "import sys; from pathlib import Path; from runtime.backup.vault import Vault\n"
        "vault = Vault(sys.argv[1], Path(sys.argv[2]))\n"
        "class Endless:\n"
        "    n = 0\n"
        "    def read(self, size=-1):\n"
        "        self.n += 1\n"
        "        if self.n == 600: print('half', flush=True)\n"
        "        return b'x' * size\n"
        "vault.put('backups/" + at(1) + "/postgres.tar.gz.age', Endless())\n"
    )
    command = [sys.executable, "-c", endless, vault.url, str(tmp_path / "keys" / "recipients")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=Path(__file__).parents[2]) as writer:
        assert writer.stdout is not None
        assert writer.stdout.readline() == b"half\n"
        writer.send_signal(signal.SIGKILL)
    assert manifests(vault) == [kept]
    assert not [name for name, _ in vault.names("backups") if at(1) in name]


def test_a_backup_without_its_manifest_does_not_exist(vault: Vault) -> None:
    sealed(vault, f"backups/{at(0)}/postgres.tar.gz.age")
    assert manifests(vault) == []
    with pytest.raises(RestoreRefused, match="no whole backup"):
        chosen(vault, None)


def test_what_restoring_any_kept_moment_needs_stays_and_the_rest_goes(vault: Vault) -> None:
    backup(vault, at(-12), NOW - timedelta(days=12), 1)
    full = backup(vault, at(-9), NOW - timedelta(days=9), 3)
    increment = backup(vault, at(-8), NOW - timedelta(days=8), 5, full.id)
    newest = backup(vault, at(-1), NOW - timedelta(days=1), 9)
    sealed(vault, f"backups/{at(-4)}/mongo.bson.gz.age")  # killed days ago
    sealed(vault, f"backups/{at(0)}/mongo.bson.gz.age")  # under way
    for number in range(1, 11):
        vault.put_small(f"{WAL}/{segment_name(1, number * SEGMENT, SEGMENT)}.gz.age", b"")
        vault.put_small(oplog_name((number - 1, 1), (number, 1)), b"")
    assert tidy(vault, timedelta(days=7), NOW) == [at(-12)]
    assert manifests(vault) == [full, increment, newest]
    left = {name.split("/")[1] for name, _ in vault.names("backups")}
    assert left == {full.id, increment.id, newest.id, at(0)}
    assert len(vault.names(WAL)) == 8
    assert [span_of(name)[1][0] for name, _ in vault.names(OPLOG)] == list(range(3, 11))
    assert tidy(vault, timedelta(days=7), NOW) == []


def test_an_increment_is_worth_what_it_builds_on(vault: Vault) -> None:
    full = backup(vault, at(-3), NOW - timedelta(days=3), 1)
    middle = backup(vault, at(-2), NOW - timedelta(days=2), 2, full.id)
    newest = backup(vault, at(-1), NOW - timedelta(days=1), 3, middle.id)
    assert chain(manifests(vault), newest) == [full, middle, newest]
    vault.delete([f"backups/{middle.id}/manifest.json"])
    with pytest.raises(VaultUnusable, match=middle.id):
        chain(manifests(vault), newest)


def test_only_moments_that_the_vault_knows_are_promised(vault: Vault) -> None:
    older, newer = backup(vault, at(-3), NOW - timedelta(days=3), 1), backup(vault, at(-1), NOW - timedelta(days=1), 2)
    write_followed(vault, Followed(mark=MARK, lsn=0, oplog=(2, 1)))
    assert chosen(vault, None)[0] == [newer]
    assert chosen(vault, NOW)[0] == [newer]
    assert chosen(vault, NOW - timedelta(days=2))[0] == [older]
    with pytest.raises(RestoreRefused, match="the oldest backup ended at 2026-11-22"):
        chosen(vault, NOW - timedelta(days=4))
    with pytest.raises(RestoreRefused, match="nothing after 2026-11-25T12:00:00"):
        chosen(vault, NOW + timedelta(seconds=1))


def test_a_log_with_a_hole_is_not_taken_for_whole(vault: Vault, tmp_path: Path) -> None:
    made = backup(vault, at(-1), NOW - timedelta(days=1), 254)
    segments = [segment_name(1, number * SEGMENT, SEGMENT) for number in range(254, 258)]
    assert segments[2] == "000000010000000100000000"
    assert following_segment(segments[1], SEGMENT) == segments[2]
    for segment in segments:
        vault.put_small(f"{WAL}/{segment}.gz.age", segment.encode())
    assert fetch_wal(vault, made, tmp_path / "one", lambda _done, _total: None) == segments[-1]
    assert (tmp_path / "one" / segments[3]).read_bytes() == segments[3].encode()
    vault.delete([f"{WAL}/{segments[2]}.gz.age"])
    with pytest.raises(Damaged, match=segments[2]):
        fetch_wal(vault, made, tmp_path / "two", lambda _done, _total: None)


def test_pieces_of_the_oplog_may_overlap_and_end_where_one_is_missing(vault: Vault) -> None:
    spans = [((1, 1), (2, 5)), ((2, 5), (4, 1)), ((3, 1), (6, 1)), ((8, 1), (9, 1))]
    for since, until in spans:
        vault.put_small(oplog_name(since, until), b"")
    names, reached = fetch_oplog(vault, (2, 7))
    assert (names, reached) == ([oplog_name(*spans[1]), oplog_name(*spans[2])], (6, 1))


def test_a_vault_belongs_to_one_history(vault: Vault) -> None:
    ours = Owner(system="7", timeline=1)
    claim(vault, ours)
    claim(vault, ours)
    for other in (Owner(system="7", timeline=2), Owner(system="8", timeline=1)):
        with pytest.raises(VaultUnusable, match="another database"):
            claim(vault, other)


def test_nothing_is_restored_over_what_is_there_nor_without_its_keys(vault: Vault, tmp_path: Path) -> None:
    check_empty(tmp_path / "new")
    (tmp_path / "new").mkdir()
    check_empty(tmp_path / "new")
    (tmp_path / "new" / "postgres").mkdir()
    with pytest.raises(RestoreRefused, match="is not empty"):
        check_empty(tmp_path / "new")
    made, secrets = backup(vault, at(0), NOW, 1), tmp_path / "secrets"
    (secrets / "keks").mkdir(parents=True)
    with pytest.raises(RestoreRefused, match=r"2026-01\.kek"):
        check_keys(made, secrets)
    (secrets / "keks" / "2026-01.kek").touch()
    (secrets / "index_key").touch()
    check_keys(made, secrets)


def test_prometheus_is_told_what_the_vault_says(vault: Vault, tmp_path: Path) -> None:
    backup(vault, at(0), NOW, 1)
    write_followed(vault, Followed(mark=MARK, lsn=0, oplog=(2, 1)))
    write_metrics(vault, tmp_path / "entrega.prom")
    told = (tmp_path / "entrega.prom").read_text()
    assert f"entrega_backup_last_success_timestamp_seconds {NOW.timestamp():.9e}".replace("000e+09", "e+09") in told
    assert "entrega_backup_followed_timestamp_seconds" in told


# ── an object store ───────────────────────────────────────────────────────────────────────────────────────


@contextlib.asynccontextmanager
async def object_store(folder: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[str]:
    """An S3 server on the loopback, and a bucket in it."""
    rclone = shutil.which("rclone", path=str(Path(sys.executable).parent))
    assert rclone is not None
    (folder / "bucket").mkdir(parents=True)
    command: list[Any] = [
        rclone,
        "serve",
        "s3",
        "--addr",
        "127.0.0.1:0",
        "--auth-key",
        "BACKUPKEY,secret-of-it",
        folder,
    ]
    server = await asyncio.create_subprocess_exec(*command, stderr=asyncio.subprocess.PIPE)
    try:
        assert server.stderr is not None
        async with asyncio.timeout(20):
            while b"http://" not in (said := await server.stderr.readline()):
                pass
        endpoint = said[said.index(b"http://") :].split()[0].decode().strip("[]/")
        for name, value in (
            ("AWS_ACCESS_KEY_ID", "BACKUPKEY"), ("AWS_SECRET_ACCESS_KEY", "secret-of-it"), ("AWS_REGION", "us-east-1"),
            ("AWS_ENDPOINT", endpoint), ("AWS_ALLOW_HTTP", "true"),
        ):  # fmt: skip
            monkeypatch.setenv(name, value)
        yield "s3://bucket/entrega"
    finally:
        server.kill()
        await server.wait()


async def test_the_same_in_an_object_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    identity, recipients = make_identity(tmp_path / "keys")
    async with object_store(tmp_path / "store", monkeypatch) as url:

        def work() -> None:
            vault = Vault(url, recipients, identity)
            claim(vault, Owner(system="7", timeline=1))
            with pytest.raises(VaultUnusable, match="another database"):
                claim(vault, Owner(system="8", timeline=1))
            made = backup(vault, at(0), NOW, 1)
            assert manifests(vault) == [made]
            assert followed(vault) is None
            large = os.urandom(12 * 1024 * 1024)
            put, target = vault.put("wal/large.age", io.BytesIO(large)), io.BytesIO()
            vault.get("wal/large.age", target, put)
            assert target.getvalue() == large
            vault.delete(["wal/large.age", "wal/never.age"])
            assert vault.names(WAL) == []

        await asyncio.to_thread(work)
