"""The real proxy with its own configuration, before whatever listens where a resolver of ours says."""

import asyncio
import random
import shutil
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import dns.message
import dns.rrset

from entrega import SERVICES
from runtime._certificates import Pair
from runtime._state import StateFolder
from runtime._theirs import told
from runtime.ports import free_port

CADDYFILE = Path(__file__).parents[2] / "deploy" / "proxy" / "Caddyfile"
CADDY = shutil.which("caddy", path=str(Path(sys.executable).parent)) or ""
NAMES = tuple(f"{service}-api" for service in SERVICES)
API_PORT = 8000  # as in containers


class Resolver(asyncio.DatagramProtocol):
    """Answers where the services' APIs are, as a container engine does: one address for each container."""

    def __init__(self) -> None:
        self.addresses: list[str] = []
        self.port = 0

    def connection_made(self, transport: Any) -> None:
        self._transport = transport
        self.port = transport.get_extra_info("sockname")[1]

    def datagram_received(self, data: bytes, who: Any) -> None:
        answer = dns.message.make_response(dns.message.from_wire(data))
        for asked in answer.question:
            if asked.name.to_text().partition(".")[0] in NAMES and asked.rdtype == dns.rdatatype.A and self.addresses:
                answer.answer.append(dns.rrset.from_text_list(asked.name, 0, "IN", "A", self.addresses))
        self._transport.sendto(answer.to_wire(), who)


@asynccontextmanager
async def resolving() -> AsyncIterator[Resolver]:
    """One that listens while the block runs."""
    loop = asyncio.get_running_loop()
    transport, resolver = await loop.create_datagram_endpoint(Resolver, local_addr=("127.0.0.1", 0))
    try:
        yield resolver
    finally:
        transport.close()


def network() -> str:
    """The first three numbers of addresses of this machine that nobody else uses, as likely as not."""
    return f"127.{random.randint(16, 250)}.{random.randint(0, 250)}"


@asynccontextmanager
async def proxied(
    folder: Path, authority: Path, shown: Pair, resolver: Resolver, port: int, tells: int | None = None
) -> AsyncIterator[int]:
    """The proxy of `localhost` at this port, while the block runs: its pid. What it counts it tells at another."""
    secrets = folder / "secrets"
    secrets.mkdir(parents=True)
    (secrets / "ca.pem").write_bytes(authority.read_bytes())
    (secrets / "tls.pem").write_bytes(shown.certificate.read_bytes())
    (secrets / "tls.key").write_bytes(shown.key.read_bytes())
    for name, text in told(StateFolder(folder), "proxy", {}, "").items():
        (secrets / name).write_text(text)
    env = {
        "ENTREGA_HOST": "localhost",
        "ENTREGA_HTTPS_PORT": str(port),
        "ENTREGA_METRICS_PORT": str(tells or free_port()),
        "ENTREGA_PUBLIC_TLS": f'"{shown.certificate}" "{shown.key}"',
        "ENTREGA_RESOLVERS": f"resolvers 127.0.0.1:{resolver.port}",
        "ENTREGA_SECRETS_DIR": str(secrets),
        "XDG_DATA_HOME": str(folder),
    }
    tied = ("setpriv", "--pdeathsig", "KILL")
    log = folder / "proxy.log"
    with log.open("wb") as sink:
        process = await asyncio.create_subprocess_exec(
            *tied, CADDY, "run", "--config", CADDYFILE, "--adapter", "caddyfile", env=env, stderr=sink
        )
    try:
        async with asyncio.timeout(30):
            while not await _listens(port):
                assert process.returncode is None, log.read_text()
                await asyncio.sleep(0.05)
        yield process.pid
    finally:
        process.terminate()
        await process.wait()


async def _listens(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    writer.close()
    return True
