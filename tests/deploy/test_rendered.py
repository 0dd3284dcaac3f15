"""What Helm makes of the chart: every reference has its object, every process would start on what it is told."""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from runtime.preparing import prepare
from runtime.serving import leaves_within
from runtime.settings import PREFIX, SettingMissing, Settings, load_settings
from runtime.temporal import ENDS_WITHIN
from scripts import kind_servers
from scripts.check_deploy import JOBS

ROOT = Path(__file__).parents[2]
CHART = ROOT / "deploy" / "helm" / "entrega"
_OURS = ROOT / ".venv" / "deploy" / "bin" / "helm"
HELM = str(_OURS) if _OURS.exists() else shutil.which("helm")
KUBECTL = str(_OURS.with_name("kubectl")) if _OURS.exists() else shutil.which("kubectl")
pytestmark = pytest.mark.skipif(HELM is None, reason="Helm is not here: make check-deploy installs it")
_TEMPLATES = {"Deployment", "WorkerDeployment", "Job"}
_LASTING = ("api", "worker", "relay")
_AT = "/run/entrega"
_URLS = {
    "DATABASE_URL": "postgresql://role:secret@db/entrega?sslmode=verify-full",
    "MONGO_URL": "mongodb://user:secret@db/?tls=true",
    "CACHE_URL": "rediss://user:secret@cache:6379",
    "SMTP_URL": "smtps://user:secret@mail:465",
}
Thing = dict[str, Any]


def _helm(*more: str) -> subprocess.CompletedProcess[str]:
    command = [str(HELM), "template", "entrega", str(CHART), "--namespace", "entrega", *more]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def _rendered(*more: str, values: str = "example") -> list[Thing]:
    done = _helm("--values", str(CHART / f"values-{values}.yaml"), *more)
    assert done.returncode == 0, done.stderr
    return [found for found in yaml.load_all(done.stdout, Loader=yaml.CSafeLoader) if found]


@pytest.fixture(scope="module", params=["example", "kind", "jobs"])
def things(request: pytest.FixtureRequest) -> list[Thing]:
    """As in production, as for an afternoon, and with everything that runs now and then."""
    return _rendered("--set", JOBS) if request.param == "jobs" else _rendered(values=request.param)


def _pods(things: list[Thing]) -> Iterator[tuple[Thing, Thing]]:
    """Each pod's template, with what makes it."""
    for thing in things:
        if thing["kind"] in _TEMPLATES:
            yield thing, thing["spec"]["template"]
        if thing["kind"] == "CronJob":
            yield thing, thing["spec"]["jobTemplate"]["spec"]["template"]


def _named(things: list[Thing], *kinds: str) -> set[str]:
    return {thing["metadata"]["name"] for thing in things if thing["kind"] in kinds}


def _matching(things: list[Thing], labels: dict[str, str]) -> list[str]:
    pods = ((thing["metadata"]["name"], pod["metadata"]["labels"].items()) for thing, pod in _pods(things))
    return [name for name, there in pods if labels.items() <= there]


def test_whatever_is_referred_to_is_there(things: list[Thing]) -> None:
    made_by_certificates = {t["spec"]["secretName"] for t in things if t["kind"] == "Certificate"}
    for thing, pod in _pods(things):
        assert pod["spec"]["serviceAccountName"] in _named(things, "ServiceAccount"), thing["metadata"]["name"]
        for volume in pod["spec"]["volumes"]:
            secret = volume.get("secret", {}).get("secretName", "")
            assert not secret.endswith("-tls") or secret in made_by_certificates, secret
    for thing in things:
        spec = thing.get("spec", {})
        match thing["kind"]:
            case "Service" | "NetworkPolicy" | "PodDisruptionBudget":
                labels = spec.get("podSelector", spec.get("selector"))
                assert _matching(things, labels.get("matchLabels", labels)), thing["metadata"]["name"]
            case "HorizontalPodAutoscaler" | "ScaledObject":
                assert spec["scaleTargetRef"]["name"] in _named(things, "Deployment")
            case "WorkerResourceTemplate":
                assert spec["workerDeploymentRef"]["name"] in _named(things, "WorkerDeployment")
            case "HTTPRoute":
                backends = {to["name"] for rule in spec["rules"] for to in rule["backendRefs"]}
                assert backends <= _named(things, "Service")
            case "BackendTLSPolicy":
                service = spec["targetRefs"][0]["name"]
                names = {name for t in things if t["kind"] == "Certificate" for name in t["spec"]["dnsNames"]}
                assert service in _named(things, "Service")
                assert spec["validation"]["hostname"] in names


