"""What telling costs: the relay beside bare calls with as many lines, and a fan-out in which one subscriber hangs."""

import asyncio
import base64
import contextlib
import json
import os
import statistics
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from itertools import count
from typing import Any
from uuid import uuid4

from pymongo import AsyncMongoClient
from pymongo.write_concern import WriteConcern
from temporalio.client import Client

from domain import audit
from domain.notifications import Secrets, WebhookEndpoint
from runtime.embedded import Stack
from runtime.settings import Settings
from runtime.temporal import TemporalNotifier, connect
from runtime.versions import set_current_version, version_of
from runtime.wiring import Wiring
from storage._engine import transaction
from storage.journal import START, lock, write_lines
from workers import notifications
from workers.heartbeats import Heartbeats
from workers.interceptors import DomainErrors
from workflows import addressing

STORY = ("requested", "quoted", "booking", "booked", "picked_up", "delivered")
_COPIED, _DELIVERIES, _SUBSCRIBERS = 1_000, 40, 3  # deliveries nobody hears of, and those that each is told of
_ROUNDS, _RECEIVERS = 3, 10
_BATCH, _AT_ONCE = 500, 32  # the relay's
_LONGEST_S = 120.0

_NOBODY = "org_nobody"

Progress = Callable[[int], None]
_Place = Callable[[], Awaitable[audit.Cursor]]


async def measure(progress: Progress) -> dict[str, Any]:
    """On servers of its own, since a relay that runs already would help."""
    parts = ("postgres", "mongo", "temporal", "mailbox", "migrate")
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
            # Before and after, since the machine has other things to do.
            before = await bench.bare()
            relayed = {str(many): await bench.relays(many) for many in (1, 2)}
            progress(1)
            after = await bench.bare()
            progress(1)
            bare = {side: statistics.mean((before[side], after[side])) for side in before}
            return {"relays": relayed, "bare": bare, "fan_out": fanned}


