"""One backup from beginning to end, and forgetting those that nobody needs any more."""

import asyncio
import contextlib
import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from pymongo.errors import PyMongoError

from runtime.backup import postgres
from runtime.backup.manifest import (
    MANIFEST,
    Manifest,
    MongoBackup,
    PostgresBackup,
    chain,
    claim,
    folder_of,
    manifests,
    write_manifest,
)
from runtime.backup.mongo import Mongo
from runtime.backup.postgres import BackupFailed, Server
from runtime.backup.vault import Sealed, Vault, VaultUnusable
from runtime.saying import Progress, Say
from runtime.settings import Settings

WAL, OPLOG = "wal", "oplog"
SUFFIX = ".gz.age"
_FULL_EVERY, _MOST_INCREMENTS = timedelta(days=3), 6
_UNDER_WAY = timedelta(days=1)
_ID = "%Y%m%dT%H%M%S%fZ"


def vault_of(settings: Settings, url: str | None = None, *, reads: bool = False) -> Vault:
    """Where backups lie. Raises SettingMissing, VaultUnusable."""
    identity = settings.need("backup_identity_file") if reads else None
    url = url or str(settings.need("backup_url"))
    return Vault(url, settings.backup_recipients_file, identity, new=not reads)


async def server_of(settings: Settings) -> Server:
    """Whom to back up. Raises SettingMissing, BackupFailed where it does not answer."""
    own = settings.backup_database_url
    return await Server.at(own.get_secret_value() if own else settings.need("database_url"))


def mongo_of(settings: Settings) -> Mongo:
    """Likewise."""
    return Mongo(settings.need("backup_mongo_url"), settings.mongo_database)


