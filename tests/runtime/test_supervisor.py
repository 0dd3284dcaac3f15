"""The supervisor, with small processes standing in for the real parts."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from runtime.supervisor import Part, PartFailed, Supervisor

FOREVER = [sys.executable, "-c", "import time; time.sleep(600)"]


async def at_once() -> bool:
    return True


@asynccontextmanager
async def supervisor(folder: Path, heard: list[tuple[str, str]] | None = None) -> AsyncIterator[Supervisor]:
    supervising = Supervisor(
        folder, folder, lambda part, what: heard.append((part, what)) if heard is not None else None
    )
    try:
        yield supervising
    finally:
        await supervising.stop()


def lives(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


async def test_a_killed_part_is_started_again(tmp_path: Path) -> None:
    async with supervisor(tmp_path) as parts:
        await parts.start(Part("sleeper", FOREVER, at_once))
        first = parts.pids()["sleeper"]
        os.kill(first, signal.SIGKILL)
        second = await parts.until_ready("sleeper", other_than=first)
        assert lives(second)
        assert (tmp_path / "sleeper.pid").read_text().split()[0] == str(second)
    assert not lives(second)


async def test_parts_are_stopped_in_reverse_order(tmp_path: Path) -> None:
    heard: list[tuple[str, str]] = []
    async with supervisor(tmp_path, heard) as parts:
        for name in ("first", "second"):
            await parts.start(Part(name, FOREVER, at_once))
    assert [part for part, what in heard if what == "stopped"] == ["second", "first"]


async def test_a_part_that_keeps_dying_ends_it_all_with_its_log(tmp_path: Path) -> None:
    async with supervisor(tmp_path) as parts:
        dying = Part("dying", [sys.executable, "-c", "print('no disk left')"], never)
        with pytest.raises(PartFailed, match=r"(?s)dying died 5 times.*no disk left"):
            await parts.start(dying)


async def test_a_part_that_runs_once_must_succeed(tmp_path: Path) -> None:
    async with supervisor(tmp_path) as parts:
        await parts.start(Part("fine", ["true"], at_once, restart=False))
        with pytest.raises(PartFailed, match="exit code 3"):
            await parts.start(Part("wrong", ["sh", "-c", "exit 3"], at_once, restart=False))


async def test_a_part_that_is_never_ready_is_not_waited_for_without_end(tmp_path: Path) -> None:
    async with supervisor(tmp_path) as parts:
        with pytest.raises(PartFailed, match="was not ready within"):
            await parts.start(Part("shy", FOREVER, never, deadline=0.3))
        assert "shy" not in parts.pids()


async def test_a_part_that_will_not_stop_is_killed(tmp_path: Path) -> None:
    async with supervisor(tmp_path) as parts:
        deaf = "import signal, time; signal.signal(15, signal.SIG_IGN); print('deaf', flush=True); time.sleep(600)"

        async def is_deaf() -> bool:
            return "deaf" in (tmp_path / "deaf.log").read_text()

        await parts.start(Part("deaf", [sys.executable, "-c", deaf], is_deaf, grace=0.2))
        pid = parts.pids()["deaf"]
    assert not lives(pid)


async def test_what_a_dead_supervisor_left_is_ended_before_a_part_starts_again(tmp_path: Path) -> None:
    async with supervisor(tmp_path) as parts:
        await parts.start(Part("sleeper", FOREVER, at_once))
        left = parts.pids()["sleeper"]
        async with supervisor(tmp_path) as successor:
            await successor.start(Part("sleeper", FOREVER, at_once))
            assert not lives(left)


async def test_no_part_outlives_a_supervisor_that_is_killed(tmp_path: Path) -> None:
    script = (
        "import asyncio, pathlib, sys\n"
        "from runtime.supervisor import Part, Supervisor\n"
        "async def at_once(): return True\n"
        "async def main():\n"
        "    here = pathlib.Path(sys.argv[1])\n"
        "    parts = Supervisor(here, here)\n"
        "    for name in 'ab': await parts.start(Part(name, ['sleep', '600'], at_once))\n"
        "    print(*parts.pids().values(), flush=True)\n"
        "    await parts.wait()\n"
        "asyncio.run(main())\n"
    )
    root = Path(__file__).parents[2]
    with subprocess.Popen(
        [sys.executable, "-c", script, tmp_path], cwd=root, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        pids = [int(pid) for pid in process.stdout.readline().split()]
        assert len(pids) == 2
        assert all(lives(pid) for pid in pids)
        process.kill()
    await gone(pids)


async def gone(pids: list[int]) -> None:
    async with asyncio.timeout(20):
        while any(lives(pid) for pid in pids):
            await asyncio.sleep(0.05)


async def never() -> bool:
    return False
