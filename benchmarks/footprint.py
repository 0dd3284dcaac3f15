"""What one delivery costs each part: CPU-seconds, rows, bytes, history; `benchmarks.scale` reckons with it."""

import argparse
import asyncio
import json
import os
import platform
import tempfile
import time
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
from pymongo import AsyncMongoClient
from temporalio.client import Client

from benchmarks.__main__ import four_carriers
from benchmarks.shop import shop
from runtime.embedded import Stack
from runtime.temporal import connect
from storage._engine import connect as engine_of
from storage.figures import SqlFigureStore
from workflows.addressing import delivery_workflow_id

_OWN = Path(__file__).parent / "figures" / "footprint.json"
_PARTS = ("api", "worker", "relay", "postgres", "mongo", "temporal")
_TICK = os.sysconf("SC_CLK_TCK")
_IDLE_S = 20.0
_WARM, _AT_ONCE = 20, 4

# A partition's rows are the whole table's.
_TABLES = """
    SELECT n.nspname || '.' || regexp_replace(c.relname, '^journal_.*', 'journal') AS name,
        sum(pg_relation_size(c.oid))::bigint AS bytes,
        sum(pg_total_relation_size(c.oid) - pg_relation_size(c.oid))::bigint AS index_bytes
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind = 'r' AND n.nspname !~ '^(pg_|information_schema|public)' GROUP BY 1
"""
_CONNECTIONS = """
    SELECT application_name, count(*) FROM pg_stat_activity WHERE datname = current_database()
    AND application_name LIKE 'entrega%' GROUP BY 1 ORDER BY 1
"""


def cpu_s(pid: int) -> float:
    """What a process, whatever it has started and whatever of that is over has used so far."""
    total, parents = 0.0, dict[int, list[int]]()
    used = dict[int, float]()
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue  # it has just ended
        its_pid = int(stat.parent.name)
        parents.setdefault(int(fields[1]), []).append(its_pid)
        used[its_pid] = sum(map(int, fields[11:15])) / _TICK
    waiting = [pid]
    while waiting:
        one = waiting.pop()
        total += used.get(one, 0.0)
        waiting += parents.get(one, [])
    return total


class Looking:
    """At a stack that runs, from outside."""

    def __init__(self, stack: Stack, sql: psycopg.AsyncConnection[Any], mongo: Any) -> None:
        self._stack, self._sql, self._mongo = stack, sql, mongo

    def cpu(self) -> dict[str, float]:
        """CPU-seconds of each part so far."""
        pids = self._stack.supervisor.pids()
        return {name: cpu_s(pids[name]) for name in _PARTS}

    async def stored(self) -> dict[str, Any]:
        """Rows and bytes of every table and collection, and of PostgreSQL's log."""
        tables = {}
        for name, size, indexes in await (await self._sql.execute(_TABLES)).fetchall():
            row = await (await self._sql.execute(f"SELECT count(*) FROM {name}")).fetchone()
            tables[name] = {"rows": row[0] if row else 0, "bytes": size, "index_bytes": indexes}
        row = await (await self._sql.execute("SELECT pg_current_wal_insert_lsn() - '0/0'")).fetchone()
        collections = {}
        for name in await self._mongo.list_collection_names():
            stats = await self._mongo.command("collStats", name)
            collections[name] = {
                "rows": stats["count"],
                "bytes": stats["size"],
                "index_bytes": stats["totalIndexSize"],
            }
        return {"tables": tables, "collections": collections, "wal_bytes": int(row[0]) if row else 0}

    async def connections(self) -> dict[str, int]:
        """How many each kind of process holds open."""
        return dict(await (await self._sql.execute(_CONNECTIONS)).fetchall())


