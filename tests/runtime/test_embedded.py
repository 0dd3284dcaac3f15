"""Real servers from their wheels: whatever is killed comes back, with its data."""

import asyncio
import os
import signal
import socket
import stat
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest
from pymongo import AsyncMongoClient
from pymongo.errors import OperationFailure

from domain import audit
from runtime._state import AlreadyRunning
from runtime.embedded import Stack
from runtime.settings import SERVICES
from storage.audit import MongoAuditLog

ROOT = Path(__file__).parents[2]


def line(number: int) -> audit.JournalLine:
    told = {"seq": number, "kind": "user.seen", "actor": "usr_1", "at": datetime(2030, 1, number, tzinfo=UTC)}
    place = {"id": number, "txid": number, "subject": "usr_1", "prev_hash": "", "hash": ""}
    return audit.JournalLine.model_validate({**told, **place})


def plain(url: str) -> str:
    return url.replace("postgresql+psycopg://", "postgresql://")


async def ask(url: str, statement: str) -> list[tuple[object, ...]]:
    async with await psycopg.AsyncConnection.connect(plain(url), autocommit=True) as connection:
        answer = await connection.execute(statement)
        return await answer.fetchall() if answer.description else []


async def kill(stack: Stack, part: str) -> None:
    pid = stack.pids()[part]
    os.kill(pid, signal.SIGKILL)
    await stack.until_ready(part, other_than=pid)


def running_in(state: Path) -> list[str]:
    """Commands of processes that speak of the folder, or live in it."""
    found = []
    for process in Path("/proc").iterdir():
        try:
            words = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            if str(state) in words or Path(os.readlink(process / "cwd")).is_relative_to(state):
                found.append(words)
        except OSError:
            continue
    return found


async def test_postgres_keeps_what_was_committed_when_it_is_killed(tmp_path: Path) -> None:
    async with Stack(tmp_path, only=("postgres",), usual_ports=False) as stack:
        owner = stack.env["ENTREGA_DATABASE_URL"]
        await ask(owner, "create table kept as select 42 as answer")
        # A busy child does not notice by itself that its server is gone.
        busy = await psycopg.AsyncConnection.connect(plain(owner))
        query = asyncio.create_task(busy.execute("select count(*) from generate_series(1, 1000000000)"))
        await asyncio.sleep(0.2)
        await kill(stack, "postgres")
        assert await ask(owner, "select answer from kept") == [(42,)]
        with pytest.raises(psycopg.OperationalError):
            await query
    assert running_in(tmp_path) == []


async def test_every_service_logs_in_as_its_own_role_and_nobody_without_a_password(tmp_path: Path) -> None:
    async with Stack(tmp_path, only=("postgres",), usual_ports=False) as stack:
        for service in SERVICES:
            rows = await ask(stack.env[f"ENTREGA_{service.upper()}_DATABASE_URL"], "select current_user")
            assert rows == [(f"entrega_{service}",)]
        host = plain(stack.env["ENTREGA_DATABASE_URL"]).partition("@")[2]
        for user in ("entrega", "entrega_quotes"):
            with pytest.raises(psycopg.OperationalError, match="password"):
                await ask(f"postgresql://{user}@{host}", "select 1")


async def test_ports_are_kept_from_run_to_run_and_changed_when_taken(tmp_path: Path) -> None:
    urls = []
    for _ in range(2):
        async with Stack(tmp_path, only=("postgres",), usual_ports=False) as stack:
            urls.append(stack.env["ENTREGA_DATABASE_URL"])
    assert urls[0] == urls[1]
    with socket.create_server(("127.0.0.1", int(urls[0].rpartition(":")[2].partition("/")[0]))):
        async with Stack(tmp_path, only=("postgres",), usual_ports=False) as stack:
            assert stack.env["ENTREGA_DATABASE_URL"] != urls[0]
            assert await ask(stack.env["ENTREGA_DATABASE_URL"], "select 1") == [(1,)]


async def test_a_second_start_in_the_same_folder_says_who_runs_there(tmp_path: Path) -> None:
    async with Stack(tmp_path, only=()):
        with pytest.raises(AlreadyRunning, match=f"pid {os.getpid()}"):
            async with Stack(tmp_path, only=()):
                pass
    async with Stack(tmp_path, only=()):
        pass


