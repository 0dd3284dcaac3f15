"""Putting a backup back into servers of its own, to the moment asked for; nobody who was erased since comes back."""

import asyncio
import contextlib
import dataclasses
import os
import shutil
import tempfile
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from runtime._mongo import OTHERS, admin_url, mongo_part, mongo_url
from runtime._postgres import OWNER, let_roles_log_in, postgres_part
from runtime._state import StateFolder
from runtime.backup import _recovering
from runtime.backup.fetching import (
    check_empty,
    check_keys,
    chosen,
    fetch_oplog,
    fetch_postgres,
    fetch_wal,
    pieces,
)
from runtime.backup.making import OPLOG, span_of
from runtime.backup.manifest import Followed, Manifest
from runtime.backup.mongo import Mongo, erased, wall_of
from runtime.backup.vault import Damaged, Vault
from runtime.saying import Progress, Say
from runtime.supervisor import Supervisor
from storage._keks import make_kek


@dataclass(frozen=True)
class Restored:
    """What is there now, in servers that run: the folder, and how to reach them as whoever may do everything."""

    folder: Path
    backup: Manifest
    reached: Followed | None
    postgres_url: str
    mongo_url: str
    database: str
    erased_again: int


@contextlib.asynccontextmanager
async def restored(
    vault: Vault,
    folder: Path,
    secrets: Path | None,
    until: datetime | None,
    say: Say,
    progress: Progress,
    database: str,
) -> AsyncIterator[Restored]:
    """Servers with what the vault holds of a moment, in a folder that is empty before, while the block runs. Without
    secrets nobody reads what is sealed in it, and everything else is as it was.

    Raises RestoreRefused, Damaged, VaultUnusable, BackupFailed, PartFailed.
    """
    check_empty(folder)
    backups, reached = await asyncio.to_thread(chosen, vault, until)
    backup = backups[-1]
    if secrets is not None:
        check_keys(backup, secrets)
    say(f"backup {backup.id}, of {backup.ended_at.isoformat()}, and {len(backups) - 1} that it builds on")
    state = StateFolder(folder)
    state.open()
    if secrets is None:
        make_kek(state.secrets / "keks")
    else:
        shutil.copytree(secrets, state.secrets, dirs_exist_ok=True)
        state.secrets.chmod(0o700)
    supervisor, own = Supervisor(state.logs, state.run), backup.postgres
    try:
        with _recovering.closed_folder() as sockets:
            tls, ports = _recovering.certificates(state, backup.postgres.major), state.ports({}, usual=False)
            home = state.root / "postgres"
            home.mkdir()
            data = await fetch_postgres(vault, backups, home, progress)
            last = await asyncio.to_thread(fetch_wal, vault, backup, home / "wal", progress)
            say(f"PostgreSQL: put together and checked; its log goes on to {last or 'the end of the backup'}")
            _recovering.prepare(data, home / "wal", until)
            owner = _recovering.by_socket(own.superuser, own.database, sockets, ports["postgres"])
            part = postgres_part(state, ports["postgres"], {}, tls)
            postgres = _recovering.recovering(part, owner, data, state.logs, sockets)
            mongo = Mongo(admin_url(state, ports["mongo"], tls), database)
            await asyncio.gather(
                supervisor.start(postgres), supervisor.start(mongo_part(state, ports["mongo"], database, tls))
            )
            say("PostgreSQL: there")
            gone = await asyncio.to_thread(_fill, mongo, vault, backup, until, say)
            mongo.trim(await _recovering.head(owner))
            again = await _recovering.erase_again(owner, folder / "secrets" / "keks", gone)
            say(f"data keys of who was erased after that moment, erased again: {again}")
            await _recovering.tell_again(owner)
            await let_roles_log_in(owner, {OWNER: state.password("postgres")})
            shutil.rmtree(home / "wal")
            yield Restored(
                folder, backup, reached, owner, mongo_url(state, ports["mongo"], OTHERS, tls), database, again
            )
    finally:
        try:
            await supervisor.stop()
        finally:
            state.close()


async def restore(
    vault: Vault, into: Path, secrets: Path, until: datetime | None, say: Say, progress: Progress, database: str
) -> Restored:
    """Into a new folder, which `entrega up --state` then runs; it appears when it is whole. Raises as `restored`."""
    check_empty(into)
    unfinished = into.with_name(f"{into.name}.unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    async with restored(vault, unfinished, secrets, until, say, progress, database) as there:
        pass
    os.replace(unfinished, into)  # over an empty folder, if there is one
    return dataclasses.replace(there, folder=into)


def _fill(mongo: Mongo, vault: Vault, backup: Manifest, until: datetime | None, say: Say) -> set[str]:
    """MongoDB's snapshot, and what was done since; whose keys were erased since, also after the moment asked for."""
    with tempfile.TemporaryFile() as packed:
        vault.get(backup.mongo.dump.name, packed, backup.mongo.dump)
        packed.seek(0)
        loaded = mongo.load(packed)
    if loaded != backup.mongo.documents:
        raise Damaged(f"of MongoDB's documents {backup.mongo.documents} were backed up, and {loaded} came back")
    names, reached = fetch_oplog(vault, backup.mongo.oplog)
    applied = mongo.apply(pieces(vault, names), backup.mongo.oplog, until)
    say(f"MongoDB: there, {sum(loaded.values())} documents and {applied} changes since")
    every = [name for name, _ in vault.names(OPLOG)]
    if every and span_of(every[-1])[1] > reached:
        say(f"MongoDB: its oplog has a gap at {wall_of(reached).isoformat()}; the relay copies the audit log anew")
    return erased(pieces(vault, every))