def test_every_pod_has_a_policy_of_its_own_and_nothing_that_it_does_not_need(things: list[Thing]) -> None:
    policies = {thing["metadata"]["name"]: thing["spec"] for thing in things if thing["kind"] == "NetworkPolicy"}
    everything = policies["entrega-nothing-else"]
    assert everything["policyTypes"] == ["Ingress", "Egress"]
    assert "egress" not in everything and "ingress" not in everything  # noqa: PT018
    assert set(_matching(things, everything["podSelector"]["matchLabels"])) == {
        t["metadata"]["name"] for t, _ in _pods(things)
    }
    for thing, pod in _pods(things):
        name = thing["metadata"]["name"]
        assert _matching(things, policies[name]["podSelector"]["matchLabels"]) == [name]
        assert pod["spec"]["automountServiceAccountToken"] is False
        for container in pod["spec"]["containers"]:
            assert container["securityContext"]["readOnlyRootFilesystem"] is True
            assert container["resources"]["requests"]["memory"] == container["resources"]["limits"]["memory"]
            assert not [entry for entry in container.get("env", ()) if "valueFrom" in entry]  # secrets are files


def test_every_process_would_start_on_what_it_is_told(
    things: list[Thing], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried = 0
    for thing, pod in _pods(things):
        for container in (*pod["spec"]["containers"], *pod["spec"].get("initContainers", ())):
            env = {entry["name"]: entry["value"] for entry in container.get("env", ())}
            if f"{PREFIX}TLS_REQUIRED" not in env:
                continue  # the pages' server is none of ours
            home = tmp_path / f"{thing['metadata']['name']}-{container['name']}"
            _fill(home, container, pod["spec"]["volumes"])
            with monkeypatch.context() as patched:
                for name, value in env.items():
                    patched.setenv(name, value.replace(_AT, str(home)))
                settings = load_settings()
            paths = {name: value for name, value in env.items() if value.startswith(_AT)}
            for name, value in paths.items():
                assert Path(value.replace(_AT, str(home))).exists(), f"{home.name}: {name}"
            if container["args"][0] in ("api", "worker"):
                assert settings.database_url_for(container["args"][1])
            tried += 1
    assert tried > len([1 for thing in things if thing["kind"] == "Deployment"]) // 2


def _fill(home: Path, container: Thing, volumes: list[Thing]) -> None:
    """What the kubelet would mount, as far as the manifests say."""
    there = {volume["name"]: volume for volume in volumes}
    for mount in container["volumeMounts"]:
        if not mount["mountPath"].startswith(_AT):
            continue
        folder = Path(mount["mountPath"].replace(_AT, str(home)))
        folder.mkdir(parents=True)
        secret = there[mount["name"]].get("secret", {})
        names = [item["path"] for item in secret.get("items", ())]
        names = names or {"tls": ["tls.crt", "tls.key"], "authority": ["ca.crt"]}.get(mount["name"], ["key"])
        for name in names:
            url = next((url for ending, url in _URLS.items() if name.endswith(ending)), "")
            (folder / name).write_text(url)


def test_a_cluster_for_an_afternoon_has_what_its_pods_are_given_and_where_they_go(tmp_path: Path) -> None:
    (tmp_path / "given").mkdir()
    (tmp_path / "given" / "ENTREGA_SMTP_URL").write_text("smtp://user:secret@mail.example.com:587")
    prepare(tmp_path, "entrega.example.com")
    there, things = list(kind_servers.objects(tmp_path)), _rendered(values="kind")
    held = {
        thing["metadata"]["name"]: set(thing["data"]) for thing in there if thing["kind"] in ("Secret", "ConfigMap")
    }
    signed = {thing["spec"]["secretName"] for thing in things if thing["kind"] == "Certificate"}
    for thing, pod in (*_pods(things), *_pods(there)):
        for volume in pod["spec"]["volumes"]:
            wanted = volume.get("secret", {}).get("secretName") or volume.get("configMap", {}).get("name")
            if wanted and wanted not in signed:
                items = {item["key"] for item in volume.get("secret", {}).get("items", ())}
                assert items <= held[wanted], thing["metadata"]["name"]
                assert held[wanted]
        for container in pod["spec"]["containers"]:
            for mount in container["volumeMounts"]:
                if mount["name"] == "scripts":
                    assert mount["subPath"] in held["one-scripts"]
    labels = [pod["metadata"]["labels"] for thing, pod in _pods(there) if thing["kind"] == "Deployment"]
    policies = {thing["metadata"]["name"]: thing for thing in things if thing["kind"] == "NetworkPolicy"}
    gone_to = [
        (to["podSelector"]["matchLabels"], rule["ports"][0]["port"])
        for rule in policies["entrega-deliveries-worker"]["spec"]["egress"]
        for to in rule["to"]
        if "podSelector" in to
    ]
    assert [to for to, port in gone_to if port in kind_servers.PORTS.values()] == labels
    assert {port for _, port in gone_to} >= set(kind_servers.PORTS.values())


def test_whoever_is_told_to_end_has_the_time_it_takes(things: list[Thing]) -> None:
    needs = max(leaves_within(Settings().serve_on_for), ENDS_WITHIN.total_seconds())
    found = [pod["spec"] for _, pod in _pods(things) if pod["spec"]["containers"][0].get("args", [""])[0] in _LASTING]
    assert len(found) > 12
    for pod in found:
        assert pod["terminationGracePeriodSeconds"] > needs
        assert "lifecycle" not in pod["containers"][0]  # it waits by itself, with the endpoint gone from its Service


def _goes_to(thing: Thing) -> set[int]:
    return {port["port"] for rule in thing["spec"]["egress"] for port in rule["ports"]}


def test_traces_go_to_their_collector_where_there_is_one_and_nowhere_else() -> None:
    for values, told in (("example", True), ("kind", False)):
        things = _rendered("--set", JOBS, values=values)
        policies = {thing["metadata"]["name"]: thing for thing in things if thing["kind"] == "NetworkPolicy"}
        for thing, pod in _pods(things):
            env = [entry["name"] for entry in pod["spec"]["containers"][0].get("env", ())]
            if f"{PREFIX}METRICS_ADDRESS" in env:
                assert (f"{PREFIX}TRACES_URL" in env) == told
            goes_on = f"{PREFIX}METRICS_ADDRESS" in env
            if "egress" in policies[thing["metadata"]["name"]]["spec"]:
                assert (4318 in _goes_to(policies[thing["metadata"]["name"]])) == (told and goes_on)


def test_one_service_is_updated_alone() -> None:
    digest = f"sha256:{'9' * 64}"
    before, after = _rendered(), _rendered("--set", f"services.deliveries.image.digest={digest}")
    changed = [new for old, new in zip(before, after, strict=True) if old != new]
    assert {thing["metadata"]["name"] for thing in changed} == {"entrega-deliveries-api", "entrega-deliveries-worker"}
    assert all(digest in str(thing) for thing in changed)


def test_a_job_is_of_the_newest_image_or_of_its_own() -> None:
    newest = f"sha256:{'9' * 64}"
    things = _rendered("--set", f"{JOBS},migrate.image.digest={newest}")
    images = {thing["metadata"]["name"]: pod["spec"]["containers"][0]["image"] for thing, pod in _pods(things)}
    for name in ("keys-check", "audit-check", "archive", "operator", "migrate"):
        assert images[f"entrega-{name}"] == f"registry.example.com/entrega@{newest}"
    assert images["entrega-backup"] == f"registry.example.com/entrega-backup@sha256:{'0' * 64}"


@pytest.mark.skipif(KUBECTL is None, reason="kubectl is not here: make check-deploy installs it")
def test_a_command_is_run_by_hand_as_the_chart_would_run_it(tmp_path: Path) -> None:
    (cronjob,) = [
        thing
        for thing in _rendered("--set", JOBS)
        if (thing["kind"], thing["metadata"]["name"]) == ("CronJob", "entrega-operator")
    ]
    assert cronjob["spec"]["suspend"] is True
    job = {"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "by-hand"}, **cronjob["spec"]["jobTemplate"]}
    (tmp_path / "job.json").write_text(json.dumps(job))
    (tmp_path / "kubectl").write_text(
        f"""#!/bin/sh
        case "$*" in
            *" create job "*) cat {tmp_path}/job.json ;;
            patch*) exec {KUBECTL} "$@" ;;
            apply*) cat >{tmp_path}/applied.json ;;
        esac
        """
    )
    (tmp_path / "kubectl").chmod(0o755)
    env = {**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}", "KUBECONFIG": "/dev/null"}
    words = ["reconcile", "--restart", "del_1"]
    subprocess.run(["sh", str(ROOT / "scripts" / "by_hand.sh"), *words], env=env, check=True, timeout=30)
    applied = json.loads((tmp_path / "applied.json").read_text())["spec"]
    (container,) = applied["template"]["spec"]["containers"]
    (before,) = job["spec"]["template"]["spec"]["containers"]
    assert container == {**before, "args": words}
    assert applied["backoffLimit"] == 0


def test_without_a_digest_nothing_is_rendered() -> None:
    for values in (
        (),
        ("--set", "image.digest=latest"),
        ("--set", f"image.digest=sha256:{'0' * 64}"),  # the pages' too
        ("--values", str(CHART / "values-example.yaml"), "--set", "jobs.backup.enabled=true"),
    ):
        done = _helm(*values)
        assert done.returncode != 0
        assert "digest" in done.stderr


def test_a_plain_worker_is_the_build_that_its_scaler_asks_for() -> None:
    things = _rendered("--set", "workerController.enabled=false")
    for name in ("deliveries", "notifications"):
        mine = [thing for thing in things if thing["metadata"]["name"] == f"entrega-{name}-worker"]
        (pod,) = [pod for _, pod in _pods(mine)]
        env = {entry["name"]: entry["value"] for entry in pod["spec"]["containers"][0]["env"]}
        (scaler,) = [thing for thing in mine if thing["kind"] == "ScaledObject"]
        asked = scaler["spec"]["triggers"][0]["metadata"]
        assert asked["workerDeploymentBuildId"] == env[f"{PREFIX}BUILD_ID"]
        assert asked["workerDeploymentName"] == f"entrega-{name}"
        assert env[f"{PREFIX}SET_CURRENT_VERSION"] == "true"


def test_a_url_that_verifies_nobody_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / f"{PREFIX}USERS_DATABASE_URL").write_text("postgresql://role:secret@db/entrega")
    monkeypatch.setenv(f"{PREFIX}SECRETS_DIR", str(tmp_path))
    monkeypatch.setenv(f"{PREFIX}TLS_REQUIRED", "true")
    with pytest.raises(SettingMissing, match="USERS_DATABASE_URL"):
        load_settings()
