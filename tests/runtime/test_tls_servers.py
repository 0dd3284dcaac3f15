"""Servers over TLS, for real: who comes in the clear, believes or shows the wrong certificate, stays out."""

import asyncio
import os
import shutil
import signal
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest
import trustme
from needs import debian_postgres
from pymongo import AsyncMongoClient
from pymongo.errors import ServerSelectionTimeoutError
from sqlalchemy import text
from temporalio import activity, workflow
from temporalio.client import Client
from temporalio.service import TLSConfig

from runtime import _postgres_tls
from runtime._certificates import Certificates
from runtime._postgres_tls import debian_binaries
from runtime._renewing import Door, Renewed
from runtime.embedded import Stack
from runtime.supervisor import PartFailed
from runtime.temporal import connect as connect_temporal
from runtime.temporal import make_worker, renew
from storage._engine import connect
from storage.audit import connect as connect_mongo
from storage.listening import Listener


@pytest.fixture
def stranger(tmp_path: Path) -> Path:
    """Another authority, as it signs itself."""
    path = tmp_path / "stranger.pem"
    trustme.CA().cert_pem.write_to_path(str(path))
    return path


@debian_postgres
async def test_postgres_is_reached_by_verified_tls_alone(tmp_path: Path, stranger: Path) -> None:
    async with Stack(tmp_path / "state", only=("postgres",), usual_ports=False, tls=True) as stack:
        url, ca = stack.env["ENTREGA_QUOTES_DATABASE_URL"], str(stack.authority)
        query = text("SELECT application_name, ssl, version FROM pg_stat_ssl JOIN pg_stat_activity USING (pid)")
        engine, hints = connect(url, application_name="engine"), Listener(url, application_name="listener").hints()
        await anext(hints)  # it listens
        owner = connect(stack.env["ENTREGA_DATABASE_URL"], application_name="owner")
        async with engine.connect() as connection, owner.connect() as looking:
            await connection.execute(text("SELECT 1"))
            rows = {name: (encrypted, version) for name, encrypted, version in await looking.execute(query)}
        assert {rows[name] for name in ("engine", "listener", "owner")} == {(True, "TLSv1.3")}
        plain = url.replace("postgresql+psycopg://", "postgresql://")
        for weaker, said in (
            (plain.replace("verify-full", "disable"), "no encryption"),
            (plain.replace(ca, str(stranger)), "certificate verify failed"),
        ):
            assert weaker != plain
            with pytest.raises(psycopg.OperationalError, match=said):
                await psycopg.AsyncConnection.connect(weaker, connect_timeout=5)
        await engine.dispose()
        await owner.dispose()
        await hints.aclose()  # type: ignore[attr-defined]


def test_the_newest_of_debians_is_run_and_where_there_is_none_the_command_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_postgres_tls, "DEBIAN", tmp_path)
    for version in ("9.6", "14"):
        (tmp_path / version / "bin").mkdir(parents=True)
        (tmp_path / version / "bin" / "postgres").touch()
    with pytest.raises(PartFailed, match="apt-get install -y --no-install-recommends postgresql"):
        debian_binaries()
    for version in ("15", "17"):
        (tmp_path / version / "bin").mkdir(parents=True)
        (tmp_path / version / "bin" / "postgres").touch()
    assert debian_binaries() == tmp_path / "17" / "bin"


@debian_postgres
async def test_a_folder_made_by_another_postgres_is_left_alone(tmp_path: Path) -> None:
    async with Stack(tmp_path, only=("postgres",), usual_ports=False, tls=True):
        pass
    made = (tmp_path / "postgres" / "data" / "PG_VERSION").read_text()
    with pytest.raises(PartFailed, match=r"was made by PostgreSQL .*another folder with --state"):
        async with Stack(tmp_path, only=("postgres",), usual_ports=False):
            pass
    assert (tmp_path / "postgres" / "data" / "PG_VERSION").read_text() == made


async def test_mongo_is_reached_by_verified_tls_alone(tmp_path: Path, stranger: Path) -> None:
    async with Stack(tmp_path / "state", only=("mongo",), usual_ports=False, tls=True) as stack:
        url, ca = stack.env["ENTREGA_MONGO_URL"], str(stack.authority)
        async with connect_mongo(stack.env["ENTREGA_RELAY_MONGO_URL"]) as client:
            await client.entrega.audit.insert_one({"_id": 1})
        quick = f"{url}&serverSelectionTimeoutMS=1500"
        for weaker in (quick.replace("tls=true&", "tls=false&").partition("&tlsCAFile")[0], quick):
            weaker = weaker.replace(ca.replace("/", "%2F"), str(stranger).replace("/", "%2F"))
            async with AsyncMongoClient(weaker, serverSelectionTimeoutMS=1500) as outsider:
                with pytest.raises(ServerSelectionTimeoutError):
                    await outsider.entrega.audit.count_documents({})


