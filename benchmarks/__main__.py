"""`python -m benchmarks`: the whole system on this machine, measured beside a bare workflow on the same server."""

import argparse
import asyncio
import json
import os
import platform
import statistics
import tempfile
import time
from typing import Any

import httpx
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from benchmarks import measures, quoting, statements, telling
from benchmarks.shop import Shop, shop
from runtime.embedded import Stack
from runtime.furnish import ADMIN_EMAIL
from runtime.temporal import connect

_SPEED = 3000.0
_POLICY = {"settle_for": "PT3S", "accept_within": "PT60S"}


FOUR = ("ligeiro", "tartaruga", "urbano", "veloz")
"""Carriers of three protocols; the one that hangs is not among them, or every quote would measure our deadline."""


async def four_carriers(stack: Stack) -> None:
    """Switches the others off."""
    async with shop(stack.urls["api"], ADMIN_EMAIL, stack.admin_password()) as admin:
        for carrier in (await admin.call("GET", "/v1/carriers"))["items"]:
            path = f"/v1/carriers/{carrier['code']}/accounts"
            for account in (await admin.call("GET", path))["items"]:
                if account["account"] not in FOUR:
                    kept = {name: account[name] for name in ("name", "services", "margin_percent", "settings")}
                    await admin.call("PUT", f"{path}/{account['account']}", json={**kept, "enabled": False})
    await asyncio.sleep(6)  # every process reads accounts anew after five seconds


async def slowest_carrier(sandbox_url: str, providers: list[dict[str, Any]], count: int) -> list[float]:
    """The baseline of offers: a request to the sandbox alone, as long as a carrier takes to answer anything."""
    async with httpx.AsyncClient(base_url=sandbox_url, trust_env=False) as http:
        taken = []
        for number in range(count):
            provider = providers[number % len(providers)]
            grant = {"grant_type": "client_credentials", **provider["credentials"]}
            began = time.perf_counter()
            (await http.post(f"{provider['base_path']}/oauth/token", json=grant)).raise_for_status()
            taken.append(time.perf_counter() - began)
        return taken


