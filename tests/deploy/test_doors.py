"""Every port that one machine's containers listen at, one by one: TLS as its configuration says, or the loopback; who
asks there is told so; and nothing but 443 is let in."""

import functools
import json
import re
import shutil
import ssl
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import httpx
import pytest
import yaml
from test_compose import DEPLOY, HOST, NAMES, ONCE, SERVICES, filled, installation

from runtime.ports import free_port

__all__ = ["installation"]  # the fixture
Told = tuple[dict[str, Any], Path]
"""What a service of the compose file is told, and the folder of its own that it sees at /run/secrets."""
LOOPBACK = "127.0.0.1"


def command(service: dict[str, Any]) -> str:
    return " ".join(service["command"])


def has_pair(folder: Path) -> bool:
    return (folder / "tls.pem").exists() and (folder / "tls.key").exists()


@functools.cache
def adapted(file: str) -> dict[str, Any]:
    """A Caddyfile as Caddy takes it."""
    env = {"ENTREGA_HOST": HOST, "ENTREGA_PUBLIC_TLS": "/run/secrets/tls.pem /run/secrets/tls.key"}
    # What prepare writes is read at once, so it is to be there.
    with tempfile.TemporaryDirectory() as secrets:
        Path(secrets, "temporal-ui-users").touch()
        env |= {"ENTREGA_SECRETS_DIR": secrets, "XDG_DATA_HOME": secrets}
        argv = [Path(sys.executable).with_name("caddy"), "adapt", "--adapter", "caddyfile", "--config", DEPLOY / file]
        said = subprocess.run(argv, env=env, check=True, capture_output=True, text=True).stdout
    config: dict[str, Any] = json.loads(said)
    return config


def proxied(part: Any) -> Iterator[dict[str, Any]]:
    """Every upstream's handler, however deep."""
    if isinstance(part, dict) and part.get("handler") == "reverse_proxy":
        yield part
    for each in part.values() if isinstance(part, dict) else part if isinstance(part, list) else ():
        yield from proxied(each)


# ── what says that a port is no open one ──────────────────────────────────────────────────────────────────


def ours(told: Told) -> bool:
    """Refuses to start without: `tests/runtime` asks its ports."""
    env = told[0]["environment"]
    return env["ENTREGA_TLS_REQUIRED"] == "true" and env["ENTREGA_TLS_CERT_FILE"] and has_pair(told[1])


def our_loopback(told: Told) -> bool:
    return told[0]["environment"]["ENTREGA_WORKER_METRICS_ADDRESS"] == f"{LOOPBACK}:9464"


def caddy(told: Told) -> bool:
    """It has these two ports, and a certificate wherever it listens there."""
    config = adapted("proxy/Caddyfile")
    servers = config["apps"]["http"]["servers"].values()
    assert sorted(it["listen"] for it in servers) == [[":8443"], [":9460"]]
    assert all(it["automatic_https"]["disable_redirects"] for it in servers)
    return config["admin"]["disabled"] and all(it["tls_connection_policies"] for it in servers) and has_pair(told[1])


def pages(told: Told) -> bool:
    config = adapted("docker/web.Caddyfile")
    servers = config["apps"]["http"]["servers"].values()
    assert [it["listen"] for it in servers] == [[":8443"]]
    return config["admin"]["disabled"] and all(it["tls_connection_policies"] for it in servers) and has_pair(told[1])


def postgres(told: Told) -> bool:
    doors = (told[1] / "hba.conf").read_text().split("\n")
    kinds = {line.split()[0] for line in doors if line}
    return kinds == {"local", "hostssl"} and "-cssl=on" in command(told[0])


def mongo(told: Told) -> bool:
    return "--tlsMode=requireTLS" in command(told[0]) and (told[1] / "tls.both.pem").exists()


def valkey(told: Told) -> bool:
    lines = (told[1] / "valkey.conf").read_text().split("\n")
    return {"port 0", "tls-port 6379"} <= set(lines) and has_pair(told[1])


def temporal_of(told: Told) -> dict[str, Any]:
    config: dict[str, Any] = json.loads((told[1] / "entrega.yaml").read_text())
    return config


