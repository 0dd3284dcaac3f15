"""Temporal's own CLI and UI read a delivery's payloads through the codec server for staff, and for nobody else."""

import asyncio
import base64
import json
import secrets
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from demo.customer import Customer
from demo.scenarios import Scenario
from runtime.embedded import Stack

TEMPORAL = str(Path(sys.executable).with_name("temporal"))


@pytest.fixture
async def shop(stack: Stack) -> AsyncIterator[Customer]:
    made = Customer(stack.urls["api"])
    await made.register(f"codec-{secrets.token_hex(4)}@example.com", "a long enough secret", "Shop")
    yield made
    await made.close()


async def told(stack: Stack, delivery_id: str, *more: str) -> Any:
    """A workflow's history, as the CLI has it."""
    where = ["--address", stack.env["ENTREGA_TEMPORAL_ADDRESS"], "-w", f"delivery/{delivery_id}", "-o", "json"]
    asked = await asyncio.create_subprocess_exec(
        TEMPORAL, "workflow", "show", *where, *more, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL
    )
    said, _ = await asked.communicate()
    assert asked.returncode == 0
    return json.loads(said)


async def history(stack: Stack, delivery_id: str, *more: str) -> str:
    """All that its payloads say."""
    return " ".join(_data(await told(stack, delivery_id, *more)))


def _payloads(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        if isinstance(value.get("data"), str):
            yield value
        for held in value.values():
            yield from _payloads(held)
    elif isinstance(value, list):
        for held in value:
            yield from _payloads(held)


def _data(value: Any) -> Iterator[str]:
    return (base64.b64decode(payload["data"]).decode("latin-1") for payload in _payloads(value))


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


async def test_what_the_ui_sends_is_answered_to_staff_and_to_nobody_else(
    stack: Stack, shop: Customer, staff: Customer
) -> None:
    """Step by step what Temporal's UI and a browser do, once a person has told it to include credentials."""
    body = Scenario("", "").body(1)
    delivery = await shop.call("POST", "/v1/deliveries", key=secrets.token_hex(8), json=body)
    sealed, name = list(_payloads(await told(stack, delivery["id"]))), body["dropoff"]["contact"]["name"]
    ui, session = stack.urls["temporal_ui"], stack.urls["codec"]
    async with httpx.AsyncClient(trust_env=False) as browser:
        endpoint = (await browser.get(f"{ui}/api/v1/settings")).json()["Codec"]["Endpoint"]
        assert endpoint == session.removesuffix("/session")
        asked = {
            "Origin": ui,
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "content-type,x-namespace",
        }
        preflight = await browser.options(f"{endpoint}/decode", headers=asked)
        allowed = preflight.headers
        assert (preflight.status_code, allowed["access-control-allow-origin"]) == (200, ui)
        assert allowed["access-control-allow-credentials"] == "true"
        assert {"content-type", "x-namespace"} <= set(allowed["access-control-allow-headers"].lower().split(", "))

        async def decode(origin: str = ui) -> httpx.Response:
            sent = {"Origin": origin, "Sec-Fetch-Site": "same-site", "X-Namespace": "default"}
            where = f"{endpoint}/decode?preserveStorageRefs=true"
            return await browser.post(where, json={"payloads": sealed}, headers=sent)

        refused = await decode()
        assert (refused.status_code, refused.headers["access-control-allow-origin"]) == (401, ui)
        form = {"Origin": session.removesuffix("/v1/codec/session"), "Sec-Fetch-Site": "same-origin"}
        customers = shop._http.headers["Authorization"].removeprefix("Bearer ")
        assert (await browser.post(session, data={"token": customers}, headers=form)).status_code == 403
        staffs = staff._http.headers["Authorization"].removeprefix("Bearer ")
        led = await browser.post(session, data={"token": staffs}, headers=form)
        assert (led.status_code, led.headers["location"].rstrip("/")) == (303, ui)
        shown = await decode()
        assert (shown.status_code, shown.headers["access-control-allow-credentials"]) == (200, "true")
        assert shown.headers["access-control-allow-origin"] == ui
        assert name in " ".join(_data(shown.json()))
        # Whatever another page were answered, its browser would not let it read.
        assert "access-control-allow-origin" not in (await decode("https://evil.example")).headers
