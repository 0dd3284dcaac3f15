"""The whole of Entrega on one machine: which parts it has, what each is told, and starting and ending them."""

import asyncio
import json
import os
import ssl
import sys
from collections.abc import Awaitable, Callable, Collection, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from runtime._certificates import PARTS, Certificates
from runtime._mongo import BACKUP, RELAY, mongo_part, mongo_url
from runtime._postgres import let_roles_log_in, postgres_part, url
from runtime._proxy import BEHIND, proxy_part
from runtime._state import StateFolder
from runtime._temporal import temporal_part
from runtime.backup.vault import make_identity
from runtime.settings import PREFIX, SERVICES
from runtime.signing import rotate, signing_keys
from runtime.supervisor import Part, PartFailed, Report, Supervisor
from storage._keks import make_kek, new_key

_START_DEADLINE = 180.0
_WEB = Path(__file__).parent.parent / "web" / "dist"
# What starts together; each wave needs the one before.
_WAVES = (
    ("postgres", "mongo", "temporal", "proxy", "mailbox"),
    ("migrate", "sandbox"),
    ("api", "worker", "relay", "codec"),
    ("furnish",),
)
_REPLACED_BY = {
    "postgres": "DATABASE_URL",
    "mongo": "MONGO_URL",
    "temporal": "TEMPORAL_ADDRESS",
    "mailbox": "SMTP_URL",
}
# What a demo's customers cannot be expected to do, and how fast its few callers are; production does not get it.
_EASE = {
    "REQUIRE_VERIFIED_EMAIL": "false",
    "REQUIRE_STAFF_SECOND_FACTOR": "false",
    "CLIENT_RATE": "1000000",
    "ADDRESS_RATE": "1000000",
    "STREAMS_PER_CLIENT": "1000",
    "WEBHOOKS_TO_THIS_MACHINE": "true",
    "SERVE_ON_FOR": "0",
}


