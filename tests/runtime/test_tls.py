"""What is shown and believed: changed files are taken up under load, and nobody wrong is believed."""

import asyncio
import contextlib
import socket
import ssl
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, cast

import httpx
import pytest
import trustme
import uvicorn

from api.app import create_app
from api.deps import Parts
from runtime.metrics import serve_metrics
from runtime.ports import free_port
from runtime.settings import SettingMissing, Settings
from runtime.tls import inside_trust, outside_trust, server_context
from wire import NoAnswer, Progress, client, exchange


class Files:
    """A pair in files, as an orchestrator would change them."""

    def __init__(self, folder: Path) -> None:
        self.authority = trustme.CA()
        self.certificate, self.key, self.ca = folder / "it.pem", folder / "it.key", folder / "ca.pem"
        self.authority.cert_pem.write_to_path(str(self.ca))
        self.fresh()

    def fresh(self) -> trustme.LeafCert:
        """Another pair."""
        made = self.half()
        self.whole(made)
        return made

    def half(self) -> trustme.LeafCert:
        """A new key, beside the old certificate."""
        made = self.authority.issue_cert("127.0.0.1", "localhost")
        _replace(self.key, made.private_key_pem.bytes())
        return made

    def whole(self, made: trustme.LeafCert) -> None:
        """Its certificate as well."""
        _replace(self.certificate, b"".join(blob.bytes() for blob in made.cert_chain_pems))

    def settings(self, **more: Any) -> Settings:
        """Of a process that shows it."""
        return Settings(tls_cert_file=self.certificate, tls_key_file=self.key, tls_ca_file=self.ca, **more)


def _replace(path: Path, content: bytes) -> None:
    new = path.with_suffix(".new")
    new.write_bytes(content)
    new.replace(path)


@pytest.fixture
def files(tmp_path: Path) -> Files:
    return Files(tmp_path)


@pytest.fixture
async def served(files: Files) -> AsyncIterator[str]:
    """The application over HTTPS, as `entrega api` serves it."""
    settings = files.settings()
    context = server_context(settings)
    assert context is not None
    app = create_app((), settings, cast(Parts, object()))
    config = uvicorn.Config(app, log_config=None, ssl_context_factory=lambda *_: context, timeout_graceful_shutdown=1)
    server = uvicorn.Server(config)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        task = asyncio.create_task(server.serve([listening]))
        while not server.started:
            await asyncio.sleep(0.01)
        yield f"https://127.0.0.1:{listening.getsockname()[1]}"
        server.should_exit = True
        await task


def shown(url: str, authority: Path) -> bytes:
    """The certificate that a new connection meets, in DER."""
    context = ssl.create_default_context(cafile=authority)
    host, port = url.removeprefix("https://").split(":")
    with (
        socket.create_connection((host, int(port)), 5) as plain,
        context.wrap_socket(plain, server_hostname=host) as it,
    ):
        return it.getpeercert(binary_form=True) or b""


def der(leaf: trustme.LeafCert) -> bytes:
    return ssl.PEM_cert_to_DER_cert(leaf.cert_chain_pems[0].bytes().decode())


async def test_certificates_rotated_under_load_fail_no_request(served: str, files: Files) -> None:
    trust, done = inside_trust(files.settings()), asyncio.Event()
    answers = [0, 0]  # on new connections, on kept ones

    async def ask(index: int, keep: bool) -> None:
        async with httpx.AsyncClient(verify=trust, base_url=served) as kept:
            while not done.is_set():
                fresh = contextlib.nullcontext(kept) if keep else httpx.AsyncClient(verify=trust, base_url=served)
                async with fresh as http:
                    assert (await http.get("/healthz/live")).status_code == 200
                answers[index] += 1

    async def meanwhile() -> None:
        before = answers[0]
        while answers[0] < before + 4:
            await asyncio.sleep(0.01)

    async with asyncio.TaskGroup() as asking:
        for number in range(8):
            asking.create_task(ask(number % 2, keep=bool(number % 2)))
        for _ in range(20):
            made = files.half()
            await meanwhile()
            files.whole(made)
            await meanwhile()
            assert await asyncio.to_thread(shown, served, files.ca) == der(made)
        done.set()
    assert min(answers) > 100


async def test_a_pair_that_does_not_match_leaves_the_old_one_in_use(served: str, files: Files) -> None:
    old = await asyncio.to_thread(shown, served, files.ca)
    new = files.half()
    assert await asyncio.to_thread(shown, served, files.ca) == old
    files.whole(new)
    assert await asyncio.to_thread(shown, served, files.ca) == der(new) != old


