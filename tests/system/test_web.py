"""The web app as people use it: a real browser (Playwright, `web/e2e`) against the whole system."""

import asyncio
import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest
from test_identity import letter_to

from demo.customer import Customer
from demo.run import FINAL
from demo.scenarios import Scenario
from runtime.embedded import Stack
from runtime.furnish import ADMIN_EMAIL

WEB = Path(__file__).parents[2] / "web"
_WITHIN_S = 240.0

pytestmark = pytest.mark.skipif(
    not (WEB / "dist" / "index.html").exists() or shutil.which("chromium") is None,
    reason="needs the built app (make web) and Debian's Chromium",
)


class OtherSide:
    """What a person's browser cannot do by itself here: read mail, be a carrier, wait."""

    def __init__(self, stack: Stack) -> None:
        self._stack, self._customer = stack, Customer(stack.urls["api"])

    async def close(self) -> None:
        await self._customer.close()

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

    async def delivered(self, id: str) -> dict[str, Any]:
        status = ""
        async with asyncio.timeout(_WITHIN_S):
            while status not in FINAL:
                status = (await self._customer.call("GET", f"/v1/deliveries/{id}"))["status"]
                await asyncio.sleep(0.5)
        assert status == "delivered"
        return {}

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


async def _play(script: str, stack: Stack) -> None:
    """A script of the browser from beginning to end, with an answer to whatever it needs of the other side."""
    browser = await asyncio.create_subprocess_exec(
        *("node", f"e2e/{script}.mjs", stack.urls["api"]),
        cwd=WEB,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    assert browser.stdin is not None
    assert browser.stdout is not None
    side = OtherSide(stack)
    try:
        async with asyncio.timeout(_WITHIN_S * 2):
            async for line in browser.stdout:
                asked = json.loads(line)
                need = asked.pop("need")
                if need == "nothing":
                    break
                answer = await getattr(side, need)(**asked)
                browser.stdin.write(json.dumps(answer).encode() + b"\n")
                await browser.stdin.drain()
            assert await browser.wait() == 0
    finally:
        if browser.returncode is None:
            browser.kill()
        await side.close()


async def test_a_person_registers_follows_a_delivery_live_and_leaves(stack: Stack) -> None:
    await _play("journey", stack)


async def test_figures_webhooks_and_ledger_of_a_delivery_as_customer_and_staff(stack: Stack) -> None:
    await _play("money", stack)