async def measure(lives: int, console: Console) -> dict[str, Any]:
    """Everything, on a system of its own that is thrown away."""
    columns = (TextColumn("{task.description:<28}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with tempfile.TemporaryDirectory(prefix="entrega-bench-") as folder, Progress(*columns, console=console) as bars:

        def bar(name: str, total: int) -> measures.Progress:
            task = bars.add_task(name, total=total)
            return lambda done: bars.advance(task, done)

        starting = bar("starting every part", 1)
        async with Stack(folder, speed=_SPEED, policy=_POLICY, usual_ports=False) as stack:
            starting(1)
            await four_carriers(stack)
            address, sandbox_url = stack.env["ENTREGA_TEMPORAL_ADDRESS"], stack.urls["sandbox"]
            temporal = await connect(address)
            async with (
                shop(stack.urls["api"]) as customer,
                measures.bare_worker(address),
                httpx.AsyncClient(base_url=sandbox_url, trust_env=False) as sandbox,
            ):
                providers = (await sandbox.get("/control/providers")).json()["items"]
                await _warm(customer, temporal)
                bare = await measures.bare_lives_a_second(temporal, lives, bar("bare workflows", lives))
                ours = await measures.lives_a_second(customer, lives, bar("deliveries", lives))
                answers = await measures.offers(customer, lives, bar("POST to offers", lives))
                calm = [p for p in providers if p["protocol"] == "open_delivery" and p["name"] != "trava"]
                carrier = await slowest_carrier(sandbox_url, calm, lives)
                courier = measures.Courier(sandbox, next(p for p in providers if p["name"] == "ligeiro"))
                count = max(1, lives // 6)
                hooks = bar("webhook to stream", count)
                seen, spread = await measures.webhook_to_stream(customer, courier, count, hooks)
                trip = await measures.bare_round_trips(temporal, len(seen))
                events = await measures.events_of_a_life(temporal, spread)
                books = bar("a statement of 100,000 entries", 3)
                statement = await statements.measure(stack.env["ENTREGA_DATABASE_URL"], customer, books)
            found = await quoting.measure(stack.env, FOUR, bar("quoting beside bare HTTP", 10))
        told = await telling.measure(bar("telling subscribers", 5))
        return {
            "machine": f"{os.cpu_count()} CPUs, Python {platform.python_version()}",
            "lives_a_second": {"ours": ours, "bare": bare, "ratio": ours / bare},
            "events_of_a_life": events,
            "post_to_offers_ms": _times(answers, carrier, "a carrier's own answer"),
            "webhook_to_stream_ms": _times(seen, trip, "an update of a bare workflow"),
            "quoting": found,
            "statement": statement,
            "telling": told,
        }


async def _warm(customer: Shop, temporal: Any) -> None:
    await measures.lives_a_second(customer, 3, lambda _: None)
    await measures.bare_lives_a_second(temporal, 3, lambda _: None)


def _times(ours: list[float], baseline: list[float], what: str) -> dict[str, Any]:
    median, base = statistics.median(ours) * 1000, statistics.median(baseline) * 1000
    slow = statistics.quantiles(ours, n=20)[-1] * 1000
    return {"p50": median, "p95": slow, "baseline": what, "baseline_p50": base, "ratio": median / base}


def table(found: dict[str, Any]) -> Table:
    """The figures."""
    drawn = Table(title=f"Entrega · {found['machine']}")
    for title in ("figure", "measured", "baseline", "ratio"):
        drawn.add_column(title)
    lives = found["lives_a_second"]
    drawn.add_row(
        "deliveries from POST to delivered",
        f"{lives['ours']:.1f} a second",
        f"bare workflow: {lives['bare']:.1f} a second",
        f"{lives['ratio']:.2f}",
    )
    drawn.add_row("history events of a delivery", str(found["events_of_a_life"]), "at most 100", "")
    for name, title in (
        ("post_to_offers_ms", "POST to four offers"),
        ("webhook_to_stream_ms", "webhook to live stream"),
    ):
        times = found[name]
        drawn.add_row(
            title,
            f"p50 {times['p50']:.0f} ms, p95 {times['p95']:.0f} ms",
            f"{times['baseline']}: p50 {times['baseline_p50']:.1f} ms",
            f"{times['ratio']:.1f}",
        )
    one, many = found["quoting"]["at_1"], found["quoting"]["at_32"]
    drawn.add_row(
        "asking four carriers, one at a time",
        f"{one['ours_ms']:.1f} ms",
        f"bare HTTP, the same bytes: {one['bare_ms']:.1f} ms",
        f"{one['ours_ms'] / one['bare_ms']:.2f} (+{one['ours_ms'] - one['bare_ms']:.1f} ms)",
    )
    drawn.add_row(
        "asking four carriers, 32 at a time",
        f"{1000 / many['ours_ms']:.0f} a second",
        f"bare HTTP, the same bytes: {1000 / many['bare_ms']:.0f} a second",
        f"{many['ours_ms'] / many['bare_ms']:.2f}",
    )
    books = found["statement"]
    drawn.add_row(
        f"balances of {statements.ENTRIES:,} entries",
        f"{books['ours_ms']:.0f} ms; CSV {books['csv_rows_a_second']:,.0f} rows a second",
        f"a bare sum: {books['bare_ms']:.0f} ms",
        f"{books['ours_ms'] / books['bare_ms']:.1f}",
    )
    for row in telling.rows(found["telling"]):
        drawn.add_row(*row)
    return drawn


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--lives", type=int, default=60, help="deliveries per figure (60)")
    parser.add_argument("--json", action="store_true", help="print the figures as JSON alone")
    chosen = parser.parse_args()
    found = asyncio.run(measure(chosen.lives, Console(stderr=True)))
    if chosen.json:
        print(json.dumps(found, indent=2))
    else:
        Console().print(table(found))
    os._exit(0)  # a Temporal client can abort an orderly end (sdk-python#300)


if __name__ == "__main__":
    main()
