"""PostgreSQL from its wheel, or Debian's for TLS, as a supervised part: made once, leftovers of a kill cleared."""

import asyncio
import contextlib
import os
import pwd
import shutil
import signal
import subprocess
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

from runtime._certificates import Certificates
from runtime._postgres_binaries import bundled_binaries, version_of
from runtime._postgres_tls import debian_binaries, tls_settings
from runtime._state import StateFolder
from runtime.supervisor import Part, PartFailed

OWNER = DATABASE = "entrega"
SYSTEM_USER = "entrega"
_SOCKET_PATH_LIMIT = 107
_BUILTIN_LOCALE_SINCE = _SUMMARIES_SINCE = 17


def postgres_part(
    state: StateFolder, port: int, roles: Mapping[str, str], certificates: Certificates | None = None
) -> Part:
    """The server on the loopback, with the database, and one role per service that may log in, once it is ready; with
    certificates, by TLS alone."""
    home, binaries = state.root / "postgres", debian_binaries() if certificates else bundled_binaries()
    data, user = home / "data", system_user()
    home.mkdir(exist_ok=True)
    if user is not None:
        shutil.chown(home, user, user)
    privileges = [] if user is None else dropped_to(user, home, binaries)
    owner_url = url(OWNER, state.password("postgres"), port, certificates)
    version = version_of(binaries)
    tls = tls_settings(home, certificates.of("postgres"), user) if certificates else {}
    sockets = str(home) if len(f"{home}/.s.PGSQL.{port}") <= _SOCKET_PATH_LIMIT else ""

    async def before() -> None:
        await _end_orphans(data)
        (data / "postmaster.pid").unlink(missing_ok=True)
        for socket in home.glob(".s.PGSQL.*"):
            socket.unlink()
        if not (data / "PG_VERSION").exists():
            shutil.rmtree(data, ignore_errors=True)
            await asyncio.to_thread(_initdb, state, binaries, data, user, privileges)
        elif (made_by := (data / "PG_VERSION").read_text().strip()) != version:
            raise PartFailed(
                f"{data} was made by PostgreSQL {made_by}, and this is {version}: choose another folder with --state "
                "(`--tls` runs Debian's PostgreSQL, and without it the bundled one runs)"
            )

    async def ready() -> bool:
        try:
            await let_roles_log_in(owner_url, roles, create_database=True)
        except psycopg.OperationalError:
            return False
        return True

    settings = {
        "listen_addresses": "127.0.0.1",
        "port": port,
        "unix_socket_directories": sockets if not tls else "",
        "max_connections": 200,
        "timezone": "UTC",
        **_for_backups(int(version)),
        **tls,
    }
    return Part(
        name="postgres",
        argv=[binaries / "postgres", "-D", data, *(f"--{name}={value}" for name, value in settings.items())],
        ready=ready,
        env={**os.environ, "LC_ALL": "C"},
        before=before,
        stop_signal=signal.SIGINT,  # the "fast" shutdown: does not wait for clients to leave
        orphan_signal=signal.SIGQUIT,  # the "immediate" one: SIGKILL would leave its own children behind
        privileges=privileges,
    )


def _for_backups(major: int) -> dict[str, str]:
    """Increments need to know which blocks changed; who follows the log and stays away must not fill the disk."""
    kept = {"max_slot_wal_keep_size": "4GB"}
    return {**kept, "summarize_wal": "on"} if major >= _SUMMARIES_SINCE else kept


def url(user: str, password: str, port: int, certificates: Certificates | None = None) -> str:
    verified = f"?sslmode=verify-full&sslrootcert={quote(str(certificates.authority))}" if certificates else ""
    return f"postgresql+psycopg://{user}:{password}@127.0.0.1:{port}/{DATABASE}{verified}"


