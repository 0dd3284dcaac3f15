"""The web app as people use it: a real browser (Playwright, `web/e2e`) against the whole system."""

import asyncio
import json
import os
import re
import shutil
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from test_identity import letter_to

from demo.customer import Customer
from demo.run import FINAL
from demo.scenarios import Scenario
from domain import audit
from domain.deliveries import Delivery, DeliveryRequest, DeliveryStatus, RecordMove
from runtime.embedded import Stack
from runtime.furnish import ADMIN_EMAIL
from runtime.ports import free_port
from runtime.settings import PREFIX, Settings
from runtime.wiring import Wiring

WEB = Path(__file__).parents[2] / "web"
LIGHTHOUSE = WEB / "lighthouse" / "node_modules" / "lighthouse"
_WHEEL = WEB.parent / ".venv" / "bin" / "node"
NODE = str(_WHEEL) if _WHEEL.exists() else "node"
"""The one that scripts/web.sh installed where the system's would not do, else the system's."""
_WITHIN_S = 240.0
_MANY = 1000
_STORES = ("deliveries_database_url", "keks_dir", "index_key_file")

pytestmark = pytest.mark.skipif(
    not (WEB / "dist" / "index.html").exists() or shutil.which("chromium") is None,
    reason="needs the built app (make web) and Debian's Chromium",
)


class OtherSide:
    """What a person's browser cannot do by itself here: read mail, be a carrier, wait."""

    def __init__(self, stack: Stack) -> None:
        self._stack, self._customer = stack, Customer(stack.urls["api"])
        self._mapped: asyncio.subprocess.Process | None = None

    async def close(self) -> None:
        await self._customer.close()
        if self._mapped is not None:
            self._mapped.kill()
            await self._mapped.wait()

    async def with_map(self, tiles: str) -> dict[str, Any]:
        """Another API of the same system, whose installation has a map."""
        port = free_port()
        base = f"http://127.0.0.1:{port}"
        told = {"PUBLIC_URL": base, "MAP_TILES_URL": tiles, "MAP_TILES_CREDIT": "© Mapas"}
        env = {**os.environ, **self._stack.env, **{f"{PREFIX}{name}": value for name, value in told.items()}}
        env.pop(f"{PREFIX}DATABASE_URL", None)  # the owner's, which no service is given
        command = (sys.executable, "-m", "entrega", "api", "all", "--port", str(port))
        self._mapped = await asyncio.create_subprocess_exec(*command, env=env)
        async with asyncio.timeout(_WITHIN_S), httpx.AsyncClient(base_url=base, trust_env=False) as http:
            while not await _ready(http):
                await asyncio.sleep(0.2)
        return {"base": base}

    async def letter(self, to: str) -> dict[str, Any]:
        link = re.search(r"https?://\S+#token=[\w-]+", await letter_to(self._stack, to))
        assert link is not None
        return {"link": link[0]}

    async def customer(self, email: str, password: str) -> dict[str, Any]:
        await self._customer.register(email, password, "Bia Lima")
        return {}

    async def delivery(self, email: str, password: str) -> dict[str, Any]:
        await self._customer.sign_in(email, password)
        body = Scenario("", "", choice="cheapest").body(1)
        made = await self._customer.call("POST", "/v1/deliveries", key="web", json=body)
        address = made["request"]["dropoff"]["address"]
        return {"id": made["id"], "to": f"{address['street']}, {address['number']} · {address['city']}"}

    async def tracking(self, id: str, email: str, password: str) -> dict[str, Any]:
        await self._customer.sign_in(email, password)
        return {"link": (await self._customer.call("GET", f"/v1/deliveries/{id}"))["tracking_url"]}

    async def refuses(self, provider: str) -> dict[str, Any]:
        fault = {"provider": provider, "operation": "quote", "fault": "refuse"}
        async with httpx.AsyncClient(base_url=self._stack.urls["sandbox"], trust_env=False) as sandbox:
            (await sandbox.post("/control/faults", json=fault)).raise_for_status()
        return {}

    async def delivered(self, id: str) -> dict[str, Any]:
        status = ""
        async with asyncio.timeout(_WITHIN_S):
            while status not in FINAL:
                status = (await self._customer.call("GET", f"/v1/deliveries/{id}"))["status"]
                await asyncio.sleep(0.5)
        assert status == "delivered"
        return {}

    async def thousand(self) -> dict[str, Any]:
        """A verified person whose organisation has a thousand deliveries; they are of long ago, so that no workflow is
        missed."""
        email, password = f"bia-{uuid4().hex[:8]}@example.com", "uma frase que ninguem adivinha"
        await self._customer.register(email, password, "Bia Lima")
        token = (await self.letter(email))["link"].partition("#token=")[2]
        await self._customer.call("POST", "/v1/users/verify-email", json={"token": token})
        await self._customer.sign_in(email, password)
        me = await self._customer.call("GET", "/v1/users/me")
        async with Wiring(_settings(self._stack)) as wiring:
            store = wiring.deliveries()
            for number in range(1, _MANY + 1):
                await store.record(_past(number, me["organisation_id"], me["id"]))
        return {"email": email, "password": password, "first": _street(_MANY), "last": _street(1)}

    async def quoted(self) -> dict[str, Any]:
        made = await self._customer.call("POST", "/v1/deliveries", key=uuid4().hex, json=Scenario("", "").body(1))
        return {"id": made["id"]}

    async def nobody_home(self) -> dict[str, Any]:
        body = Scenario("", "", marks="[sandbox:waits_for_decision]").body(1)
        made = await self._customer.call("POST", "/v1/deliveries", key=uuid4().hex, json=body)
        offer = next(each for each in made["offers"] if each["carrier_account"] == "ligeiro")
        await self._customer.call(
            "POST", f"/v1/deliveries/{made['id']}/accept", key=uuid4().hex, json={"offer_id": offer["id"]}
        )
        return {"id": made["id"]}

    async def books(self, id: str) -> dict[str, Any]:
        """Staff, and an invoice: of this delivery's carrier, a little higher than agreed, with an order of nobody's."""
        password = self._stack.admin_password()
        await self._customer.sign_in(ADMIN_EMAIL, password)
        entries = (await self._customer.call("GET", "/v1/entries", params={"delivery_id": id}))["items"]
        owing = next(entry for entry in entries if entry["account"] == "carrier_payable")
        cost = -sum(entry["money"]["amount"] for entry in entries if entry["account"] == "carrier_payable")
        lines = (f"{owing['booking_reference']},{(cost + 150) / 100:.2f},BRL", "nobodys-order,9.90,BRL")
        return {
            "email": ADMIN_EMAIL,
            "password": password,
            "account": f"{owing['carrier']}/{owing['carrier_account']}",
            "invoice": "\n".join(("reference,amount,currency", *lines, "")),
        }

    async def admin(self) -> dict[str, Any]:
        return {"email": ADMIN_EMAIL, "password": self._stack.admin_password()}

    async def attended(self) -> dict[str, Any]:
        """Somebody else's delivery, at whose door nobody was: it waits for a decision."""
        await self._customer.register(f"caio-{uuid4().hex[:8]}@example.com", "a long enough secret", "Caio")
        path = f"/v1/deliveries/{(await self.nobody_home())['id']}"
        async with asyncio.timeout(_WITHIN_S):
            while (made := await self._customer.call("GET", path))["attention"] != "decision_needed":
                await asyncio.sleep(0.5)
        return {"id": made["id"], "organisation": made["organisation_id"]}


