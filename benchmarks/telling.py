"""What telling costs: the relay beside bare calls with as many lines, and a fan-out in which one subscriber hangs."""

import asyncio
import base64
import contextlib
import os
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from pymongo import AsyncMongoClient
from pymongo.write_concern import WriteConcern
from temporalio.client import Client

from domain import audit
from domain.notifications import Secrets, WebhookEndpoint
from runtime.embedded import Stack
from runtime.settings import Settings
from runtime.temporal import TemporalNotifier, connect, set_current_version
from runtime.wiring import Wiring
from storage._engine import transaction
from storage.journal import START, lock, write_lines
from workers import notifications
from workers.heartbeats import Heartbeats
from workers.interceptors import DomainErrors
from workflows import addressing

STORY = ("requested", "quoted", "booking", "booked", "picked_up", "delivered")
_DELIVERIES, _SUBSCRIBERS = 100, 3
_FANNED, _RECEIVERS = 4, 10
_AT_ONCE = 32
_READY_S, _LONGEST_S = 20.0, 60.0

Progress = Callable[[int], None]


async def measure(progress: Progress) -> dict[str, Any]:
    """On servers of its own, since a relay that runs already would help."""
    parts = ("postgres", "mongo", "temporal", "migrate")
    with tempfile.TemporaryDirectory(prefix="entrega-telling-") as folder:
        async with Stack(folder, only=parts, usual_ports=False) as stack, AsyncExitStack() as more:
            fields = {
                name.removeprefix("ENTREGA_").lower(): value
                for name, value in stack.env.items()
                if name != "ENTREGA_POLICY"
            }
            settings = Settings.model_validate(fields)
            wiring = await more.enter_async_context(Wiring(settings))
            codec = wiring.codec(("notifications",))
            temporal = await connect(settings.temporal_address, codec=codec)
            bench = Bench(stack, wiring, temporal)
            progress(1)
            fanned = await bench.fan_out(progress)  # first: what relays tell, no worker is there to send
            relayed = {str(count): await bench.relays(count) for count in (1, 2)}
            progress(1)
            bare = {"mongo": await bench.bare_mongo(), "subscribers": await bench.bare_signals()}
            progress(1)
            return {"relays": relayed, "bare": bare, "fan_out": fanned}


