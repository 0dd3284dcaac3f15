"""A cache that processes share, on a real server told as deploy/compose.yaml tells it: by TLS, with a password."""

import asyncio
import os
import pickle
import shutil
import signal
import subprocess
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from cashews import Cache
from cryptography.x509.oid import ExtendedKeyUsageOID
from redis.asyncio import Redis
from redis.exceptions import RedisError

from runtime._certificates import Certificates
from runtime._state import StateFolder
from runtime._theirs import told
from runtime.caching import Once, open_cache
from runtime.ports import free_port

SERVER = shutil.which("valkey-server") or shutil.which("redis-server") or ""
NO_SERVER = "neither Valkey nor Redis is installed: see scripts/debian-redis.sh"


@dataclass
class Shared:
    """A server of the test's own."""

    url: str
    process: subprocess.Popen[bytes]


@pytest.fixture
async def shared(tmp_path: Path) -> AsyncIterator[Shared]:
    if not SERVER:
        pytest.skip(NO_SERVER)
    state = StateFolder(tmp_path)
    certificates = Certificates(tmp_path, {"tls": (ExtendedKeyUsageOID.SERVER_AUTH,)})
    certificates.ensure()
    port = free_port()
    config = told(state, "valkey", {}, str(tmp_path))["valkey.conf"].replace("6379", str(port))
    (tmp_path / "valkey.conf").write_text(f"{config}bind 127.0.0.1\ndir {tmp_path}\n")
    process = subprocess.Popen([SERVER, tmp_path / "valkey.conf"], stdout=subprocess.DEVNULL)
    url = f"rediss://:{state.password('valkey')}@127.0.0.1:{port}/0?ssl_ca_certs={tmp_path / 'ca.pem'}"
    try:
        await _answers(url)
        yield Shared(url, process)
    finally:
        process.send_signal(signal.SIGCONT)
        process.kill()
        process.wait()


async def _answers(url: str) -> None:
    async with asyncio.timeout(30), Redis.from_url(url) as client:
        while True:
            try:
                await client.ping()
                return
            except (OSError, RedisError):
                await asyncio.sleep(0.05)


@pytest.fixture
async def caches(shared: Shared) -> AsyncIterator[list[Cache]]:
    """Those of two processes."""
    opened = [open_cache(shared.url) for _ in range(2)]
    yield opened
    for each in opened:
        await each.close()


class Carrier:
    """Counts who asks, and answers when told."""

    def __init__(self) -> None:
        self.asked, self.may_answer = 0, asyncio.Event()

    async def price(self) -> str:
        self.asked += 1
        await self.may_answer.wait()
        return "12.50"


async def _ask(once: Once, carrier: Carrier, what: str = "x") -> str:
    return await once(f"prices:{what}", carrier.price, 20, bool)


async def test_what_one_process_remembers_another_knows(caches: list[Cache]) -> None:
    one, other = caches
    await one.set("places:point:é", '{"lat": -23.5}', expire=60)
    assert await other.get("places:point:é") == '{"lat": -23.5}'
    assert await other.get("places:point:b") is None


async def test_however_many_ask_at_once_in_all_processes_a_carrier_is_asked_once(caches: list[Cache]) -> None:
    carrier, processes = Carrier(), [Once(each) for each in caches]
    asks = [asyncio.create_task(_ask(processes[number % 2], carrier)) for number in range(100)]
    async with asyncio.timeout(30):
        while not carrier.asked:
            await asyncio.sleep(0.01)
        carrier.may_answer.set()
        assert await asyncio.gather(*asks) == ["12.50"] * 100
    assert carrier.asked == 1


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGSTOP])
async def test_while_it_is_away_or_says_nothing_carriers_are_asked(
    shared: Shared, caches: list[Cache], how: signal.Signals
) -> None:
    carrier = Carrier()
    carrier.may_answer.set()
    once = Once(caches[0])
    assert await _ask(once, carrier) == "12.50"
    os.kill(shared.process.pid, how)
    async with asyncio.timeout(20):
        assert await _ask(once, carrier) == "12.50"
        assert await asyncio.gather(*(_ask(once, carrier, str(number)) for number in range(20))) == ["12.50"] * 20
    assert carrier.asked == 22


async def test_what_somebody_wrote_there_is_never_run(shared: Shared, caches: list[Cache], tmp_path: Path) -> None:
    class Evil:
        def __reduce__(self) -> tuple[object, tuple[str]]:
            return (os.mkdir, (str(tmp_path / "ran"),))

    async with Redis.from_url(shared.url) as client:
        await client.set("prices:x", pickle.dumps(Evil()))
    carrier = Carrier()
    carrier.may_answer.set()
    assert await _ask(Once(caches[0]), carrier) == "12.50"
    assert not (tmp_path / "ran").exists()


async def test_who_goes_away_takes_nothing_from_those_who_ask_the_same() -> None:
    carrier, cache = Carrier(), open_cache("mem://")
    once = Once(cache)
    first, second = (asyncio.create_task(_ask(once, carrier)) for _ in range(2))
    await asyncio.sleep(0)
    first.cancel()
    carrier.may_answer.set()
    assert await second == "12.50"
    assert carrier.asked == 1
    await cache.close()