@contextlib.contextmanager
def room(settings: Settings) -> Iterator[Path]:
    """A folder for what is on its way, which nobody else of us uses now; emptied before and after, also of what a
    killed one left. Raises VaultUnusable."""
    spool = settings.backup_spool_dir or Path(tempfile.gettempdir()) / "entrega-backup"
    spool.mkdir(mode=0o700, parents=True, exist_ok=True)
    lock = os.open(spool / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    folder = spool / "base"
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(mode=0o700)
        yield folder
    except BlockingIOError:
        raise VaultUnusable(f"a backup is being taken already, by way of {spool}") from None
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        os.close(lock)


async def make_backup(
    settings: Settings, vault: Vault, *, full: bool, keep: timedelta, say: Say, progress: Progress
) -> Manifest:
    """Takes one, an increment where that is possible and not `full`; then forgets what is older than `keep` needs.

    MongoDB first: its audit log is a copy that the relay completes, so of two moments its must be the earlier. Raises
    SettingMissing, VaultUnusable, BackupFailed.
    """
    server, mongo, began_at = await server_of(settings), mongo_of(settings), datetime.now(UTC)
    claim(vault, server.owner)
    its_id = began_at.strftime(_ID)
    with room(settings) as folder:
        mark, keks = await server.mark(), await server.keks()
        from_mongo = await asyncio.to_thread(_dump_mongo, mongo, vault, its_id, folder / "mongo")
        say(f"MongoDB: {sum(from_mongo.documents.values())} documents, {from_mongo.dump.size} bytes")
        parent = None if full else _parent(manifests(vault), server, began_at)
        base, parent = await _base(server, vault, folder, parent, say, progress)
        name = f"{folder_of(its_id)}/postgres.tar.gz.age"
        sealed = await asyncio.to_thread(_put_file, vault, name, base.files)
        contents = vault.write_open(f"{folder_of(its_id)}/postgres.contents.json.gz", base.manifest.read_bytes())
        say(f"PostgreSQL: {'an increment of ' + parent.id if parent else 'all of it'}, {sealed.size} bytes")
    made = Manifest(
        id=its_id,
        began_at=began_at,
        ended_at=datetime.now(UTC),
        mark=mark,
        keks=keks,
        postgres=PostgresBackup(
            major=server.major,
            superuser=server.superuser,
            database=server.database,
            base=sealed,
            contents=contents,
            parent=parent.id if parent else None,
            wal=base.wal,
            segment_bytes=server.segment_bytes,
        ),
        mongo=from_mongo,
    )
    write_manifest(vault, made)
    forgotten = tidy(vault, keep, made.ended_at)
    if forgotten:
        say(f"forgotten: {', '.join(forgotten)}")
    return made


def _dump_mongo(mongo: Mongo, vault: Vault, its_id: str, path: Path) -> MongoBackup:
    try:
        with path.open("wb") as target:
            oplog, documents = mongo.dump(target)
    except PyMongoError as error:
        raise BackupFailed(f"MongoDB: {type(error).__name__}: {str(error).partition(',')[0]}") from error
    return MongoBackup(
        dump=_put_file(vault, f"{folder_of(its_id)}/mongo.bson.gz.age", path), oplog=oplog, documents=documents
    )


def _put_file(vault: Vault, name: str, path: Path) -> Sealed:
    with path.open("rb") as source:
        sealed = vault.put(name, source)
    path.unlink()  # room for what follows
    return sealed


def _parent(known: list[Manifest], server: Server, now: datetime) -> Manifest | None:
    if not known or not postgres.can_increment(server) or known[-1].postgres.major != server.major:
        return None
    before = chain(known, known[-1])
    return known[-1] if len(before) <= _MOST_INCREMENTS and now - before[0].ended_at < _FULL_EVERY else None


async def _base(
    server: Server, vault: Vault, folder: Path, parent: Manifest | None, say: Say, progress: Progress
) -> tuple[postgres.Base, Manifest | None]:
    if parent is not None:
        since = folder / "since"
        since.write_bytes(vault.read_open(parent.postgres.contents))
        try:
            return await postgres.take_base(server, folder / "increment", since, progress), parent
        except BackupFailed as failure:
            say(f"no increment can be taken, so all of it is: {failure}")
            shutil.rmtree(folder / "increment", ignore_errors=True)
    return await postgres.take_base(server, folder / "all", None, progress), None


# ── forgetting ────────────────────────────────────────────────────────────────────────────────────────────


def tidy(vault: Vault, keep: timedelta, now: datetime) -> list[str]:
    """Deletes what restoring to any moment within `keep` does not need; the backups that are gone. A backup's manifest
    goes first, so that half of one is none."""
    known = manifests(vault)
    before = [one for one in known if one.ended_at <= now - keep]
    wanted = [one for one in known if one not in before[:-1]]
    needed = {one.id: one for newest in wanted for one in chain(known, newest)}
    gone = [one.id for one in known if one.id not in needed]
    vault.delete(f"{folder_of(its_id)}/{MANIFEST}" for its_id in gone)
    vault.delete([name for name, _ in vault.names("backups") if _left_over(name, set(needed), now)])
    if needed:
        wal, oplog = min(one.postgres.wal for one in needed.values()), min(one.mongo.oplog for one in needed.values())
        vault.delete(
            name for name, _ in vault.names(WAL) if _segment(name) < wal and not name.endswith(f".history{SUFFIX}")
        )
        vault.delete(name for name, _ in vault.names(OPLOG) if span_of(name)[1] < oplog)
    return gone


def _left_over(name: str, needed: set[str], now: datetime) -> bool:
    """Whether a file belongs to no backup, nor to one that may be under way."""
    its_id = name.split("/")[1]
    try:
        began_at = datetime.strptime(its_id, _ID).replace(tzinfo=UTC)
    except ValueError:
        return False  # not ours
    return its_id not in needed and now - began_at > _UNDER_WAY


def _segment(name: str) -> str:
    return Path(name).name.removesuffix(SUFFIX)


def oplog_name(since: tuple[int, int], until: tuple[int, int]) -> str:
    """Of a piece of the oplog: after which time, up to which."""
    first, last = ("{:010}-{:010}".format(*place) for place in (since, until))
    return f"{OPLOG}/{first}_{last}{SUFFIX}"


def span_of(name: str) -> tuple[tuple[int, int], tuple[int, int]]:
    """The opposite."""
    first, last = Path(name).name.removesuffix(SUFFIX).split("_")
    (a, b), (c, d) = (map(int, place.split("-")) for place in (first, last))
    return (a, b), (c, d)
