"""The chart says of each service what the code says of it: who there is, what they are told, whom they call."""

import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import typer
import yaml

from entrega import SERVICES, app
from runtime import settings
from runtime._mongo import _FURTHER, _RIGHTS
from runtime._theirs import BACKS_UP
from runtime.queues import QUEUES, WITH_WORKFLOWS
from runtime.settings import Settings

DEPLOY = Path(__file__).parents[2] / "deploy"
CHART = DEPLOY / "helm" / "entrega"
VALUES: dict[str, Any] = yaml.safe_load((CHART / "values.yaml").read_text())
_FIELDS = {name.upper() for name in Settings.model_fields}
_BY_ITSELF = {"SECRETS_DIR"}  # read before there are settings
_ROLES = ("api", "worker", "relay")
PROCESSES = [(name, role) for name, service in VALUES["services"].items() for role in _ROLES if role in service]
_EDGE_OF = {"SMTP_URL": "smtp", "MONGO_URL": "mongo", "RELAY_MONGO_URL": "mongo", "CACHE_URL": "valkey"}


def test_every_service_has_its_entry_and_every_entry_its_service() -> None:
    entries = VALUES["services"]
    assert {name for name, role in PROCESSES if role == "api"} == {*SERVICES, "codec"}
    assert {name for name, role in PROCESSES if role == "worker"} == set(QUEUES)
    assert {name for name, role in PROCESSES if role == "relay"} == {"relay"}
    assert {name for name, entry in entries.items() if entry.get("versioned")} == WITH_WORKFLOWS


def test_every_role_of_the_database_may_log_in() -> None:
    for found in yaml.safe_load_all((DEPLOY / "platform" / "postgres.yaml").read_text()):
        if found["kind"] == "Cluster":
            roles = {role["name"]: role for role in found["spec"]["managed"]["roles"]}
            assert {name for name in roles if name.startswith("entrega_")} == {
                f"entrega_{name}" for name in (*settings.SERVICES, "backup")
            }
            backs_up, told = roles["entrega_backup"], " ".join(BACKS_UP)
            assert [name for name, role in roles.items() if role.get("replication")] == ["entrega_backup"]
            assert backs_up["inRoles"] == re.findall(r"pg_read_all_\w+", told)
            assert "hostssl replication entrega_backup all scram-sha-256" in found["spec"]["postgresql"]["pg_hba"]


def test_mongos_users_may_do_in_a_cluster_what_they_may_here() -> None:
    found = next(yaml.safe_load_all((DEPLOY / "platform" / "mongodb.yaml").read_text()))["spec"]
    rights = {
        role["role"]: {each["resource"]["collection"]: tuple(each["actions"]) for each in role["privileges"]}
        for role in found["roles"]
    }
    ours = {user: {name: tuple(verbs) for name, verbs in may.items()} for user, may in _RIGHTS.items() if may}
    assert rights == ours
    further = {user: list(roles) for user, roles in _FURTHER.items()}
    assert {user["name"]: [role["name"] for role in user["roles"]] for user in found["users"]} == {
        **{user: [user] for user in ours},
        **further,
    }


@pytest.mark.parametrize("name", [name for name, edge in VALUES["edges"].items() if edge["to"].get("namespace")])
def test_an_edge_that_leads_to_the_platform_is_open_at_its_other_end(name: str) -> None:
    edge = VALUES["edges"][name]
    platform = [each for file in (DEPLOY / "platform").glob("*.yaml") for each in yaml.safe_load_all(file.read_text())]
    policies = [
        each["spec"]
        for each in platform
        if each["kind"] == "NetworkPolicy"
        and each["metadata"]["namespace"] == edge["to"]["namespace"]
        and each["spec"]["podSelector"]["matchLabels"] == edge["to"]["labels"]
    ]
    assert len(policies) == 1
    ours = {
        "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "entrega"}},
        "podSelector": {"matchLabels": {"app.kubernetes.io/name": "entrega"}},
    }
    ports = [port["port"] for rule in policies[0]["ingress"] if ours in rule["from"] for port in rule["ports"]]
    assert ports == [edge["port"]]


def test_what_is_installed_is_what_the_definitions_are_of() -> None:
    page = (DEPLOY / "platform" / "README.md").read_text()
    told = set(re.findall(r"-f deploy/platform/(\S+)", page))
    assert {f"values/{path.name}" for path in (DEPLOY / "platform" / "values").iterdir()} <= told
    assert all((DEPLOY / "platform" / each).is_file() for each in told)
    for url in (DEPLOY / "platform" / "definitions.txt").read_text().split():
        (version,) = set(re.findall(r"v(\d+\.\d+\.\d+)/", url))
        assert version in page or "prometheus-operator" in url, url  # whose chart counts otherwise


def test_traces_are_taken_in_a_cluster_as_on_one_machine() -> None:
    found = list(yaml.safe_load_all((DEPLOY / "platform" / "tempo.yaml").read_text()))
    of_kind = {each["kind"]: each for each in found}
    paths = {"/run/tls/tls.crt": "/run/secrets/tls.pem", "/run/tls/tls.key": "/run/secrets/tls.key"}
    written = of_kind["ConfigMap"]["data"]["tempo.yml"]
    for there, here in {**paths, "/run/tls/ca.crt": "/run/secrets/ca.pem"}.items():
        written = written.replace(there, here)
    assert yaml.safe_load(written) == yaml.safe_load((DEPLOY / "monitoring" / "tempo.yml").read_text())
    (container,) = of_kind["StatefulSet"]["spec"]["template"]["spec"]["containers"]
    compose = yaml.safe_load((DEPLOY / "compose.yaml").read_text())["services"]["tempo"]
    assert (container["image"], container["args"]) == (compose["image"], compose["command"])
    # Where the chart's processes go, by the name that its certificate has.
    url = urlsplit(yaml.safe_load((CHART / "values-example.yaml").read_text())["settings"]["TRACES_URL"])
    edge, spec = VALUES["edges"]["traces"], of_kind["Service"]["spec"]
    assert url.hostname in of_kind["Certificate"]["spec"]["dnsNames"]
    assert url.port == edge["port"] in {port["port"] for port in spec["ports"]}
    assert edge["to"] == {"namespace": of_kind["Service"]["metadata"]["namespace"], "labels": spec["selector"]}


