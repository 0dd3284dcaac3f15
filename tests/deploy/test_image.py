"""The backend image for real: built from the lock without a network, then its API and a worker run from it with nothing
they do not need."""

import asyncio
import json
import os
import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest
from engine import Engine, missing
from temporalio.api.enums.v1 import TaskQueueType
from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.api.workflowservice.v1 import DescribeTaskQueueRequest
from temporalio.client import Client

from api.app import description
from entrega import SERVICES as NAMES
from runtime.embedded import Stack
from runtime.ports import free_port

BASE, IMAGE = "localhost/entrega-python:test", "localhost/entrega:test"
BACKUP = "localhost/entrega-backup:test"
USER = 10001
_SAID = {"REVISION": "abc", "VERSION": "7"}
SERVERS = ("postgres", "mongo", "temporal", "mailbox", "migrate")
pytestmark = [pytest.mark.long, pytest.mark.skipif(bool(missing()), reason=missing())]


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """With the image in it. Skips where the machine lets nobody run containers."""
    made = Engine(tmp_path_factory.mktemp("engine"))
    try:
        made.base(BASE)
        try:
            made("run", "--rm", "--network=host", BASE, "true")
        except RuntimeError as error:
            pytest.skip(f"no container can be run here: {error}")
        given = {
            "PYTHON_IMAGE": BASE,
            "PIP_NO_INDEX": "1",
            "PIP_FIND_LINKS": "/wheels",
            "REVISION": "abc",
            "VERSION": "7",
        }
        made.build("deploy/docker/Dockerfile", IMAGE, given, made.wheels())
        yield made
    finally:
        made.close()


@pytest.fixture(scope="module")
async def servers(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stack]:
    """Those that others make."""
    async with Stack(tmp_path_factory.mktemp("servers"), only=SERVERS, usual_ports=False) as running:
        yield running


@pytest.fixture
def told(servers: Stack, tmp_path: Path) -> tuple[dict[str, str], Path]:
    """What a container is told, and the folder of its secrets: every address with a password is a file in it."""
    folder, env = tmp_path / "secrets", dict(servers.env)
    folder.mkdir()
    for name in ("KEYS_DIR", "KEKS_DIR", "TRACKING_TOKEN_KEY_FILE", "INDEX_KEY_FILE"):
        source = Path(env[f"ENTREGA_{name}"])
        (shutil.copytree if source.is_dir() else shutil.copy)(source, folder / source.name)
        env[f"ENTREGA_{name}"] = f"/run/secrets/{source.name}"
    for name in [each for each in env if each.endswith(("DATABASE_URL", "MONGO_URL"))]:
        (folder / name).write_text(env.pop(name))
    (folder / "ENTREGA_DATABASE_URL").unlink()  # the owner's is for migrations alone
    for path in (folder, *folder.rglob("*")):
        os.chown(path, USER, USER)
    return {**env, "ENTREGA_SECRETS_DIR": "/run/secrets", "ENTREGA_PUBLIC_URL": "http://127.0.0.1"}, folder


async def _healthy(engine: Engine, container: str, target: str) -> None:
    """Asked as an orchestrator asks, until it can serve. Raises AssertionError, with its log, if it ended instead."""
    ask = ("exec", container, "python3", "-m", "runtime.probe", target)
    async with asyncio.timeout(90):
        while True:
            try:
                await asyncio.to_thread(engine, *ask)
                return
            except RuntimeError:
                running = engine("inspect", "--format", "{{.State.Running}}", container).strip()
                assert running == "true", engine("logs", container)
                await asyncio.sleep(0.2)


def _privileges(engine: Engine, container: str) -> dict[str, str]:
    pid = engine("inspect", "--format", "{{.State.Pid}}", container).strip()
    lines = Path("/proc", pid, "status").read_text().splitlines()
    return {name: value.strip() for name, _, value in (line.partition(":") for line in lines)}


def _ended_in_order(engine: Engine, container: str) -> bool:
    engine("stop", "--time", "30", container)
    return engine("inspect", "--format", "{{.State.ExitCode}}", container).strip() == "0"


