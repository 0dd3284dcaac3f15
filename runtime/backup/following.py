"""Following both databases to the minute: PostgreSQL's log and MongoDB's oplog go to the vault as they are written."""

import asyncio
import contextlib
import signal
import tempfile
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import structlog
from pymongo.errors import PyMongoError

from runtime.backup import metrics
from runtime.backup.making import OPLOG, SUFFIX, WAL, make_backup, mongo_of, oplog_name, server_of, span_of
from runtime.backup.manifest import Followed, claim, followed, manifests, write_followed
from runtime.backup.mongo import Mongo, OplogLost, Place
from runtime.backup.postgres import BackupFailed, Server, run
from runtime.backup.vault import Vault, VaultUnusable
from runtime.settings import Settings

SLOT = "entrega_backup"
_ARRIVES_S, _LOOK_S = 45.0, 0.1
_SEGMENT = 24
_AGAIN_S = 5.0

log = structlog.get_logger(__name__)
# What an outage of either server, or of the vault, looks like.
_OUTAGE = (
    PyMongoError, OSError, TimeoutError, BackupFailed, VaultUnusable,
)  # fmt: skip


class Follower:
    """One for each vault. What is on its way lies in a folder that must outlive the process, as PostgreSQL forgets
    what has arrived there."""

    def __init__(self, server: Server, mongo: Mongo, vault: Vault, spool: Path) -> None:
        self._server, self._mongo, self._vault = server, mongo, vault
        self._arriving = spool / "wal"
        self._last: Followed | None = None
        self._shipped = ""
        self._receiver: asyncio.subprocess.Process | None = None

    async def begin(self) -> None:
        """Raises VaultUnusable, BackupFailed."""
        claim(self._vault, self._server.owner)
        self._last = followed(self._vault)
        kept = [Path(name).name.removesuffix(SUFFIX) for name, _ in self._vault.names(WAL)]
        self._shipped = max((name for name in kept if len(name) == _SEGMENT), default="")
        self._arriving.mkdir(mode=0o700, parents=True, exist_ok=True)
        argv, env = self._server.command("pg_receivewal", f"--slot={SLOT}", "--create-slot", "--if-not-exists")
        await run(argv, env)

    @contextlib.asynccontextmanager
    async def receiving(self) -> AsyncIterator[None]:
        """PostgreSQL's log arrives meanwhile; after an outage it goes on by itself."""
        options = (f"--slot={SLOT}", f"--directory={self._arriving}", "--synchronous")
        argv, env = self._server.command("pg_receivewal", *options)
        quiet = asyncio.subprocess.DEVNULL
        self._receiver = process = await asyncio.create_subprocess_exec(*argv, env=env, stdin=quiet)
        try:
            yield
        finally:
            with contextlib.suppress(ProcessLookupError):
                process.send_signal(signal.SIGINT)
            await process.wait()

    def check_receiving(self) -> None:
        """Raises BackupFailed where PostgreSQL's program has given up, which only a new beginning mends."""
        if self._receiver is not None and self._receiver.returncode is not None:
            raise BackupFailed(f"pg_receivewal ended with {self._receiver.returncode}: what it said stands above")

    async def round(self) -> Followed:
        """Puts all that is committed now into the vault; up to when that was."""
        mark = await self._server.mark(self._last.mark if self._last else None)
        if self._last is None or mark.txid != self._last.mark.txid:
            lsn = await self._server.end_segment()
            async with asyncio.timeout(_ARRIVES_S):
                while not self._arrived(self._server.segment(lsn - 1)):  # noqa: ASYNC110  another process writes it
                    await asyncio.sleep(_LOOK_S)
            await asyncio.to_thread(self._ship)
        else:
            lsn = self._last.lsn
        oplog = await asyncio.to_thread(self._ship_oplog)
        self._last = Followed(mark=mark, lsn=lsn, oplog=oplog)
        write_followed(self._vault, self._last)
        return self._last

    def _arrived(self, segment: str) -> bool:
        """Whether all of it is here, or went to the vault before."""
        return segment <= self._shipped or (self._arriving / segment).exists()

    def _ship(self) -> None:
        for path in sorted(self._arriving.iterdir()):
            if len(path.name) == _SEGMENT or path.suffix == ".history":
                self._vault.put_small(f"{WAL}/{path.name}{SUFFIX}", path.read_bytes())
                path.unlink()
                if len(path.name) == _SEGMENT:
                    self._shipped = max(self._shipped, path.name)

    def _ship_oplog(self) -> Place:
        since = self._since()
        try:
            for until, piece in self._mongo.slices(since):
                self._vault.put_small(oplog_name(since, until), piece)
                since = until
        except OplogLost:
            log.error("the oplog reaches not as far back as the vault: take a backup, from which it goes on")
            since = self._mongo.now()
        return since

    def _since(self) -> Place:
        if self._last is not None:
            return self._last.oplog
        kept = [span_of(name)[1] for name, _ in self._vault.names(OPLOG)]
        known = [one.mongo.oplog for one in manifests(self._vault)]
        return max(kept) if kept else known[-1] if known else self._mongo.now()


async def follow(settings: Settings, vault: Vault, *, every: float, base_every: timedelta, keep: timedelta) -> None:
    """Until SIGTERM or SIGINT; what is down is asked again. Where `base_every` is not zero, it also takes a backup
    whenever the newest is older. Raises SettingMissing, VaultUnusable at its beginning."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    spool = settings.backup_spool_dir or Path(tempfile.gettempdir()) / "entrega-backup"
    follower = Follower(await server_of(settings), mongo_of(settings), vault, spool)
    await follower.begin()
    async with asyncio.TaskGroup() as working, follower.receiving():
        if base_every:
            working.create_task(_keep_fresh(settings, vault, base_every, keep, stop))
        while not stop.is_set():
            pause = every
            follower.check_receiving()
            try:
                now = await follower.round()
                metrics.UP.set(1)
                log.debug("followed", until=now.mark.at.isoformat(), lines=now.mark.lines)
                await asyncio.to_thread(metrics.look, vault)
            except _OUTAGE as error:
                metrics.UP.set(0)
                log.warning("following waits", error=type(error).__name__, why=str(error).partition("\n")[0][:200])
                pause = min(every, _AGAIN_S)
            await _until(stop, pause)


async def _keep_fresh(
    settings: Settings, vault: Vault, base_every: timedelta, keep: timedelta, stop: asyncio.Event
) -> None:
    while not stop.is_set():
        try:
            known = await asyncio.to_thread(manifests, vault)
            if not known or datetime.now(UTC) - known[-1].ended_at > base_every:
                made = await make_backup(
                    settings, vault, full=False, keep=keep, say=lambda _: None, progress=lambda _done, _total: None
                )
                log.info("backed up", backup=made.id, bytes=made.size)
        except _OUTAGE as error:
            log.warning("no backup taken", error=type(error).__name__, why=str(error).partition("\n")[0][:200])
        await _until(stop, min(base_every.total_seconds() / 10, 60))


async def _until(stop: asyncio.Event, pause: float) -> None:
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(stop.wait(), pause)
