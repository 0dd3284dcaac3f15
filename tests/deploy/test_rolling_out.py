"""Rolling out updates what it is told and nothing else, and ends badly when an alert begins that was not there."""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from itertools import pairwise
from pathlib import Path
from threading import Thread
from urllib.parse import parse_qs, urlsplit

import pytest
import yaml

ROOT = Path(__file__).parents[2]
BEGAN = 1200  # the rollout, in seconds of the time that promtool counts
ALERTS = ROOT / "deploy" / "monitoring" / "rules"


class Prometheus(HTTPServer):
    """Answers as the real one does, with a number that the test sets; None is an outage."""

    firing: int | None = 0
    asked: str = ""


class _Answers(BaseHTTPRequestHandler):
    server: Prometheus

    def do_GET(self) -> None:
        self.server.asked = parse_qs(urlsplit(self.path).query)["query"][0]
        self.send_response(503 if self.server.firing is None else 200)
        self.end_headers()
        value = [1764000000.5, str(self.server.firing)]
        result = {"resultType": "vector", "result": [{"metric": {}, "value": value}]}
        self.wfile.write(json.dumps({"status": "success", "data": result}, separators=(",", ":")).encode())

    def log_message(self, format: str, *args: object) -> None:
        """Nobody reads it."""


@pytest.fixture
def prometheus() -> Iterator[Prometheus]:
    if shutil.which("curl") is None:
        pytest.skip("curl is not here, by which it is asked")
    server = Prometheus(("127.0.0.1", 0), _Answers)
    Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def watched(where: str, *, path: str = "") -> int:
    env = {**os.environ, "PATH": f"{path}:{os.environ['PATH']}", "no_proxy": "127.0.0.1"}
    argv = ["sh", str(ROOT / "scripts" / "watch_burn.sh"), where, "1", str(BEGAN)]
    return subprocess.run(argv, env=env, capture_output=True, check=False, timeout=30).returncode


@pytest.mark.parametrize(("firing", "code"), [(0, 0), (1, 1), (None, 22)])
def test_a_release_is_watched_by_who_can_be_asked(prometheus: Prometheus, firing: int | None, code: int) -> None:
    prometheus.firing = firing
    assert watched(f"http://127.0.0.1:{prometheus.server_port}") == code


def test_without_an_address_the_cluster_is_asked_the_same(prometheus: Prometheus, tmp_path: Path) -> None:
    assert watched(f"http://127.0.0.1:{prometheus.server_port}") == 0
    asked, prometheus.asked = prometheus.asked, ""
    kubectl = tmp_path / "kubectl"
    kubectl.write_text(
        f'#!/bin/sh\nfor last; do :; done\nexec curl --silent "http://127.0.0.1:{prometheus.server_port}$last"\n'
    )
    kubectl.chmod(0o755)
    assert (
        watched("/api/v1/namespaces/monitoring/services/http:prometheus-operated:9090/proxy", path=str(tmp_path)) == 0
    )
    assert prometheus.asked == asked


@pytest.mark.skipif(shutil.which("promtool") is None, reason="promtool is not installed: scripts/debian-prometheus.sh")
@pytest.mark.parametrize(
    ("name", "severity", "since", "state", "counts"),
    [
        ("WorkflowsInTrouble", "page", BEGAN + 60, "firing", 1),
        ("WorkflowsInTrouble", "page", BEGAN - 60, "firing", 0),  # what is rolled out may be what mends it
        ("WorkflowsInTrouble", "page", BEGAN + 60, "pending", 0),
        ("ApiErrorBudgetBurn", "page", BEGAN + 60, "firing", 1),
        ("ApiErrorBudgetBurn", "ticket", BEGAN + 60, "firing", 0),
        ("BackupLate", "page", BEGAN + 60, "firing", 0),
    ],
)
def test_what_counts_is_what_began_since(
    prometheus: Prometheus, tmp_path: Path, name: str, severity: str, since: int, state: str, counts: int
) -> None:
    watched(f"http://127.0.0.1:{prometheus.server_port}")
    labels = f'alertname="{name}",severity="{severity}"'
    series = [
        {"series": f'ALERTS{{{labels},alertstate="{state}"}}', "values": "1x60"},
        {"series": f"ALERTS_FOR_STATE{{{labels}}}", "values": f"{since}x60"},
    ]
    expected = {"expr": prometheus.asked, "eval_time": "30m", "exp_samples": [{"labels": "{}", "value": counts}]}
    test = {"interval": "1m", "input_series": series, "promql_expr_test": [expected]}
    (tmp_path / "test.yml").write_text(yaml.safe_dump({"tests": [test]}))
    argv = ["promtool", "test", "rules", str(tmp_path / "test.yml")]
    told = subprocess.run(argv, capture_output=True, text=True, check=False)
    assert told.returncode == 0, told.stdout + told.stderr


def test_every_alert_that_is_watched_for_is_one_of_ours() -> None:
    (watched_for,) = [
        line.partition('=~"')[2].partition('"')[0].split("|")
        for line in (ROOT / "scripts" / "watch_burn.sh").read_text().splitlines()
        if line.startswith("alerts=")
    ]
    groups = [group for file in ALERTS.glob("*.yml") for group in yaml.safe_load(file.read_text())["groups"]]
    assert set(watched_for) <= {rule.get("alert") for each in groups for rule in each["rules"]}


def test_only_what_is_named_gets_another_image(tmp_path: Path) -> None:
    (tmp_path / "helm").write_text(f'#!/bin/sh\nprintf "%s\\n" "$@" >"{tmp_path}/told"\n')
    (tmp_path / "helm").chmod(0o755)
    env = {"PATH": f"{tmp_path}:{os.environ['PATH']}", "VALUES": "{}", "SERVICES": '["deliveries","web"]'}
    env |= {"DIGEST": "sha256:1", "WEB_DIGEST": "sha256:2"}
    subprocess.run(["sh", "scripts/roll_out.sh"], cwd=ROOT, env=env, check=True)
    told = (tmp_path / "told").read_text().splitlines()
    assert [value for flag, value in pairwise(told) if flag == "--set"] == [
        "services.deliveries.image.digest=sha256:1",
        "web.image.digest=sha256:2",
        "migrate.image.digest=sha256:1",
    ]
    assert {"--rollback-on-failure", "--reset-then-reuse-values", "--wait"} <= set(told)
