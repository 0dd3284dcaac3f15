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
from domain.users import OrgRole, Role


@pytest.fixture
async def served(app: FastAPI, parts: Parts) -> AsyncIterator[str]:
    """Over a real socket: a stream never ends by itself."""
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_config=None, lifespan="off", timeout_graceful_shutdown=1))
    async with parts.bell.ringing():
        running = asyncio.create_task(server.serve())
        while not server.started:
            await asyncio.sleep(0.01)
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
        server.should_exit = True
        await running


def write(
    parts: Parts, organisation_id: str, seq: int, subject: str = f"del_{'a' * 32}", actor: str = "system", **more: Any
) -> None:
    data = {"status": "booked", **more}
    line = audit.Line(seq=seq, kind="delivery.moved", actor=actor, at=datetime.now(UTC), data=data)
    parts.journal.write(subject, organisation_id, [line])  # type: ignore[attr-defined]


async def events(
    url: str, headers: dict[str, str], how_many: int, delivery_id: str | None = None
) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    named = {"delivery_id": delivery_id} if delivery_id else {}
    async with (
        asyncio.timeout(20),
        httpx.AsyncClient(base_url=url) as client,
        client.stream("GET", "/v1/stream", headers=headers, params=named) as answer,
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
    for seq in (1, 2, 3):
        write(parts, mine, seq)
        write(parts, "org_other", seq, f"del_{'b' * 32}")
    first = await events(served, headers, 3)
    assert [event["event"] for event in first] == ["delivery.moved"] * 3
    following = asyncio.create_task(events(served, {**headers, "Last-Event-ID": first[1]["id"]}, 3))
    await asyncio.sleep(0.1)
    for seq in (4, 5):
        write(parts, "org_other", seq, f"del_{'b' * 32}")
        write(parts, mine, seq)
    later = await following
    assert [event["data"]["seq"] for event in later] == [3, 4, 5]
    assert {event["data"]["subject"] for event in later} == {f"del_{'a' * 32}"}


async def test_who_asks_for_what_is_to_come_hears_nothing_older(served: str, parts: Parts, signed: Any) -> None:
    headers = await signed()
    mine = jwt.decode(headers["Authorization"].split()[1], options={"verify_signature": False})["org"]
    write(parts, mine, 1)
    async with (
        asyncio.timeout(20),
        httpx.AsyncClient(base_url=served, headers=headers) as client,
        client.stream("GET", "/v1/stream", params={"after": "now"}) as answer,
    ):
        write(parts, mine, 2)
        told = await anext(line async for line in answer.aiter_lines() if line.startswith("data:"))
    assert json.loads(told[5:])["seq"] == 2


async def test_a_new_line_rings_a_waiting_stream(served: str, parts: Parts, signed: Any) -> None:
    headers = await signed()
    mine = jwt.decode(headers["Authorization"].split()[1], options={"verify_signature": False})["org"]
    write(parts, mine, 1)
    waiting = [asyncio.create_task(events(served, headers, 2)) for _ in range(10)]
    await asyncio.sleep(0.2)
    write(parts, mine, 2)
    for task in waiting:
        assert (await task)[1]["data"]["status"] == "booked"


async def test_a_partner_follows_the_deliveries_it_requested_and_no_others(
    served: str, parts: Parts, signed: Any
) -> None:
    headers = await signed(user_id="svc_1", organisation_id="org_1", org_role=OrgRole.PARTNER)
    own, others = f"del_{'c' * 32}", f"del_{'d' * 32}"
    write(parts, "org_1", 1, own, actor="svc_1")
    write(parts, "org_1", 1, others, actor="svc_2")
    [event] = await events(served, headers, 1, own)
    assert event["data"]["subject"] == own
    async with httpx.AsyncClient(base_url=served, headers=headers) as client:
        theirs = await client.get("/v1/stream", params={"delivery_id": others})
        nobodys = await client.get("/v1/stream", params={"delivery_id": f"del_{'0' * 32}"})
        everything = await client.get("/v1/stream")
        timelines = [await client.get(f"/v1/tracking/{subject}") for subject in (own, others, f"del_{'0' * 32}")]
    assert theirs.status_code == nobodys.status_code == 404
    assert theirs.content == nobodys.content
    assert everything.status_code == 403
    assert [answer.status_code for answer in timelines] == [200, 404, 404]
    assert timelines[1].content == timelines[2].content


async def test_what_we_pay_is_for_staff_alone(served: str, parts: Parts, signed: Any) -> None:
    customer, staff = await signed(organisation_id="org_1"), await signed(Role.SUPPORT, organisation_id="org_1")
    subject = f"del_{'e' * 32}"
    write(parts, "org_1", 1, subject, cost=4711)
    for headers, whole in ((customer, False), (staff, True)):
        [event] = await events(served, headers, 1, subject)
        async with httpx.AsyncClient(base_url=served, headers=headers) as client:
            [line] = (await client.get(f"/v1/tracking/{subject}")).json()["lines"]
        assert event["data"]["data"] == line["data"] == {"status": "booked", **({"cost": 4711} if whole else {})}


async def test_a_client_holds_so_many_streams_open_and_no_more(served: str, parts: Parts, signed: Any) -> None:
    parts.settings = parts.settings.model_copy(update={"streams_per_client": 2})
    mine, others = await signed(), await signed()
    async with asyncio.timeout(20), httpx.AsyncClient(base_url=served) as client, contextlib.AsyncExitStack() as stack:

        def open_one(headers: Any) -> Any:
            return client.stream("GET", "/v1/stream", headers=headers)

        await stack.enter_async_context(open_one(mine))
        async with open_one(mine) as second:
            assert second.status_code == 200
            refused = await client.get("/v1/stream", headers=mine)
            assert (refused.status_code, refused.json()["code"]) == (429, "too_many")
            assert refused.headers["retry-after"]
            async with open_one(others) as another:
                assert another.status_code == 200
        status = 429
        while status == 429:  # until the second one's going has been noticed
            async with open_one(mine) as again:
                status = again.status_code
        assert status == 200


async def test_a_refused_stream_is_a_problem(served: str) -> None:
    with contextlib.suppress(httpx.ReadError):
        async with httpx.AsyncClient(base_url=served) as client:
            answer = await client.get("/v1/stream")
    assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")


async def test_a_process_about_to_end_is_not_ready_and_ends_its_streams_whole(
    served: str, app: FastAPI, signed: Any
) -> None:
    headers = await signed()
    async with asyncio.timeout(20), httpx.AsyncClient(base_url=served) as client:
        assert (await client.get("/healthz/ready")).status_code == 200
        async with client.stream("GET", "/v1/stream", headers=headers, params={"after": "now"}) as answer:
            app.state.leaving.begun = app.state.leaving.shut = True
            async for _ in answer.aiter_lines():  # httpx raises where one breaks off
                pass
        unready = await client.get("/healthz/ready")
    assert (unready.status_code, unready.json()["code"]) == (503, "unavailable")
