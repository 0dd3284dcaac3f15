"""A running PostgreSQL as backups see it: what it is, what is committed, its base backup, and the end of its log."""

import asyncio
import contextlib
import json
import os
import re
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from runtime._postgres_binaries import binaries_of
from runtime.backup.manifest import Mark, Owner
from runtime.backup.vault import VaultUnusable
from runtime.saying import Progress

_KB = re.compile(rb"(\d+)/(\d+) kB")
_LSN_BITS = 32
_INCREMENTS_SINCE = 17

_INSPECT = """
    SELECT current_setting('server_version_num')::int / 10000,
        (SELECT system_identifier::text FROM pg_control_system()),
        ('x' || left(pg_walfile_name(pg_current_wal_insert_lsn()), 8))::bit(32)::int,
        (SELECT setting::bigint FROM pg_settings WHERE name = 'wal_segment_size'),
        coalesce(current_setting('summarize_wal', true), 'off') = 'on',
        (SELECT rolname FROM pg_roles WHERE oid = 10), current_database()
"""
_MARK = """
    WITH now AS MATERIALIZED (SELECT clock_timestamp() AS at, pg_snapshot_xmin(pg_current_snapshot()) AS txid)
    SELECT at, txid::text,
        (SELECT count(*) FROM journal.journal WHERE txid >= %(since)s::xid8 AND txid < now.txid) + before.lines,
        (SELECT count(*) FROM journal.journal WHERE txid >= %(since)s::xid8 AND txid < now.txid
            AND seq = 1 AND subject LIKE 'del\\_%%') + before.deliveries
    FROM now, (
        SELECT coalesce(sum(lines), 0)::bigint AS lines, coalesce(sum(deliveries), 0)::bigint AS deliveries
        FROM journal.archives WHERE %(since)s = '0'
    ) AS before
"""
_NOBODY = Mark.model_validate({"at": "2000-01-01T00:00:00Z", "txid": 0, "lines": 0, "deliveries": 0})


class BackupFailed(Exception):
    """A program of PostgreSQL's gave up; the message is what it said last."""


@dataclass(frozen=True)
class Server:
    """A PostgreSQL that is backed up, by whoever may replicate it and read the journal."""

    url: str = field(repr=False)  # it holds a password
    major: int
    owner: Owner
    segment_bytes: int
    summarizes: bool
    superuser: str
    database: str

    @classmethod
    async def at(cls, url: str) -> "Server":
        """Raises BackupFailed."""
        plain = url.replace("postgresql+psycopg://", "postgresql://")
        async with _connected(plain) as connection:
            row = await (await connection.execute(_INSPECT)).fetchone()
        assert row is not None
        major, system, timeline, *rest = row
        return cls(plain, major, Owner(system=system, timeline=timeline), *rest)

    async def mark(self, since: Mark | None = None) -> Mark:
        """What is committed now, counted from an earlier mark on."""
        before = since or _NOBODY
        async with _connected(self.url) as connection:
            row = await (await connection.execute(_MARK, {"since": str(before.txid)})).fetchone()
        assert row is not None
        at, txid, lines, deliveries = row
        return Mark(at=at, txid=int(txid), lines=before.lines + lines, deliveries=before.deliveries + deliveries)

    async def keks(self) -> list[str]:
        """The key-encryption keys without which its backup is unreadable."""
        async with _connected(self.url) as connection:
            rows = await connection.execute("SELECT DISTINCT kek_id FROM keys.data_keys WHERE kek_id IS NOT NULL")
            return sorted([row[0] async for row in rows])

    async def end_segment(self) -> int:
        """Ends the segment of the log that is being written, so that it can be kept; where it ended. Raises
        VaultUnusable where that is neither allowed nor done by the server itself often enough."""
        async with _connected(self.url) as connection:
            try:
                row = await (await connection.execute("SELECT pg_switch_wal() - '0/0'")).fetchone()
            except psycopg.errors.InsufficientPrivilege:
                row = await (await connection.execute("SELECT pg_current_wal_flush_lsn() - '0/0'")).fetchone()
                every = await (await connection.execute("SHOW archive_timeout")).fetchone()
                if every is None or every[0] in ("0", "") or _seconds(every[0]) > _MOST_S:
                    raise VaultUnusable(
                        "the end of PostgreSQL's log cannot be kept every minute: grant execute on function "
                        "pg_switch_wal to the role of ENTREGA_BACKUP_DATABASE_URL, or set archive_timeout to 30s"
                    ) from None
        assert row is not None
        return int(row[0])

    def command(self, program: str, *options: str | Path) -> tuple[list[str | Path], dict[str, str]]:
        """One of PostgreSQL's own programs against this server, and its environment, which alone holds the password."""
        said: dict[str, Any] = dict(conninfo_to_dict(self.url))
        password = str(said.pop("password", "") or "")
        where = make_conninfo(**{**said, "application_name": f"entrega-{program}"})
        binary = binaries_of(self.major, program) / program
        return [binary, "--dbname", where, *options], {**os.environ, "PGPASSWORD": password, "LC_ALL": "C"}

    def segment(self, lsn: int) -> str:
        """The file name of the segment of the log that holds this place."""
        return segment_name(self.owner.timeline, lsn, self.segment_bytes)


