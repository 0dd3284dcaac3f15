"""The whole system over TLS: the demo runs through it while certificates change, and no port takes plaintext."""

import asyncio
import socket
import ssl
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import psycopg
import pytest
from listening import listeners, refused, said_to_plaintext
from needs import debian_postgres
from pymongo import AsyncMongoClient
from pymongo.errors import ServerSelectionTimeoutError

from demo import run
from entrega import DEMO_POLICY, DEMO_SPEED
from runtime._certificates import Certificates
from runtime._proxy import BEHIND
from runtime.embedded import Stack

ROOT = Path(__file__).parents[2]
pytestmark = [pytest.mark.long, debian_postgres]


@pytest.fixture(scope="module")
async def encrypted(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stack]:
    """As `entrega demo --tls` runs it."""
    folder = tmp_path_factory.mktemp("entrega tls")  # with a blank, as people's folders have
    async with Stack(folder, speed=DEMO_SPEED, policy=DEMO_POLICY, usual_ports=False, tls=True) as running:
        yield running


def _serial(port: int, authority: Path) -> str:
    context = ssl.create_default_context(cafile=authority)
    plain = socket.create_connection(("127.0.0.1", port), 5)
    with context.wrap_socket(plain, server_hostname="127.0.0.1") as it:
        return str((it.getpeercert() or {})["serialNumber"])


async def test_the_demo_ends_as_it_should_while_certificates_are_rotated(encrypted: Stack) -> None:
    authority, port = encrypted.authority, int(encrypted.urls["api"].rpartition(":")[2])
    assert authority is not None
    certificates, seen = Certificates(authority.parent), set()
    demo = asyncio.create_task(run(encrypted.urls["api"], encrypted.urls["sandbox"], authority))
    while not demo.done():
        seen.add(await asyncio.to_thread(_serial, port, authority))
        for part in ("api", "worker"):
            certificates.of(part).key.unlink()  # whoever looks now finds none
        certificates.ensure()
        await asyncio.wait([demo], timeout=2)
    assert await demo
    assert len(seen) > 5
    assert list(encrypted.letters.glob("*.eml"))  # by TLS as well


async def test_a_command_beside_it_finds_its_way_in(encrypted: Stack) -> None:
    assert encrypted.authority is not None
    folder = str(encrypted.authority.parents[2])
    said = {}
    for words in ("carriers", "carriers check open_delivery/ligeiro", "carriers check open_delivery/trava"):
        asked = [sys.executable, "-m", "entrega", *words.split(), "--state", folder]
        done = await asyncio.to_thread(subprocess.run, asked, cwd=ROOT, capture_output=True, text=True)
        said[words.rpartition(" ")[2]] = done.stdout + done.stderr
    assert "Unknown" not in said["carriers"]
    assert "It works" in said["open_delivery/ligeiro"]
    assert "No answer came from" in said["open_delivery/trava"]  # the one that hangs


async def test_no_port_takes_plaintext_but_temporals_own_behind_the_proxy(encrypted: Stack) -> None:
    ports, found = encrypted._ports, listeners(encrypted.pids())
    behind = {ports[name] for name in BEHIND.values()}
    assert behind <= {each.port for each in found}
    assert {each.address for each in found} <= {"127.0.0.1", "::1"}
    # Temporal's server keeps further ports to itself, on the loopback too.
    open_to_all = {each.port: each.part for each in found if each.part != "temporal" and each.port not in behind}
    names = {name for name, port in ports.items() if port in open_to_all}
    assert names == set(ports) - set(BEHIND.values())
    for port, part in open_to_all.items():
        if part == "postgres":
            plain = encrypted.env["ENTREGA_DATABASE_URL"].replace("+psycopg", "").replace("verify-full", "disable")
            with pytest.raises(psycopg.OperationalError, match="no encryption"):
                await psycopg.AsyncConnection.connect(plain)
            continue
        if part == "mongo":  # explains itself to who speaks HTTP
            plain = (
                encrypted.env["ENTREGA_MONGO_URL"]
                .replace("tls=true", "tls=false")
                .partition("&tlsCAFile")[0]
                .replace("&replicaSet=rs0", "")
            )
            async with AsyncMongoClient(plain, serverSelectionTimeoutMS=1500) as client:
                with pytest.raises(ServerSelectionTimeoutError, match="clos"):
                    await client.entrega.audit.find_one()
        else:
            assert refused(await said_to_plaintext(port)), (part, port)
        assert encrypted.authority is not None
        if port == ports["temporal"]:
            continue  # wants a certificate of ours: tests/runtime/test_tls_servers.py
        assert await asyncio.to_thread(_serial, port, encrypted.authority)


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion.TLSv1_1 is deprecated")
async def test_older_tls_is_refused(encrypted: Stack) -> None:
    assert encrypted.authority is not None
    for name in ("api", "relay_metrics", "temporal_ui", "mongo"):
        old = ssl.create_default_context(cafile=encrypted.authority)
        old.set_ciphers("ALL:@SECLEVEL=0")
        old.minimum_version = old.maximum_version = ssl.TLSVersion.TLSv1_1
        with pytest.raises((ssl.SSLError, ConnectionError)):  # told so, or left without a word
            await asyncio.open_connection("127.0.0.1", encrypted._ports[name], ssl=old)
