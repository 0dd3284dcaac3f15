"""The log of exchanges: read as it was noted, forgotten after a month, and nobody's burden while MongoDB is away."""

import asyncio
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import fakes
import pytest
from making import fresh
from prometheus_client import REGISTRY

from domain.errors import Invalid, Unavailable
from domain.exchanges import Exchange
from storage import audit
from storage.exchanges import MongoExchangeLog

NOW = datetime.now(UTC).replace(microsecond=123_000)


def exchange(number: int = 0, **more: Any) -> Exchange:
    values = {
        "id": f"exc_{uuid.uuid4().hex}", "at": NOW + timedelta(milliseconds=number), "carrier": "open_delivery",
        "account": "ligeiro", "operation": "quote", "method": "POST", "path": "/v2/x", "status": 200, "outcome": "ok",
        "ms": 12, "request": {"a.b": [1, None, {"$c": "…"}]}, "answer": [1.5, True, 2**70], "headers": {"x-id": "1"},
    }  # fmt: skip
    return Exchange.model_validate({**values, **more})


@pytest.fixture
async def database(mongo):
    client = audit.connect(mongo.url)
    name = fresh("exchanges")
    yield client[name]
    await client.drop_database(name)
    await client.close()


@pytest.fixture
async def mongo_notes(database):
    async with MongoExchangeLog(database) as opened:
        yield opened


@pytest.fixture
def memory_notes():
    return fakes.InMemoryExchangeLog()


@pytest.fixture(params=["memory_notes", "mongo_notes"])
def log(request: pytest.FixtureRequest):
    return request.getfixturevalue(request.param)


async def written(log: Any, *exchanges: Exchange) -> None:
    for one in exchanges:
        log.note(one)
    if isinstance(log, MongoExchangeLog):
        await log.written()


async def test_an_exchange_reads_as_it_was_noted(log):
    full = exchange(delivery_id="del_1", booking_key="k", request_id="r", reason="x")
    bare = exchange(-1, delivery_id="del_1", status=None, request=None, answer=None, headers={})
    await written(log, full, bare)
    assert await log.search(delivery_id="del_1") == ([full, bare], None)


async def test_a_search_pages_newest_first_through_everything_once(log):
    told = [exchange(n // 3, delivery_id="del_1") for n in range(10)]  # three at the same instant
    await written(log, *told, exchange(delivery_id="del_2"), exchange())
    seen: list[Exchange] = []
    cursor = None
    while True:
        page, cursor = await log.search(delivery_id="del_1", limit=2, after=cursor)
        seen += page
        if cursor is None:
            break
    assert seen == sorted(told, key=lambda one: (one.at, one.id), reverse=True)


async def test_a_search_is_narrowed_by_account(log):
    mine, other = exchange(), exchange(1, account="tartaruga")
    await written(log, mine, other, exchange(2, carrier="lalamove"))
    assert await log.search(carrier="open_delivery", account="ligeiro", limit=1) == ([mine], None)
    assert await log.search(carrier="open_delivery") == ([other, mine], None)


@pytest.mark.parametrize("cursor", ["", "x", "WyJub3ciLCJ4Il0", "WyI5OTk5OTk5OTk5OTk5OTk5OSIsIngiXQ", "é"])
async def test_a_strange_cursor_is_invalid(log, cursor):
    with pytest.raises(Invalid):
        await log.search(after=cursor)


async def test_what_is_older_than_a_month_is_forgotten(mongo_notes):
    await written(mongo_notes, exchange(at=NOW - timedelta(days=31)), kept := exchange(at=NOW - timedelta(days=29)))
    async with asyncio.timeout(60):
        while (await mongo_notes.search())[0] != [kept]:
            await asyncio.sleep(0.1)


async def test_the_same_note_again_is_kept_once(log):
    one, other = exchange(), exchange(1)
    await written(log, one)
    await written(log, one, other)
    assert await log.search() == ([other, one], None)


async def test_what_waits_is_written_at_the_end(database):
    async with MongoExchangeLog(database) as log:
        told = [exchange(n) for n in range(250)]
        for one in told:
            log.note(one)
    found, _ = await log.search(limit=1000)
    assert found == told[::-1]


def became(outcome: str) -> float:
    return REGISTRY.get_sample_value("entrega_exchanges_total", {"outcome": outcome}) or 0


async def test_while_mongodb_is_away_the_newest_wait_and_the_rest_are_counted(mongo, monkeypatch):
    """A proxy stands for the network: closed, then open again."""
    host, _, port = mongo.url.removeprefix("mongodb://").partition("/")[0].partition(":")
    open_now = False
    pipes: set[asyncio.Task[None]] = set()

    async def pipe(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if not open_now:
            writer.close()
            return
        there, back = await asyncio.open_connection(host, int(port))
        pipes.update({asyncio.create_task(pipe(reader, back)), asyncio.create_task(pipe(there, writer))})

    monkeypatch.setattr("storage.exchanges._PAUSE_S", 0.05)
    monkeypatch.setattr("storage.audit._FIND_MS", 200)
    proxy = await asyncio.start_server(answer, "127.0.0.1", 0)
    url = f"mongodb://127.0.0.1:{proxy.sockets[0].getsockname()[1]}/?directConnection=true"
    async with proxy, audit.connect(url) as client:
        name, dropped = fresh("exchanges"), became("dropped")
        async with MongoExchangeLog(client[name], most_waiting=20) as log:
            told = [exchange(n) for n in range(50)]
            for one in told:
                log.note(one)
                await asyncio.sleep(0)
            with pytest.raises(Unavailable):
                await log.search()
            async with asyncio.timeout(30):
                while became("dropped") - dropped < 30:
                    await asyncio.sleep(0.01)
            open_now = True
            await log.written()
            assert became("dropped") - dropped == 30
            found, _ = await log.search()
        await client.drop_database(name)
    for task in pipes:
        task.cancel()
    assert found == told[:-21:-1]
