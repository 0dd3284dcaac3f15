"""The live stream: everything of one's own, in order, resumed without gaps, and nothing of anybody else's."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import httpx
import jwt
import pytest
import uvicorn
from fastapi import FastAPI

from api.deps import Parts
from domain import audit


@pytest.fixture
async def served(app: FastAPI, parts: Parts) -> AsyncIterator[str]:
    """Over a real socket: a stream never ends by itself."""
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_config=None, lifespan="on", timeout_graceful_shutdown=1))
    async with parts.bell.ringing():
        running = asyncio.create_task(server.serve())
        while not server.started:
            await asyncio.sleep(0.01)
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
        server.should_exit = True
        await running


def write(parts: Parts, organisation_id: str, seq: int, subject: str = f"del_{'a' * 32}") -> None:
    line = audit.Line(seq=seq, kind="delivery.moved", actor="system", at=datetime.now(UTC), data={"status": "booked"})
    parts.journal.write(subject, organisation_id, [line])  # type: ignore[attr-defined]


async def events(url: str, headers: dict[str, str], how_many: int) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    async with (
        asyncio.timeout(20),
        httpx.AsyncClient(base_url=url) as client,
        client.stream("GET", "/v1/stream", headers=headers) as answer,
    ):
        assert answer.headers["content-type"].startswith("text/event-stream")
        event: dict[str, Any] = {}
        async for line in answer.aiter_lines():
            name, _, value = line.partition(": ")
            if line == "" and "data" in event:
                found.append(event)
                event = {}
                if len(found) == how_many:
                    break
            elif name in ("id", "event"):
                event[name] = value
            elif name == "data":
                event["data"] = json.loads(value)
    return found


async def test_it_goes_on_where_it_broke_and_shows_only_ones_own(served: str, parts: Parts, signed: Any) -> None:
    headers = await signed()
    mine = jwt.decode(headers["Authorization"].split()[1], options={"verify_signature": False})["org"]
    for seq in (1, 2):
        write(parts, mine, seq)
        write(parts, "org_other", seq, f"del_{'b' * 32}")
    # Registering was the organisation's first line.
    first = await events(served, headers, 3)
    assert [event["event"] for event in first] == ["user.registered", "delivery.moved", "delivery.moved"]
    following = asyncio.create_task(events(served, {**headers, "Last-Event-ID": first[1]["id"]}, 3))
    await asyncio.sleep(0.1)
    for seq in (3, 4):
        write(parts, "org_other", seq, f"del_{'b' * 32}")
        write(parts, mine, seq)
    later = await following
    assert [event["data"]["seq"] for event in later] == [2, 3, 4]
    assert {event["data"]["subject"] for event in later} == {f"del_{'a' * 32}"}


async def test_a_new_line_rings_a_waiting_stream(served: str, parts: Parts, signed: Any) -> None:
    headers = await signed()
    mine = jwt.decode(headers["Authorization"].split()[1], options={"verify_signature": False})["org"]
    waiting = [asyncio.create_task(events(served, headers, 2)) for _ in range(10)]
    await asyncio.sleep(0.2)
    write(parts, mine, 1)
    for task in waiting:
        assert (await task)[1]["data"]["status"] == "booked"


async def test_a_refused_stream_is_a_problem(served: str) -> None:
    with contextlib.suppress(httpx.ReadError):
        async with httpx.AsyncClient(base_url=served) as client:
            answer = await client.get("/v1/stream")
    assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")
