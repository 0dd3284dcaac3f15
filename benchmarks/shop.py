"""A customer under the stopwatch: one connection pool, one live stream, and the time at which each line arrived."""

import asyncio
import json
import secrets
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx

PICKUP = {
    "contact": {"name": "Padaria do Bairro", "phone": "+5511999990000"},
    "address": {
        "street": "Avenida Paulista", "number": "1578", "district": "Bela Vista", "city": "São Paulo", "state": "SP",
        "postal_code": "01310200", "latitude": -23.5614, "longitude": -46.6560,
    },
}  # fmt: skip
DROPOFF: dict[str, Any] = {
    "contact": {"name": "Ana", "phone": "+5511999990000"},
    "address": {
        "street": "Rua Augusta", "number": "2200", "district": "Cerqueira César", "city": "São Paulo", "state": "SP",
        "postal_code": "01412100", "latitude": -23.5577, "longitude": -46.6630,
    },
}  # fmt: skip
REQUEST: dict[str, Any] = {"pickup": PICKUP, "dropoff": DROPOFF, "parcels": [{"description": "Bolo", "weight_g": 1500}]}


class Shop:
    """`arrivals` holds, per delivery and kind of line, when the stream brought it (`time.perf_counter`)."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self.http = http
        self.arrivals: dict[tuple[str, str], list[float]] = {}
        self._changed = asyncio.Condition()

    async def call(self, method: str, path: str, **more: Any) -> Any:
        """One request under a key of its own; raises for any refusal."""
        answer = await self.http.request(method, path, headers={"Idempotency-Key": secrets.token_hex(8)}, **more)
        if answer.status_code >= 400:
            raise RuntimeError(f"{method} {path}: {answer.status_code} {answer.text[:300]}")
        return answer.json() if answer.content else None

    async def order(self, instructions: str = "") -> str:
        """A delivery, and the first offer of the fast carrier taken; its id."""
        body = {**REQUEST, "dropoff": {**DROPOFF, "instructions": instructions}}
        delivery = await self.call("POST", "/v1/deliveries", json=body)
        offer = next(o["id"] for o in delivery["offers"] if o["carrier_account"] == "ligeiro")
        await self.call("POST", f"/v1/deliveries/{delivery['id']}/accept", json={"offer_id": offer})
        its_id: str = delivery["id"]
        return its_id

    async def saw(self, delivery_id: str, kind: str, count: int = 1) -> float:
        """When the stream brought the `count`-th line of this kind; waits for it."""
        async with asyncio.timeout(180), self._changed:
            await self._changed.wait_for(lambda: len(self.arrivals.get((delivery_id, kind), ())) >= count)
        return self.arrivals[delivery_id, kind][count - 1]

    async def listen(self) -> None:
        """Follows everything of this organisation until it is cancelled."""
        async with self.http.stream("GET", "/v1/stream", timeout=None) as answer:
            async for text in answer.aiter_lines():
                if text.startswith("data:"):
                    now, line = time.perf_counter(), json.loads(text[5:])
                    async with self._changed:
                        self.arrivals.setdefault((line["subject"], line["kind"]), []).append(now)
                        self._changed.notify_all()


@asynccontextmanager
async def shop(url: str, email: str | None = None, password: str | None = None) -> AsyncIterator[Shop]:
    """A customer of its own organisation (or one that exists), signed in and listening."""
    limits = httpx.Limits(max_connections=200, max_keepalive_connections=200)
    async with httpx.AsyncClient(base_url=url, timeout=60, limits=limits, trust_env=False) as http:
        made = Shop(http)
        if email is None:
            email, password = f"bench-{secrets.token_hex(4)}@example.com", secrets.token_urlsafe(24)
            await made.call("POST", "/v1/users", json={"email": email, "password": password, "name": "Bench"})
        token = await made.call("POST", "/v1/users/sign-in", json={"email": email, "password": password})
        http.headers["Authorization"] = f"Bearer {token['access_token']}"
        listening = asyncio.create_task(made.listen())
        try:
            yield made
        finally:
            listening.cancel()
            await asyncio.gather(listening, return_exceptions=True)