async def test_secrets_are_for_their_owner_alone(tmp_path: Path) -> None:
    async with Stack(tmp_path, only=(), env={"ENTREGA_DATABASE_URL": "postgresql://owner:x@example.org/db"}) as stack:
        found = [tmp_path / "secrets", *(tmp_path / "secrets").rglob("*")]
        assert all(stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600) for path in found)
        assert list(Path(stack.env["ENTREGA_KEYS_DIR"]).glob("*.pem"))
        # A database of one's own: nothing is started, and the services' addresses follow from the owner's.
        assert stack.env["ENTREGA_QUOTES_DATABASE_URL"].startswith("postgresql://entrega_quotes:")
        assert stack.env["ENTREGA_QUOTES_DATABASE_URL"].endswith("@example.org/db")


async def test_a_server_given_by_address_is_not_started(tmp_path: Path) -> None:
    async with Stack(tmp_path, only=("temporal",), env={"ENTREGA_TEMPORAL_ADDRESS": "temporal.example:7233"}) as stack:
        assert stack.pids() == {}
        assert stack.env["ENTREGA_TEMPORAL_ADDRESS"] == "temporal.example:7233"


async def test_the_sandbox_knows_places_unless_somebody_else_is_named(tmp_path: Path) -> None:
    theirs = {"ENTREGA_GEOCODER_URL": "https://nominatim.example"}
    for env in ({}, theirs):
        async with Stack(tmp_path, only=("sandbox",), usual_ports=False, env=env) as stack:
            sandbox = stack.urls["sandbox"]
            assert stack.env["ENTREGA_GEOCODER_URL"] == env.get("ENTREGA_GEOCODER_URL", f"{sandbox}/maps")
            assert ("ENTREGA_GEOCODER_RATE" in stack.env) is (env is not theirs)  # strangers are spared
            assert stack.env["ENTREGA_CEP_URL"] == f"{sandbox}/cep"


async def test_the_audit_log_is_added_to_by_the_relay_alone_and_changed_by_nobody(tmp_path: Path) -> None:
    async with Stack(tmp_path, only=("mongo",), usual_ports=False) as stack:
        relay, others = stack.env["ENTREGA_RELAY_MONGO_URL"], stack.env["ENTREGA_MONGO_URL"]
        async with AsyncMongoClient[dict[str, Any]](relay) as client:
            log = MongoAuditLog(client.entrega)
            await log.copy(lines := [line(1), line(2)])
            assert (await log.search())[0] == lines[::-1]
            await _refused_all(client.entrega.audit, ("insert_one",))
        async with AsyncMongoClient[dict[str, Any]](others) as client:
            assert (await MongoAuditLog(client.entrega).search())[0] == lines[::-1]
            await _refused_all(client.entrega.audit, ())
            with pytest.raises(OperationFailure, match="not authorized"):
                await client.entrega.other.insert_one({})


async def _refused_all(audit: Any, but: tuple[str, ...]) -> None:
    """Every way of changing a collection is refused, but for these."""
    ways: dict[str, Any] = {
        "insert_one": lambda: audit.insert_one({"_id": 99}),
        "update_one": lambda: audit.update_one({"_id": 1}, {"$set": {"actor": "usr_evil"}}),
        "update_many": lambda: audit.update_many({}, [{"$set": {"actor": "usr_evil"}}]),
        "replace_one": lambda: audit.replace_one({"_id": 1}, {"actor": "usr_evil"}),
        "upsert": lambda: audit.update_one({"_id": 98}, {"$set": {"actor": "x"}}, upsert=True),
        "find_one_and_update": lambda: audit.find_one_and_update({"_id": 1}, {"$set": {"actor": "usr_evil"}}),
        "delete_one": lambda: audit.delete_one({"_id": 1}),
        "delete_many": lambda: audit.delete_many({}),
        "find_one_and_delete": lambda: audit.find_one_and_delete({"_id": 1}),
        "drop": lambda: audit.drop(),
        "rename": lambda: audit.rename("elsewhere"),
        "out": lambda: audit.aggregate([{"$match": {}}, {"$out": "audit"}]),
        "merge": lambda: audit.aggregate([{"$set": {"actor": "x"}}, {"$merge": "audit"}]),
        "drop_index": lambda: audit.drop_indexes(),
        "drop_database": lambda: audit.database.client.drop_database(audit.database.name),
        "collMod": lambda: audit.database.command("collMod", audit.name, validator={}),
        "createUser": lambda: audit.database.client.admin.command("createUser", "x", pwd="x", roles=["root"]),
    }
    for name, change in ways.items():
        if name not in but:
            with pytest.raises(OperationFailure) as refused:
                await change()
            assert refused.value.code == 13, name


