"""Two APIs and two workers behind the real proxy, TLS on every hop: each is replaced under load, and nobody notices."""

import asyncio
import itertools
import json
import re
import secrets
import ssl
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from builds import OUR_FAULT, builds
from listening import listeners, refused, said_to_plaintext
from needs import debian_postgres
from replicas import Front, Replica, fronted, furnished

from demo import FINAL
from demo.scenarios import Scenario
from entrega import DEMO_POLICY, DEMO_SPEED
from runtime._certificates import Certificates
from runtime._renewing import Door
from runtime.embedded import Stack
from runtime.temporal import connect

pytestmark = [pytest.mark.long, debian_postgres]
_PARTS = ("mailbox", "migrate", "mongo", "postgres", "proxy", "relay", "sandbox", "temporal")
_SPEED = 2 * DEMO_SPEED  # so that a delivery lives for a quarter of a minute
_APART_S = 1.5
"""Between two deliveries of the same person: the machine is small."""
_AT_FIRST = 4
_ENDS_WITHIN_S = 90


class Client:
    """One who never asks twice: whatever a browser would have been shown is kept."""

    def __init__(self, front: Front, authority: Path) -> None:
        trust = ssl.create_default_context(cafile=authority)
        self._http = httpx.AsyncClient(base_url=front.url, verify=trust, trust_env=False, timeout=30)
        self.answered, self.failed = Counter[str](), list[str]()
        self.heard: dict[str, list[int]] = {}
        self.ids: list[str] = []
        self._numbers = itertools.count()
        self._enough = asyncio.Event()

    async def ask(self, method: str, path: str, key: str | None = None, **more: Any) -> Any:
        what = f"{method} {re.sub('del_[0-9a-f]+', '…', path)}"
        try:
            answer = await self._http.request(method, path, headers={"Idempotency-Key": key} if key else {}, **more)
        except httpx.HTTPError as error:
            self.failed.append(f"{what}: {type(error).__name__} {error}")
            return {}
        self.answered[what] += 1
        if answer.status_code >= 400:
            self.failed.append(f"{what}: {answer.status_code} {answer.text[:200]}")
        return answer.json() if answer.content else {}

    async def sign_up(self) -> None:
        body = {"email": f"rolling-{secrets.token_hex(4)}@example.com", "password": secrets.token_urlsafe(24)}
        await self.ask("POST", "/v1/users", json={**body, "name": "Ana"})
        answer = await self.ask("POST", "/v1/users/sign-in", json=body)
        self._http.headers["Authorization"] = f"Bearer {answer['access_token']}"

    async def read(self) -> None:
        while True:
            await self.ask("GET", "/v1/deliveries")
            for each in self.ids[-2:]:
                await self.ask("GET", f"/v1/deliveries/{each}")

    async def price(self) -> None:
        """By a POST without a key, which no proxy may send twice."""
        body = Scenario("", "").body(1)
        wanted = {name: body[name] for name in ("service", "pickup", "dropoff", "parcels")}
        while True:
            await self.ask("POST", "/v1/quotes", json=wanted)

    async def follow(self) -> None:
        """Everything that happens, by a stream that is opened anew whenever it ends whole."""
        last = "0.0"
        while True:
            try:
                headers = {"Last-Event-ID": last, "Accept": "text/event-stream"}
                async with self._http.stream("GET", "/v1/stream", headers=headers) as answer:
                    if answer.status_code != 200:
                        self.failed.append(f"stream: {answer.status_code}")
                    async for text in answer.aiter_lines():
                        if text.startswith("id:"):
                            last = text[3:].strip()
                        elif text.startswith("data:"):
                            line = json.loads(text[5:])
                            self.heard.setdefault(line["subject"], []).append(line["seq"])
            except httpx.HTTPError as error:
                self.failed.append(f"stream: {type(error).__name__} {error}")

    async def request(self) -> None:
        """One delivery after the other until it is enough, by rule and by hand in turn."""
        while not self._enough.is_set():
            number = next(self._numbers)
            body = Scenario("", "", choice="cheapest" if number % 2 else None).body(number)
            made = await self.ask("POST", "/v1/deliveries", key=f"rolling-{number}", json=body)
            if "id" in made:
                self.ids.append(made["id"])
                if not number % 2 and made["offers"]:
                    taken = {"offer_id": made["offers"][0]["id"]}
                    path = f"/v1/deliveries/{made['id']}/accept"
                    await self.ask("POST", path, key=f"rolling-{number}-accept", json=taken)
            await asyncio.sleep(_APART_S)

    async def ended(self) -> Counter[str]:
        """How many deliveries are how, once all have ended."""
        statuses: dict[str, str] = {}
        async with asyncio.timeout(_ENDS_WITHIN_S):
            while not all(statuses.get(each) in FINAL for each in self.ids):
                for each in self.ids:
                    if statuses.get(each) not in FINAL:
                        statuses[each] = (await self.ask("GET", f"/v1/deliveries/{each}")).get("status", "")
                await asyncio.sleep(0.5)
        return Counter(statuses.values())

    async def told(self) -> dict[str, list[int]]:
        """Every delivery's lines, by their numbers."""
        timelines = {each: await self.ask("GET", f"/v1/tracking/{each}") for each in self.ids}
        return {each: [line["seq"] for line in timeline["lines"]] for each, timeline in timelines.items()}

    @asynccontextmanager
    async def asking(self) -> AsyncIterator[None]:
        """Without a pause, while inside."""
        self._requesting = asyncio.gather(self.request(), self.request())
        others = [asyncio.create_task(each()) for each in (self.read, self.price, self.follow, self.follow)]
        try:
            yield
        finally:
            for task in (self._requesting, *others):
                task.cancel()
            ended = await asyncio.gather(*others, return_exceptions=True)
            assert {type(each) for each in ended} == {asyncio.CancelledError}

    async def request_no_more(self) -> None:
        self._enough.set()
        await self._requesting


