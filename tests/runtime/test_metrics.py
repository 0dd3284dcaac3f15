"""What a process tells Prometheus: its own, what Temporal's SDK tells beside it, and what lies in files."""

import asyncio
import socket
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
import trustme
from prometheus_client import REGISTRY
from prometheus_client.parser import text_string_to_metric_families

from api.app import create_app
from runtime import metrics
from runtime.backup.metrics import serve
from runtime.metrics import EXPIRES, ISSUED, lifetime, serve_metrics, tell_metrics
from runtime.ports import free_port
from runtime.settings import SettingMissing, Settings
from storage._keks import make_kek

BACKUP = "entrega_backup_last_success_timestamp_seconds"


@pytest.fixture
async def http() -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(trust_env=False, timeout=5) as client:
        yield client


async def test_temporals_metrics_are_told_along_and_missed_quietly(http: httpx.AsyncClient) -> None:
    port, beside = free_port(), free_port()
    serve_metrics("127.0.0.1", port, None, beside=f"127.0.0.1:{beside}")
    alone = (await http.get(f"http://127.0.0.1:{port}/metrics")).text
    assert "python_info" in alone
    with socket.create_server(("127.0.0.1", beside)) as sdk:
        sdk.settimeout(5)
        asking = http.build_request("GET", f"http://127.0.0.1:{port}/metrics")

        def answer() -> None:
            one, _ = sdk.accept()
            one.recv(4096)
            one.sendall(b"HTTP/1.0 200 OK\r\n\r\n# TYPE temporal_request_total counter\ntemporal_request_total 7\n")
            one.close()

        text = (await asyncio.gather(http.send(asking), asyncio.to_thread(answer)))[0].text
    told = {family.name for family in text_string_to_metric_families(text)}
    assert {"python_info", "temporal_request"} <= told


async def test_files_are_read_whenever_somebody_asks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    registered: list[metrics.Collector] = []
    monkeypatch.setattr(REGISTRY, "register", registered.append)
    pair = trustme.CA().issue_cert("api.internal")
    served = tmp_path / "served.pem"
    served.write_bytes(pair.cert_chain_pems[0].bytes())
    texts = tmp_path / "texts"
    texts.mkdir()
    settings = Settings(tls_cert_file=served, tls_ca_file=tmp_path / "none", metrics_textfiles_dir=texts)
    metrics.tell_of_files(settings)

    def told() -> dict[tuple[str, ...], float]:
        samples = [one for collector in registered for family in collector.collect() for one in family.samples]
        return {(one.name, *one.labels.values()): one.value for one in samples}

    since, until = lifetime(served)
    assert told() == {(ISSUED, "served"): since.timestamp(), (EXPIRES, "served"): until.timestamp()}
    (texts / "backup.prom").write_text(f"# TYPE {BACKUP} gauge\n{BACKUP} 1764000000\n")
    (texts / "broken.prom").write_text("what is this")
    assert told()[BACKUP,] == 1764000000
    assert len(told()) == 3  # and nothing of what cannot be read
    (texts / "backup.prom").unlink()
    assert (BACKUP,) not in told()


def test_who_follows_the_databases_tells_of_its_certificate_as_all_do(monkeypatch: pytest.MonkeyPatch) -> None:
    registered: list[object] = []
    monkeypatch.setattr(REGISTRY, "register", registered.append)
    monkeypatch.setattr(metrics, "serve_metrics", lambda *_: None)
    serve("127.0.0.1:9460", Settings())
    assert [one for one in registered if isinstance(one, metrics._Certificates)]


def test_without_an_address_nothing_is_opened() -> None:
    tell_metrics(Settings(), None)


def test_a_port_that_is_taken_is_said_to_be(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metrics, "tell_of_files", lambda settings: None)
    taken = socket.create_server(("127.0.0.1", 0))
    with taken, pytest.raises(SettingMissing, match="ENTREGA_METRICS_ADDRESS"):
        tell_metrics(Settings(), f"127.0.0.1:{taken.getsockname()[1]}")


async def test_the_api_tells_nothing_at_its_own_port_once_it_has_another(tmp_path: Path) -> None:
    make_kek(tmp_path)
    for address, status in ((None, 200), ("127.0.0.1:9460", 404)):
        app = create_app([], Settings(metrics_address=address, keks_dir=tmp_path))
        transport = httpx.ASGITransport(app=app, client=("127.0.0.1", 1))
        async with httpx.AsyncClient(transport=transport, base_url="http://api") as http:
            assert (await http.get("/metrics")).status_code == status
