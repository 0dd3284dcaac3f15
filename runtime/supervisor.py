"""Keeps child processes alive: starts them in order, starts one again when it dies, ends them all together."""

import asyncio
import contextlib
import os
import shutil
import signal
import time
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_POLL = 0.05
_DEATHS, _WITHIN = 5, 30.0
_LOG_LIMIT = 20 * 1024 * 1024
_TAIL = 15

Report = Callable[[str, str], None]
"""Told (part, what happened to it)."""


class PartFailed(Exception):
    """A part that cannot be kept running; the message holds the end of its log and the next step."""


@dataclass(frozen=True, slots=True)
class Part:
    """One child process.

    `ready` is asked again and again until True; OSError means "not yet". With `restart=False` the process runs once and
    must exit 0 before `ready` is asked. `env` is all of its environment, ours if None. `before` runs ahead of every
    start, to clear what a killed predecessor left. `orphan_signal` is what the kernel sends it should we vanish.
    """

    name: str
    argv: Sequence[str | Path]
    ready: Callable[[], Awaitable[bool]]
    env: Mapping[str, str] | None = None
    restart: bool = True
    before: Callable[[], Awaitable[None]] | None = None
    stop_signal: signal.Signals = signal.SIGTERM
    orphan_signal: signal.Signals = signal.SIGKILL
    privileges: Sequence[str] = ()
    """Further options of setpriv(1): to run as another user."""
    deadline: float = 60.0
    grace: float = 20.0


class _Child:
    def __init__(self, part: Part) -> None:
        self.part = part
        self.process: asyncio.subprocess.Process | None = None
        self.ready = asyncio.Event()
        self.task: asyncio.Task[None] | None = None