class Bench:
    """One journal, and whoever hears of it."""

    def __init__(self, stack: Stack, wiring: Wiring, temporal: Client) -> None:
        self._stack, self._wiring, self._temporal = stack, wiring, temporal
        self._bare = count(1)

    async def relays(self, many: int) -> dict[str, float]:
        """Lines a second to either side, by so many relays that idle when the lines come: up to half a second of it is
        their pause."""
        organisation = f"org_{uuid4().hex}"
        for _ in range(_SUBSCRIBERS):
            await self._subscribe(organisation, "https://127.0.0.1/")  # nobody sends: no worker runs yet
        copied, told = self._wiring.audit(copies=True).cursor, self._wiring.subscribers().cursor
        async with AsyncExitStack() as running:
            for _ in range(many):
                await running.enter_async_context(self._relay())
            await self._seconds(1, _NOBODY, copied, told)  # to be warm
            mongo = await self._seconds(_COPIED, _NOBODY, copied, told)
            subscribers = await self._seconds(_DELIVERIES, organisation, told, copied)
        return {"mongo": _COPIED * len(STORY) / mongo, "subscribers": _DELIVERIES * len(STORY) / subscribers}

    async def _seconds(self, deliveries: int, organisation: str, side: _Place, other: _Place) -> float:
        """From the moment at which so many deliveries' lines appear until this side has them; the other gets them
        too."""
        *_, delivery = await self._write(organisation, deliveries)
        began = time.perf_counter()
        last = await self._wiring.journal("relay").line(delivery, len(STORY))
        assert last is not None

        async def reached(place: _Place) -> float:
            async with asyncio.timeout(_LONGEST_S):
                while ((now := await place()).txid, now.id) < (last.cursor.txid, last.cursor.id):
                    await asyncio.sleep(0.01)
            return time.perf_counter() - began

        taken, _ = await asyncio.gather(reached(side), reached(other))
        return taken

    async def bare(self) -> dict[str, float]:
        """What the relay's lines would cost with nothing around them."""
        return {"mongo": await self._bare_mongo(), "subscribers": await self._bare_signals()}

    async def _bare_mongo(self) -> float:
        """Lines a second: as many as the relay copies, inserted into the same place in batches of its size and with
        its write concern."""
        now, many = datetime.now(UTC).isoformat(), _COPIED * len(STORY)
        client: AsyncMongoClient[dict[str, Any]] = AsyncMongoClient(self._stack.env["ENTREGA_RELAY_MONGO_URL"])
        concern = WriteConcern("majority", j=True)
        where = client[self._wiring.settings.mongo_database].get_collection("audit", write_concern=concern)
        taken = 0.0
        for _ in range(many // _BATCH):
            documents = [
                {"_id": -next(self._bare), "txid": 0, "subject": f"bare_{uuid4().hex}", "seq": 1, "kind": "bare",
                 "at": now, "actor": "system", "data": {"status": "booked"}, "digest": "0" * 64, "hash": "0" * 64}
                for _ in range(_BATCH)
            ]  # fmt: skip
            began = time.perf_counter()
            await where.insert_many(documents, ordered=True)
            taken += time.perf_counter() - began
        await client.close()
        return many / taken

    async def _bare_signals(self) -> float:
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
        """Seconds from a line's telling to its arrival at nine subscribers, while the tenth hangs, and before and after
        that; and the events that a message costs."""
        worker = notifications.worker(self._temporal, self._wiring, [DomainErrors(), Heartbeats()])
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(worker)
            await set_current_version(self._temporal, version_of(addressing.NOTIFICATIONS, self._wiring.settings))
            receivers = [await stack.enter_async_context(_receiving()) for _ in range(_RECEIVERS)]
            await self._rounds(1, receivers)  # to be warm
            well, events = await self._rounds(_ROUNDS, receivers)
            progress(1)
            receivers[-1].well.clear()
            hung, _ = await self._rounds(_ROUNDS, receivers)
            receivers[-1].well.set()
            progress(1)
            well += (await self._rounds(_ROUNDS, receivers))[0]
        return {
            "well_ms": statistics.median(well) * 1000,
            "well_p95_ms": statistics.quantiles(well, n=20)[-1] * 1000,
            "one_hangs_ms": statistics.median(hung) * 1000,
            "one_hangs_p95_ms": statistics.quantiles(hung, n=20)[-1] * 1000,
            "ratio": statistics.median(hung) / statistics.median(well),
            "events_per_message": events,
        }

    async def _rounds(self, many: int, receivers: list["_Receiver"]) -> tuple[list[float], float]:
        """The delays of the first nine over so many deliveries, one after another, and the events of one workflow for
        each of its messages. The subscribers are new: nothing of an outage before is held against them."""
        organisation = f"org_{uuid4().hex}"
        ids = [await self._subscribe(organisation, receiver.url) for receiver in receivers]
        notifier, seqs = TemporalNotifier(self._temporal), tuple(range(1, len(STORY) + 1))
        taken: list[float] = []
        for _ in range(many):
            [delivery] = await self._write(organisation, 1)
            began = time.perf_counter()
            await asyncio.gather(*(notifier.tell(subscriber, delivery, seqs) for subscriber in ids))
            async with asyncio.timeout(_LONGEST_S):
                for receiver in receivers[:-1]:
                    while len(receiver.came[delivery]) < len(STORY):
                        await asyncio.sleep(0.01)
                    taken += [at - began for at in receiver.came[delivery]]
        handle = self._temporal.get_workflow_handle(addressing.notification_workflow_id(ids[0], delivery))
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

    async def _write(self, organisation: str, many: int) -> list[str]:
        """So many deliveries' lines, which all appear at one moment; only what somebody hears of has keys."""
        ids = sorted(f"del_{uuid4().hex}" for _ in range(many))
        now = datetime.now(UTC)
        lines = [
            audit.Line(seq=seq, kind=f"delivery.{status}", actor="system", at=now, data={"status": status})
            for seq, status in enumerate(STORY, start=1)
        ]
        keys = self._wiring.keys("deliveries")
        async with transaction(self._wiring.engine("deliveries")) as connection:
            for delivery in ids if organisation != _NOBODY else ():
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
        self.url, self.well = "", asyncio.Event()
        self.well.set()
        self.came: defaultdict[str, list[float]] = defaultdict(list)
        self.writers: list[asyncio.StreamWriter] = []

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection."""
        self.writers.append(writer)
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).lower()
                length = int(head.partition(b"content-length:")[2].split(b"\r\n")[0])
                body = await reader.readexactly(length)
                await self.well.wait()
                self.came[json.loads(body)["data"]["delivery_id"]].append(time.perf_counter())
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
        for writer in receiver.writers:
            writer.close()


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
    print(json.dumps(asyncio.run(measure(lambda _: None)), indent=2), flush=True)
    os._exit(0)  # a Temporal client can abort an orderly end (sdk-python#300)