class Bench:
    """One journal, and whoever hears of it."""

    def __init__(self, stack: Stack, wiring: Wiring, temporal: Client) -> None:
        self._stack, self._wiring, self._temporal = stack, wiring, temporal

    async def relays(self, count: int) -> dict[str, float]:
        """Lines a second to either side, by so many relays that idle when the lines come."""
        organisation = f"org_{uuid4().hex}"
        for _ in range(_SUBSCRIBERS):
            await self._subscribe(organisation, "https://127.0.0.1/")  # nobody sends: no worker runs yet
        async with contextlib.AsyncExitStack() as running:
            for _ in range(count):
                await running.enter_async_context(self._relay())
            await self._come_to(await self._write("org_nobody", 1))
            began = time.perf_counter()
            last = await self._write(organisation, _DELIVERIES)
            written = time.perf_counter()
            mongo, told = await self._come_to(last)
        lines = _DELIVERIES * len(STORY)
        return {
            "mongo": lines / (mongo - written),
            "subscribers": lines / (told - written),
            "writing_s": written - began,
        }

    async def _come_to(self, last: audit.Cursor) -> tuple[float, float]:
        """When the audit log and the subscribers' workflows had everything."""
        copied, subscribers = self._wiring.audit(copies=True), self._wiring.subscribers()

        async def reached(place: Callable[[], Any]) -> float:
            async with asyncio.timeout(_LONGEST_S):
                while (now := await place()) != last:
                    assert (now.txid, now.id) <= (last.txid, last.id)
                    await asyncio.sleep(0.01)
            return time.perf_counter()

        return await asyncio.gather(reached(copied.cursor), reached(subscribers.cursor))

    async def bare_mongo(self) -> float:
        """Lines a second: what the relay copies, inserted into the same place in a batch of its size and with its write
        concern, once it has nothing more to copy."""
        lines = await self._wiring.journal("relay").after(audit.Cursor(), 500)
        documents = [{**line.model_dump(mode="json"), "_id": -number} for number, line in enumerate(lines, start=1)]
        client: AsyncMongoClient[dict[str, Any]] = AsyncMongoClient(self._stack.env["ENTREGA_RELAY_MONGO_URL"])
        concern = WriteConcern("majority", j=True)
        where = client[self._wiring.settings.mongo_database].get_collection("audit", write_concern=concern)
        began = time.perf_counter()
        await where.insert_many(documents, ordered=True)
        taken = time.perf_counter() - began
        await client.close()
        return len(documents) / taken

    async def bare_signals(self) -> float:
        """Lines a second: as many signals with start as the relay sends, and nothing read or kept beside."""
        places, notifier = asyncio.Semaphore(_AT_ONCE), TemporalNotifier(self._temporal)
        lines = tuple(range(1, len(STORY) + 1))

        async def one() -> None:
            async with places:
                await notifier.tell(f"whe_{uuid4().hex}", f"bare_{uuid4().hex}", lines)

        began = time.perf_counter()
        await asyncio.gather(*(one() for _ in range(_DELIVERIES * _SUBSCRIBERS)))
        return _DELIVERIES * len(STORY) / (time.perf_counter() - began)

    async def fan_out(self, progress: Progress) -> dict[str, Any]:
        """Seconds from a line's telling to its arrival at nine subscribers, while the tenth is well and while it
        hangs; and the events that a message costs."""
        worker = notifications.worker(self._temporal, self._wiring, [DomainErrors(), Heartbeats()])
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(worker)
            await set_current_version(self._temporal, addressing.NOTIFICATIONS)
            receivers = [await stack.enter_async_context(_receiving()) for _ in range(_RECEIVERS)]
            organisation = f"org_{uuid4().hex}"
            ids = [await self._subscribe(organisation, receiver.url) for receiver in receivers]
            await self._round(organisation, ids, receivers)  # to be warm
            well, events = await self._round(organisation, ids, receivers)
            progress(1)
            receivers[-1].hangs = True
            hung, _ = await self._round(organisation, ids, receivers[:-1])
            progress(1)
        return {
            "well_ms": statistics.median(well) * 1000,
            "well_p95_ms": statistics.quantiles(well, n=20)[-1] * 1000,
            "one_hangs_ms": statistics.median(hung) * 1000,
            "one_hangs_p95_ms": statistics.quantiles(hung, n=20)[-1] * 1000,
            "ratio": statistics.median(hung) / statistics.median(well),
            "events_per_message": events,
        }

    async def _round(self, organisation: str, ids: list[str], heard: list["_Receiver"]) -> tuple[list[float], float]:
        """The delays of the first nine, and the events of one workflow for each of its messages."""
        others = heard[: _RECEIVERS - 1]
        before = [len(receiver.came) for receiver in others]
        notifier, seqs = TemporalNotifier(self._temporal), tuple(range(1, len(STORY) + 1))
        deliveries = await self._write_deliveries(organisation, _FANNED)
        began: list[float] = []
        for delivery in deliveries:
            began.append(time.perf_counter())
            await asyncio.gather(*(notifier.tell(subscriber, delivery, seqs) for subscriber in ids))
        taken: list[float] = []
        async with asyncio.timeout(_LONGEST_S):
            for receiver, start in zip(others, before, strict=True):
                while len(receiver.came) < start + _FANNED * len(STORY):
                    await asyncio.sleep(0.01)
                for delivery, told in zip(deliveries, began, strict=True):
                    taken += [at - told for named, at in receiver.came[start:] if delivery.encode() in named]
        name = addressing.notification_workflow_id(ids[0], deliveries[0])
        handle = self._temporal.get_workflow_handle(name)
        await handle.result()
        return taken, len((await handle.fetch_history()).events) / len(STORY)

    async def _subscribe(self, organisation: str, url: str) -> str:
        now, secret = datetime.now(UTC), f"whsec_{base64.b64encode(os.urandom(24)).decode()}"
        endpoint = WebhookEndpoint(
            id=f"whe_{uuid4().hex}",
            organisation_id=organisation,
            url=url,
            created_by="bench",
            created_at=now,
            updated_at=now,
        )
        await self._wiring.endpoints().add(endpoint, Secrets(current=secret))
        return endpoint.id

    async def _write(self, organisation: str, deliveries: int) -> audit.Cursor:
        """So many deliveries' lines, which all appear at one moment; the last one's place."""
        await self._write_deliveries(organisation, deliveries)
        journal, place = self._wiring.journal("deliveries"), audit.Cursor()
        async with asyncio.timeout(_READY_S):
            while True:
                lines = await journal.after(place, 500)
                if not lines and place.id:
                    return place
                place = lines[-1].cursor if lines else place

    async def _write_deliveries(self, organisation: str, count: int) -> list[str]:
        ids = sorted(f"del_{uuid4().hex}" for _ in range(count))
        now = datetime.now(UTC)
        lines = [
            audit.Line(seq=seq, kind=f"delivery.{status}", actor="system", at=now, data={"status": status})
            for seq, status in enumerate(STORY, start=1)
        ]
        keys = self._wiring.keys("deliveries")
        async with transaction(self._wiring.engine("deliveries")) as connection:
            for delivery in ids:
                await lock(connection, delivery)
                await keys.within(connection, delivery)
            for delivery in ids:
                await write_lines(connection, delivery, organisation, lines, START[1])
        return ids

    @asynccontextmanager
    async def _relay(self) -> AsyncIterator[None]:
        env = {**os.environ, **self._stack.env}
        relay = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "entrega", "relay", env=env, stdout=asyncio.subprocess.DEVNULL
        )
        try:
            yield
        finally:
            with contextlib.suppress(ProcessLookupError):
                relay.terminate()
            await relay.wait()


