"""Recorded histories of every ending, replayed against the code as it is: running deliveries survive its changes.

`pytest tests/workflows/test_histories.py tests/workflows/test_notifications.py --record` records them anew; allowed
until the first release tag.
"""

import gzip
from pathlib import Path

import pytest
from endings import ENDINGS
from temporalio.client import WorkflowHistory
from temporalio.worker import Replayer
from world import Life, World, workers

from domain.deliveries import DeliveryPolicy
from runtime.temporal import data_converter
from workers.interceptors import DomainErrors
from workflows.deliveries import DeliveryWorkflow
from workflows.notifications import NotificationWorkflow
from workflows.pauses import EndpointPausedWorkflow
from workflows.replays import ReplayWorkflow

HISTORIES = Path(__file__).parent / "histories"
STORIES = (DeliveryWorkflow, NotificationWorkflow, ReplayWorkflow, EndpointPausedWorkflow)


@pytest.mark.parametrize("name", ENDINGS)
async def test_every_ending_is_reached(env, client, name, request):
    world = World()
    async with workers(client, world):
        life = Life(client, world, DeliveryPolicy())
        await ENDINGS[name](env, world, life)
        end = await life.handle.result()
        assert end["status"] == name.split("_")[0]
        assert world.owed(life.id) == (
            0 if end["status"] in ("cancelled", "expired", "failed") else world.owed(life.id)
        )
        if request.config.getoption("--record", default=False):
            HISTORIES.mkdir(exist_ok=True)
            history = await life.handle.fetch_history()
            packed = gzip.compress(history.to_json().encode(), mtime=0)
            (HISTORIES / f"{name}.json.gz").write_bytes(packed)


async def test_four_quotes_a_booking_and_eight_scans_cost_at_most_a_hundred_events(env, client):
    world = World()
    async with workers(client, world, max_cached_workflows=100):
        life = Life(client, world, DeliveryPolicy())
        await ENDINGS["delivered"](env, world, life)
        await life.handle.result()
        history = await life.handle.fetch_history()
    assert len(history.events) <= 100


def test_every_ending_has_a_recorded_history():
    assert {path.name.removesuffix(".json.gz") for path in HISTORIES.glob("*.json.gz")} == set(ENDINGS)


@pytest.mark.parametrize("path", sorted(HISTORIES.rglob("*.json.gz")), ids=lambda path: path.name.split(".")[0])
async def test_a_recorded_history_replays(path):
    replayer = Replayer(workflows=STORIES, data_converter=data_converter(), interceptors=[DomainErrors()])
    text = gzip.decompress(path.read_bytes()).decode()
    await replayer.replay_workflow(WorkflowHistory.from_json(f"delivery/{path.stem}", text))