class Stack:
    """`async with Stack(folder) as stack`: the parts run and are kept running until the block is left.

    `only` names the parts wanted, all if None. A server whose address the environment gives is not started.
    `ports` asks for certain ports by name; the others are last time's, else the usual ones (unless `usual_ports` is
    False, as in tests, which run side by side), else any free ones. `env` is handed to every part of ours. With `tls`
    every port speaks TLS and nothing else, but for those behind the proxy.
    Entering raises AlreadyRunning, PortTaken or PartFailed.
    """

    def __init__(
        self,
        state: Path | str,
        *,
        speed: float = 1.0,
        only: Collection[str] | None = None,
        ports: Mapping[str, int] | None = None,
        usual_ports: bool = True,
        policy: Mapping[str, Any] | None = None,
        env: Mapping[str, str] | None = None,
        report: Report | None = None,
        tls: bool = False,
    ) -> None:
        self._state = StateFolder(Path(state))
        self._certificates = Certificates(self._state.secrets / "tls") if tls else None
        self._speed, self._report, self._usual, self._asked = speed, report, usual_ports, ports or {}
        self._given = {**os.environ, **(env or {})}
        if policy:
            self._given[f"{PREFIX}POLICY"] = json.dumps(policy)
        wanted = [name for wave in _WAVES for name in wave] if only is None else only
        self._wanted = {name for name in wanted if f"{PREFIX}{_REPLACED_BY.get(name)}" not in self._given}
        if not tls:
            self._wanted.discard("proxy")
        self.env: dict[str, str] = {}
        """What a process of ours is to find in its environment, the owner's database URL included."""
        self.urls: dict[str, str] = {}
        """Where a person looks: api, sandbox, temporal_ui, codec."""

    @classmethod
    def running(cls, state: Path | str) -> Self:
        """The stack that somebody runs in this folder, for its `env` and `urls` alone: how a tool finds it. Raises
        NotRunning."""
        names, ports = StateFolder(Path(state)).parts()
        found = cls(state, only=(), tls="proxy" in names)
        found._wanted, found._ports = set(names), ports
        # Addresses in our own environment are of other servers than those that run there.
        theirs = tuple(_REPLACED_BY[name] for name in names if name in _REPLACED_BY)
        found._given = {name: value for name, value in found._given.items() if not name.endswith(theirs)}
        found._make_env()
        return found

    async def __aenter__(self) -> Self:
        self._state.open()
        self.supervisor = Supervisor(self._state.logs, self._state.run, self._report)
        try:
            if self._certificates is not None:
                self._certificates.ensure()
            self._ports = self._state.ports(self._asked, self._usual)
            self._roles = self._make_env()
            async with asyncio.timeout(_START_DEADLINE):
                for wave in _WAVES:
                    parts = [self._part(name) for name in wave if name in self._wanted]
                    async with asyncio.TaskGroup() as starting:
                        for part in parts:
                            starting.create_task(self.supervisor.start(part))
        except BaseException as error:
            await self._close()
            if isinstance(error, BaseExceptionGroup) and (first := error.subgroup(PartFailed)):
                raise _leaf(first) from None
            if isinstance(error, TimeoutError):
                raise PartFailed(
                    f"not everything was ready within {_START_DEADLINE:.0f} s: see {self._state.logs}"
                ) from None
            raise
        where = ", ".join(f"{name} {address}" for name, address in self.urls.items())
        self._state.announce(f"pid {os.getpid()}" + (f", {where}" if where else ""))
        self._state.tell_parts(self._wanted)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._close()

    async def _close(self) -> None:
        try:
            await self.supervisor.stop()
        finally:
            self._state.close()

    def pids(self) -> dict[str, int]:
        """Process ids by part."""
        return self.supervisor.pids()

    async def until_ready(self, name: str, other_than: int | None = None) -> int:
        """The pid of a part once it is ready again, after the process of the given pid was killed."""
        return await self.supervisor.until_ready(name, other_than)

    async def wait(self) -> None:
        """Returns never; raises PartFailed when a part cannot be kept running."""
        await self.supervisor.wait()

    def admin_password(self) -> str:
        return self._state.password("admin_password")

    @property
    def letters(self) -> Path:
        """The folder of every letter sent, where no mail server of one's own is given."""
        return self._state.root / "mail"

    @property
    def authority(self) -> Path | None:
        """The file of who signs this machine's certificates, for those who should believe them; None without TLS."""
        return self._certificates.authority if self._certificates else None

    def _http(self, name: str) -> str:
        return f"{'https' if self._certificates else 'http'}://127.0.0.1:{self._ports[name]}"

    def _own(self, name: str) -> int:
        """The port that a part listens on itself."""
        return self._ports[BEHIND[name] if self._certificates else name]

    def _make_env(self) -> dict[str, str]:
        """Fills `env` and `urls`; returns the passwords of the roles that are ours to set."""
        ports, given, tls, ours = self._ports, self._given, self._certificates, {}
        if "temporal" in self._wanted:
            ours["TEMPORAL_ADDRESS"] = f"127.0.0.1:{ports['temporal']}"
            ours["TEMPORAL_UI_URL"] = self.urls["temporal_ui"] = self._http("temporal_ui")
            ours |= {"TEMPORAL_TLS": "true"} if tls else {}
        if "mongo" in self._wanted:
            ours["MONGO_URL"] = mongo_url(self._state, ports["mongo"], certificates=tls)
            ours["RELAY_MONGO_URL"] = mongo_url(self._state, ports["mongo"], RELAY, tls)
            ours["BACKUP_MONGO_URL"] = mongo_url(self._state, ports["mongo"], BACKUP, tls)
        if "postgres" in self._wanted:
            ours["DATABASE_URL"] = url("entrega", self._state.password("postgres"), ports["postgres"], tls)
        roles = {}
        if owner := ours.get("DATABASE_URL") or given.get(f"{PREFIX}DATABASE_URL"):
            for service in SERVICES:
                if f"{PREFIX}{service.upper()}_DATABASE_URL" not in given:
                    role, password = f"entrega_{service}", self._state.password(f"postgres_{service}")
                    roles[role] = password
                    ours[f"{service.upper()}_DATABASE_URL"] = _as_role(owner, role, password)
        if "api" in self._wanted:
            self.urls["api"] = self._http("api")
            ours["PUBLIC_URL"] = given.get(f"{PREFIX}PUBLIC_URL") or self.urls["api"]
            ours["WEB_DIR"] = given.get(f"{PREFIX}WEB_DIR") or str(_WEB)
        if "codec" in self._wanted:
            self.urls["codec"] = f"{self._http('codec')}/v1/codec/session"
        if "sandbox" in self._wanted:
            self.urls["sandbox"] = self._http("sandbox")
            ours |= _sandbox_places(self.urls["sandbox"], given)
        if "worker" in self._wanted:
            ours["WORKER_METRICS_ADDRESS"] = f"127.0.0.1:{self._own('worker_metrics')}"
            ours["WORKER_OWN_METRICS_ADDRESS"] = f"127.0.0.1:{ports['worker_own_metrics']}"
            ours["SET_CURRENT_VERSION"] = "true"
        if "mailbox" in self._wanted:
            ours["SMTP_URL"] = f"{'smtps' if tls else 'smtp'}://127.0.0.1:{ports['smtp']}"
        ours |= {name: given.get(f"{PREFIX}{name}", usual) for name, usual in _EASE.items()}
        if "relay" in self._wanted:
            ours["RELAY_METRICS_PORT"] = str(ports["relay_metrics"])
        if tls is not None:
            ours |= {"TLS_REQUIRED": "true", "TLS_CA_FILE": str(tls.authority), **_shown(tls, "operator")}
            ours["OUTSIDE_CA_FILE"] = given.get(f"{PREFIX}OUTSIDE_CA_FILE") or str(tls.authority)
        ours["KEYS_DIR"] = given.get(f"{PREFIX}KEYS_DIR") or str(self._signing_keys())
        token_key = given.get(f"{PREFIX}TRACKING_TOKEN_KEY_FILE") or self._state.secret("tracking_token_key")
        ours["TRACKING_TOKEN_KEY_FILE"] = str(token_key)
        ours["KEKS_DIR"] = given.get(f"{PREFIX}KEKS_DIR") or str(self._keks())
        index_key = given.get(f"{PREFIX}INDEX_KEY_FILE") or self._state.secret("index_key", new_key)
        ours["INDEX_KEY_FILE"] = str(index_key)
        ours |= self._backups()
        self._state.secret("admin_password")
        known = {name: value for name, value in given.items() if name.startswith(PREFIX)}
        self.env = {**known, **{f"{PREFIX}{name}": value for name, value in ours.items()}}
        return roles

    def _backups(self) -> dict[str, str]:
        """Where they lie and what seals them, where nothing else is said; nobody takes any unasked."""
        identity, recipients = make_identity(self._state.secrets / "backup")
        usual = {"URL": self._state.root / "backups", "SPOOL_DIR": self._state.root / "backup-spool"}
        usual |= {"IDENTITY_FILE": identity, "RECIPIENTS_FILE": recipients}
        named = ((f"BACKUP_{name}", path) for name, path in usual.items())
        return {name: self._given.get(f"{PREFIX}{name}") or str(path) for name, path in named}

    def _signing_keys(self) -> Path:
        keys = self._state.secrets / "keys"
        while len(signing_keys(keys)) < 2:  # one that signs, and the next
            rotate(keys)
        return keys

    def _keks(self) -> Path:
        folder = self._state.secrets / "keks"
        if not list(folder.glob("*.kek")):
            make_kek(folder)
        return folder

    def _part(self, name: str) -> Part:
        ports, state, tls = self._ports, self._state, self._certificates
        namespace = self._given.get(f"{PREFIX}TEMPORAL_NAMESPACE", "default")
        match name:
            case "postgres":
                return postgres_part(state, ports["postgres"], self._roles, tls)
            case "mongo":
                return mongo_part(state, ports["mongo"], self._given.get(f"{PREFIX}MONGO_DATABASE", "entrega"), tls)
            case "temporal":
                port, ui, metrics = (self._own(name) for name in ("temporal", "temporal_ui", "temporal_metrics"))
                codec = self.urls["codec"].removesuffix("/session") if "codec" in self.urls else None
                return temporal_part(state, port, ui, metrics, namespace, codec)
            case "mailbox":
                where = ["--port", str(ports["smtp"]), "--folder", str(self.letters), *self._shown_by(name)]
                return self._ours(name, ["runtime.mailbox", *where], lambda: _listens(ports["smtp"]))
            case "proxy" if tls is not None:
                return proxy_part(state, ports, tls)
            case "migrate":
                return self._ours(name, ["entrega", "migrate"], self._logins, restart=False)
            case "sandbox":
                where = ["--port", str(ports["sandbox"]), "--state", str(state.root / "sandbox.db")]
                argv = ["sandbox", *where, "--speed", f"{self._speed:g}"]
                argv += [*self._shown_by(name), *(("--authority", str(tls.authority)) if tls else ())]
                return self._ours(name, argv, lambda: _listens(ports["sandbox"]))
            case "api":
                argv = ["entrega", "api", "all", "--port", str(ports["api"])]
                return self._ours(name, argv, lambda: _answers(ports["api"], "/healthz/ready", self.authority))
            case "codec":
                argv = ["entrega", "api", "codec", "--port", str(ports["codec"])]
                return self._ours(name, argv, lambda: _answers(ports["codec"], "/healthz/ready", self.authority))
            case "worker":
                return self._ours(name, ["entrega", "worker", "all"], lambda: _listens(self._own("worker_metrics")))
            case "relay":
                return self._ours(name, ["entrega", "relay"], lambda: _listens(ports["relay_metrics"]))
            case "furnish":
                # The sandbox's carriers, an area they serve and an administrator, unless they are there already.
                where = ["--sandbox", self.urls["sandbox"], "--api", self.urls["api"]]
                secret = ["--admin-password-file", str(state.secret("admin_password"))]
                return self._ours(name, ["runtime.furnish", *where, *secret], _at_once, restart=False)
        raise PartFailed(f"no part is called {name!r}")

    def _ours(self, name: str, argv: list[str], ready: Callable[[], Awaitable[bool]], restart: bool = True) -> Part:
        env = {**self._given, **self.env, "PYTHONUNBUFFERED": "1"}
        if self._certificates is not None and name in PARTS:
            env |= {f"{PREFIX}{key}": path for key, path in _shown(self._certificates, name).items()}
        if name != "migrate":
            env.pop(f"{PREFIX}DATABASE_URL", None)  # the owner's is for migrations alone
        env.pop(f"{PREFIX}METRICS_ADDRESS", None)  # one port cannot be everybody's; each has its own already
        env = {key: value for key, value in env.items() if not key.startswith(f"{PREFIX}BACKUP_")}
        if name in ("sandbox", "mailbox"):  # the other side of the wire: it gets no secret of ours
            env = {key: value for key, value in env.items() if not key.startswith(PREFIX)}
        return Part(name, [sys.executable, "-m", *argv], ready, env=env, restart=restart)

    def _shown_by(self, name: str) -> list[str]:
        """The same for a part that has no settings."""
        if self._certificates is None:
            return []
        pair = self._certificates.of(name)
        return ["--certificate", str(pair.certificate), "--key", str(pair.key)]

    async def _logins(self) -> bool:
        await let_roles_log_in(self.env[f"{PREFIX}DATABASE_URL"], self._roles)
        return True


