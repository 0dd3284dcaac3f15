"""People told by letter by the whole system, in both languages, until they want no more."""

import asyncio
import email
import email.policy
import re
import secrets
from email.message import EmailMessage
from typing import Any

import httpx

from demo.customer import Customer
from demo.scenarios import Scenario
from runtime.embedded import Stack


def letters_to(stack: Stack, address: str) -> list[EmailMessage]:
    """Every letter to an address, oldest first."""
    paths = sorted(stack.letters.glob("*.eml"), key=lambda path: path.name.partition("-")[2])
    every = [email.message_from_bytes(path.read_bytes(), policy=email.policy.default) for path in paths]
    return [letter for letter in every if letter["To"] == address]


async def letter_to(stack: Stack, address: str, words: str) -> EmailMessage:
    """The first that says so, be it the only thing it tells or one of several."""
    async with asyncio.timeout(120):
        while True:
            for letter in letters_to(stack, address):
                if words in letter["Subject"] + text(letter):
                    return letter
            await asyncio.sleep(0.1)


def text(letter: EmailMessage) -> str:
    body = letter.get_body(("plain",))
    assert body is not None
    return str(body.get_content())


async def delivered(shop: Customer, recipient: str) -> str:
    body: dict[str, Any] = Scenario("", "").body(1)
    body["dropoff"]["contact"] = {**body["dropoff"]["contact"], "email": recipient}
    body["notify_recipient"] = True
    delivery = await shop.call("POST", "/v1/deliveries", key=secrets.token_hex(8), json=body)
    offer = next(one["id"] for one in delivery["offers"] if one["carrier_account"] == "ligeiro")
    await shop.call("POST", f"/v1/deliveries/{delivery['id']}/accept", json={"offer_id": offer})
    return str(delivery["id"])


async def test_a_member_and_the_recipient_are_told_and_the_app_shows_the_same(stack: Stack) -> None:
    mine, theirs = f"shop-{secrets.token_hex(4)}@example.com", f"ana-{secrets.token_hex(4)}@example.com"
    shop = Customer(stack.urls["api"])
    await shop.register(mine, "a long enough secret", "Shop")
    token = re.search(r"#token=([\w-]+)", text(await letter_to(stack, mine, "Confirm")))
    assert token is not None
    await shop.call("POST", "/v1/users/verify-email", json={"token": token[1]})
    await shop.call("PATCH", "/v1/users/me", json={"locale": "en"})
    wishes = {"events": {"delivery.delivered": ["email", "in_app"]}}
    await shop.call("PUT", "/v1/notification-preferences", json=wishes)
    delivery = await delivered(shop, theirs)
    to_member = await letter_to(stack, mine, "Delivered")
    assert delivery in text(to_member)
    arrived = await letter_to(stack, theirs, "Entregue")
    told = "".join(letter["Subject"] + text(letter) for letter in letters_to(stack, theirs))
    steps = [told.index(step) for step in ("Entregador confirmado", "Retirada", "Saiu para entrega", "Entregue")]
    assert steps == sorted(steps)
    tracking = re.search(r"https?://\S+/track/\S+", text(arrived))
    assert tracking is not None
    async with httpx.AsyncClient() as anybody:
        assert (await anybody.get(tracking[0].replace("/track/", "/v1/track/"))).json()["status"] == "delivered"
        ends = arrived["List-Unsubscribe"].strip("<>")
        assert (await anybody.post(ends, data={"List-Unsubscribe": "One-Click"})).status_code == 200
    unread = (await shop.call("GET", "/v1/notifications?unread=true"))["items"]
    assert next(one["type"] for one in unread if one["delivery_id"] == delivery) == "delivery.delivered"
    before = len(letters_to(stack, theirs))
    another = await delivered(shop, theirs)
    async with asyncio.timeout(120):  # what comes to the member came to nobody else before
        while not any(another in text(letter) for letter in letters_to(stack, mine)):
            await asyncio.sleep(0.1)
    assert len(letters_to(stack, theirs)) == before
    await shop.close()