class _Receiver:
    """A customer's server: it notes what came, when, and answers, or hangs."""

    def __init__(self) -> None:
        self.url, self.hangs = "", False
        self.came: list[tuple[bytes, float]] = []

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection."""
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).lower()
                length = int(head.partition(b"content-length:")[2].split(b"\r\n")[0])
                body = await reader.readexactly(length)
                if self.hangs:
                    await asyncio.Event().wait()
                self.came.append((body, time.perf_counter()))
                writer.write(b"HTTP/1.1 204 x\r\n\r\n")
                await writer.drain()


@asynccontextmanager
async def _receiving() -> AsyncIterator[_Receiver]:
    receiver = _Receiver()
    server = await asyncio.start_server(receiver.handle, "127.0.0.1", 0)
    receiver.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
    try:
        yield receiver
    finally:
        server.close()


def rows(found: dict[str, Any]) -> list[tuple[str, str, str, str]]:
    """The figures, as the table has them."""
    one, two, bare, fan = found["relays"]["1"], found["relays"]["2"], found["bare"], found["fan_out"]
    told = []
    for side, title, base in (
        ("mongo", "journal to MongoDB", "bare inserts"),
        ("subscribers", "journal to subscribers", "bare signals with start"),
    ):
        told.append(
            (
                f"{title}, one relay · two",
                f"{one[side]:.0f} · {two[side]:.0f} lines a second",
                f"{base}: {bare[side]:.0f} lines a second",
                f"{one[side] / bare[side]:.2f} · {two[side] / bare[side]:.2f}",
            )
        )
    hung = f"p50 {fan['one_hangs_ms']:.0f} ms, p95 {fan['one_hangs_p95_ms']:.0f} ms"
    well = f"none hangs: p50 {fan['well_ms']:.0f} ms, p95 {fan['well_p95_ms']:.0f} ms"
    told.append(("nine subscribers while the tenth hangs", hung, well, f"{fan['ratio']:.2f}"))
    told.append(("history events of a message", f"{fan['events_per_message']:.1f}", "at most 7", ""))
    return told


if __name__ == "__main__":
    import json

    print(json.dumps(asyncio.run(measure(lambda _: None)), indent=2), flush=True)
    os._exit(0)  # a Temporal client can abort an orderly end (sdk-python#300)
