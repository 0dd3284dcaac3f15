"""Several of one process behind the real proxy, as containers are: an address of its own each, found by name."""

import asyncio
import os
import signal
import ssl
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Self

import httpx
from cryptography.x509.oid import ExtendedKeyUsageOID
from prometheus_client.parser import text_string_to_metric_families
from proxying import API_PORT, NAMES, Resolver, network, proxied, resolving

from runtime._certificates import Certificates, Pair
from runtime.embedded import Stack
from runtime.ports import free_port
from runtime.settings import PREFIX

_SERVER, _CLIENT = ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH
_METRICS = 9460  # as in containers


class Replica:
    """A process of ours at an address of its own, by TLS with certificates of the stack's authority."""

    def __init__(self, command: list[str], address: str, env: Mapping[str, str], authority: Path, log: Path) -> None:
        self.address, self.api, self._log = address, command[0] == "api", log
        where = ["--host", address, "--port", str(API_PORT)] if self.api else []
        self._argv = ["setpriv", "--pdeathsig", "KILL", sys.executable, "-m", "entrega", *command, *where]
        self._env = {**env, f"{PREFIX}METRICS_ADDRESS": f"{address}:{_METRICS}"}
        self._trust = ssl.create_default_context(cafile=authority)

    async def start(self) -> Self:
        with self._log.open("wb") as log:
            self.process = await asyncio.create_subprocess_exec(
                *self._argv, env=self._env, stdout=log, stderr=log, start_new_session=True
            )
        return self

    async def until_ready(self) -> None:
        async with asyncio.timeout(60):
            while await self.readiness() != 200:
                assert self.process.returncode is None
                await asyncio.sleep(0.1)

    async def readiness(self) -> int | None:
        """What a probe is answered; None where nobody listens."""
        try:
            return (await self._asked(API_PORT if self.api else _METRICS, "/healthz/ready")).status_code
        except httpx.TransportError:
            return None

    async def served(self) -> float:
        """How many requests it has answered."""
        page = (await self._asked(_METRICS, "/metrics")).raise_for_status().text
        samples = (one for family in text_string_to_metric_families(page) for one in family.samples)
        return sum(one.value for one in samples if one.name == "http_requests_total")

    async def leave(self) -> list[int | None]:
        """Ends it as an orchestrator does; what probes were answered meanwhile."""
        self.process.send_signal(signal.SIGTERM)
        answered: list[int | None] = []
        async with asyncio.timeout(60):
            while self.process.returncode is None:
                answered.append(await self.readiness())
                await asyncio.sleep(0.1)
        return answered

    async def kill(self) -> None:
        if self.process.returncode is None:
            self.process.kill()
            await self.process.wait()

    async def _asked(self, port: int, path: str) -> httpx.Response:
        known = {"sni_hostname": "localhost"}
        async with httpx.AsyncClient(verify=self._trust, trust_env=False, timeout=5) as client:
            return await client.get(f"https://{self.address}:{port}{path}", extensions=known)


class Front:
    """The proxy of `deploy/` before replicas of a stack that has no API and no worker of its own."""

    def __init__(self, stack: Stack, folder: Path, port: int, resolver: Resolver) -> None:
        assert stack.authority is not None
        self.url, self._resolver, self._port = f"https://localhost:{port}", resolver, port
        self._stack, self._folder, self._authority = stack, folder, stack.authority
        uses = {"front": (_SERVER,), "api-replica": (_SERVER, _CLIENT), "worker-replica": (_SERVER, _CLIENT)}
        self._certificates = Certificates(self._authority.parent, uses, {"api-replica": NAMES})
        self._certificates.ensure()
        self._network, self._last = network(), 1
        self._folder.mkdir()
        self.replicas: list[Replica] = []

    async def replica(self, *command: str, **told: str) -> Replica:
        """One more, at an address that nobody had; an API is found by name from now on."""
        self._last += 1
        pair = self._certificates.of(f"{command[0]}-replica")
        env = {**self._stack.env, **{f"{PREFIX}{name}": value for name, value in {**_shown(pair), **told}.items()}}
        env.pop(f"{PREFIX}DATABASE_URL", None)  # the owner's, which no service is given
        env.pop(f"{PREFIX}SERVE_ON_FOR", None)  # as long as in production
        made = Replica(
            list(command), f"{self._network}.{self._last}", env, self._authority, self._folder / f"{self._last}.log"
        )
        self.replicas.append(await made.start())
        if made.api:
            self._resolver.addresses.append(made.address)
        return made

    async def leaves(self, replica: Replica) -> list[int | None]:
        """One fewer: its name is forgotten once it is gone."""
        answered = await replica.leave()
        if replica.api:
            self._resolver.addresses.remove(replica.address)
        return answered

    @asynccontextmanager
    async def open(self) -> AsyncIterator[int]:
        """While the proxy runs: its pid."""
        pair = self._certificates.of("front")
        try:
            async with proxied(self._folder, self._authority, pair, self._resolver, self._port) as pid:
                yield pid
        finally:
            for replica in self.replicas:
                await replica.kill()


def _shown(pair: Pair) -> dict[str, str]:
    return {"TLS_CERT_FILE": str(pair.certificate), "TLS_KEY_FILE": str(pair.key)}


@asynccontextmanager
async def fronted(folder: Path, parts: tuple[str, ...], **how: Any) -> AsyncIterator[tuple[Stack, Front]]:
    """These parts by TLS, told that people come by way of the proxy, which is not open yet."""
    port = free_port()
    env = {f"{PREFIX}PUBLIC_URL": f"https://localhost:{port}", f"{PREFIX}TRUSTED_PROXIES": "127.0.0.1"}
    env |= {f"{PREFIX}{name}": value for name, value in how.pop("env", {}).items()}
    async with resolving() as resolver, Stack(folder, only=parts, usual_ports=False, tls=True, env=env, **how) as stack:
        yield stack, Front(stack, folder / "front", port, resolver)


async def furnished(stack: Stack, front: Front) -> None:
    """Carriers, an area and an administrator, with carriers calling back at the proxy."""
    password = stack._state.secret("admin_password")
    argv = ["--sandbox", stack.urls["sandbox"], "--api", front.url, "--admin-password-file", str(password)]
    command = (sys.executable, "-m", "runtime.furnish", *argv)
    process = await asyncio.create_subprocess_exec(*command, env={**os.environ, **stack.env})
    assert await process.wait() == 0