@pytest.fixture
async def behind(tmp_path: Path) -> AsyncIterator[Stack]:
    """Temporal, and the proxy before it."""
    async with Stack(tmp_path / "state", only=("temporal", "proxy"), usual_ports=False, tls=True) as stack:
        yield stack


def door(stack: Stack, part: str = "operator") -> Door:
    assert stack.authority is not None
    pair = Certificates(stack.authority.parent).of(part)
    return Door(pair.certificate, pair.key, stack.authority)


Two = tuple[Path, Path]
"""The files of a certificate and its key."""


def _nobodys(folder: Path) -> Two:
    made, pair = trustme.CA().issue_cert("127.0.0.1"), (folder / "nobody.pem", folder / "nobody.key")
    made.cert_chain_pems[0].write_to_path(str(pair[0]))
    made.private_key_pem.write_to_path(str(pair[1]))
    return pair


def _copies(of: Door, folder: Path) -> Two:
    folder.mkdir()
    return Path(shutil.copy(of.certificate, folder)), Path(shutil.copy(of.key, folder))


def _put(pair: Two, there: Door) -> None:
    for new, old in zip(pair, (there.certificate, there.key), strict=True):
        fresh = old.with_suffix(".fresh")
        shutil.copy(new, fresh)
        fresh.replace(old)


@activity.defn
async def whoever() -> str:
    return "here"


@workflow.defn(sandboxed=False)
class Ask:
    @workflow.run
    async def run(self) -> str:
        return await workflow.execute_activity(whoever, start_to_close_timeout=timedelta(seconds=10))


async def asked(client: Client, number: int) -> str:
    answer: str = await client.execute_workflow(Ask.run, id=f"ask-{number}", task_queue="ask")
    return answer


@pytest.mark.long
async def test_temporal_opens_to_our_clients_alone_and_its_certificate_must_be_ours(
    behind: Stack, tmp_path: Path, stranger: Path
) -> None:
    address, ours = behind.env["ENTREGA_TEMPORAL_ADDRESS"], door(behind)
    client = await connect_temporal(address, tls=ours)
    assert await client.service_client.check_health()
    nobody, no_certificate = _nobodys(tmp_path), TLSConfig(server_root_ca_cert=ours.authority.read_bytes())
    attempts = {
        "another authority's": connect_temporal(address, tls=ours._replace(certificate=nobody[0], key=nobody[1])),
        "a server's": connect_temporal(address, tls=door(behind, "sandbox")),
        "none": Client.connect(address, tls=no_certificate),
        "plaintext": Client.connect(address),
        "ours, believing another": connect_temporal(address, tls=ours._replace(authority=stranger)),
    }
    outcomes = await asyncio.gather(*attempts.values(), return_exceptions=True)
    let_in = [what for what, outcome in zip(attempts, outcomes, strict=True) if isinstance(outcome, Client)]
    assert not let_in
    assert {type(outcome) for outcome in outcomes} == {RuntimeError}  # the SDK's own


@pytest.mark.long
async def test_a_changed_certificate_is_shown_to_temporal_without_a_restart(behind: Stack, tmp_path: Path) -> None:
    address, ours = behind.env["ENTREGA_TEMPORAL_ADDRESS"], door(behind)
    client = await connect_temporal(address, tls=ours)
    service = client.service_client
    assert isinstance(service, Renewed)
    async with make_worker(client, "ask", activities=[whoever], workflows=[Ask]) as worker:
        first = service.worker_service_client
        assert await asked(client, 1) == "here"
        good = _copies(ours, tmp_path / "good")

        _put(_nobodys(tmp_path), ours)  # is shown, and refused: the connection before it stays
        await renew(client, [worker])
        assert service.worker_service_client is first
        assert await asked(client, 2) == "here"
        _put(good, ours)

        # Everybody's, by another authority: nothing that was opened before can be opened again.
        (ours.authority.parent / "ca.key").unlink()
        Certificates(ours.authority.parent).ensure()
        pid = behind.pids()["proxy"]
        os.kill(pid, signal.SIGKILL)
        await behind.until_ready("proxy", other_than=pid)
        service._again_at = 0.0  # rather than wait after the refusal
        await renew(client, [worker])
        assert service.worker_service_client is not first
        assert await asyncio.wait_for(asked(client, 3), 60) == "here"
