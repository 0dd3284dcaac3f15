"""Rules, dashboards and runbooks say nothing that the code does not: each metric is declared, each alert has its page
and its test, each dashboard is what its script writes."""

import ast
import shutil
import subprocess
from functools import cache
from pathlib import Path

import pytest
import yaml
from monitoring import MONITORING, ROOT, RULES, RUNBOOKS, dashboards, named, queries, rules

# What is not declared by us: by libraries, by Prometheus itself. That they are told
# is shown against running processes (tests/system/test_monitoring.py), but for what only happens on a bad day or in a
# cluster.
THEIRS = ("http_request", "process_", "temporal_", "up", "ALERTS", "barman_", "caddy_", "cnpg_", "kube_")
KINDS = {"Counter", "Gauge", "Histogram", "GaugeMetricFamily"}
SUFFIXES = {"Histogram": ("_bucket", "_count", "_sum")}
SEVERITIES = {"page", "ticket"}
ALERTS = {rule["alert"] for rule in rules() if "alert" in rule}


@cache
def declared() -> frozenset[str]:
    """The names of our metrics as Prometheus knows them; a name may stand in a constant beside."""
    found: set[str] = set()
    for folder in ("api", "carriers", "channels", "places", "runtime", "storage", "workers"):
        for path in (ROOT / folder).rglob("*.py"):
            tree = ast.parse(path.read_text())
            constants = {
                target.id: node.value.value
                for node in tree.body
                if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)
                for target in node.targets
                if isinstance(target, ast.Name)
            }
            for node in ast.walk(tree):
                if not isinstance(node, ast.Call) or not node.args:
                    continue
                kind = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
                first = node.args[0]
                name = constants.get(first.id) if isinstance(first, ast.Name) else getattr(first, "value", None)
                if kind in KINDS and isinstance(name, str):
                    found |= {f"{name}{suffix}" for suffix in SUFFIXES.get(kind, ("",))}
    return frozenset(found)


RECORDED = {rule["record"] for rule in rules() if "record" in rule}


@pytest.mark.parametrize(("where", "expr"), [
    *((rule.get("alert") or rule["record"], rule["expr"]) for rule in rules()),
    *queries(),
])  # fmt: skip
def test_what_is_asked_for_is_declared_somewhere(where: str, expr: str) -> None:
    ours = declared() | RECORDED
    assert {name for name in named(expr) if name not in ours and not name.startswith(THEIRS)} == set()


def test_our_metrics_are_named_for_what_they_are_and_in_what_unit() -> None:
    assert len(declared()) > 30
    assert {name for name in declared() if not name.startswith("entrega_")} == set()


def test_every_metric_of_ours_is_looked_at_somewhere() -> None:
    seen = {name for expr in (*(rule["expr"] for rule in rules()), *(q for _, q in queries())) for name in named(expr)}
    looked_at = {name.removesuffix("_bucket").removesuffix("_count") for name in seen}
    blind = {name for name in declared() if name.removesuffix("_bucket").removesuffix("_count") not in looked_at}
    # What a neighbour says better: see docs/monitoring.md.
    spared = {"entrega_relay_up", "entrega_relay_telling_up", "entrega_relay_watching_up"}
    assert {name for name in blind if not name.endswith("_sum")} == spared


@pytest.mark.parametrize("alert", sorted(ALERTS))
def test_an_alert_says_whom_it_is_for_and_where_to_read_on(alert: str) -> None:
    for rule in rules():
        if rule.get("alert") == alert:
            assert rule["labels"]["severity"] in SEVERITIES
            assert rule["annotations"]["summary"]
            assert rule["annotations"]["runbook"] == f"docs/runbooks/{alert}.md"


def test_every_alert_has_its_page_and_every_page_its_alert() -> None:
    pages = {path.stem for path in RUNBOOKS.glob("*.md")} - {"README"}
    assert pages == ALERTS
    for alert in ALERTS:
        page = (RUNBOOKS / f"{alert}.md").read_text()
        assert page.startswith(f"# {alert}\n")
        for part in ("## What it means", "## What to look at", "## What to do"):
            assert part in page, alert


def test_every_alert_is_tested_to_fire_and_to_be_silent() -> None:
    fires, silent = set(), set()
    for path in (MONITORING / "tests").glob("*.yml"):
        for test in yaml.safe_load(path.read_text())["tests"]:
            for case in test["alert_rule_test"]:
                (fires if case["exp_alerts"] else silent).add(case["alertname"])
    assert fires == ALERTS
    assert silent == ALERTS


@pytest.mark.parametrize("name", sorted(dashboards().DASHBOARDS))
def test_a_dashboard_is_what_its_script_writes(name: str) -> None:
    assert (MONITORING / "dashboards" / f"{name}.json").read_text() == dashboards().text(name)


def test_there_is_no_other_dashboard() -> None:
    assert {path.stem for path in (MONITORING / "dashboards").glob("*.json")} == set(dashboards().DASHBOARDS)


STACK = yaml.safe_load((MONITORING.parent / "platform" / "values" / "monitoring.yaml").read_text())
NO_AMTOOL = pytest.mark.skipif(
    shutil.which("amtool") is None, reason="amtool is not installed: scripts/debian-prometheus.sh"
)


@NO_AMTOOL
@pytest.mark.parametrize(("labels", "receiver"), [
    ("severity=page", "on-call"), ("severity=ticket", "tickets"), ("severity=critical", "on-call"),
    ("severity=warning", "tickets"), ("severity=info", "nobody"), ("severity=none alertname=Watchdog", "nobody"),
])  # fmt: skip
def test_a_cluster_tells_whom_one_machine_would(labels: str, receiver: str, tmp_path: Path) -> None:
    theirs, ours = tmp_path / "cluster.yml", MONITORING / "alertmanager.yml"
    theirs.write_text(yaml.safe_dump(STACK["alertmanager"]["config"]))
    for file in (theirs, *([ours] if receiver != "nobody" and "critical" not in labels else ())):
        argv = ["amtool", "config", "routes", "test", f"--config.file={file}", *labels.split()]
        assert subprocess.run(argv, capture_output=True, text=True, check=True).stdout.split() == [receiver]


def test_a_cluster_mounts_the_password_it_names_and_inhibits_what_one_machine_does() -> None:
    config, ours = STACK["alertmanager"]["config"], yaml.safe_load((MONITORING / "alertmanager.yml").read_text())
    assert config["inhibit_rules"] == ours["inhibit_rules"]
    (secret,) = STACK["alertmanager"]["alertmanagerSpec"]["secrets"]
    assert f"/secrets/{secret}/" in config["global"]["smtp_auth_password_file"]


def test_a_cluster_asks_whoever_is_to_be_asked_whatever_its_label() -> None:
    told = STACK["prometheus"]["prometheusSpec"]
    for kind in ("serviceMonitor", "podMonitor", "rule"):
        assert told[f"{kind}SelectorNilUsesHelmValues"] is False


@pytest.mark.skipif(shutil.which("promtool") is None, reason="promtool is not installed: scripts/debian-prometheus.sh")
def test_queries_of_dashboards_are_promql(tmp_path: Path) -> None:
    records = [{"record": f"q{number}", "expr": expr} for number, (_, expr) in enumerate(queries())]
    wrapped = tmp_path / "queries.yml"
    wrapped.write_text(yaml.safe_dump({"groups": [{"name": "queries", "rules": records}]}))
    checked = subprocess.run(
        ["promtool", "check", "rules", wrapped, *RULES], capture_output=True, text=True, check=False
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr
