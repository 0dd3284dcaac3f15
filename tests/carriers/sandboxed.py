"""The sandbox on a free port, as the couriers' side of the wire for adapters' tests."""

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
import uvicorn
from fastapi import FastAPI, Request

from domain.quotes import CarrierAccount
from sandbox.app import create_app

SPEED = 600
TRUST = ssl.create_default_context()
"""Read once: it is a tenth of a second, and hundreds of tests have a client of their own."""


@dataclass
class Heard:
    """One webhook as it came."""

    headers: dict[str, str]
    body: bytes


@dataclass
class CourierSide:
    """One provider of the sandbox: how it is reached, what it shall do wrong, what it did and told."""

    http: httpx.AsyncClient
    provider: dict[str, Any]
    url: str
    heard: asyncio.Queue[Heard] = field(default_factory=asyncio.Queue)

    def account(self, **settings: Any) -> CarrierAccount:
        """An account there; `settings` beside those it needs."""
        base = {"base_url": self.url + self.provider["base_path"], **self.provider["settings"]}
        return CarrierAccount(
            carrier=self.provider["protocol"],
            account=self.provider["name"],
            name=self.provider["display_name"],
            settings={**base, **settings},
            credentials=self.provider["credentials"],
        )

    async def will(self, fault: str, operation: str = "*", **more: Any) -> None:
        """Something shall go wrong, once unless `times` says otherwise."""
        wrong = {"provider": self.provider["name"], "operation": operation, "fault": fault, **more}
        (await self.http.post("/control/faults", json=wrong)).raise_for_status()

    async def bookings(self) -> list[dict[str, Any]]:
        """Every booking it ever took."""
        items = (await self.http.get("/control/bookings")).json()["items"]
        return [booking for booking in items if booking["provider"] == self.provider["name"]]


async def _serving(app: FastAPI) -> AsyncIterator[str]:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        config = uvicorn.Config(app, log_config=None, timeout_graceful_shutdown=1)
        server = uvicorn.Server(config)
        server.install_signal_handlers = lambda: None  # type: ignore[attr-defined, method-assign, unused-ignore]
        task = asyncio.create_task(server.serve(sockets=[listening]))
        while not server.started:
            await asyncio.sleep(0.01)
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        server.should_exit = True
        await task


@pytest.fixture(scope="session")
async def sandbox_url(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[str]:
    """Where the sandbox answers."""
    state = tmp_path_factory.mktemp("sandbox") / "sandbox.db"
    async for url in _serving(create_app(str(state), SPEED)):
        yield url


@pytest.fixture(scope="session")
async def _webhooks() -> AsyncIterator[tuple[str, dict[str, asyncio.Queue[Heard]]]]:
    heard: dict[str, asyncio.Queue[Heard]] = {}
    app = FastAPI()

    @app.post("/v1/webhooks/{protocol}/{provider}")  # as our API has it: some sign the path
    async def receive(provider: str, request: Request) -> None:
        if provider in heard:
            heard[provider].put_nowait(Heard(dict(request.headers), await request.body()))

    async for url in _serving(app):
        yield url, heard


@pytest.fixture
async def couriers(
    sandbox_url: str, _webhooks: tuple[str, dict[str, asyncio.Queue[Heard]]]
) -> AsyncIterator[dict[str, CourierSide]]:
    """For each protocol its first provider without a temper, calling back to us."""
    ours, heard = _webhooks
    async with httpx.AsyncClient(base_url=sandbox_url, verify=TRUST) as http:
        items = (await http.get("/control/providers")).raise_for_status().json()["items"]
        found: dict[str, CourierSide] = {}
        for item in items:
            if item["calm"] and item["protocol"] not in found:
                side = found[item["protocol"]] = CourierSide(http, item, sandbox_url)
                heard[item["name"]] = side.heard
                hook = f"/control/providers/{item['name']}/webhook"
                back = f"{ours}/v1/webhooks/{item['protocol']}/{item['name']}"
                (await http.put(hook, json={"url": back})).raise_for_status()
        yield found
        await http.delete("/control/faults")
        heard.clear()