async def _at_once() -> bool:
    return True


async def _listens(port: int) -> bool:
    _, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.close()
    return True


async def _answers(port: int, path: str, authority: Path | None = None) -> bool:
    context = ssl.create_default_context(cafile=authority) if authority else None
    reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=context)
    try:
        writer.write(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n".encode())
        return b" 200 " in await asyncio.wait_for(reader.readline(), 5)
    finally:
        writer.close()


def _shown(certificates: Certificates, part: str) -> dict[str, str]:
    """The settings by which a process shows its certificate."""
    pair = certificates.of(part)
    return {"TLS_CERT_FILE": str(pair.certificate), "TLS_KEY_FILE": str(pair.key)}


def _sandbox_places(sandbox: str, given: Mapping[str, str]) -> dict[str, str]:
    """The sandbox's map and postal codes, where nobody else's are given; it needs no sparing."""
    ours = {"GEOCODER_URL": f"{sandbox}/maps", "GEOCODER_RATE": "1000", "CEP_URL": f"{sandbox}/cep"}
    if f"{PREFIX}GEOCODER_URL" in given:
        del ours["GEOCODER_URL"], ours["GEOCODER_RATE"]
    if f"{PREFIX}CEP_URL" in given:
        del ours["CEP_URL"]
    return ours


def _as_role(owner: str, role: str, password: str) -> str:
    scheme, _, rest = owner.partition("://")
    return f"{scheme}://{role}:{password}@{rest.rpartition('@')[2]}"


def _leaf(group: BaseExceptionGroup[PartFailed]) -> PartFailed:
    first = group.exceptions[0]
    return _leaf(first) if isinstance(first, BaseExceptionGroup) else first
