"""kill -9 of any one process while deliveries live: nothing is lost, no courier is sent twice."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import httpx
import pytest

from demo import FINAL, play
from demo.customer import Customer, Refused
from demo.run import Outcome
from entrega import DEMO_POLICY, DEMO_SPEED
from runtime.embedded import Stack
from runtime.furnish import ADMIN_EMAIL

pytestmark = pytest.mark.long
PARTS = ("worker", "api", "relay", "sandbox", "postgres", "mongo", "temporal")


async def _couriers_held_twice(stack: Stack) -> list[str]:
    async with httpx.AsyncClient(base_url=stack.urls["sandbox"]) as sandbox:
        bookings = (await sandbox.get("/control/bookings")).json()["items"]
    held = [b["display_id"] for b in bookings if b["state"] in ("live", "finished")]
    return [delivery for delivery in set(held) if held.count(delivery) > 1]


async def _nothing_is_lost(stack: Stack, outcomes: list[Outcome], balanced: bool) -> None:
    """Every delivery came to an end and every cent is accounted for; no courier was sent twice."""
    assert balanced
    assert not [(outcome.number, outcome.status) for outcome in outcomes if outcome.status not in FINAL]
    assert not await _couriers_held_twice(stack)


def _most_end_as_they_should(outcomes: list[Outcome]) -> None:
    """An outage may make another honest end of one (its offers expired meanwhile, say)."""
    otherwise = [(outcome.number, outcome.status, outcome.error) for outcome in outcomes if not outcome.right]
    assert len(otherwise) < len(outcomes) / 2, otherwise


@asynccontextmanager
async def _desk(stack: Stack) -> AsyncIterator[None]:
    """Staff, who settle what nobody but the carrier knows: whether it holds a booking whose reply died with us."""

    async def settle() -> None:
        staff = Customer(stack.urls["api"])
        await staff.sign_in(ADMIN_EMAIL, stack.admin_password())
        async with httpx.AsyncClient(base_url=stack.urls["sandbox"]) as sandbox:
            while True:
                await asyncio.sleep(2)
                for delivery in (await staff.call("GET", "/v1/deliveries?attention=booking_unknown"))["items"]:
                    held = (await sandbox.get("/control/bookings")).json()["items"]
                    name = f"{delivery['request']['reference']}-{delivery['id'].removeprefix('del_')[:4].upper()}"
                    found = [booking["order_id"] for booking in held if booking["display_id"] == name]
                    told = {"found_reference": found[-1]} if found else {"nothing_booked": True}
                    with suppress(Refused):  # a webhook said so first
                        await staff.call("POST", f"/v1/deliveries/{delivery['id']}/retry-booking", json=told)

    async with asyncio.TaskGroup() as desk:
        settling = desk.create_task(settle())
        yield
        settling.cancel()


@pytest.mark.parametrize("part", PARTS)
async def test_a_part_killed_during_the_demo_costs_nothing(part: str, tmp_path: Path) -> None:
    async with Stack(tmp_path, speed=DEMO_SPEED, policy=DEMO_POLICY, usual_ports=False) as stack:
        demo = asyncio.create_task(play(stack.urls["api"], stack.urls["sandbox"]))
        for pause in (3, 6):
            await asyncio.sleep(pause)
            pid = stack.pids()[part]
            os.kill(pid, signal.SIGKILL)
            await stack.until_ready(part, other_than=pid)
        async with _desk(stack):
            outcomes, balanced = await demo
        await _nothing_is_lost(stack, outcomes, balanced)
        if part == "sandbox":  # how many carriers' outage costs is a matter of how long it takes
            assert any(outcome.status == "delivered" for outcome in outcomes)
        else:
            _most_end_as_they_should(outcomes)


@pytest.mark.parametrize("step", ["record_move", "book_carrier", "cancel_booking", "reserve_slot"])
@pytest.mark.parametrize("phase", ["before", "after"])
async def test_a_worker_that_dies_around_an_effect_does_it_once(step: str, phase: str, tmp_path: Path) -> None:
    marker = tmp_path / "crashed"
    env = {"ENTREGA_CRASH_AT": f"{step}:{phase}", "ENTREGA_CRASH_MARKER": str(marker)}
    async with Stack(tmp_path, speed=DEMO_SPEED, policy=DEMO_POLICY, usual_ports=False, env=env) as stack:
        async with _desk(stack):
            outcomes, balanced = await play(stack.urls["api"], stack.urls["sandbox"])
        await _nothing_is_lost(stack, outcomes, balanced)
        _most_end_as_they_should(outcomes)
        assert marker.exists()