def temporal_door(told: Told) -> bool:
    """Whoever calls the frontend shows a certificate; it has no port for HTTP."""
    config = temporal_of(told)
    rpc = config["services"]["frontend"]["rpc"]
    return "httpPort" not in rpc and bool(config["global"]["tls"]["frontend"]["server"]["requireClientAuth"])


def temporal_gossip(told: Told) -> bool:
    config = temporal_of(told)
    assert config["dynamicConfigClient"]["filepath"] == "/run/secrets/dynamic.yaml"
    dynamic = yaml.safe_load((told[1] / "dynamic.yaml").read_text())
    internode = config["global"]["tls"]["internode"]["server"]["requireClientAuth"]
    return dynamic["system.enableRingpopTLS"] == [{"value": True}] and bool(internode)


def temporal_inside(told: Told) -> bool:
    services = temporal_of(told)["services"]
    return {it["rpc"]["bindOnIP"] for name, it in services.items() if name != "frontend"} == {LOOPBACK}


def temporal_ui(told: Told) -> bool:
    env = told[0]["environment"]
    pair = env["TEMPORAL_UI_SERVER_TLS_CERT"], env["TEMPORAL_UI_SERVER_TLS_KEY"]
    return pair == ("/run/secrets/tls.pem", "/run/secrets/tls.key") and has_pair(told[1])


def watched(told: Told) -> bool:
    """Whoever asks Prometheus or Alertmanager shows a certificate, of an authority that signs for nobody else."""
    door = yaml.safe_load((told[1] / "web.yml").read_text())["tls_server_config"]
    asks = door["client_auth_type"] == "RequireAndVerifyClientCert" and door["client_ca_file"].endswith("/watch-ca.pem")
    return asks and "--web.config.file=/run/secrets/web.yml" in command(told[0])


def alertmanager(told: Told) -> bool:
    return watched(told) and command(told[0]).endswith("--cluster.listen-address=")  # nobody to find


def grafana(told: Told) -> bool:
    return told[0]["environment"]["GF_SERVER_PROTOCOL"] == "https" and has_pair(told[1])


def tempo(told: Told) -> bool:
    """What its parts say to each other stays on the loopback."""
    config = yaml.safe_load((DEPLOY / "monitoring" / "tempo.yml").read_text())
    server, otlp = config["server"], config["distributor"]["receivers"]["otlp"]["protocols"]
    assert server["grpc_listen_address"] == LOOPBACK
    assert config["memberlist"]["bind_addr"] == [LOOPBACK]
    assert set(otlp) == {"http"}
    return bool(otlp["http"]["tls"]["client_ca_file"] and server["http_tls_config"]["cert_file"]) and has_pair(told[1])


Doors = Mapping[int, Callable[[Told], bool]]
API: Doors = MappingProxyType({8000: ours, 9460: ours})
WORKER: Doors = MappingProxyType({9460: ours, 9464: our_loopback})
INSIDE = (7234, 7235, 7239, 6934, 6935, 6939)
LISTENS: dict[str, Doors] = {
    **{f"{name}-api": API for name in NAMES},
    **{f"{name}-worker": WORKER for name in NAMES},
    **{name: {} for name in ONCE},
    "codec": API,
    "relay": {9460: ours},
    "backup": {9460: ours},
    "proxy": {8443: caddy, 9460: caddy},
    "web": {8443: pages},
    "postgres": {5432: postgres},
    "mongo": {27017: mongo},
    "valkey": {6379: valkey},
    "temporal": {7233: temporal_door, 6933: temporal_gossip, **dict.fromkeys(INSIDE, temporal_inside)},
    "temporal-ui": {8080: temporal_ui},
    "prometheus": {9090: watched},
    "alertmanager": {9093: alertmanager},
    "grafana": {3000: grafana},
    "tempo": {3200: tempo, 4318: tempo},
}
"""By service, each port it listens at, and what says that nothing travels there in the clear. None without a row."""


