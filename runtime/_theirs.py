"""What the servers of others are told in containers, each in its own format: passwords, doors, certificates."""

import base64
import json
import secrets
from collections.abc import Mapping

from argon2 import PasswordHasher

from runtime._state import StateFolder
from runtime.settings import SERVICES

_BACKUP = "entrega_backup"
BACKS_UP = (
    f"ALTER ROLE {_BACKUP} REPLICATION",  # which is all there is, so reading it by SQL is no more
    f"GRANT pg_read_all_data, pg_read_all_settings TO {_BACKUP}",
    f"GRANT EXECUTE ON FUNCTION pg_switch_wal() TO {_BACKUP}",
)
"""What makes a role able to back up and follow: told to PostgreSQL by its owner, in our database."""


def told(state: StateFolder, name: str, files: Mapping[str, bytes], at: str) -> dict[str, str]:
    """The files of such a server beside its certificate, which `files` holds; it sees all of them at `at`."""
    match name:
        case "postgres":
            roles = [*(f"entrega_{service}" for service in SERVICES), "temporal", _BACKUP]
            lines = [f"CREATE ROLE {role} LOGIN PASSWORD '{state.password(f'postgres_{role}')}';" for role in roles]
            lines += [f"{each};" for each in BACKS_UP]
            lines += [f"CREATE DATABASE {each} OWNER temporal;" for each in ("temporal", "temporal_visibility")]
            # Its own socket, which nobody else reaches, for the image's first start and for backups beside it.
            doors = "local all all trust\nhostssl all,replication all all scram-sha-256\n"
            return {
                "password": state.password("postgres_entrega"),
                "roles.sql": "\n".join(lines) + "\n",
                "hba.conf": doors,
            }
        case "mongo":
            key = state.secret("mongo.key", lambda: base64.b64encode(secrets.token_bytes(48))).read_text()
            users = {each: state.password(f"mongo_{each}") for each in ("entrega", "entrega_relay", "entrega_backup")}
            both = (files["tls.pem"] + files["tls.key"]).decode()
            return {
                "password": state.password("mongo_admin"),
                "key": key,
                "tls.both.pem": both,
                "users.json": json.dumps(users),
            }
        case "valkey":
            return {"valkey.conf": _VALKEY.format(password=state.password("valkey"), at=at)}
        case "temporal":
            password = state.password("postgres_temporal")
            told_to = {"entrega.yaml": json.dumps(_temporal(password, at), indent=1), "password": password}
            return {**told_to, "dynamic.yaml": _DYNAMIC}
        case "prometheus" | "alertmanager":
            door, shown = _watched(at)
            return {"web.yml": json.dumps(door, indent=1), "client.yml": json.dumps(shown, indent=1)}
        case "grafana":
            return {"password": state.password("grafana_admin")}
        case "proxy":
            hashed = state.secret(
                "temporal_ui_hash", lambda: PasswordHasher().hash(state.password("temporal_ui")).encode()
            )
            return {"temporal-ui-users": f"basic_auth argon2id {{\n\toperator {hashed.read_text()}\n}}\n"}
    return {}


_VALKEY = """\
port 0
tls-port 6379
tls-cert-file {at}/tls.pem
tls-key-file {at}/tls.key
tls-ca-cert-file {at}/ca.pem
tls-auth-clients no
requirepass {password}
save ""
appendonly no
maxmemory 256mb
maxmemory-policy allkeys-lru
"""


_DYNAMIC = """\
# How its services find each other is not encrypted until this is said, whatever else is.
system.enableRingpopTLS:
  - value: true
"""


def _watched(at: str) -> tuple[dict[str, object], dict[str, object]]:
    """Prometheus' or Alertmanager's door, which opens to certificates of who watches; and how its own tool, which asks
    after its health, goes through it."""
    door = {
        "cert_file": f"{at}/tls.pem",
        "key_file": f"{at}/tls.key",
        "client_auth_type": "RequireAndVerifyClientCert",
        "client_ca_file": f"{at}/watch-ca.pem",
        "min_version": "TLS12",
    }
    shown = {"ca_file": f"{at}/ca.pem", "cert_file": f"{at}/watch.pem", "key_file": f"{at}/watch.key"}
    return {"tls_server_config": door}, {"tls_config": shown}


def _temporal(password: str, at: str) -> dict[str, object]:
    """One server with all four of its services, by TLS with certificates on both sides, over PostgreSQL. They call each
    other on the loopback; the frontend alone is for others."""
    authority = f"{at}/ca.pem"
    pair = {"certFile": f"{at}/tls.pem", "keyFile": f"{at}/tls.key"}
    believes = {"serverName": "temporal", "rootCaFiles": [authority]}
    server = {"server": {**pair, "requireClientAuth": True, "clientCaFiles": [authority]}, "client": believes}
    ports = {"frontend": (7233, 6933), "history": (7234, 6934), "matching": (7235, 6935), "worker": (7239, 6939)}
    binds = {"frontend": "0.0.0.0"}  # noqa: S104

    def store(database: str, connections: int) -> dict[str, object]:
        plugin = {"pluginName": "postgres12_pgx", "connectAddr": "postgres:5432", "connectProtocol": "tcp"}
        tls = {"enabled": True, "caFile": authority, "enableHostVerification": True, "serverName": "postgres"}
        who = {"user": "temporal", "password": password, "databaseName": database}
        return {"sql": {**plugin, **who, "maxConns": connections, "maxIdleConns": connections, "tls": tls}}

    return {
        "log": {"stdout": True, "level": "warn"},
        "persistence": {
            "defaultStore": "default",
            "visibilityStore": "visibility",
            "numHistoryShards": 128,  # for ever: it cannot be changed once there is data
            "datastores": {"default": store("temporal", 20), "visibility": store("temporal_visibility", 10)},
        },
        "global": {
            "membership": {"maxJoinDuration": "30s", "broadcastAddress": "127.0.0.1"},
            "tls": {
                "internode": server,
                "frontend": server,
                "systemWorker": {**pair, "client": believes},
            },
        },
        "services": {
            name: {"rpc": {"grpcPort": grpc, "membershipPort": members, "bindOnIP": binds.get(name, "127.0.0.1")}}
            for name, (grpc, members) in ports.items()
        },
        "dynamicConfigClient": {"filepath": f"{at}/dynamic.yaml", "pollInterval": "60s"},
        "clusterMetadata": {
            "enableGlobalNamespace": False,
            "failoverVersionIncrement": 10,
            "masterClusterName": "active",
            "currentClusterName": "active",
            "clusterInformation": {
                "active": {
                    "enabled": True,
                    "initialFailoverVersion": 1,
                    "rpcName": "frontend",
                    "rpcAddress": "127.0.0.1:7233",
                }
            },
        },
        "dcRedirectionPolicy": {"policy": "noop"},
    }
