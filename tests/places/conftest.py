"""A server that knows places, on a real socket, and atlases that ask it."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from cashews import Cache
from sandboxed import sandbox_url  # noqa: F401 - a fixture
from servers import Server, address

from domain.places import Address
from places import Atlas


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    made = Server()
    tasks: set[asyncio.Task[None]] = set()

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        try:
            await made.handle(reader, writer)
        except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            tasks.discard(task)
            writer.close()

    listening = await asyncio.start_server(handle, "127.0.0.1", 0)
    made.url = f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}"
    yield made
    listening.close()
    for task in tasks:
        task.cancel()


@pytest.fixture
async def cache() -> AsyncIterator[Cache]:
    made = Cache()
    made.setup("mem://")
    yield made
    await made.close()


@pytest.fixture
async def atlas(cache: Cache) -> AsyncIterator[Callable[..., Atlas]]:
    """Makes atlases over one cache, impatient ones unless told otherwise."""
    made: list[Atlas] = []

    def make(url: str, **more: Any) -> Atlas:
        usual = {"geocoder_url": url, "cep_url": url, "deadline_s": 2.0, "geocoder_rate": 1000.0}
        made.append(Atlas(cache, **{**usual, **more}))
        return made[-1]

    yield make
    for each in made:
        await each.close()


@pytest.fixture
def paulista() -> Address:
    return address()