async def _replaced(front: Front, old: Replica, *command: str, **told: str) -> list[int | None]:
    """One process by another of the same kind; what probes of the old one were answered as it left."""
    answered = await front.leaves(old)
    await (await front.replica(*command, **told)).until_ready()
    return answered


async def test_whoever_is_replaced_under_load_is_missed_by_nobody(tmp_path: Path) -> None:
    first, second = ({"BUILD_ID": build, "SET_CURRENT_VERSION": "true"} for build in ("first", "second"))
    async with fronted(tmp_path, _PARTS, speed=_SPEED, policy=DEMO_POLICY) as (stack, front), front.open() as proxy:
        apis = [await front.replica("api", "all") for _ in range(2)]
        workers = [await front.replica("worker", "all", **first) for _ in range(2)]
        await asyncio.gather(*(each.until_ready() for each in front.replicas))
        await furnished(stack, front)
        assert stack.authority is not None
        client = Client(front, stack.authority)
        await client.sign_up()
        async with client.asking():
            async with asyncio.timeout(60):
                while len(client.ids) < _AT_FIRST:
                    await asyncio.sleep(0.1)
            for api in apis:
                assert await api.served() > 0
                assert 503 in await _replaced(front, api, "api", "all")  # ready no more, and still answering
            for worker in workers:
                await _replaced(front, worker, "worker", "all", **second)
                assert worker.process.returncode == 0
            await client.request_no_more()
            statuses = await client.ended()
            told = await client.told()
            async with asyncio.timeout(20):
                while any(sorted(client.heard.get(each, [])) != sorted([*seqs, *seqs]) for each, seqs in told.items()):
                    await asyncio.sleep(0.1)  # both streams hear everything once
        assert not client.failed
        assert statuses["delivered"] > len(client.ids) // 2  # on a slow machine one may expire, which is an end too
        await _booked_once(stack, statuses["delivered"])
        worked, failed = await builds(await _temporal(stack))
        assert not failed & OUR_FAULT
        assert {"first", "second"} in worked
        assert set().union(*worked) == {"first", "second"}
        assert [await each.served() > 0 for each in front.replicas[-4:-2]] == [True, True]
        await _no_plaintext(front, proxy)


async def _booked_once(stack: Stack, delivered: int) -> None:
    trust = ssl.create_default_context(cafile=stack.authority)
    async with httpx.AsyncClient(base_url=stack.urls["sandbox"], verify=trust, trust_env=False) as sandbox:
        bookings = (await sandbox.get("/control/bookings")).json()["items"]
    held = [each["display_id"] for each in bookings if each["state"] in ("live", "finished")]
    assert len(set(held)) == len(held) >= delivered


async def _temporal(stack: Stack) -> Any:
    assert stack.authority is not None
    operator = Certificates(stack.authority.parent).of("operator")
    door = Door(operator.certificate, operator.key, stack.authority)
    return await connect(stack.env["ENTREGA_TEMPORAL_ADDRESS"], tls=door)


async def _no_plaintext(front: Front, proxy: int) -> None:
    """On any port of the proxy and of those who run now, but for what the SDK tells its worker on the loopback."""
    running = {each.address: each for each in front.replicas if each.process.returncode is None}
    found = listeners({**{address: each.process.pid for address, each in running.items()}, "proxy": proxy})
    inside = {each for each in found if each.address == "127.0.0.1"}
    assert sorted(each.part for each in inside) == sorted(name for name, each in running.items() if not each.api)
    # An API has two ports and a worker one; the proxy has two, on every address of this machine.
    assert len(found - inside) == sum(2 if each.api else 1 for each in running.values()) + 2
    for each in found - inside:
        address = "127.0.0.1" if each.part == "proxy" else each.address
        assert refused(await said_to_plaintext(each.port, address)), each