def told(name: str, installation: Path) -> Told:
    """Raises ValueError where a service has no folder of its own."""
    mounted = [filled(each, installation) for each in SERVICES[name]["volumes"]]
    (folder,) = {each.split(":")[0] for each in mounted if each.endswith(":/run/secrets:ro")}
    return SERVICES[name], Path(folder)


def test_every_service_has_its_row() -> None:
    assert set(LISTENS) == set(SERVICES)
    known = {port for doors in LISTENS.values() for port in doors}
    written = json.dumps(SERVICES)
    for port in re.findall(r"(?:0\.0\.0\.0:|--port=?\s*|-p\s+)(\d{4,5})", written):
        assert int(port) in known


def test_temporal_listens_where_its_row_says(installation: Path) -> None:
    services = temporal_of(told("temporal", installation))["services"]
    found = {it["rpc"][kind] for it in services.values() for kind in ("grpcPort", "membershipPort")}
    assert found == set(LISTENS["temporal"])


@pytest.mark.parametrize(
    ("name", "port"), [(name, port) for name, doors in sorted(LISTENS.items()) for port in sorted(doors)]
)
def test_nothing_travels_there_in_the_clear(name: str, port: int, installation: Path) -> None:
    assert LISTENS[name][port](told(name, installation))


def test_443_alone_is_let_in() -> None:
    assert {name: it["ports"] for name, it in SERVICES.items() if it.get("ports")} == {"proxy": ["443:8443"]}
    assert not [name for name, it in SERVICES.items() if it.get("network_mode")]


def test_who_asks_does_so_by_tls() -> None:
    upstreams = list(proxied(adapted("proxy/Caddyfile")))
    assert len(upstreams) > len(NAMES)
    for each in upstreams:
        assert each["transport"]["tls"]["ca"]["provider"] == "file"
        assert each["transport"]["tls"]["server_name"]
    asked = yaml.safe_load((DEPLOY / "monitoring" / "prometheus.yml").read_text())
    for job in (*asked["scrape_configs"], *asked["alerting"]["alertmanagers"]):
        assert job["scheme"] == "https"
        assert job["tls_config"]["ca_file"] == "/run/secrets/ca.pem"
        assert not job["tls_config"].get("insecure_skip_verify")
    for name, port in (("prometheus", 9090), ("tempo", 3200)):
        told = yaml.safe_load((DEPLOY / f"monitoring/grafana/provisioning/datasources/{name}.yml").read_text())
        [source] = told["datasources"]
        assert source["url"] == f"https://{name}:{port}"
        assert source["jsonData"]["serverName"] == name
        assert source["jsonData"]["tlsAuthWithCACert"]
        assert not source["jsonData"].get("tlsSkipVerify")


# ── for real, where Debian's programs are ─────────────────────────────────────────────────────────────────

SERVERS = {"prometheus": ("prometheus", 9090), "alertmanager": ("prometheus-alertmanager", 9093)}
SHOWN = ("grafana/watch.pem", "grafana/watch.key")
LACKING = [program for program, _ in SERVERS.values() if shutil.which(program) is None]


