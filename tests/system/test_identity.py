"""Who comes in, on the whole system: letters in the mailbox, keys that rotate under everybody's feet, a partner."""

import asyncio
import email
import email.policy
import re
import secrets
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import jwt
import pytest

from demo.customer import Customer
from demo.scenarios import Scenario
from runtime.embedded import Stack
from runtime.signing import rotate


@pytest.fixture
async def customer(stack: Stack) -> AsyncIterator[Customer]:
    made = Customer(stack.urls["api"])
    await made.register(f"ana-{secrets.token_hex(4)}@example.com", "a long enough secret", "Ana Souza")
    yield made
    await made.close()


def letters_to(stack: Stack, address: str) -> list[str]:
    """The plain text of every letter to an address, oldest first."""
    found = []
    for path in sorted(stack.letters.glob("*.eml")):
        message = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
        body = message.get_body(("plain",))
        if message["To"] == address and body is not None:
            found.append(body.get_content())
    return found


async def letter_to(stack: Stack, address: str) -> str:
    """The newest letter; it is sent once the answer is out."""
    async with asyncio.timeout(20):
        while not (found := letters_to(stack, address)):
            await asyncio.sleep(0.1)
    return found[-1]


async def test_a_letter_in_the_mailbox_verifies_the_address(customer: Customer, stack: Stack) -> None:
    me = await customer.call("GET", "/v1/users/me")
    assert me["email_verified"] is False
    link = re.search(r"#token=([\w-]+)", await letter_to(stack, me["email"]))
    assert link is not None
    await customer.call("POST", "/v1/users/verify-email", json={"token": link[1]})
    assert (await customer.call("GET", "/v1/users/me"))["email_verified"] is True


async def test_keys_rotate_and_nobody_notices(customer: Customer, stack: Stack) -> None:
    before = customer._http.headers["Authorization"].split()[1]
    rotate(Path(stack.env["ENTREGA_KEYS_DIR"]), force=True)
    me = await customer.call("GET", "/v1/users/me")
    answer = await customer.call("POST", "/v1/users/refresh")
    after = answer["access_token"]
    assert jwt.get_unverified_header(before)["kid"] != jwt.get_unverified_header(after)["kid"]
    async with httpx.AsyncClient(base_url=stack.urls["api"]) as http:
        for token in (before, after):
            headers = {"Authorization": f"Bearer {token}"}
            assert (await http.get("/v1/users/me", headers=headers)).json() == me
            assert (await http.get("/v1/deliveries", headers=headers)).status_code == 200


async def test_a_partners_key_requests_and_follows_its_own_deliveries_alone(customer: Customer, stack: Stack) -> None:
    there = f"/v1/organisations/{(await customer.call('GET', '/v1/users/me'))['organisation_id']}/service-accounts"
    scopes = ["deliveries:read", "deliveries:write", "tracking:read"]
    partner = await customer.call("POST", there, json={"name": "Loja", "role": "partner"})
    key = await customer.call("POST", f"{there}/{partner['id']}/keys", json={"name": "k", "scopes": scopes})
    owners: dict[str, Any] = await customer.call("POST", "/v1/deliveries", key="mine", json=Scenario("", "").body(1))
    async with httpx.AsyncClient(base_url=stack.urls["api"], timeout=30) as http:
        form = {"grant_type": "client_credentials", "client_id": key["id"], "client_secret": key["key"]}
        token = (await http.post("/v1/users/token", data=form)).json()
        http.headers["Authorization"] = f"Bearer {token['access_token']}"
        headers = {"Idempotency-Key": "mine"}  # the owner's too, which must not matter
        made = await http.post("/v1/deliveries", json=Scenario("", "").body(2), headers=headers)
        assert made.status_code == 201, made.text
        listed = (await http.get("/v1/deliveries")).json()["items"]
        assert [one["id"] for one in listed] == [made.json()["id"]]
        assert (await http.get(f"/v1/deliveries/{owners['id']}")).status_code == 404
        assert (await http.get(f"/v1/tracking/{owners['id']}")).status_code == 404
        assert (await http.get(f"/v1/tracking/{made.json()['id']}")).status_code == 200
    everything = await customer.call("GET", "/v1/deliveries")
    assert {one["id"] for one in everything["items"]} == {owners["id"], made.json()["id"]}
