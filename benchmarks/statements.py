"""A statement of very many entries, beside the bare sum over the same rows."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg

from benchmarks.shop import Shop

ENTRIES = 100_000
_A_DELIVERY = 4
_TIMES = 10

# As charges are posted: four entries a booking, a booking every 90 seconds until now.
_FILL = """
    INSERT INTO ledger.entries
        (id, posted_at, delivery_id, organisation_id, account, kind, amount, currency, step, memo)
    SELECT 'ent_bench_' || n, now() - (n / 4) * interval '90 seconds', 'del_bench_' || n / 4, %(organisation)s,
        (ARRAY['customer_receivable', 'revenue', 'carrier_cost', 'carrier_payable'])[n %% 4 + 1], 'charge',
        CASE n %% 2 WHEN 0 THEN 1 ELSE -1 END * (1000 + n / 4 %% 500), 'BRL', 'booked/1', ''
    FROM generate_series(0, %(count)s - 1) AS n
"""
_BARE = """
    SELECT currency, account, sum(amount) FROM ledger.entries WHERE organisation_id = %s GROUP BY currency, account
"""

Progress = Callable[[int], None]


async def measure(owner_url: str, shop: Shop, progress: Progress) -> dict[str, Any]:
    """Milliseconds for balances over half of the entries, the bare sum, and CSV rows a second."""
    organisation = (await shop.call("GET", "/v1/users/me"))["organisation_id"]
    url = owner_url.replace("postgresql+psycopg:", "postgresql:", 1)
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
        await connection.execute(_FILL, {"organisation": organisation, "count": ENTRIES})
        await connection.execute("VACUUM ANALYZE ledger.entries")
        progress(1)

        async def bare() -> None:
            await (await connection.execute(_BARE, (organisation,))).fetchall()

        baseline = await _median(bare)
    today = datetime.now(UTC).date()
    middle = today - timedelta(seconds=90 * ENTRIES // _A_DELIVERY // 2)
    half = {"from": str(middle), "to": str(today + timedelta(days=1))}
    whole = {"from": str(today - timedelta(days=400)), "to": half["to"]}
    ours = await _median(lambda: shop.call("GET", "/v1/statements", params=half))
    progress(1)
    began, rows = time.perf_counter(), 0
    async with shop.http.stream("GET", "/v1/statements/csv", params=whole) as answer:
        async for _ in answer.aiter_lines():
            rows += 1
    progress(1)
    return {"ours_ms": ours, "bare_ms": baseline, "csv_rows_a_second": rows / (time.perf_counter() - began)}


async def _median(what: Callable[[], Awaitable[Any]]) -> float:
    """The median, in milliseconds."""
    taken = []
    for _ in range(_TIMES):
        began = time.perf_counter()
        await what()
        taken.append(time.perf_counter() - began)
        await asyncio.sleep(0)
    return sorted(taken)[_TIMES // 2] * 1000
