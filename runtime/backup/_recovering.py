"""PostgreSQL on its way from a backup to the moment asked for, and what is seen to once it is there."""

import contextlib
import dataclasses
import pwd
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg

from runtime._certificates import Certificates
from runtime._postgres import system_user
from runtime._postgres_binaries import bundled_binaries, version_of
from runtime._state import StateFolder
from runtime.data_keys import OPERATOR
from runtime.supervisor import Part
from storage._engine import connect
from storage._keks import Keks
from storage.keys import KeyRing

_TOLD_AGAIN = timedelta(minutes=15)
"""How much of what subscribers were told is said again, since who was about to tell them is gone: none hears twice."""
_TOO_EARLY = "recovery ended before configured recovery target was reached"
_RECOVERY_S = 3600.0
_WHO = "recovery.hba"
_OURS = ("restore_command", "recovery_target", "hot_standby")
_HEAD = "SELECT txid::text, id FROM journal.journal ORDER BY txid DESC, id DESC LIMIT 1"
_BACK = """
    WITH place AS (
        SELECT txid, id FROM journal.journal WHERE at < (SELECT max(at) FROM journal.journal) - %s
        ORDER BY journal.txid DESC, id DESC LIMIT 1
    )
    UPDATE notifications.cursors SET txid = place.txid, line_id = place.id FROM place
    WHERE reader = 'relay' AND (place.txid, place.id) < (cursors.txid, cursors.line_id)
"""


def certificates(state: StateFolder, major: int) -> Certificates | None:
    """Where the bundled PostgreSQL is of another version, the backup is of Debian's, which runs with TLS alone."""
    if version_of(bundled_binaries()) == str(major):
        return None
    made = Certificates(state.secrets / "tls")
    made.ensure()
    return made


def prepare(data: Path, wal: Path, until: datetime | None) -> None:
    """Tells PostgreSQL to go through its log, to the moment asked for, and then to live; and to let in whoever comes by
    the socket, which lies in a folder closed to others, since passwords are those of back then."""
    (data.parent / _WHO).write_text("local all all trust\n")
    for leftover in ("postmaster.pid", "postmaster.opts"):
        (data / leftover).unlink(missing_ok=True)
    settings = {"restore_command": f'cp "{wal}/%f" "%p"', "recovery_target_action": "promote", "hot_standby": "off"}
    if until is not None:
        settings["recovery_target_time"] = until.astimezone(UTC).isoformat()
    with (data / "postgresql.auto.conf").open("a") as conf:
        conf.writelines(f"{name} = '{value}'\n" for name, value in settings.items())
    (data / "recovery.signal").touch()
    if (user := system_user()) is not None:
        entry = pwd.getpwnam(user)
        for path in (data.parent, *data.parent.rglob("*")):
            if not path.is_symlink():
                shutil.chown(path, entry.pw_uid, entry.pw_gid)


def recovering(part: Part, owner: str, data: Path, logs: Path, sockets: Path) -> Part:
    """The server, ready once it is through its log. Where nothing was committed after the moment asked for, it says
    that it never came to it: then all there is is what was asked for."""
    before, conf, log = part.before, data / "postgresql.auto.conf", logs / f"{part.name}.log"

    async def ahead() -> None:
        if log.exists() and _TOO_EARLY in log.read_text(errors="replace"):
            _without(conf, ("recovery_target_time",))
        if before is not None:
            await before()

    async def ready() -> bool:
        try:
            async with await as_owner(owner) as connection:
                row = await (await connection.execute("SELECT pg_is_in_recovery()")).fetchone()
        except psycopg.OperationalError:
            return False
        if row is None or row[0]:
            return False
        _without(conf, _OURS)
        return True

    argv = [*part.argv, f"--hba_file={data.parent / _WHO}", f"--unix_socket_directories={sockets}"]
    argv.append("--listen_addresses=")
    return dataclasses.replace(part, argv=argv, before=ahead, ready=ready, deadline=_RECOVERY_S)


@contextlib.contextmanager
def closed_folder() -> Iterator[Path]:
    """For the socket: of a short path, and of the user PostgreSQL runs as."""
    with tempfile.TemporaryDirectory(prefix="entrega-") as path:
        if (user := system_user()) is not None:
            shutil.chown(path, user, user)
        yield Path(path)


def by_socket(user: str, database: str, sockets: Path, port: int) -> str:
    """The URL of who may do everything."""
    return f"postgresql+psycopg://{quote(user)}@/{quote(database)}?host={sockets}&port={port}"


def _without(conf: Path, names: tuple[str, ...]) -> None:
    lines = conf.read_text().splitlines(keepends=True)
    conf.write_text("".join(line for line in lines if not line.startswith(names)))


async def head(owner: str) -> tuple[int, int]:
    """Where the journal ends: (txid, id)."""
    async with await as_owner(owner) as connection:
        row = await (await connection.execute(_HEAD)).fetchone()
    return (int(row[0]), row[1]) if row else (0, 0)


async def tell_again(owner: str) -> None:
    """Sets the relay back a little: what Temporal was about to tell is gone with it."""
    async with await as_owner(owner) as connection:
        await connection.execute(_BACK, (_TOLD_AGAIN,))


async def erase_again(owner: str, keks: Path, subjects: Iterable[str]) -> int:
    """Deletes the keys that the backup has brought back; how many there were."""
    engine = connect(owner, application_name="entrega-restore")
    try:
        ring = KeyRing(engine, Keks(keks))
        return sum([await ring.erase(subject, OPERATOR) for subject in sorted(subjects)])
    finally:
        await engine.dispose()


async def as_owner(owner: str) -> psycopg.AsyncConnection[Any]:
    """A connection of whoever may do everything; each statement for itself."""
    plain = owner.replace("postgresql+psycopg://", "postgresql://")
    return await psycopg.AsyncConnection.connect(plain, autocommit=True, connect_timeout=5)
