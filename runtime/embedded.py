"""The whole of Entrega on one machine: which parts it has, what each is told, and starting and ending them."""

import asyncio
import json
import os
import sys
from collections.abc import Awaitable, Callable, Collection, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from runtime._mongo import mongo_part, mongo_url
from runtime._postgres import let_roles_log_in, postgres_part, url
from runtime._state import StateFolder
from runtime._temporal import temporal_part
from runtime.settings import PREFIX, SERVICES
from runtime.signing import rotate, signing_keys
from runtime.supervisor import Part, PartFailed, Report, Supervisor

_START_DEADLINE = 180.0
# What starts together; each wave needs the one before.
_WAVES = (
    ("postgres", "mongo", "temporal", "mailbox"),
    ("migrate", "sandbox"),
    ("api", "worker", "relay"),
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
}


class Stack:
    """`async with Stack(folder) as stack`: the parts run and are kept running until the block is left.

    `only` names the parts wanted, all if None. A server whose address the environment gives is not started.
    `ports` asks for certain ports by name; the others are last time's, else the usual ones (unless `usual_ports` is
    False, as in tests, which run side by side), else any free ones. `env` is handed to every part of ours.
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
    ) -> None:
        self._state = StateFolder(Path(state))
        self._speed, self._report, self._usual, self._asked = speed, report, usual_ports, ports or {}
        self._given = {**os.environ, **(env or {})}
        if policy:
            self._given[f"{PREFIX}POLICY"] = json.dumps(policy)
        wanted = [name for wave in _WAVES for name in wave] if only is None else only
        self._wanted = {name for name in wanted if f"{PREFIX}{_REPLACED_BY.get(name)}" not in self._given}
        self.env: dict[str, str] = {}
        """What a process of ours is to find in its environment, the owner's database URL included."""
        self.urls: dict[str, str] = {}
        """Where a person looks: api, sandbox, temporal_ui."""

    @classmethod
    def running(cls, state: Path | str) -> Self:
        """The stack that somebody runs in this folder, for its `env` and `urls` alone: how a tool finds it. Raises
        NotRunning."""
        names, ports = StateFolder(Path(state)).parts()
        found = cls(state, only=())
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

    def _make_env(self) -> dict[str, str]:
        """Fills `env` and `urls`; returns the passwords of the roles that are ours to set."""
        ports, given, ours = self._ports, self._given, {}
        if "temporal" in self._wanted:
            ours["TEMPORAL_ADDRESS"] = f"127.0.0.1:{ports['temporal']}"
            ours["TEMPORAL_UI_URL"] = self.urls["temporal_ui"] = f"http://127.0.0.1:{ports['temporal_ui']}"
        if "mongo" in self._wanted:
            ours["MONGO_URL"] = mongo_url(self._state, ports["mongo"])
        if "postgres" in self._wanted:
            ours["DATABASE_URL"] = url("entrega", self._state.password("postgres"), ports["postgres"])
        roles = {}
        if owner := ours.get("DATABASE_URL") or given.get(f"{PREFIX}DATABASE_URL"):
            for service in SERVICES:
                if f"{PREFIX}{service.upper()}_DATABASE_URL" not in given:
                    role, password = f"entrega_{service}", self._state.password(f"postgres_{service}")
                    roles[role] = password
                    ours[f"{service.upper()}_DATABASE_URL"] = _as_role(owner, role, password)
        if "api" in self._wanted:
            self.urls["api"] = f"http://127.0.0.1:{ports['api']}"
            ours["PUBLIC_URL"] = given.get(f"{PREFIX}PUBLIC_URL") or self.urls["api"]
        if "sandbox" in self._wanted:
            self.urls["sandbox"] = f"http://127.0.0.1:{ports['sandbox']}"
            ours |= _sandbox_places(self.urls["sandbox"], given)
        if "worker" in self._wanted:
            ours["WORKER_METRICS_ADDRESS"] = f"127.0.0.1:{ports['worker_metrics']}"
            ours["WORKER_OWN_METRICS_ADDRESS"] = f"127.0.0.1:{ports['worker_own_metrics']}"
            ours["SET_CURRENT_VERSION"] = "true"
        if "mailbox" in self._wanted:
            ours["SMTP_URL"] = f"smtp://127.0.0.1:{ports['smtp']}"
        ours |= {name: given.get(f"{PREFIX}{name}", usual) for name, usual in _EASE.items()}
        if "relay" in self._wanted:
            ours["RELAY_METRICS_PORT"] = str(ports["relay_metrics"])
        ours["KEYS_DIR"] = given.get(f"{PREFIX}KEYS_DIR") or str(self._signing_keys())
        token_key = given.get(f"{PREFIX}TRACKING_TOKEN_KEY_FILE") or self._state.secret("tracking_token_key")
        ours["TRACKING_TOKEN_KEY_FILE"] = str(token_key)
        self._state.secret("admin_password")
        known = {name: value for name, value in given.items() if name.startswith(PREFIX)}
        self.env = {**known, **{f"{PREFIX}{name}": value for name, value in ours.items()}}
        return roles

    def _signing_keys(self) -> Path:
        keys = self._state.secrets / "keys"
        while len(signing_keys(keys)) < 2:  # one that signs, and the next
            rotate(keys)
        return keys

    def _part(self, name: str) -> Part:
        ports, state = self._ports, self._state
        namespace = self._given.get(f"{PREFIX}TEMPORAL_NAMESPACE", "default")
        match name:
            case "postgres":
                return postgres_part(state, ports["postgres"], self._roles)
            case "mongo":
                return mongo_part(state, ports["mongo"], self._given.get(f"{PREFIX}MONGO_DATABASE", "entrega"))
            case "temporal":
                return temporal_part(
                    state, ports["temporal"], ports["temporal_ui"], ports["temporal_metrics"], namespace
                )
            case "mailbox":
                where = ["--port", str(ports["smtp"]), "--folder", str(self.letters)]
                return self._ours(name, ["runtime.mailbox", *where], lambda: _listens(ports["smtp"]))
            case "migrate":
                return self._ours(name, ["entrega", "migrate"], self._logins, restart=False)
            case "sandbox":
                where = ["--port", str(ports["sandbox"]), "--state", str(state.root / "sandbox.db")]
                argv = ["sandbox", *where, "--speed", f"{self._speed:g}"]
                return self._ours(name, argv, lambda: _listens(ports["sandbox"]))
            case "api":
                argv = ["entrega", "api", "all", "--port", str(ports["api"])]
                return self._ours(name, argv, lambda: _answers(ports["api"], "/healthz/ready"))
            case "worker":
                return self._ours(name, ["entrega", "worker", "all"], lambda: _listens(ports["worker_metrics"]))
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
        if name != "migrate":
            env.pop(f"{PREFIX}DATABASE_URL", None)  # the owner's is for migrations alone
        if name in ("sandbox", "mailbox"):  # the other side of the wire: it gets no secret of ours
            env = {key: value for key, value in env.items() if not key.startswith(PREFIX)}
        return Part(name, [sys.executable, "-m", *argv], ready, env=env, restart=restart)

    async def _logins(self) -> bool:
        await let_roles_log_in(self.env[f"{PREFIX}DATABASE_URL"], self._roles)
        return True


async def _at_once() -> bool:
    return True


async def _listens(port: int) -> bool:
    _, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.close()
    return True


async def _answers(port: int, path: str) -> bool:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n".encode())
        return b" 200 " in await asyncio.wait_for(reader.readline(), 5)
    finally:
        writer.close()


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
