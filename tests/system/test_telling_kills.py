"""kill -9 of whatever tells, again and again while deliveries live and a customer's own server or mailbox listens."""

import asyncio
import contextlib
import email
import os
import re
import secrets
import signal
from collections import defaultdict
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any

import pytest
from receiver import Receiver, receiving, says

from demo.customer import Customer, Refused
from demo.scenarios import Scenario
from domain._letter_words import TITLES
from domain.events import EVENTS
from domain.telling import MEMBERS_HEAR, RECIPIENTS_HEAR
from domain.users import Locale
from entrega import DEMO_POLICY, DEMO_SPEED
from runtime.embedded import Stack

pytestmark = pytest.mark.long
SENT = 6
KILLED = ("relay", "worker", "mailbox", "mongo")
ENV = {"ENTREGA_WEBHOOKS_PAUSE__AFTER": "PT1S", "ENTREGA_WEBHOOKS_PAUSE__FAILURES": "3"}
OWNER = "loja@example.com"


async def _lives(shop: Customer, number: int, *, writes: bool = False) -> str:
    """One delivery, to its end."""
    await asyncio.sleep(number * 1.5)  # spread, so that each kill meets some at every point of their lives
    body = Scenario("", "", writes=writes).body(number)
    delivery = await shop.call("POST", "/v1/deliveries", key=secrets.token_hex(8), json=body)
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


def _letters(stack: Stack, to: str) -> list[EmailMessage]:
    """What came to an address, oldest first."""
    paths = sorted(stack.letters.glob("*.eml"), key=lambda path: path.name.partition("-")[2])
    every = [email.message_from_bytes(path.read_bytes(), policy=default) for path in paths]
    return [one for one in every if one["To"] == to]


def _of_a_pause(stack: Stack) -> list[EmailMessage]:
    return [one for one in _letters(stack, OWNER) if "webhook" in one["Subject"].lower()]


def _text(letter: EmailMessage) -> str:
    body = letter.get_body(("plain",))
    assert body is not None
    return str(body.get_content())


def _told(letters: list[EmailMessage]) -> dict[str, list[str]]:
    """Of each delivery named what was new, in its order; of two letters with one id both say the same."""
    seen: dict[str, str] = {}
    told: defaultdict[str, list[str]] = defaultdict(list)
    for letter in letters:
        text, its_id = _text(letter), str(letter["Message-ID"])
        if its_id not in seen:
            listed = [line.split(" · ")[1:] for line in text.splitlines() if " · " in line]
            for what, *named in listed or [[letter["Subject"].partition(":")[0]]]:
                told[(named or re.findall(r"del_\w+", text) or [""])[0]].append(what)
        assert seen.setdefault(its_id, text) == text
    return told


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
            while not _of_a_pause(stack):
                await asyncio.sleep(0.5)
        now = await shop.call("GET", f"/v1/webhook-endpoints/{failing['id']}")
        assert (now["enabled"], now["disabled_reason"]) == (False, "failing")
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


async def _verified(stack: Stack, shop: Customer) -> None:
    """The owner's address is known to be theirs."""
    async with asyncio.timeout(60):
        while not (letters := _letters(stack, OWNER)):
            await asyncio.sleep(0.1)
    token = re.search(r"#token=([\w-]+)", _text(letters[0]))
    assert token is not None
    await shop.call("POST", "/v1/users/verify-email", json={"token": token[1]})


async def _killed_at_a_letter(stack: Stack, part: str) -> None:
    """As soon as another letter comes."""
    pid, before = await stack.until_ready(part), len(list(stack.letters.glob("*.eml")))
    async with asyncio.timeout(90):
        while len(list(stack.letters.glob("*.eml"))) == before:
            await asyncio.sleep(0.001)
    with contextlib.suppress(ProcessLookupError):  # the worker dies once of itself
        os.kill(pid, signal.SIGKILL)
    await stack.until_ready(part, other_than=pid)


async def test_whatever_is_killed_while_letters_are_sent_each_line_is_told_and_a_repetition_has_its_id(
    tmp_path: Path,
) -> None:
    """Once at least something comes twice: the worker dies between the mail server's yes and its record."""
    env = {"ENTREGA_CRASH_AT": "write_to_recipient:after", "ENTREGA_CRASH_MARKER": str(tmp_path / "crashed")}
    async with Stack(tmp_path, speed=DEMO_SPEED, policy=DEMO_POLICY, usual_ports=False, env=env) as stack:
        shop = Customer(stack.urls["api"])
        await shop.register(OWNER, "a long enough secret", "Loja")
        await _verified(stack, shop)
        await shop.call("PATCH", "/v1/users/me", json={"locale": "en"})
        wishes = {event: ["email"] if event in RECIPIENTS_HEAR else [] for event in MEMBERS_HEAR}
        await shop.call("PUT", "/v1/notification-preferences", json={"events": wishes})
        lives = [asyncio.create_task(_lives(shop, number, writes=True)) for number in range(SENT)]
        for part in ("mailbox", "worker") * 2:
            await _killed_at_a_letter(stack, part)
        deliveries = await asyncio.gather(*lives)

        async def expected(locale: Locale) -> list[list[str]]:
            happened = [await _happened(shop, delivery) for delivery in deliveries]
            return [[TITLES[kind][locale] for _, kind in lines if kind in RECIPIENTS_HEAR] for lines in happened]

        def to_member() -> list[list[str]]:
            letters = [one for one in _letters(stack, OWNER) if "Confirm" not in one["Subject"]]
            told = _told(letters)
            return [told[delivery] for delivery in deliveries]

        def to_recipients() -> list[list[str]]:
            come = [_letters(stack, f"recipient-{number:02}@example.com") for number in range(SENT)]
            return [[what for told in _told(letters).values() for what in told] for letters in come]

        async with asyncio.timeout(150):
            while [*map(sorted, to_member())] != [*map(sorted, await expected(Locale.EN))]:
                await asyncio.sleep(0.5)
            while [*map(sorted, to_recipients())] != [*map(sorted, await expected(Locale.PT_BR))]:
                await asyncio.sleep(0.5)
        assert to_member() == await expected(Locale.EN)
        assert to_recipients() == await expected(Locale.PT_BR)
        assert (tmp_path / "crashed").exists()
        ids = [
            one["Message-ID"] for number in range(SENT) for one in _letters(stack, f"recipient-{number:02}@example.com")
        ]
        assert len(ids) > len(set(ids))
        await shop.close()