class Watching:
    """Prometheus and Alertmanager as compose starts them, on the loopback, with ports and paths of their own."""

    def __init__(self, installation: Path, folder: Path) -> None:
        self._installation, self._folder = installation, folder
        self.ports = {name: free_port() for name in SERVERS}
        self._running: list[subprocess.Popen[bytes]] = []

    def mended(self, text: str, name: str) -> str:
        """With this machine's paths and ports instead of a container's."""
        text = text.replace("/run/secrets", str(self._installation / name))
        for other, (_, port) in SERVERS.items():
            text = re.sub(rf"(localhost|{other}):{port}", f"localhost:{self.ports[other]}", text)
        return text

    def start(self) -> None:
        for name, (program, _) in SERVERS.items():
            for file in ("web.yml", "client.yml"):
                (self._folder / f"{name}-{file}").write_text(
                    self.mended((self._installation / name / file).read_text(), name)
                )
            config = self.mended((DEPLOY / "monitoring" / f"{name}.yml").read_text(), name)
            config = config.replace("rules/*.yml", str(DEPLOY / "monitoring/rules/*.yml"))
            (self._folder / f"{name}.yml").write_text(
                re.sub(r"(scrape|evaluation)_(interval|timeout): \d+s", r"\1_\2: 1s", config)
            )
            argv = [self._argument(each, name) for each in SERVICES[name]["command"]]
            argv = [each for each in argv if "retention" not in each]
            with (self._folder / f"{name}.log").open("wb") as log:
                server = [program, *argv, f"--web.listen-address=127.0.0.1:{self.ports[name]}"]
                self._running.append(subprocess.Popen(server, stdout=log, stderr=log))

    def _argument(self, given: str, name: str) -> str:
        flag, _, value = given.partition("=")
        own = {"--config.file": f"{name}.yml", "--web.config.file": f"{name}-web.yml"}
        if flag.startswith("--storage"):
            own[flag] = f"{name}-data"
        return f"{flag}={self._folder / own[flag] if flag in own else value}"

    def healthy(self, name: str) -> bool:
        """As compose asks; Debian's promtool is too old to, so Prometheus is asked without it."""
        if name == "prometheus":
            with httpx.Client(verify=trust(self._installation, SHOWN)) as grafana:
                try:
                    return grafana.get(f"https://localhost:{self.ports[name]}/-/healthy").is_success
                except httpx.TransportError:
                    return False
        _, *argv = SERVICES[name]["healthcheck"]["test"]
        argv = [each.replace("/run/secrets/", f"{self._folder}/{name}-") for each in argv]
        asked = [self.mended(each, name) for each in argv]
        return subprocess.run(asked, check=False, capture_output=True).returncode == 0

    def stop(self) -> None:
        for each in self._running:
            each.terminate()
            each.wait()


@pytest.fixture(scope="module")
def watching(installation: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watching]:
    made = Watching(installation, tmp_path_factory.mktemp("watching"))
    made.start()
    try:
        yield made
    finally:
        made.stop()


def until(done: Callable[[], bool]) -> None:
    end = time.monotonic() + 30
    while not done():
        assert time.monotonic() < end
        time.sleep(0.1)


def trust(installation: Path, pair: tuple[str, str] | None) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=str(installation / "grafana" / "ca.pem"))
    if pair:
        context.load_cert_chain(*(installation / each for each in pair))
    return context


@pytest.mark.long
@pytest.mark.skipif(bool(LACKING), reason=f"not installed: {', '.join(LACKING)}")
@pytest.mark.parametrize("name", sorted(SERVERS))
def test_their_doors_open_to_whoever_watches_alone(name: str, watching: Watching, installation: Path) -> None:
    until(lambda: watching.healthy(name))
    where, page = f"localhost:{watching.ports[name]}", "/-/healthy"
    assert httpx.get(f"http://{where}{page}").status_code == 400  # Go's answer to whoever speaks in the clear
    for pair in (None, ("relay/tls.pem", "relay/tls.key"), (f"{name}/tls.pem", f"{name}/tls.key")):
        with pytest.raises(httpx.TransportError), httpx.Client(verify=trust(installation, pair)) as stranger:
            stranger.get(f"https://{where}{page}").raise_for_status()
    with httpx.Client(verify=trust(installation, SHOWN)) as grafana:
        assert grafana.get(f"https://{where}{page}").status_code == 200


@pytest.mark.long
@pytest.mark.skipif(bool(LACKING), reason=f"not installed: {', '.join(LACKING)}")
def test_prometheus_reaches_itself_and_alertmanager(watching: Watching, installation: Path) -> None:
    until(lambda: all(map(watching.healthy, SERVERS)))
    verify = trust(installation, SHOWN)
    with httpx.Client(verify=verify, base_url=f"https://localhost:{watching.ports['prometheus']}") as grafana:

        def up() -> bool:
            told = grafana.get("/api/v1/query", params={"query": "up == 1"}).json()["data"]["result"]
            return {each["metric"]["job"] for each in told} == set(SERVERS)

        until(up)
        known = grafana.get("/api/v1/alertmanagers").json()["data"]["activeAlertmanagers"]
        assert [each["url"].split(":")[0] for each in known] == ["https"]
