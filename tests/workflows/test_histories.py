"""Recorded histories of every ending, replayed against the code as it is: running deliveries survive its changes.

`pytest tests/workflows --record` records them anew; allowed until the first release tag.
"""

import gzip
import json
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
from workflows.imports import ImportWorkflow
from workflows.letters import LetterWorkflow
from workflows.notifications import NotificationWorkflow
from workflows.pauses import EndpointPausedWorkflow
from workflows.replays import ReplayWorkflow

HISTORIES = Path(__file__).parent / "histories"
STORIES = (
    *(DeliveryWorkflow, ImportWorkflow),
    *(NotificationWorkflow, LetterWorkflow, ReplayWorkflow, EndpointPausedWorkflow),
)


def recorded(path):
    return json.loads(gzip.decompress(path.read_bytes()))


@pytest.mark.parametrize("name", ENDINGS)
async def test_every_ending_is_reached(env, client, name, keep):
    world = World()
    async with workers(client, world):
        life = Life(client, world, DeliveryPolicy())
        await ENDINGS[name](env, world, life)
        end = await life.handle.result()
        assert end["status"] == name.split("_")[0]
        assert world.owed(life.id) == (
            0 if end["status"] in ("cancelled", "expired", "failed") else world.owed(life.id)
        )
        await keep(name, life.handle)


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


def test_every_story_has_a_recorded_history():
    first = [recorded(path)["events"][0] for path in HISTORIES.rglob("*.json.gz")]
    told = {event["workflowExecutionStartedEventAttributes"]["workflowType"]["name"] for event in first}
    assert told == {story.__name__ for story in STORIES}


@pytest.mark.parametrize("path", sorted(HISTORIES.rglob("*.json.gz")), ids=lambda path: path.name.split(".")[0])
async def test_a_recorded_history_replays(path):
    replayer = Replayer(workflows=STORIES, data_converter=data_converter(), interceptors=[DomainErrors()])
    await replayer.replay_workflow(WorkflowHistory.from_json(f"delivery/{path.stem}", recorded(path)))