@pytest.mark.long
async def test_mongo_keeps_what_was_acknowledged_when_it_is_killed_and_after_a_change_of_port(tmp_path: Path) -> None:
    async with Stack(tmp_path, only=("mongo",), usual_ports=False) as stack:
        url = stack.env["ENTREGA_RELAY_MONGO_URL"]
        async with AsyncMongoClient[dict[str, Any]](url) as client:
            await client.entrega.audit.insert_one({"_id": 1})
            await kill(stack, "mongo")
            assert await client.entrega.audit.count_documents({}) == 1
        async with AsyncMongoClient[dict[str, Any]](url.replace("entrega_relay:", "entrega_relay:x")) as stranger:
            with pytest.raises(OperationFailure):
                await stranger.entrega.audit.count_documents({})
    # Somebody who hangs up: the server asks whoever answers at its old address whether it is itself.
    port = int(url.partition("@")[2].partition("/")[0].partition(":")[2])
    rude = await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", port)
    async with rude, Stack(tmp_path, only=("mongo",), usual_ports=False) as stack:
        assert stack.env["ENTREGA_RELAY_MONGO_URL"] != url
        async with AsyncMongoClient[dict[str, Any]](stack.env["ENTREGA_MONGO_URL"]) as client:
            assert await client.entrega.audit.count_documents({}) == 1


@pytest.mark.long
async def test_temporal_keeps_its_workflows_when_it_is_killed(tmp_path: Path) -> None:
    async with Stack(tmp_path, only=("temporal",), usual_ports=False) as stack:
        cli = [str(Path(sys.executable).with_name("temporal")), "--address", stack.env["ENTREGA_TEMPORAL_ADDRESS"]]
        start = ["workflow", "start", "--workflow-id", "kept", "--type", "Any", "--task-queue", "any"]
        attribute = ["--search-attribute", 'DeliveryStatus="quoted"']
        subprocess.run([*cli, *start, *attribute], check=True, capture_output=True)
        await kill(stack, "temporal")
        described = subprocess.run(
            [*cli, "workflow", "describe", "-w", "kept"], check=True, capture_output=True, text=True
        )
        assert "DeliveryStatus" in described.stdout
        namespace = [*cli, "operator", "namespace", "describe", "default"]
        retention = subprocess.run(namespace, check=True, capture_output=True, text=True).stdout
        assert "2160h" in retention  # 90 days


@pytest.mark.long
async def test_no_server_outlives_a_supervisor_that_is_killed_and_all_start_again(tmp_path: Path) -> None:
    script = (
        "import asyncio, sys\n"
        "from runtime.embedded import Stack\n"
        "async def main():\n"
        "    async with Stack(sys.argv[1], only=('postgres', 'mongo', 'temporal'), usual_ports=False) as stack:\n"
        "        print(stack.env['ENTREGA_DATABASE_URL'], flush=True)\n"
        "        await stack.wait()\n"
        "asyncio.run(main())\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script, tmp_path], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        owner = process.stdout.readline().strip()
        await ask(owner, "create table kept as select 42 as answer")
        process.kill()
    # At once, while some may still be dying.
    async with Stack(tmp_path, only=("postgres", "mongo", "temporal"), usual_ports=False) as stack:
        assert sorted(stack.pids()) == ["mongo", "postgres", "temporal"]
        assert await ask(stack.env["ENTREGA_DATABASE_URL"], "select answer from kept") == [(42,)]
    assert running_in(tmp_path) == []
