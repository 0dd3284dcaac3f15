"""What was said to carriers, seen by support beside the delivery; what processes count; the command that tells both."""

import asyncio
import json
import os
import re
import secrets
import sys
from pathlib import Path

import httpx
import pytest

from demo.customer import Customer, Refused
from demo.scenarios import Scenario
from runtime.embedded import Stack

ROOT = Path(__file__).parents[2]
OURS = "entrega_carrier_calls_total entrega_carrier_call_seconds_bucket entrega_carrier_breaker_state"


@pytest.fixture
async def customer(stack: Stack):
    made = Customer(stack.urls["api"])
    await made.register(f"exchanges-{secrets.token_hex(4)}@example.com", "a long enough secret", "Shop")
    yield made
    await made.close()


@pytest.fixture
async def booked(customer: Customer) -> str:
    """A delivery that ligeiro has taken."""
    body = Scenario("", "").body(2)  # to Carla, whose address comes without coordinates
    made = await customer.call("POST", "/v1/deliveries", key=secrets.token_hex(8), json=body)
    offer = next(offer["id"] for offer in made["offers"] if offer["carrier_account"] == "ligeiro")
    await customer.call("POST", f"/v1/deliveries/{made['id']}/accept", key="accept", json={"offer_id": offer})
    async with asyncio.timeout(60):
        while (await customer.call("GET", f"/v1/deliveries/{made['id']}"))["status"] in ("quoted", "booking"):
            await asyncio.sleep(0.2)
    its_id: str = made["id"]
    return its_id


async def test_support_sees_what_was_said_to_carriers_and_nobody_else_does(
    booked: str, customer: Customer, staff: Customer
) -> None:
    items = []
    async with asyncio.timeout(30):
        while not {"quote", "availability", "book"} <= {item["operation"] for item in items}:
            page = await staff.call("GET", f"/v1/tracking/{booked}/exchanges", params={"limit": 100})
            items = page["items"]
            await asyncio.sleep(0.2)
    assert {item["delivery_id"] for item in items} == {booked}
    assert [item["at"] for item in items] == sorted((item["at"] for item in items), reverse=True)
    quotes = {item["account"]: item["outcome"] for item in items if item["operation"] == "quote"}
    assert quotes["ligeiro"] == "ok"
    assert quotes["trava"] != "ok"
    book = next(item for item in items if item["operation"] == "book")
    assert book["request"]["orderId"] == book["booking_key"]
    assert book["answer"]["deliveryId"]
    assert book["request_id"]
    shown = json.dumps(items, ensure_ascii=False)
    people = ("Carla", "Padaria", "Funchal", "Paulista", "99990000", "0131020", "0455106", "-23.5", "Bolo", "entrega-l")
    assert [personal for personal in people if personal in shown] == []
    first = await staff.call("GET", f"/v1/tracking/{booked}/exchanges", params={"limit": 1})
    second = await staff.call("GET", f"/v1/tracking/{booked}/exchanges", params={"limit": 1, "cursor": first["next"]})
    assert second["items"][0]["id"] != first["items"][0]["id"]
    with pytest.raises(Refused) as forbidden:
        await customer.call("GET", f"/v1/tracking/{booked}/exchanges")
    assert forbidden.value.status == 403
    with pytest.raises(Refused) as missing:
        await staff.call("GET", f"/v1/tracking/del_{'0' * 32}/exchanges")
    assert missing.value.status == 404


async def test_api_and_workers_tell_what_they_count_of_carriers(booked: str, customer: Customer, stack: Stack) -> None:
    shipment = {name: Scenario("", "").body(1)[name] for name in ("service", "pickup", "dropoff", "parcels")}
    await customer.call("POST", "/v1/quotes", json=shipment)  # which the API asks carriers itself
    addresses = (stack.urls["api"], f"http://{stack.env['ENTREGA_WORKER_OWN_METRICS_ADDRESS']}")
    async with httpx.AsyncClient(trust_env=False) as http:
        for address in addresses:
            text = (await http.get(f"{address}/metrics")).text
            assert [name for name in OURS.split() if f"{name}{{" not in text] == []
            assert 'operation="quote",outcome="ok"' in text


async def test_a_person_lists_and_tries_carriers_without_knowing_addresses(booked: str, stack: Stack) -> None:
    folder = str(Path(stack.env["ENTREGA_KEYS_DIR"]).parents[1])
    clean = {name: value for name, value in os.environ.items() if not name.startswith("ENTREGA_")}

    async def entrega(*words: str) -> tuple[int, str]:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "entrega", *words, "--state", folder, cwd=ROOT, env=clean,
            stdout=asyncio.subprocess.PIPE,
        )  # fmt: skip
        said, _ = await process.communicate()
        assert process.returncode is not None
        return process.returncode, said.decode()

    code, said = await entrega("carriers")
    assert code == 0
    assert re.search(r"Open Delivery +open_delivery/ligeiro +enabled +closed +\d+ (s|min) ago, \w+: ok", said), said
    calm = dict(sorted(re.findall(r"(\w+)/(\w+) +enabled", said.replace("/trava", "")), reverse=True))
    assert len(calm) >= 4
    for carrier, account in calm.items():
        code, said = await entrega("carriers", "check", f"{carrier}/{account}")
        assert (code, "It works: for an example within BR it offers" in said) == (0, True), said
