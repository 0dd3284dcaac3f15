"""A server leaves so that nobody notices: what is under way, stands, or knocks while it does is answered."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import uvicorn
from fastapi import FastAPI

from runtime.serving import Leaving, Server


class Slow:
    """An app with one path that answers once it may."""

    def __init__(self) -> None:
        self.app, self.asked, self.may = FastAPI(), asyncio.Event(), asyncio.Event()
        self.app.get("/slow")(self.slow)
        self.app.get("/quick")(self.quick)

    async def slow(self) -> str:
        self.asked.set()
        await self.may.wait()
        return "at last"

    async def quick(self) -> str:
        return "here"


@asynccontextmanager
async def _served(app: FastAPI, leaving: Leaving, serve_on: float) -> AsyncIterator[tuple[Server, str]]:
    """The server and where it is; leaving the block waits for its end."""
    server = Server(uvicorn.Config(app, port=0, log_config=None, lifespan="on"), leaving, serve_on)
    running = asyncio.create_task(server.serve())
    async with asyncio.timeout(20):
        while not server.started:
            await asyncio.sleep(0.01)
        yield server, f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
        server.should_exit = True
        await running


async def _until_shut(leaving: Leaving) -> None:
    while not leaving.shut:
        await asyncio.sleep(0.01)


async def test_it_serves_on_and_asks_for_nothing_more_on_that_connection() -> None:
    leaving = Leaving()
    async with _served(Slow().app, leaving, 1.0) as (server, url), httpx.AsyncClient(base_url=url) as client:
        assert "connection" not in (await client.get("/quick")).headers
        server.should_exit = True
        while not leaving.begun:
            await asyncio.sleep(0.01)
        for _ in range(3):  # on the connection that stood, and on new ones
            answer = await client.get("/quick")
            assert (answer.status_code, answer.headers["connection"]) == (200, "close")


async def test_who_is_under_way_or_stands_there_is_answered_once_the_door_is_shut() -> None:
    slow, leaving = Slow(), Leaving()
    async with _served(slow.app, leaving, 0.5) as (server, url), httpx.AsyncClient(base_url=url) as client:
        standing = httpx.AsyncClient(base_url=url)
        await standing.get("/quick")
        under_way = asyncio.create_task(client.get("/slow"))
        await slow.asked.wait()
        server.should_exit = True
        await _until_shut(leaving)
        assert (await standing.get("/quick")).status_code == 200
        with contextlib.suppress(httpx.ConnectError):
            await httpx.AsyncClient(base_url=url).get("/quick")
            raise AssertionError("the door is open")
        slow.may.set()
        assert (await under_way).json() == "at last"
        await standing.aclose()


async def test_who_knocks_as_the_door_is_shut_is_let_in() -> None:
    async with _served(Slow().app, Leaving(), 0.5) as (server, url):
        # The kernel has connected us; the server has had no moment to look.
        plain = socket.create_connection(("127.0.0.1", int(url.rpartition(":")[2])))
        server._shut_the_door()
        reader, writer = await asyncio.open_connection(sock=plain)
        writer.write(b"GET /quick HTTP/1.1\r\nHost: x\r\n\r\n")
        assert (await reader.readline()).startswith(b"HTTP/1.1 200")
        writer.close()


async def test_without_a_while_it_ends_at_once_though_somebody_stands_there() -> None:
    leaving = Leaving()
    async with httpx.AsyncClient() as client:
        async with _served(Slow().app, leaving, 0.0) as (_, url):
            await client.get(f"{url}/quick")
        assert leaving.shut