def test_grafana_leads_from_a_span_to_metrics_in_a_cluster_too() -> None:
    stack = yaml.safe_load((DEPLOY / "platform" / "values" / "monitoring.yaml").read_text())["grafana"]
    own = yaml.safe_load((DEPLOY / "monitoring/grafana/provisioning/datasources/tempo.yml").read_text())
    (there,), (here,) = stack["additionalDataSources"], own["datasources"]
    server = urlsplit(there["url"])
    assert there["jsonData"] == {**here["jsonData"], "serverName": server.hostname}
    (mount,) = stack["extraConfigmapMounts"]
    assert there["secureJsonData"]["tlsCACert"] == f"$__file{{{mount['mountPath']}/ca.crt}}"


def _paths(router: Any) -> Iterator[str]:
    """Without its description, which takes seconds to make."""
    for route in router.routes:
        if hasattr(route, "original_router"):
            yield from _paths(route.original_router)
        else:
            yield f"/v1{route.path}"


@pytest.mark.parametrize("name", [*SERVICES, "codec"])
def test_every_path_leads_to_its_service_and_to_no_other(name: str) -> None:
    own = VALUES["services"][name]["paths"]
    others = [path for other, entry in VALUES["services"].items() if other != name for path in entry.get("paths", ())]
    used = set()
    for path in _paths(import_module(f"api.{name}").router):
        leads = [prefix for prefix in own if f"{path}/".startswith(f"{prefix}/")]
        assert len(leads) == 1, path
        assert not [prefix for prefix in others if f"{path}/".startswith(f"{prefix}/")], path
        used.update(leads)
    described = {"/v1/docs", "/v1/openapi.json"} if name == "users" else set()  # of all, whoever answers
    assert used | described == set(own)


def test_whatever_a_process_is_told_is_a_setting() -> None:
    told = {name for entry in VALUES["services"].values() for name in entry["secret"]}
    told |= {name for job in VALUES["jobs"].values() for name in (*job.get("secret", ()), *job.get("settings", {}))}
    told |= {key["setting"] for key in VALUES["keys"].values()}
    told |= {*VALUES["settings"], *VALUES["migrate"]["secret"]}
    pod = (CHART / "templates" / "_pod.tpl").read_text()
    told |= set(re.findall(r'^  "([A-Z_]+)" ', pod, re.MULTILINE)) | set(re.findall(r'set \$env "([A-Z_]+)"', pod))
    assert {"TLS_REQUIRED", "JWKS_URL", "BUILD_ID", "METRICS_ADDRESS"} <= told  # both patterns find something
    assert told - _FIELDS == _BY_ITSELF


@pytest.mark.parametrize(("name", "role"), PROCESSES)
def test_a_process_may_go_where_its_settings_lead_and_nowhere_else(name: str, role: str) -> None:
    entry, edges = VALUES["services"][name], set(VALUES["services"][name][role]["edges"])
    assert edges <= set(VALUES["edges"])
    assert f"{name.upper()}_DATABASE_URL" in entry["secret"]
    assert "postgres" in edges
    led = {_EDGE_OF[setting] for setting in entry["secret"] if setting in _EDGE_OF}
    assert edges & set(_EDGE_OF.values()) <= led
    assert ("users" in edges) == (role == "api" and name != "users")  # whose keys tell who calls
    if role == "worker":
        assert "temporal" in edges


@pytest.mark.parametrize("name", sorted(VALUES["services"]))
def test_no_service_is_told_of_what_none_of_its_processes_may_reach(name: str) -> None:
    entry = VALUES["services"][name]
    edges = {edge for role in _ROLES if role in entry for edge in entry[role]["edges"]}
    assert {_EDGE_OF[setting] for setting in entry["secret"] if setting in _EDGE_OF} <= edges


def _asked() -> Iterator[list[str]]:
    """What containers are told to run, in a cluster and on one machine."""
    yield from (["migrate"], ["temporal", "prepare"], ["relay"])
    for name, role in PROCESSES:
        if role != "relay":
            yield [role, name]
    yield from (job["command"] for job in VALUES["jobs"].values())
    compose = yaml.safe_load((DEPLOY / "compose.yaml").read_text())["services"]
    ours = [each for each in compose.values() if re.search(r"entrega(-backup)?:local", each["image"])]
    yield from (each["command"] for each in ours if "command" in each)


@pytest.mark.parametrize("words", list(_asked()), ids=" ".join)
def test_every_command_is_one_of_ours_with_options_that_it_has(words: list[str]) -> None:
    command: Any = typer.main.get_command(app)
    left = list(words)
    while left and left[0] in getattr(command, "commands", {}):
        command = command.commands[left.pop(0)]
    assert len(left) < len(words)
    command.make_context(words[0], left)  # which raises UsageError on what it does not know
