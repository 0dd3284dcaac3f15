"""Workers of one build make way for those of another while deliveries live: their stories go on where they were."""

import asyncio
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest
from builds import OUR_FAULT, OURS, builds

from demo import FINAL, play
from entrega import DEMO_POLICY, DEMO_SPEED
from runtime._state import StateFolder
from runtime.embedded import Stack
from runtime.temporal import connect

pytestmark = pytest.mark.long
_UNDER_WAY = 12  # of the demo's twenty
_WORKERS = ("api", "furnish", "mailbox", "migrate", "mongo", "postgres", "relay", "sandbox", "temporal")


@asynccontextmanager
async def _worker(stack: Stack, build: str, port: int) -> AsyncIterator[None]:
    """A worker of every queue that takes work when this is entered; leaving ends it as an orchestrator would."""
    told = {"ENTREGA_BUILD_ID": build, "ENTREGA_WORKER_OWN_METRICS_ADDRESS": f"127.0.0.1:{port}"}
    command = [sys.executable, "-m", "entrega", "worker", "all"]
    process = await asyncio.create_subprocess_exec(*command, env={**stack.env, **told}, start_new_session=True)
    try:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", trust_env=False) as probe:
            async with asyncio.timeout(60):
                while not await _ready(probe):
                    await asyncio.sleep(0.1)
        yield
    finally:
        process.send_signal(signal.SIGTERM)
        assert await asyncio.wait_for(process.wait(), 40) == 0


async def _ready(probe: httpx.AsyncClient) -> bool:
    try:
        return (await probe.get("/healthz/ready")).status_code == 200
    except httpx.TransportError:
        return False


async def test_a_new_build_ends_the_deliveries_that_another_began(tmp_path: Path) -> None:
    env = {"ENTREGA_SET_CURRENT_VERSION": "true"}
    only = {"speed": DEMO_SPEED, "policy": DEMO_POLICY, "usual_ports": False, "env": env}
    async with Stack(tmp_path, only=_WORKERS, **only) as stack:
        port = StateFolder(tmp_path).parts()[1]["worker_own_metrics"]
        temporal = await connect(stack.env["ENTREGA_TEMPORAL_ADDRESS"])
        async with _worker(stack, "first", port):
            demo = asyncio.create_task(play(stack.urls["api"], stack.urls["sandbox"]))
            while (await temporal.count_workflows(f"{OURS} AND ExecutionStatus = 'Running'")).count < _UNDER_WAY:
                assert not demo.done()
                await asyncio.sleep(0.2)
        async with _worker(stack, "second", port):
            outcomes, balanced = await demo
            worked, failed = await builds(temporal)
    assert balanced
    assert not [(outcome.number, outcome.status) for outcome in outcomes if outcome.status not in FINAL]
    assert sum(outcome.right for outcome in outcomes) > len(outcomes) // 2
    assert not failed & OUR_FAULT
    assert sum(by == {"first", "second"} for by in worked) >= _UNDER_WAY // 2
    assert set().union(*worked) == {"first", "second"}
