"""The demo's twenty deliveries, and what they leave behind in every store."""

import asyncio
import os
import sys

import httpx
import pytest
from pymongo import AsyncMongoClient
from temporalio.client import Client

from demo import run
from demo.customer import Customer
from demo.scenarios import SCENARIOS
from domain import audit
from runtime.embedded import Stack


@pytest.fixture(scope="session")
async def ran(stack: Stack) -> bool:
    return await run(stack.urls["api"], stack.urls["sandbox"])


async def test_every_delivery_of_the_demo_ends_as_it_should(ran: bool) -> None:
    assert ran


async def test_no_two_couriers_were_sent_for_one_delivery(stack: Stack, ran: bool, staff: Customer) -> None:
    page = await staff.call("GET", "/v1/deliveries", params={"limit": 100})
    async with httpx.AsyncClient(base_url=stack.urls["sandbox"]) as sandbox:
        bookings = (await sandbox.get("/control/bookings")).json()["items"]
    held = [b["display_id"] for b in bookings if b["state"] in ("live", "finished")]
    assert len(page["items"]) >= len(SCENARIOS)
    assert len(held) == len(set(held))


async def test_temporal_lists_deliveries_by_search_attribute_and_tells_their_story(
    stack: Stack, ran: bool, staff: Customer
) -> None:
    temporal = await Client.connect(stack.env["ENTREGA_TEMPORAL_ADDRESS"])
    found = 0
    for _ in range(50):
        found = (await temporal.count_workflows('DeliveryStatus = "delivered" AND Service = "express"')).count
        if found >= 10:
            break
        await asyncio.sleep(0.2)
    assert found >= 10


async def test_the_audit_in_mongodb_is_the_whole_journal_and_its_chains_hold(
    stack: Stack, ran: bool, staff: Customer
) -> None:
    page = await staff.call("GET", "/v1/deliveries", params={"limit": 100})
    delivery = next(d for d in page["items"] if d["status"] == "returned")
    timeline = await staff.call("GET", f"/v1/tracking/{delivery['id']}")
    mongo: AsyncMongoClient = AsyncMongoClient(stack.env["ENTREGA_MONGO_URL"])
    collection = mongo["entrega"]["audit"]
    for _ in range(100):
        if await collection.count_documents({"subject": delivery["id"]}) == len(timeline["lines"]):
            break
        await asyncio.sleep(0.1)
    await mongo.close()
    audited = await staff.call("GET", "/v1/audit", params={"subject": delivery["id"], "limit": 100})
    lines = [audit.JournalLine.model_validate(line) for line in reversed(audited["items"])]
    assert [line.seq for line in lines] == list(range(1, len(timeline["lines"]) + 1))
    previous = audit.GENESIS
    for line in lines:
        assert line.prev_hash == previous
        assert line.hash == audit.chained(previous, line.subject, line)
        previous = line.hash


async def test_the_audit_log_is_verified_from_the_front_door(stack: Stack, ran: bool) -> None:
    command = [sys.executable, "-m", "entrega", "audit", "verify"]
    env = {**os.environ, **stack.env}
    done = await asyncio.create_subprocess_exec(*command, env=env, stdout=asyncio.subprocess.PIPE)
    said, _ = await done.communicate()
    assert done.returncode == 0
    assert b"whole, and as the journal tells it" in said


async def test_the_recipients_page_needs_no_sign_in_and_tells_nothing_personal(
    stack: Stack, ran: bool, staff: Customer
) -> None:
    page = await staff.call("GET", "/v1/deliveries", params={"limit": 100, "status": "delivered"})
    async with httpx.AsyncClient() as stranger:
        told = page["items"][0]["tracking_url"].replace("/track/", "/v1/track/")  # what the recipient's page asks
        answer = await stranger.get(told)
        again = await stranger.get(told, headers={"If-None-Match": answer.headers["etag"]})
    assert answer.json()["status"] == "delivered"
    assert again.status_code == 304
    for personal in ("Ana", "Bruno", "Carla", "Padaria", "Paulista", "+55"):
        assert personal not in answer.text


async def test_another_organisations_delivery_is_not_there(stack: Stack, ran: bool, staff: Customer) -> None:
    page = await staff.call("GET", "/v1/deliveries", params={"limit": 1})
    stranger = Customer(stack.urls["api"])
    await stranger.register("stranger@example.com", "a long enough secret", "Stranger")
    token = stranger._http.headers["Authorization"]
    await stranger.close()
    async with httpx.AsyncClient(base_url=stack.urls["api"], headers={"Authorization": token}) as http:
        theirs = await http.get(f"/v1/deliveries/{page['items'][0]['id']}")
        nobodys = await http.get(f"/v1/deliveries/del_{'0' * 32}")
    assert theirs.status_code == nobodys.status_code == 404
    assert theirs.content == nobodys.content