_MOST_S = 30
_UNITS: Mapping[str, float] = {"ms": 0.001, "s": 1, "min": 60, "h": 3600, "d": 86400}


def _seconds(shown: str) -> float:
    number = shown.rstrip("abcdefghijklmnopqrstuvwxyz")
    return float(number) * _UNITS.get(shown.removeprefix(number), 1)


def segment_name(timeline: int, lsn: int, segment_bytes: int) -> str:
    """As PostgreSQL names it."""
    number, a_file = lsn // segment_bytes, 2**_LSN_BITS // segment_bytes
    return f"{timeline:08X}{number // a_file:08X}{number % a_file:08X}"


def following_segment(name: str, segment_bytes: int) -> str:
    """The one after."""
    timeline, high, low = int(name[:8], 16), int(name[8:16], 16), int(name[16:], 16)
    return segment_name(timeline, ((high << _LSN_BITS) // segment_bytes + low + 1) * segment_bytes, segment_bytes)


@dataclass(frozen=True)
class Base:
    """A base backup as it lies on this machine: everything in one file, and what PostgreSQL says is in it."""

    files: Path
    manifest: Path
    wal: str
    """The first segment of the log that it needs."""


async def take_base(server: Server, folder: Path, since: Path | None, progress: Progress) -> Base:
    """Into a new folder; an increment where `since` is an earlier one's manifest, which the server must be able to sum
    up from. It holds the log that it needs to be consistent. Raises BackupFailed."""
    options = ["--format=tar", "--gzip", "--compress=1", "--wal-method=fetch", "--checkpoint=fast", "--progress"]
    increment = [f"--incremental={since}"] if since else []
    argv, env = server.command("pg_basebackup", "--pgdata", folder, *options, *increment)
    await run(argv, env, progress)
    more = set(os.listdir(folder)) - {"base.tar.gz", "backup_manifest"}
    if more:
        raise BackupFailed(f"tablespaces of their own are not backed up: {', '.join(sorted(more))}")
    manifest = folder / "backup_manifest"
    ranges = json.loads(manifest.read_text())["WAL-Ranges"]
    high, _, low = ranges[-1]["Start-LSN"].partition("/")
    start = (int(high, 16) << _LSN_BITS) + int(low, 16)
    return Base(folder / "base.tar.gz", manifest, segment_name(ranges[-1]["Timeline"], start, server.segment_bytes))


def can_increment(server: Server) -> bool:
    """Since PostgreSQL 17, with `summarize_wal`."""
    return server.major >= _INCREMENTS_SINCE and server.summarizes


async def run(
    argv: list[str | Path], env: Mapping[str, str] | None = None, progress: Progress = lambda _done, _total: None
) -> str:
    """A program to its end; what it said on standard output. Raises BackupFailed; cancelled, it ends the program."""
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(
        *argv, env=env, stdin=asyncio.subprocess.DEVNULL, stdout=pipe, stderr=pipe
    )
    assert process.stdout is not None
    assert process.stderr is not None
    told = bytearray()
    try:
        said = asyncio.create_task(process.stdout.read())
        while piece := await process.stderr.read(4096):
            if found := _KB.findall(piece):
                progress(int(found[-1][0]) * 1024, int(found[-1][1]) * 1024)
            told = (told + piece)[-4096:]
        code = await process.wait()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if code != 0:
        lines = [line for line in bytes(told).decode(errors="replace").replace("\r", "\n").splitlines() if line.strip()]
        lines += (await said).decode(errors="replace").splitlines()
        raise BackupFailed(f"{Path(argv[0]).name} ended with {code}: " + "\n".join(lines[-5:]))
    return (await said).decode(errors="replace")


@contextlib.asynccontextmanager
async def _connected(url: str) -> AsyncIterator[psycopg.AsyncConnection[Any]]:
    """Raises BackupFailed for whatever the server refuses, but for a function it does not let us call."""
    try:
        async with await psycopg.AsyncConnection.connect(url, autocommit=True, connect_timeout=5) as connection:
            yield connection
    except psycopg.Error as error:
        raise BackupFailed(f"PostgreSQL: {str(error).partition(chr(10))[0]}") from error
