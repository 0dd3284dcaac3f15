"""The folder in which one machine's Entrega lives: secrets, chosen ports, and the lock that lets one supervisor in."""

import fcntl
import json
import os
import secrets
from collections.abc import Callable, Collection, Mapping
from pathlib import Path

from runtime.ports import free_port, is_free

USUAL_PORTS: Mapping[str, int] = {
    "postgres": 5432,
    "mongo": 27017,
    "temporal": 7233,
    "temporal_ui": 8233,
    "temporal_metrics": 9466,
    "api": 8000,
    "codec": 8234,
    "sandbox": 8600,
    "worker_metrics": 9464,
    "worker_own_metrics": 9467,
    "relay_metrics": 9465,
    "smtp": 8025,
    # Behind the proxy, where there is one.
    "temporal_behind": 17233,
    "temporal_ui_behind": 18233,
    "temporal_metrics_behind": 19466,
    "worker_metrics_behind": 19464,
}


class AlreadyRunning(Exception):
    """Somebody runs in this folder; the message says who and what to do."""


class NotRunning(Exception):
    """Nobody runs in this folder; the message says what to do."""


class PortTaken(Exception):
    """A port that was asked for by number is in use."""


class StateFolder:
    def __init__(self, root: Path) -> None:
        self.root = root.resolve()
        self.logs, self.run, self.secrets = self.root / "logs", self.root / "run", self.root / "secrets"
        self._parts, self._ports = self.run / "parts.json", self.root / "ports.json"
        self._lock: int | None = None

    def open(self) -> None:
        """Makes the folder and takes it for this process, until `close` or the process's end, however it ends.
        Raises AlreadyRunning."""
        for folder in (self.root, self.logs, self.run):
            folder.mkdir(parents=True, exist_ok=True)
        self.secrets.mkdir(mode=0o700, exist_ok=True)
        lock = os.open(self.run / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.pread(lock, 4096, 0).decode(errors="replace").strip() or "another process"
            os.close(lock)
            raise AlreadyRunning(
                f"Entrega already runs in {self.root}: {holder}. Use that one, stop it with Ctrl-C, "
                "or choose another folder with --state"
            ) from None
        self._lock = lock
        self._parts.unlink(missing_ok=True)
        self.announce(f"pid {os.getpid()}, starting")

    def announce(self, holder: str) -> None:
        """What a second `up` in this folder is told."""
        if self._lock is not None:
            os.ftruncate(self._lock, 0)
            os.pwrite(self._lock, holder.encode(), 0)

    def tell_parts(self, names: Collection[str]) -> None:
        """Which parts run, now that they do: for `parts`."""
        self._parts.write_text(json.dumps(sorted(names)) + "\n")

    def parts(self) -> tuple[list[str], dict[str, int]]:
        """The parts that somebody runs in this folder, and their ports. Raises NotRunning."""
        try:
            lock = os.open(self.run / "lock", os.O_RDONLY | os.O_CLOEXEC)
        except OSError:
            raise self._nobody() from None
        try:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            if self._parts.exists():
                return json.loads(self._parts.read_text()), json.loads(self._ports.read_text())
            raise NotRunning(f"Entrega is still starting in {self.root}: try again in a moment") from None
        finally:
            os.close(lock)
        raise self._nobody()

    def _nobody(self) -> NotRunning:
        return NotRunning(
            f"Entrega does not run in {self.root}: start it with `entrega up`, name its folder with --state, or set "
            "ENTREGA_QUOTES_DATABASE_URL to a database of your own"
        )

    def close(self) -> None:
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def secret(self, name: str, make: Callable[[], bytes] = lambda: secrets.token_urlsafe(24).encode()) -> Path:
        """The file of a secret, made when it is first asked for."""
        path = self.secrets / name
        if not path.exists():
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            fresh = path.with_name(path.name + ".new")
            fresh.unlink(missing_ok=True)
            with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                file.write(make())
            fresh.replace(path)  # never half a secret
        return path

    def password(self, name: str) -> str:
        return self.secret(name).read_text()

    def ports(self, asked: Mapping[str, int], usual: bool) -> dict[str, int]:
        """A port for each name: the asked one, else last time's, else the usual one, else any; free ones, and kept."""
        kept: dict[str, int] = json.loads(self._ports.read_text()) if self._ports.exists() else {}
        chosen: dict[str, int] = {}
        for name, number in USUAL_PORTS.items():
            if name in asked and not is_free(asked[name]):
                raise PortTaken(f"port {asked[name]} is in use: stop what holds it, or give another number")
            wishes = [asked.get(name), kept.get(name), number if usual else None]
            taken = set(chosen.values())
            chosen[name] = (
                next((port for port in wishes if port and port not in taken and is_free(port)), 0) or free_port()
            )
        self._ports.write_text(json.dumps(chosen, indent=2) + "\n")
        return chosen
