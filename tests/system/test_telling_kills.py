"""kill -9 of whatever tells, again and again while deliveries live and a customer's own server listens."""

import asyncio
import contextlib
import email
import os
import secrets
import signal
from collections import defaultdict
from email.policy import default
from pathlib import Path
from typing import Any

import pytest
from receiver import Receiver, receiving, says

from demo.customer import Customer, Refused
from demo.scenarios import Scenario
from domain.events import EVENTS
from entrega import DEMO_POLICY, DEMO_SPEED
from runtime.embedded import Stack

pytestmark = pytest.mark.long
KILLED = ("relay", "worker", "mailbox", "mongo")
ENV = {"ENTREGA_WEBHOOKS_PAUSE__AFTER": "PT1S", "ENTREGA_WEBHOOKS_PAUSE__FAILURES": "3"}
OWNER = "loja@example.com"


async def _lives(shop: Customer, number: int) -> str:
    """One delivery, to its end."""
    await asyncio.sleep(number * 1.5)  # spread, so that each kill meets some at every point of their lives
    delivery = await shop.call("POST", "/v1/deliveries", key=secrets.token_hex(8), json=Scenario("", "").body(number))
    its_id = str(delivery["id"])
    while delivery["status"] not in ("delivered", "cancelled", "failed", "expired"):
        offers = [one for one in delivery["offers"] if one["carrier_account"] == "ligeiro"]
        if delivery["status"] == "quoted":
            path = f"/v1/deliveries/{its_id}/accept" if offers else f"/v1/deliveries/{its_id}/quote-again"
            with contextlib.suppress(Refused):  # what was killed on its way may have come to pass
                await shop.call("POST", path, json={"offer_id": offers[0]["id"]} if offers else None)
        await asyncio.sleep(0.5)
        delivery = await shop.call("GET", f"/v1/deliveries/{its_id}")
    return its_id


def _heard(receiver: Receiver, secret: str) -> dict[str, list[tuple[int, str]]]:
    """Of each delivery what was new, in the order of its coming; every call is verified, every id says one thing."""
    seen: dict[str, bytes] = {}
    heard: defaultdict[str, list[tuple[int, str]]] = defaultdict(list)
    for call in receiver.calls:
        said: Any = call.verified(secret)
        if call.id not in seen:
            heard[said["data"]["delivery_id"]].append((said["data"]["seq"], said["type"]))
        assert seen.setdefault(call.id, call.body) == call.body
    return heard


async def _happened(shop: Customer, delivery: str) -> list[tuple[int, str]]:
    lines = (await shop.call("GET", f"/v1/tracking/{delivery}"))["lines"]
    return [(line["seq"], line["kind"]) for line in lines if line["kind"] in EVENTS]


async def _letters(stack: Stack) -> list[str]:
    """Whom the letters about the pause went to."""
    parsed = [email.message_from_bytes(path.read_bytes(), policy=default) for path in stack.letters.glob("*.eml")]
    return [str(one["To"]) for one in parsed if "webhook" in str(one["Subject"]).lower()]


async def test_whatever_is_killed_everything_is_told_in_order_and_owners_hear_of_a_pause(tmp_path: Path) -> None:
    async with (
        Stack(tmp_path, speed=DEMO_SPEED, policy=DEMO_POLICY, usual_ports=False, env=ENV) as stack,
        receiving() as well,
        receiving() as ill,
    ):
        shop = Customer(stack.urls["api"])
        await shop.register(OWNER, "a long enough secret", "Loja")
        endpoint = await shop.call("POST", "/v1/webhook-endpoints", json={"url": well.url})
        ill.then = says(500)
        failing = await shop.call("POST", "/v1/webhook-endpoints", json={"url": ill.url})
        lives = [asyncio.create_task(_lives(shop, number)) for number in range(12)]
        for part in KILLED * 2:
            await asyncio.sleep(1)
            pid = stack.pids()[part]
            os.kill(pid, signal.SIGKILL)
            await stack.until_ready(part, other_than=pid)
        deliveries = await asyncio.gather(*lives)
        expected = {delivery: await _happened(shop, delivery) for delivery in deliveries}
        assert all(len(told) > 3 for told in expected.values())
        async with asyncio.timeout(150):
            while {one: sorted(told) for one, told in _heard(well, endpoint["secret"]).items()} != expected:
                await asyncio.sleep(0.5)
                expected = {delivery: await _happened(shop, delivery) for delivery in deliveries}
            assert _heard(well, endpoint["secret"]) == expected
            while not await _letters(stack):
                await asyncio.sleep(0.5)
        now = await shop.call("GET", f"/v1/webhook-endpoints/{failing['id']}")
        assert (now["enabled"], now["disabled_reason"], OWNER) == (False, "failing", (await _letters(stack))[0])
        assert "replay" in now["advice"]
        ill.then, ill.calls = says(204), []
        await shop.call("PATCH", f"/v1/webhook-endpoints/{failing['id']}", json={"enabled": True})
        path = f"/v1/webhook-endpoints/{failing['id']}/replay"
        await shop.call("POST", path, key="missed", json={"since": now["missed_since"]})
        pid = stack.pids()["worker"]
        os.kill(pid, signal.SIGKILL)
        await stack.until_ready("worker", other_than=pid)
        async with asyncio.timeout(150):
            while any(set(expected[one]) - set(_heard(ill, failing["secret"]).get(one, ())) for one in deliveries):
                await asyncio.sleep(0.5)
        for delivery, told in _heard(ill, failing["secret"]).items():
            assert told == sorted(told), delivery
        await shop.close()