@pytest.mark.parametrize("harm", ["nonsense", "gone"])
async def test_a_certificate_that_cannot_be_read_leaves_the_old_one_in_use(
    harm: str, served: str, files: Files
) -> None:
    old = await asyncio.to_thread(shown, served, files.ca)
    if harm == "gone":
        files.certificate.unlink()
    else:
        _replace(files.certificate, b"no certificate\n")
    assert await asyncio.to_thread(shown, served, files.ca) == old
    assert await asyncio.to_thread(shown, served, files.ca) == old


async def test_plaintext_gets_no_answer(served: str) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", int(served.rpartition(":")[2]))
    writer.write(b"GET /healthz/live HTTP/1.1\r\nHost: x\r\n\r\n")
    with contextlib.suppress(ConnectionError):
        assert b"HTTP" not in await reader.read()
    writer.close()


@pytest.mark.parametrize("trusting", [inside_trust, outside_trust])
async def test_another_authority_is_not_believed(trusting: Any, served: str, tmp_path: Path) -> None:
    other = tmp_path / "other.pem"
    trustme.CA().cert_pem.write_to_path(str(other))
    async with httpx.AsyncClient(verify=trusting(Settings(tls_ca_file=other, outside_ca_file=other))) as http:
        with pytest.raises(httpx.ConnectError, match="CERTIFICATE_VERIFY_FAILED"):
            await http.get(f"{served}/healthz/live")


async def test_the_name_must_be_the_certificates(files: Files, served: str) -> None:
    made = files.authority.issue_cert("elsewhere.example")
    _replace(files.key, made.private_key_pem.bytes())
    _replace(files.certificate, made.cert_chain_pems[0].bytes())
    async with httpx.AsyncClient(verify=inside_trust(files.settings())) as http:
        with pytest.raises(httpx.ConnectError, match="not valid for"):
            await http.get(f"{served}/healthz/live")


async def test_what_adapters_speak_with_believes_the_authority_named_for_outside(served: str, files: Files) -> None:
    for trust, answered in ((outside_trust(Settings(outside_ca_file=files.ca)), True), (None, False)):
        async with client(trust) as http:
            asked = exchange(http, http.build_request("GET", f"{served}/healthz/live"), Progress())
            if answered:
                assert (await asked).ok
            else:
                with pytest.raises(NoAnswer) as caught:
                    await asked
                assert not caught.value.sent


async def test_metrics_are_told_by_tls_alone_and_who_says_nothing_holds_up_nobody(files: Files) -> None:
    port = free_port()
    serve_metrics("127.0.0.1", port, server_context(files.settings()))
    with socket.create_connection(("127.0.0.1", port)):
        async with httpx.AsyncClient(verify=inside_trust(files.settings()), timeout=5) as http:
            assert "python_info" in (await http.get(f"https://127.0.0.1:{port}/metrics")).text
        async with httpx.AsyncClient() as http:
            with pytest.raises(httpx.TransportError):
                await http.get(f"http://127.0.0.1:{port}/metrics")


def test_who_has_no_certificate_serves_in_the_clear_only_where_that_is_allowed() -> None:
    assert server_context(Settings()) is None
    with pytest.raises(SettingMissing, match="ENTREGA_TLS_CERT_FILE is not set"):
        server_context(Settings(tls_required=True))


def test_a_certificate_wants_its_key(files: Files, tmp_path: Path) -> None:
    with pytest.raises(SettingMissing, match="ENTREGA_TLS_KEY_FILE is not set"):
        server_context(Settings(tls_cert_file=files.certificate))
    with pytest.raises(SettingMissing, match="ENTREGA_TLS_CERT_FILE is not set"):
        server_context(Settings(tls_key_file=files.key))
    with pytest.raises(SettingMissing, match=r"cannot be used.*in PEM"):
        server_context(Settings(tls_cert_file=files.certificate, tls_key_file=tmp_path / "none"))


def test_an_authority_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingMissing, match="ENTREGA_TLS_CA_FILE"):
        inside_trust(Settings(tls_ca_file=tmp_path / "none"))
    with pytest.raises(SettingMissing, match="ENTREGA_OUTSIDE_CA_FILE"):
        outside_trust(Settings(outside_ca_file=tmp_path / "none"))