async def _ready(http: httpx.AsyncClient) -> bool:
    try:
        return (await http.get("/healthz/ready")).is_success
    except httpx.TransportError:
        return False


def _settings(stack: Stack) -> Settings:
    told = {name.removeprefix(PREFIX).lower(): value for name, value in stack.env.items() if name.startswith(PREFIX)}
    return Settings.model_validate({name: told[name] for name in _STORES})


def _street(number: int) -> str:
    return f"Rua do Teste, {number} · São Paulo"


def _past(number: int, organisation_id: str, user_id: str) -> RecordMove:
    """One that was cancelled before anything was booked."""
    body = Scenario("", "").body(number)
    body["dropoff"]["address"] |= {"street": "Rua do Teste", "number": str(number)}
    at = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=number)
    delivery = Delivery(
        id=f"del_{uuid4().hex}",
        organisation_id=organisation_id,
        created_by=user_id,
        created_at=at,
        updated_at=at,
        ended_at=at,
        seq=1,
        status=DeliveryStatus.CANCELLED,
        request=DeliveryRequest.model_validate({**body, "reference": f"NF-{number:04}"}),
    )
    line = audit.Line(seq=1, kind="delivery.requested", actor=user_id, at=at, data={"status": "cancelled"})
    return RecordMove(delivery=delivery, lines=(line,))


async def test_a_person_registers_follows_a_delivery_live_and_leaves(stack: Stack) -> None:
    await _acted("e2e/journey", stack)


@pytest.mark.long
async def test_a_thousand_deliveries_are_found_acted_on_and_imported(stack: Stack) -> None:
    await _acted("e2e/deliveries", stack)


async def test_a_new_user_sends_something_within_a_minute_and_its_recipient_follows_it(stack: Stack) -> None:
    await _acted("e2e/sending", stack)


@pytest.mark.long
async def test_an_owner_keeps_account_and_organisation_and_staff_keep_the_desk(stack: Stack) -> None:
    await _acted("e2e/desk", stack)


@pytest.mark.long
async def test_figures_webhooks_and_ledger_of_a_delivery_as_customer_and_staff(stack: Stack) -> None:
    await _acted("e2e/money", stack)


@pytest.mark.long
async def test_a_map_comes_from_where_the_setting_says_and_from_nowhere_else(stack: Stack) -> None:
    await _acted("e2e/map", stack)


@pytest.mark.long
@pytest.mark.skipif(not LIGHTHOUSE.exists(), reason="needs Lighthouse (sh scripts/web.sh lighthouse)")
async def test_lighthouse_finds_nothing_below_95_but_for_speed_which_it_tells(stack: Stack) -> None:
    await _acted("lighthouse/run", stack)


async def _acted(name: str, stack: Stack) -> None:
    """A script of `web/`, with what it needs of others."""
    script = await asyncio.create_subprocess_exec(
        *(NODE, f"{name}.mjs", stack.urls["api"]),
        cwd=WEB,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    assert script.stdin is not None
    assert script.stdout is not None
    side = OtherSide(stack)
    try:
        async with asyncio.timeout(_WITHIN_S * 2):
            async for line in script.stdout:
                asked = json.loads(line)
                need = asked.pop("need")
                if need == "nothing":
                    break
                answer = await getattr(side, need)(**asked)
                script.stdin.write(json.dumps(answer).encode() + b"\n")
                await script.stdin.drain()
            assert await script.wait() == 0
    finally:
        if script.returncode is None:
            script.kill()
        await side.close()