async def test_api_and_worker_run_from_the_image_with_nothing_they_do_not_need(
    engine: Engine, servers: Stack, told: tuple[dict[str, str], Path]
) -> None:
    env, secrets = told
    port, metrics = free_port(), free_port()
    env["ENTREGA_WORKER_METRICS_ADDRESS"] = "127.0.0.1:0"
    env["ENTREGA_WORKER_OWN_METRICS_ADDRESS"] = f"127.0.0.1:{metrics}"
    api = engine.start(IMAGE, ["api", "all", "--port", str(port)], env, secrets)
    worker = engine.start(IMAGE, ["worker", "all"], env, secrets)
    await _healthy(engine, api, f"127.0.0.1:{port}/healthz/ready")
    await _healthy(engine, worker, f"127.0.0.1:{metrics}/metrics")

    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", trust_env=False) as client:
        person = {"email": "ana@example.com", "name": "Ana", "password": "a fox in a box of socks"}
        assert (await client.post("/v1/users", json=person)).status_code in (201, 202)
        assert (await client.get("/v1/deliveries")).status_code == 401
    temporal = await Client.connect(env["ENTREGA_TEMPORAL_ADDRESS"])
    asked = DescribeTaskQueueRequest(
        namespace=temporal.namespace,
        task_queue=TaskQueue(name="deliveries"),
        task_queue_type=TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW,
    )
    async with asyncio.timeout(30):
        while not (await temporal.workflow_service.describe_task_queue(asked)).pollers:
            await asyncio.sleep(0.1)

    for container in (api, worker):
        may = _privileges(engine, container)
        assert may["Uid"].split() == [str(USER)] * 4
        assert int(may["CapEff"], 16) == int(may["CapBnd"], 16) == 0
        assert may["NoNewPrivs"] == "1"
        assert "Read-only file system" in _refused(engine, "exec", container, "touch", "/opt/entrega/mine")
        assert _ended_in_order(engine, container), engine("logs", container)


def _refused(engine: Engine, *words: str) -> str:
    with pytest.raises(RuntimeError) as error:
        engine(*words)
    return str(error.value)


def test_the_image_says_what_it_is_and_holds_nothing_to_build_with(engine: Engine) -> None:
    (told,) = json.loads(engine("inspect", IMAGE))
    assert told["Config"]["User"] == f"{USER}:{USER}"
    assert told["Labels"]["org.opencontainers.image.revision"] == "abc"
    assert told["Labels"]["org.opencontainers.image.version"] == "7"
    look = "command -v gcc cc make pip; ls -d /src /opt/build /root/.cache 2>/dev/null; true"
    assert engine("run", "--rm", "--network=host", "--entrypoint", "sh", IMAGE, "-c", look) == ""
    assert engine("run", "--rm", "--network=host", IMAGE, "version").strip()
    told = "import json, os; print(*json.load(open(os.environ['ENTREGA_API_DESCRIPTION_FILE']))['paths'])"
    paths = engine("run", "--rm", "--network=host", "--entrypoint", "python3", IMAGE, "-c", told).split()
    assert set(paths) == set(description(NAMES)["paths"])  # of every service, whichever answers


def test_the_image_for_backups_has_its_servers_programs_and_is_no_more_than_ours(
    engine: Engine, tmp_path: Path
) -> None:
    given = {"ENTREGA_IMAGE": IMAGE, "POSTGRES_MAJOR": "15"}  # Debian's own; others come from PostgreSQL's repository
    engine.build("deploy/docker/backup.Dockerfile", BACKUP, given, tmp_path)
    (told,) = json.loads(engine("inspect", BACKUP))
    assert told["Config"]["User"] == f"{USER}:{USER}"
    find = "from runtime._postgres_binaries import binaries_of as of; print(of(15, 'pg_receivewal'))"
    run = ("run", "--rm", "--network=host", "--read-only", "--cap-drop=all", "--entrypoint")
    assert engine(*run, "python3", BACKUP, "-c", find).strip() == "/usr/lib/postgresql/15/bin"
    programs = (
        "/usr/lib/postgresql/15/bin/pg_receivewal --version && /usr/lib/postgresql/15/bin/pg_basebackup --version"
    )
    look = f"{programs}; stat -c '%u %a' /spool /vault; command -v gcc pip; true"
    said = engine(*run, "sh", BACKUP, "-c", look).splitlines()
    assert [each.split()[0] for each in said[:2]] == ["pg_receivewal", "pg_basebackup"]
    assert said[2:] == [f"{USER} 700"] * 2
