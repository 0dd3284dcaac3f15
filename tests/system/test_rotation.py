"""Keys are rotated while deliveries live: each ends as it should, and the old keys can go."""

import asyncio
from pathlib import Path

import pytest
from front_door import entrega

from demo import run
from demo.customer import Customer
from demo.scenarios import SCENARIOS
from entrega import DEMO_POLICY, DEMO_SPEED
from runtime.embedded import Stack
from runtime.furnish import ADMIN_EMAIL

pytestmark = pytest.mark.long


async def test_data_keys_are_wrapped_anew_under_load_and_nothing_becomes_unreadable(tmp_path: Path) -> None:
    beside = ("--state", str(tmp_path))
    async with Stack(tmp_path, speed=DEMO_SPEED, policy=DEMO_POLICY, usual_ports=False) as stack:
        demo = asyncio.create_task(run(stack.urls["api"]))
        for _ in range(4):
            await asyncio.sleep(5)
            assert "wraps every data key" in await entrega("keys", "rotate", "--kind", "data", *beside)
        assert await demo
        await entrega("keys", "rotate", "--kind", "data", *beside)
        *old, newest, erased = (await entrega("keys", "list", *beside)).splitlines()
        assert len(old) == 5
        assert all("wraps 0" in line for line in old)
        assert "wraps new ones" in newest
        assert erased == "erased: 0"
    for line in old:
        (tmp_path / "secrets" / "keks" / f"{line.split()[0]}.kek").unlink()
    async with Stack(tmp_path, speed=DEMO_SPEED, policy=DEMO_POLICY, usual_ports=False) as stack:
        admin = Customer(stack.urls["api"])
        await admin.sign_in(ADMIN_EMAIL, stack.admin_password())
        page = await admin.call("GET", "/v1/deliveries", params={"limit": 100})
        assert len(page["items"]) == len(SCENARIOS)
        assert not [item for item in page["items"] if item["erased"]]
        await admin.close()
