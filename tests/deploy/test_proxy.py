"""The proxy, run for real: whom it believes, and what becomes of a request whose replica is gone or breaks off."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path

import httpx
import pytest
import trustme
from cryptography.x509.oid import ExtendedKeyUsageOID
from prometheus_client.parser import text_string_to_metric_families
from proxying import API_PORT, CADDY, NAMES, Resolver, network, proxied, resolving

from api.sizes import MOST_BYTES
from runtime._certificates import Certificates
from runtime.ports import free_port

pytestmark = pytest.mark.skipif(not CADDY, reason="Caddy's wheel is for Linux on x86-64 and ARM alone")
_SERVER = ExtendedKeyUsageOID.SERVER_AUTH
Answer = Callable[[bytes], bytes | None]


class Installation:
    """The proxy and replicas that answer as they are told: None breaks off."""

    def __init__(self, client: httpx.AsyncClient, tells: str, resolver: Resolver, trusted: ssl.SSLContext) -> None:
        self.client, self.tells = client, tells
        self._resolver, self._trusted = resolver, trusted
        self._network, self._last = network(), 1
        self._servers = AsyncExitStack()

    async def replica(self, answer: Answer, tls: ssl.SSLContext | None = None) -> None:
        """One more, found by name."""
        address = self.nowhere()
        server = await asyncio.start_server(_answering(answer), address, API_PORT, ssl=tls or self._trusted)
        await self._servers.enter_async_context(server)

    def nowhere(self) -> str:
        """An address found by name at which nobody listens."""
        self._last += 1
        self._resolver.addresses.append(f"{self._network}.{self._last}")
        return self._resolver.addresses[-1]

    async def close(self) -> None:
        await self._servers.aclose()


def _answering(answer: Answer) -> Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        length = next((line[15:] for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")), b"0")
        said = answer(head + await reader.readexactly(int(length)))
        if said is not None:
            writer.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%s" % (len(said), said))
        writer.close()

    return serve


@pytest.fixture
async def installation(tmp_path: Path) -> AsyncIterator[Installation]:
    certificates = Certificates(tmp_path / "tls", {"front": (_SERVER,), "api": (_SERVER,)}, {"api": NAMES})
    certificates.ensure()
    pair, port, tells = certificates.of("api"), free_port(), free_port()
    trusted = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    trusted.load_cert_chain(pair.certificate, pair.key)
    trust = ssl.create_default_context(cafile=certificates.authority)
    async with (
        resolving() as resolver,
        proxied(tmp_path / "front", certificates.authority, certificates.of("front"), resolver, port, tells),
        httpx.AsyncClient(base_url=f"https://localhost:{port}", verify=trust, trust_env=False, timeout=20) as client,
    ):
        made = Installation(client, f"https://localhost:{tells}", resolver, trusted)
        yield made
        await made.close()


async def test_who_shows_another_authoritys_certificate_hears_nothing(installation: Installation) -> None:
    heard: list[bytes] = []
    stranger = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    trustme.CA().issue_cert(*NAMES).configure_cert(stranger)
    await installation.replica(lambda request: heard.append(request) or b"", stranger)
    assert (await installation.client.post("/v1/quotes", content=b"{}")).status_code == 502
    assert not heard


async def test_who_is_gone_is_left_out_whatever_was_asked(installation: Installation) -> None:
    installation.nowhere()
    await installation.replica(lambda request: request.rpartition(b"\r\n\r\n")[2])
    for number in range(6):
        answer = await installation.client.post("/v1/quotes", content=f"{number}")
        assert (answer.status_code, answer.text) == (200, f"{number}")


@pytest.mark.parametrize(
    ("method", "path", "key", "status"),
    [
        ("GET", "/v1/quotes", "", 200),
        ("POST", "/v1/deliveries", "k-1", 200),
        ("POST", "/v1/deliveries", "", 502),
        ("POST", "/v1/imports", "k-1", 502),  # files are not held
    ],
    ids=str,
)
async def test_what_was_broken_off_is_asked_again_where_that_does_no_harm(
    method: str, path: str, key: str, status: int, installation: Installation
) -> None:
    heard: list[bytes] = []

    def first_breaks_off(request: bytes) -> bytes | None:
        heard.append(request.rpartition(b"\r\n\r\n")[2])
        return heard[-1] if len(heard) > 1 else None

    for _ in range(2):
        await installation.replica(first_breaks_off)
    headers = {"Idempotency-Key": key} if key else {}
    body = b"" if method == "GET" else b"x" * MOST_BYTES
    answer = await installation.client.request(method, path, headers=headers, content=body)
    assert answer.status_code == status
    assert heard == [body] * (2 if status == 200 else 1)  # the whole of it each time


async def test_who_comes_in_the_clear_is_refused(installation: Installation) -> None:
    plain = str(installation.client.base_url).replace("https", "http")
    async with httpx.AsyncClient(base_url=plain, trust_env=False) as client:
        assert (await client.get("/v1/quotes")).status_code == 400


async def test_that_nobody_answered_is_told_inside_and_by_tls(installation: Installation) -> None:
    installation.nowhere()
    assert (await installation.client.get("/v1/quotes")).status_code == 502
    assert (await installation.client.get("/metrics")).status_code == 404  # nothing of it is for the world
    told = (await installation.client.get(f"{installation.tells}/metrics")).text
    counted = {
        (sample.labels["code"], sample.labels["handler"]): sample.value
        for family in text_string_to_metric_families(told)
        for sample in family.samples
        if sample.name == "caddy_http_request_duration_seconds_count"
    }
    assert counted["502", "subroute"] == 1
    assert (await installation.client.get(installation.tells)).status_code == 404
    async with httpx.AsyncClient(trust_env=False) as client:
        assert (await client.get(f"{installation.tells.replace('https', 'http')}/metrics")).status_code == 400
