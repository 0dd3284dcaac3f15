"""A customer's own server, told by the whole system what happens to their deliveries."""

import asyncio
import os
import secrets
import signal
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from receiver import Receiver, hangs, receiving

from demo.customer import Customer
from demo.scenarios import Scenario
from entrega import DEMO_POLICY, DEMO_SPEED
from runtime.embedded import Stack

EVENTS = ["delivery.requested", "delivery.quoted", "delivery.booked", "delivery.delivered"]


@pytest.fixture
async def shop(stack: Stack) -> AsyncIterator[Customer]:
    made = Customer(stack.urls["api"])
    await made.register(f"loja-{secrets.token_hex(4)}@example.com", "a long enough secret", "Loja")
    yield made
    await made.close()


def told(receiver: Receiver, secret: str, delivery: str) -> list[str]:
    """Types of what was new and of this delivery, in the order of its coming."""
    seen: dict[str, tuple[int, str]] = {}
    for call in receiver.calls:
        said: Any = call.verified(secret)
        if said["data"]["delivery_id"] == delivery:
            seen.setdefault(call.id, (said["data"]["seq"], said["type"]))
    assert list(seen.values()) == sorted(seen.values())
    return [kind for _, kind in seen.values()]


async def heard(receiver: Receiver, secret: str, delivery: str, last: str) -> list[str]:
    async with asyncio.timeout(120):
        while last not in (known := told(receiver, secret, delivery)):
            await asyncio.sleep(0.1)
    return known


async def delivered(shop: Customer) -> str:
    delivery = await shop.call("POST", "/v1/deliveries", key=secrets.token_hex(8), json=Scenario("", "").body(1))
    offer = next(one["id"] for one in delivery["offers"] if one["carrier_account"] == "ligeiro")
    await shop.call("POST", f"/v1/deliveries/{delivery['id']}/accept", json={"offer_id": offer})
    return str(delivery["id"])


async def subscribed(shop: Customer, receiver: Receiver) -> dict[str, Any]:
    made: dict[str, Any] = await shop.call(
        "POST", "/v1/webhook-endpoints", json={"url": receiver.url, "events": EVENTS}
    )
    return made


async def test_a_customer_is_told_in_order_however_another_of_their_endpoints_fares(shop: Customer) -> None:
    async with receiving() as well, receiving() as ill:
        ill.then = hangs
        endpoint, _ = await subscribed(shop, well), await subscribed(shop, ill)
        delivery = await delivered(shop)
        assert await heard(well, endpoint["secret"], delivery, "delivery.delivered") == EVENTS
        assert len(ill.calls) >= 1
        where = f"/v1/webhook-endpoints/{endpoint['id']}/messages"
        async with asyncio.timeout(30):
            while len(log := (await shop.call("GET", f"{where}?outcome=sent"))["items"]) < len(EVENTS):
                await asyncio.sleep(0.1)
        assert [one["type"] for one in reversed(log)] == EVENTS
        await shop.call("POST", f"{where}/{log[0]['id']}/resend")
        async with asyncio.timeout(30):
            while well.ids.count(log[0]["id"]) < 2:
                await asyncio.sleep(0.1)


@pytest.mark.long
@pytest.mark.parametrize("part", ["worker", "relay", "mongo", "temporal"])
async def test_a_part_that_is_killed_loses_no_message(part: str, tmp_path: Path) -> None:
    async with Stack(tmp_path, speed=DEMO_SPEED, policy=DEMO_POLICY, usual_ports=False) as stack, receiving() as well:
        shop = Customer(stack.urls["api"])
        await shop.register("loja@example.com", "a long enough secret", "Loja")
        endpoint = await subscribed(shop, well)
        first = await delivered(shop)
        pid = stack.pids()[part]
        os.kill(pid, signal.SIGKILL)
        await stack.until_ready(part, other_than=pid)
        second = await delivered(shop)
        for delivery in (first, second):
            assert await heard(well, endpoint["secret"], delivery, "delivery.delivered") == EVENTS
        await shop.close()
