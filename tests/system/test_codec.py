"""Temporal's own CLI reads a delivery's payloads through the codec server with a staff token, and not without."""

import asyncio
import base64
import json
import secrets
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

from demo.customer import Customer
from demo.scenarios import Scenario
from runtime.embedded import Stack
from runtime.furnish import ADMIN_EMAIL

TEMPORAL = str(Path(sys.executable).with_name("temporal"))


@pytest.fixture
async def shop(stack: Stack) -> AsyncIterator[Customer]:
    made = Customer(stack.urls["api"])
    await made.register(f"codec-{secrets.token_hex(4)}@example.com", "a long enough secret", "Shop")
    yield made
    await made.close()


@pytest.fixture
async def staff(stack: Stack) -> AsyncIterator[Customer]:
    made = Customer(stack.urls["api"])
    await made.sign_in(ADMIN_EMAIL, stack.admin_password())
    yield made
    await made.close()


async def history(stack: Stack, delivery_id: str, *more: str) -> str:
    """All payloads of a workflow's history, as the CLI has them."""
    where = ["--address", stack.env["ENTREGA_TEMPORAL_ADDRESS"], "-w", f"delivery/{delivery_id}", "-o", "json"]
    asked = await asyncio.create_subprocess_exec(
        TEMPORAL, "workflow", "show", *where, *more, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL
    )
    told, _ = await asked.communicate()
    assert asked.returncode == 0
    return " ".join(_data(json.loads(told)))


def _data(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(data := value.get("data"), str):
            yield base64.b64decode(data).decode("latin-1")
        for held in value.values():
            yield from _data(held)
    elif isinstance(value, list):
        for held in value:
            yield from _data(held)


async def test_the_cli_decodes_for_staff_and_shows_ciphertext_without(
    stack: Stack, shop: Customer, staff: Customer
) -> None:
    body = Scenario("", "").body(1)
    delivery = await shop.call("POST", "/v1/deliveries", key=secrets.token_hex(8), json=body)
    name, endpoint = body["dropoff"]["contact"]["name"], stack.urls["codec"].removesuffix("/session")
    assert name not in await history(stack, delivery["id"])
    token = staff._http.headers["Authorization"]
    shown = await history(stack, delivery["id"], "--codec-endpoint", endpoint, "--codec-auth", token)
    assert name in shown
    lines = await staff.call("GET", "/v1/audit", params={"kind": "payload.decoded"})
    for _ in range(100):
        if lines["items"]:
            break
        await asyncio.sleep(0.1)
        lines = await staff.call("GET", "/v1/audit", params={"kind": "payload.decoded"})
    assert lines["items"][0]["subject"] == f"access/{delivery['organisation_id']}"
    about = await staff.call("GET", "/v1/audit", params={"about": delivery["id"]})
    assert lines["items"][0]["id"] in [line["id"] for line in about["items"]]