async def let_roles_log_in(owner_url: str, roles: Mapping[str, str], create_database: bool = False) -> None:
    """Gives each service's role its password, making the role if the migrations have not yet.

    Raises psycopg.OperationalError while the server does not answer.
    """
    plain = owner_url.replace("postgresql+psycopg://", "postgresql://")
    if create_database:
        maintenance = make_conninfo(plain, dbname="postgres")
        async with await psycopg.AsyncConnection.connect(maintenance, autocommit=True, connect_timeout=5) as server:
            found = await server.execute("select 1 from pg_database where datname = %s", (DATABASE,))
            if await found.fetchone() is None:
                await server.execute(sql.SQL("create database {}").format(sql.Identifier(DATABASE)))
    async with await psycopg.AsyncConnection.connect(plain, connect_timeout=5) as server:
        for role, password in roles.items():
            name = sql.Identifier(role)
            found = await server.execute("select 1 from pg_roles where rolname = %s", (role,))
            if await found.fetchone() is None:
                await server.execute(sql.SQL("create role {} nologin").format(name))
            # Hashed here: a statement that fails is logged by the server, and no log may hold a password.
            verifier = server.pgconn.encrypt_password(password.encode(), role.encode(), b"scram-sha-256").decode()
            await server.execute(sql.SQL("alter role {} login password {}").format(name, sql.Literal(verifier)))


def system_user() -> str | None:
    """PostgreSQL refuses to run as root: then it gets a system user of its own."""
    if os.geteuid() != 0:
        return None
    try:
        pwd.getpwnam(SYSTEM_USER)
    except KeyError:
        command = ["useradd", "--system", "--user-group", "--no-create-home", "--shell", "/usr/sbin/nologin"]
        subprocess.run([*command, SYSTEM_USER], check=True, capture_output=True)
    return SYSTEM_USER


def dropped_to(user: str, *paths: Path) -> list[str]:
    """Options of setpriv(1). In a place closed to others, such as a clone in root's home, the user keeps the right to
    pass folders, rather than us opening them: access(2) heeds it only under no_setuid_fixup."""
    options = [f"--reuid={user}", f"--regid={user}", "--clear-groups"]
    if all(folder.stat().st_mode & 0o001 for path in paths for folder in (path, *path.parents)):
        return [*options, "--inh-caps=-all"]
    kept = "-all,+dac_override"
    return [*options, f"--inh-caps={kept}", f"--ambient-caps={kept}", "--securebits=+no_setuid_fixup"]


def _initdb(state: StateFolder, binaries: Path, data: Path, user: str | None, privileges: list[str]) -> None:
    password = data.parent / ".password"
    password.unlink(missing_ok=True)
    with open(os.open(password, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(state.password("postgres"))
    command = [str(binaries / "initdb"), "-D", str(data), f"--username={OWNER}", f"--pwfile={password}"]
    # One locale on every machine; --no-sync, since a stand-in's birth need not outlive a power cut.
    command += ["--auth=scram-sha-256", "--encoding=UTF8", "--no-sync", "--no-instructions"]
    builtin = ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    command += builtin if int(version_of(binaries)) >= _BUILTIN_LOCALE_SINCE else ["--locale=C.UTF-8"]
    if user is not None:
        shutil.chown(password, user, user)
        command = ["setpriv", *privileges, *command]
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, "LC_ALL": "C"}, check=False)
    password.unlink()
    if done.returncode != 0:
        raise PartFailed(f"PostgreSQL's folder {data} could not be made:\n{done.stderr.strip()}")


async def _end_orphans(data: Path) -> None:
    """After kill -9 of the server, its children may linger on the data; a new server must not meet them."""
    while orphans := [pid for pid in _processes() if _works_on(pid, data)]:
        for pid in orphans:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        await asyncio.sleep(0.02)


def _processes() -> list[int]:
    return [int(entry) for entry in os.listdir("/proc") if entry.isdigit()]


def _works_on(pid: int, data: Path) -> bool:
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/cwd").readlink() == data and Path(f"/proc/{pid}/comm").read_text() == "postgres\n"
    return False