async def measure(lives: int, say: Callable[[str], object]) -> dict[str, Any]:
    """On a system of its own that is thrown away."""
    with tempfile.TemporaryDirectory(prefix="entrega-bench-") as folder:
        async with Stack(folder, speed=3000.0, policy={"settle_for": "PT3S"}, usual_ports=False) as stack:
            await four_carriers(stack)
            temporal = await connect(stack.env["ENTREGA_TEMPORAL_ADDRESS"])
            url = stack.env["ENTREGA_DATABASE_URL"].replace("postgresql+psycopg:", "postgresql:", 1)
            mongo: Any = AsyncMongoClient(stack.env["ENTREGA_BACKUP_MONGO_URL"])
            async with shop(stack.urls["api"]) as customer, await psycopg.AsyncConnection.connect(url) as sql:
                await sql.set_autocommit(True)
                look = Looking(stack, sql, mongo.get_database(stack.env.get("ENTREGA_MONGO_DATABASE", "entrega")))
                ids: list[str] = []

                async def life() -> None:
                    ids.append(await customer.order())
                    await customer.saw(ids[-1], "delivery.delivered")

                await _all_of(_WARM, life)
                await _over(temporal, look, ids)
                say("idle")
                idle = await _used(look, lambda: asyncio.sleep(_IDLE_S))
                before = await look.stored()
                say(f"{lives} deliveries")
                ids.clear()

                async def all_lives() -> None:
                    await _all_of(lives, life)
                    await _over(temporal, look, ids)

                busy = await _used(look, all_lives)
                after, open_ones = await look.stored(), await look.connections()
                history = await _history(temporal, ids[:: max(1, lives // 20)])
                folded_s = await _figures_lines_a_second(stack.env["ENTREGA_DELIVERIES_DATABASE_URL"])
            await mongo.close()
    return {
        "measured": {
            "on": datetime.now(UTC).date().isoformat(),
            "machine": f"{os.cpu_count()} CPUs, Python {platform.python_version()}",
            "deliveries": lives,
            "took_s": round(busy["took_s"], 1),
        },
        "parts": {
            name: {
                "cpu_s": round(max(0.0, busy[name] - idle[name] / idle["took_s"] * busy["took_s"]) / lives, 5),
                "idle_cpu": round(idle[name] / idle["took_s"], 4),
            }
            for name in _PARTS
        },
        "tables": _each(before["tables"], after["tables"], lives),
        "collections": _each(before["collections"], after["collections"], lives),
        "wal_bytes": round((after["wal_bytes"] - before["wal_bytes"]) / lives),
        "connections": open_ones,
        "history": history,
        "figures_lines_a_second": folded_s,
    }


async def _all_of(count: int, one: Callable[[], Awaitable[None]]) -> None:
    """So few at a time that nobody waits for long: what counts is work, not speed."""
    places = asyncio.Semaphore(_AT_ONCE)

    async def placed() -> None:
        async with places:
            await one()

    await asyncio.gather(*(placed() for _ in range(count)))


async def _used(look: Looking, work: Callable[[], Awaitable[Any]]) -> dict[str, float]:
    """CPU-seconds of each part while something happens, and how long it took."""
    before, began = look.cpu(), time.perf_counter()
    await work()
    took_s, after = time.perf_counter() - began, look.cpu()
    return {"took_s": took_s, **{name: after[name] - before[name] for name in _PARTS}}


async def _over(temporal: Client, look: Looking, ids: list[str]) -> None:
    """Once every story has ended and everything was copied."""
    for delivery_id in ids:
        handle = temporal.get_workflow_handle(delivery_workflow_id(delivery_id))
        while (await handle.describe()).close_time is None:
            await asyncio.sleep(0.2)
    while True:
        now = await look.stored()
        if now["tables"]["journal.journal"]["rows"] == now["collections"]["audit"]["rows"]:
            return
        await asyncio.sleep(0.2)


async def _history(temporal: Client, ids: list[str]) -> dict[str, float]:
    """Events and bytes of a delivery's workflow, on average."""
    told = [(await temporal.get_workflow_handle(delivery_workflow_id(one)).describe()).raw_description for one in ids]
    infos = [one.workflow_execution_info for one in told]
    count = len(infos)
    return {
        "events": round(sum(info.history_length for info in infos) / count, 1),
        "bytes": round(sum(info.history_size_bytes for info in infos) / count),
        "transitions": round(sum(info.state_transition_count for info in infos) / count, 1),
    }


async def _figures_lines_a_second(url: str) -> float:
    """One consumer counts at a time: as fast as this, and no faster."""
    engine = engine_of(url, application_name="entrega-bench")
    began = time.perf_counter()
    lines = await SqlFigureStore(engine).rebuild(lambda _done, _total: None)
    took_s = time.perf_counter() - began
    await engine.dispose()
    return round(lines / took_s, 1)


def _each(before: Mapping[str, Any], after: Mapping[str, Any], lives: int) -> dict[str, dict[str, float]]:
    """What came of each kind with a delivery; nothing of what did not grow."""
    nothing = {"rows": 0, "bytes": 0, "index_bytes": 0}
    grown = {
        name: {key: round((now[key] - before.get(name, nothing)[key]) / lives, 2) for key in nothing}
        for name, now in sorted(after.items())
    }
    return {name: counted for name, counted in grown.items() if counted["rows"] >= 0.05}


def main() -> None:
    """Measures and writes a file."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.footprint", description=__doc__)
    parser.add_argument("--lives", type=int, default=300, help="deliveries (300)")
    parser.add_argument("--out", type=Path, default=_OWN, help=f"where the figures go ({_OWN.name} in figures/)")
    chosen = parser.parse_args()
    found = asyncio.run(measure(chosen.lives, print))
    chosen.out.parent.mkdir(exist_ok=True)
    chosen.out.write_text(json.dumps(found, indent=1) + "\n")
    print(chosen.out)
    os._exit(0)  # a Temporal client can abort an orderly end (sdk-python#300)


if __name__ == "__main__":
    main()