class Supervisor:
    """Must be started from the main thread: the kernel ties a child's life to the thread that made it."""

    def __init__(self, logs: Path, run: Path, report: Report | None = None) -> None:
        self._logs, self._run = logs, run
        self._report: Report = report or (lambda _part, _what: None)
        self._children: list[_Child] = []
        self._failure: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._failure.add_done_callback(lambda done: done.exception())  # seen, even if nobody waits

    def pids(self) -> dict[str, int]:
        """The running parts' process ids."""
        return {
            child.part.name: child.process.pid
            for child in self._children
            if child.process is not None and child.process.returncode is None
        }

    async def start(self, part: Part) -> None:
        """Starts a part, to be kept running, and returns when it is ready. Raises PartFailed."""
        child = _Child(part)
        self._children.append(child)
        self._report(part.name, "starting")
        child.task = asyncio.create_task(self._keep(child), name=f"keep {part.name}")
        await self._unless_failed(child.ready.wait())

    async def until_ready(self, name: str, other_than: int | None = None) -> int:
        """The pid of a part, as soon as it is ready under another pid than the given one."""
        child = next(child for child in self._children if child.part.name == name)
        while True:
            await self._unless_failed(child.ready.wait())
            if child.process is not None and child.process.pid != other_than:
                return child.process.pid
            await asyncio.sleep(_POLL)

    async def wait(self) -> None:
        """Returns never; raises PartFailed when a part cannot be kept running."""
        await asyncio.shield(self._failure)

    async def stop(self) -> None:
        """Ends every part, the last started first, so that nobody talks to something already gone."""
        for child in reversed(self._children):
            if child.task is not None:
                child.task.cancel()  # first, so that it does not start the part again
                with contextlib.suppress(asyncio.CancelledError):
                    await child.task
            if child.process is not None and child.process.returncode is None:
                self._report(child.part.name, "stopping")
                await _end(child.process, child.part.stop_signal, child.part.grace)
                self._report(child.part.name, "stopped")
            self._pid_file(child.part).unlink(missing_ok=True)
        self._children.clear()

    async def _unless_failed(self, waiting: Coroutine[Any, Any, object]) -> None:
        task = asyncio.create_task(waiting)
        racing: set[asyncio.Future[Any]] = {task, self._failure}
        try:
            await asyncio.wait(racing, return_when=asyncio.FIRST_COMPLETED)
        finally:
            task.cancel()
        if self._failure.done():
            self._failure.result()

    async def _keep(self, child: _Child) -> None:
        try:
            await self._live(child)
        except PartFailed as failure:
            if not self._failure.done():
                self._failure.set_exception(failure)
        except OSError as error:
            if not self._failure.done():
                self._failure.set_exception(PartFailed(f"{child.part.name} could not be started: {error}"))

    async def _live(self, child: _Child) -> None:
        part, deaths, was_ready = child.part, deque[float](maxlen=_DEATHS), False
        while True:
            await _end_leftover(self._pid_file(part))
            if part.before is not None:
                await part.before()
            process = child.process = await self._spawn(part)
            if await self._becomes_ready(part, process):
                was_ready = True
                child.ready.set()
                self._report(part.name, "ready")
                if not part.restart:
                    return
            elif process.returncode is None and not was_ready:
                await _end(process, signal.SIGKILL, 5)
                raise self._failed(part, f"was not ready within {part.deadline:.0f} s")
            elif process.returncode is None:
                await _end(process, signal.SIGKILL, 5)
            code = await process.wait()
            child.ready.clear()
            if not part.restart:
                raise self._failed(part, f"ended with {_said(code)}")
            deaths.append(time.monotonic())
            self._report(part.name, f"ended with {_said(code)}; starting it again")
            if len(deaths) == _DEATHS and deaths[-1] - deaths[0] < _WITHIN:
                raise self._failed(part, f"died {_DEATHS} times within {deaths[-1] - deaths[0]:.0f} s")
            recent = sum(deaths[-1] - death < _WITHIN for death in deaths)
            await asyncio.sleep(0.1 * 2 ** (recent - 1))

    async def _becomes_ready(self, part: Part, process: asyncio.subprocess.Process) -> bool:
        """False when the deadline passes, or the process ends though it should not have."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(part.deadline):
                if not part.restart:
                    return await process.wait() == 0 and await part.ready()
                while process.returncode is None:
                    with contextlib.suppress(OSError):
                        if await part.ready() and process.returncode is None:
                            return True
                    await asyncio.sleep(_POLL)
        return False

    async def _spawn(self, part: Part) -> asyncio.subprocess.Process:
        log = self._logs / f"{part.name}.log"
        if log.exists() and log.stat().st_size > _LOG_LIMIT:
            log.replace(log.with_suffix(".log.1"))
        with log.open("ab") as sink:
            process = await asyncio.create_subprocess_exec(
                *_wrapped(part),
                env=part.env,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=sink,
                stderr=sink,
                start_new_session=True,  # Ctrl-C reaches the supervisor alone, which then stops them in order
            )
        self._pid_file(part).write_text(f"{process.pid} {_born(process.pid)}\n")
        return process

    def _pid_file(self, part: Part) -> Path:
        return self._run / f"{part.name}.pid"

    def _failed(self, part: Part, what: str) -> PartFailed:
        log = self._logs / f"{part.name}.log"
        lines = log.read_text(errors="replace").splitlines()[-_TAIL:] if log.exists() else []
        return PartFailed("\n".join([f"{part.name} {what}. The end of {log}:", *(f"    {line}" for line in lines)]))


def _wrapped(part: Part) -> list[str | Path]:
    """The command behind `setpriv`, which executes it in its own place, tied to our life."""
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        raise FileNotFoundError("the command setpriv is missing: install the package util-linux")
    tied = ["--pdeathsig", part.orphan_signal.name.removeprefix("SIG")]
    return [setpriv, *part.privileges, *tied, *part.argv]


def _said(code: int) -> str:
    return f"signal {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"


async def _end(process: asyncio.subprocess.Process, number: signal.Signals, grace: float) -> None:
    with contextlib.suppress(ProcessLookupError):
        process.send_signal(number)
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(process.wait(), grace)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)  # itself, if it would not listen, and what it may have started
    await process.wait()


async def _end_leftover(pid_file: Path) -> None:
    """A supervisor killed a moment ago may have left a part that is still dying: two must never share one state."""
    pid, born = _recorded(pid_file)
    while born and _born(pid) == born:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
        await asyncio.sleep(_POLL)


def _recorded(pid_file: Path) -> tuple[int, int]:
    with contextlib.suppress(OSError, ValueError):
        pid, born = (int(word) for word in pid_file.read_text().split())
        return pid, born
    return 0, 0


def _born(pid: int) -> int:
    """When a process started, in ticks since boot: tells it from another that got its number; 0 when it is gone."""
    with contextlib.suppress(OSError, IndexError, ValueError):
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return 0 if fields[0] == "Z" else int(fields[19])
    return 0
