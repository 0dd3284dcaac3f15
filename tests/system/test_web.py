"""The web app as people use it: a real browser (Playwright, `web/e2e`) against the whole system."""

import asyncio
import json
import re
import shutil
from pathlib import Path
from typing import Any

import httpx
import pytest
from test_identity import letter_to

from demo.customer import Customer
from demo.run import FINAL
from demo.scenarios import Scenario
from runtime.embedded import Stack

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


async def test_a_person_registers_follows_a_delivery_live_and_leaves(stack: Stack) -> None:
    await _played("journey", stack)


async def test_a_new_user_sends_something_within_a_minute_and_its_recipient_follows_it(stack: Stack) -> None:
    await _played("sending", stack)


async def _played(script_name: str, stack: Stack) -> None:
    script = await asyncio.create_subprocess_exec(
        *("node", f"e2e/{script_name}.mjs", stack.urls["api"]),
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
