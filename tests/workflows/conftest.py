"""A real Temporal server with virtual time, one for all workflow tests."""

import gzip
import sys
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from temporalio.client import Client, WorkflowHandle
from temporalio.service import RPCError
from temporalio.testing import TimeSkippingConfig, WorkflowEnvironment
from world import Keep, Life, World, workers

from runtime.temporal import data_converter
from workflows import search


@pytest.fixture(scope="session")
async def env() -> AsyncIterator[WorkflowEnvironment]:
    """The full server; `await env.fast_forward(handle, …)` moves a workflow's clock."""
    flags = {
        "frontend.WorkflowTimeSkippingEnabled": "true",
        "history.timerProcessorMaxTimeShift": '"1ms"',
        "history.transferProcessorMaxPollRPS": "1000",
    }
    async with await WorkflowEnvironment.start_time_skipping_v2(
        dev_server_existing_path=str(Path(sys.executable).with_name("temporal")),
        dev_server_extra_args=[
            part for name, value in flags.items() for part in ("--dynamic-config-value", f"{name}={value}")
        ],
        ts_config=TimeSkippingConfig(enabled=False),
        search_attributes=list(search.ALL),
        data_converter=data_converter(),
    ) as environment:
        yield environment


@pytest.fixture
async def client(env: WorkflowEnvironment) -> AsyncIterator[Client]:
    """Ends what a test leaves running: it would wake in the world of a later one, whose queues are the same."""
    yield env.client
    async for left in env.client.list_workflows("ExecutionStatus = 'Running'"):
        with suppress(RPCError):  # it ended meanwhile
            await env.client.get_workflow_handle(left.id, run_id=left.run_id).terminate()


@pytest.fixture
async def world(client: Client) -> AsyncIterator[World]:
    """The world around deliveries, with the workers that run them in it."""
    world = World()
    async with workers(client, world):
        yield world


@pytest.fixture
def life(client: Client, world: World) -> Life:
    """One delivery in it."""
    return Life(client, world)


@pytest.fixture
def recording(request: pytest.FixtureRequest) -> bool:
    """Whether histories are to be kept."""
    return bool(request.config.getoption("--record", default=False))


@pytest.fixture
def keep(recording: bool) -> Keep:
    """Keeps a run's history under this name, where the tests run with --record."""

    async def kept(name: str, handle: WorkflowHandle[Any, Any]) -> None:
        if recording:
            path = Path(__file__).parent / "histories" / f"{name}.json.gz"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(gzip.compress((await handle.fetch_history()).to_json().encode(), mtime=0))

    return kept


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--record", action="store_true", help="record the histories of every ending anew")
