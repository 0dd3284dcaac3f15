"""For a cluster of an afternoon: one machine's own servers, from deploy/compose.yaml, as objects of Kubernetes, and the
Secrets that the chart wants, from what `entrega prepare` made: `kind_servers.py INSTALLATION | kubectl apply -f -`.

PostgreSQL, MongoDB and Temporal alone, in the chart's namespace, by the names that their certificates have. Nothing is
kept: their disks end with their pods.
"""

import base64
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

DEPLOY = Path(__file__).resolve().parent.parent / "deploy"
COMPOSE: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
VALUES: dict[str, Any] = yaml.safe_load((DEPLOY / "helm" / "entrega" / "values.yaml").read_text())
PORTS = {"postgres": 5432, "mongo": 27017, "temporal": 7233}
ONCE = ("mongo-start", "temporal-schema", "temporal-namespace")
_NAMESPACE = "entrega"
_GIVEN, _SECRETS = "/given", "/run/secrets"
Thing = dict[str, Any]


def objects(installation: Path) -> Iterator[Thing]:
    """All of it, in the order in which it is needed."""
    yield from _authority(installation)
    yield from _secrets(installation)
    for name in ("postgres", "mongo", "temporal"):
        folder = installation / name
        yield _secret(f"one-{name}", {file.name: file.read_bytes() for file in folder.iterdir() if file.is_file()})
    scripts = {path.name: path.read_text() for kind in ("temporal", "mongo") for path in (DEPLOY / kind).iterdir()}
    yield {"apiVersion": "v1", "kind": "ConfigMap", "metadata": _named("one-scripts"), "data": scripts}
    for name, port in PORTS.items():
        labels = {"app.kubernetes.io/name": name}
        template = {"metadata": {"labels": labels}, "spec": _pod(name)}
        spec = {"replicas": 1, "selector": {"matchLabels": labels}, "template": template}
        yield {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": _named(name), "spec": spec}
        spec = {"selector": labels, "ports": [{"port": port}]}
        yield {"apiVersion": "v1", "kind": "Service", "metadata": _named(name), "spec": spec}
    for name in ONCE:
        template = {"spec": {**_pod(name), "restartPolicy": "OnFailure"}}
        spec = {"backoffLimit": 20, "template": template}  # the server it is for may not be there yet
        yield {"apiVersion": "batch/v1", "kind": "Job", "metadata": _named(name), "spec": spec}


def _named(name: str, namespace: str = _NAMESPACE) -> Thing:
    return {"name": name, "namespace": namespace}


def _secret(name: str, files: dict[str, bytes], namespace: str = _NAMESPACE) -> Thing:
    data = {key: base64.b64encode(content).decode() for key, content in files.items()}
    return {"apiVersion": "v1", "kind": "Secret", "metadata": _named(name, namespace), "data": data}


def _authority(installation: Path) -> Iterator[Thing]:
    """One signs for both: these servers believe whom cert-manager signs for."""
    tls = installation / "secrets" / "tls"
    public = (tls / "ca.pem").read_bytes()
    yield _secret("entrega-authority", {"tls.crt": public, "tls.key": (tls / "ca.key").read_bytes()}, "cert-manager")
    issuer: Thing = {
        "apiVersion": "cert-manager.io/v1",
        "kind": "ClusterIssuer",
        "metadata": {"name": "entrega-internal"},
    }
    yield {**issuer, "spec": {"ca": {"secretName": "entrega-authority"}}}
    data = {"ca.crt": public.decode()}
    yield {"apiVersion": "v1", "kind": "ConfigMap", "metadata": _named("entrega-authority"), "data": data}


def _secrets(installation: Path) -> Iterator[Thing]:
    """Each service's and each job's settings, then the keys; a cache is not among the servers."""
    told = {file.name: file.read_text() for file in installation.glob("*/ENTREGA_*") if file.is_file()}
    told["ENTREGA_CACHE_URL"] = "mem://"
    owners = {**VALUES["services"], "migrate": VALUES["migrate"]}
    owners |= {name: job for name, job in VALUES["jobs"].items() if job["enabled"] or name == "operator"}
    for name, owner in owners.items():
        settings = [f"ENTREGA_{setting}" for setting in owner.get("secret", ())]
        found = {each: told[each].replace(f"{_SECRETS}/ca.pem", "/run/entrega/authority/ca.crt") for each in settings}
        yield _secret(f"entrega-{name}", {each: text.encode() for each, text in found.items()})
    own, keys = installation / "secrets", VALUES["keys"]
    for key, folder in (("keks", "keks"), ("signing", "keys")):
        yield _secret(keys[key]["secret"], {file.name: file.read_bytes() for file in (own / folder).iterdir()})
    for key, name in (("index", "index_key"), ("links", "tracking_token_key")):
        yield _secret(keys[key]["secret"], {keys[key]["file"]: (own / name).read_bytes()})


def _pod(name: str) -> Thing:
    """As compose runs it. Its secrets are copied first, since a server wants them to be its own and nobody else's."""
    service = COMPOSE["services"][name]
    user = int(service["user"].split(":")[0])
    mounts, volumes = [{"name": "own", "mountPath": _SECRETS}], list[Thing]()
    for each in service["volumes"]:
        source, target, *_ = re.sub(r"\$\{[^}]*\}", "", each).split(":")
        if target == _SECRETS:
            volumes.append({"name": "given", "secret": {"secretName": f"one{source.replace('/', '-')}"}})
        elif source.startswith("/"):  # one file of these
            mounts.append({"name": "own", "mountPath": target, "subPath": Path(source).name})
        elif source.startswith("./"):
            mounts.append({"name": "scripts", "mountPath": target, "subPath": Path(source).name})
        else:
            mounts.append({"name": "room", "mountPath": target, "subPath": "data"})
    for path in service["tmpfs"]:
        where = path.partition(":")[0]
        mounts.append({"name": "room", "mountPath": where, "subPath": where.strip("/").replace("/", "-")})
    volumes += [{"name": name, "emptyDir": {}} for name in ("own", "room")]
    volumes.append({"name": "scripts", "configMap": {"name": "one-scripts"}})
    locked = {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}
    copy = f"cp -L {_GIVEN}/* {_SECRETS}/ && chmod 600 {_SECRETS}/*"
    given = [{"name": "own", "mountPath": _SECRETS}, {"name": "given", "mountPath": _GIVEN}]
    container: Thing = {"name": name, "image": service["image"], "volumeMounts": mounts, "securityContext": locked}
    container["env"] = [{"name": key, "value": value} for key, value in service.get("environment", {}).items()]
    for ours, theirs in (("entrypoint", "command"), ("command", "args")):
        if ours in service:
            container[theirs] = [word.replace("$$", "$") for word in service[ours]]
    return {
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": user,
            "runAsGroup": user,
            "fsGroup": user,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "initContainers": [
            {
                "name": "own",
                "image": service["image"],
                "command": ["sh", "-c", copy],
                "volumeMounts": given,
                "securityContext": locked,
            }
        ],
        "containers": [container],
        "volumes": volumes,
    }


if __name__ == "__main__":
    yaml.safe_dump_all(objects(Path(sys.argv[1])), sys.stdout, sort_keys=False)
