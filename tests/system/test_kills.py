"""kill -9 of any one process while deliveries live: nothing is lost, no courier is sent twice."""

import asyncio
import os
import signal
from pathlib import Path

import httpx
import pytest

from demo import FINAL, play
from demo.run import Outcome
from entrega import DEMO_POLICY, DEMO_SPEED
from runtime.embedded import Stack

pytestmark = pytest.mark.long
PARTS = ("worker", "api", "relay", "sandbox", "postgres", "mongo", "temporal")


async def _couriers_held_twice(stack: Stack) -> list[str]:
    async with httpx.AsyncClient(base_url=stack.urls["sandbox"]) as sandbox:
        bookings = (await sandbox.get("/control/bookings")).json()["items"]
    held = [b["display_id"] for b in bookings if b["state"] in ("live", "finished")]
    return [delivery for delivery in set(held) if held.count(delivery) > 1]


async def _nothing_is_lost(stack: Stack, outcomes: list[Outcome], balanced: bool) -> None:
    """Every delivery came to an end and every cent is accounted for; no courier was sent twice. An outage may make
    another honest end of one (nobody could be asked in time, say); most end as they would have."""
    assert balanced
    assert not [(outcome.number, outcome.status) for outcome in outcomes if outcome.status not in FINAL]
    assert sum(outcome.right for outcome in outcomes) > len(outcomes) // 2
    assert not await _couriers_held_twice(stack)


@pytest.mark.parametrize("part", PARTS)
async def test_a_part_killed_during_the_demo_costs_nothing(part: str, tmp_path: Path) -> None:
    async with Stack(tmp_path, speed=DEMO_SPEED, policy=DEMO_POLICY, usual_ports=False) as stack:
        demo = asyncio.create_task(play(stack.urls["api"], stack.urls["sandbox"]))
        for pause in (3, 6):
            await asyncio.sleep(pause)
            pid = stack.pids()[part]
            os.kill(pid, signal.SIGKILL)
            await stack.until_ready(part, other_than=pid)
        await _nothing_is_lost(stack, *await demo)


@pytest.mark.parametrize("step", ["record_move", "book_carrier", "cancel_booking", "reserve_slot"])
@pytest.mark.parametrize("phase", ["before", "after"])
async def test_a_worker_that_dies_around_an_effect_does_it_once(step: str, phase: str, tmp_path: Path) -> None:
    marker = tmp_path / "crashed"
    env = {"ENTREGA_CRASH_AT": f"{step}:{phase}", "ENTREGA_CRASH_MARKER": str(marker)}
    async with Stack(tmp_path, speed=DEMO_SPEED, policy=DEMO_POLICY, usual_ports=False, env=env) as stack:
        await _nothing_is_lost(stack, *await play(stack.urls["api"], stack.urls["sandbox"]))
        assert marker.exists()
