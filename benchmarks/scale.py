"""`python -m benchmarks.scale`: the tables of docs/scale.md, reckoned from what a delivery costs each part."""

import argparse
import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FILE = Path(__file__).parent / "footprint.json"
"""What `python -m benchmarks.footprint` wrote on one machine; a run of one's own goes elsewhere."""
LEVELS = (1_000, 10_000, 100_000, 1_000_000, 10_000_000)
"""Deliveries a day."""

# ── assumptions: change them to yours ─────────────────────────────────────────────────────────────────────
PEAK = 4.0
"""The busiest hour beside the mean one: two meals a day make most of a delivery city's traffic."""
BUSY = 0.6
"""How much of a CPU is planned for; the rest is for what was not."""
SPARE = 2
"""Of every process there are so many at least, once one machine is not enough."""
ONE_MACHINE_CPUS = 8
"""Up to here everything runs on one machine."""
MOST_POSTGRES_CPUS = 64
"""Of one primary; beyond, organisations are spread over several (see the text)."""
STANDBYS = 2
"""Of each PostgreSQL, and of MongoDB's replica set."""
POOL = 15
"""Connections that one process opens to PostgreSQL at most, for each role that it has: five, and ten under pressure."""
POOLER_FROM = 500
"""Beyond so many connections, a pooler is between."""
NOTIFYING_COMMITS_S = 5_000
"""Transactions a second that one PostgreSQL commits with a NOTIFY, since these queue for one lock. A rule of thumb, not
measured here."""
COMMITS = 12
"""Transactions of one delivery that write lines, and so notify; as many as its moves and scans."""
TRANSITIONS_A_SHARD = 5.0
"""State transitions a second of one of Temporal's history shards, with room for those that are unevenly busy."""
LEAST_SHARDS, MOST_SHARDS = 128, 16_384
"""The number is fixed when Temporal is installed: take that of the largest level you will ever see. Our compose file
has the least."""
TASKS_A_PARTITION = 65.0
"""Tasks a second of one partition of a task queue: about fifteen for a thousand, as Temporal's makers advise
(community.temporal.io/t/539)."""
LEAST_PARTITIONS = 4
TEMPORAL_DAYS = 3
"""For how long Temporal keeps what is over."""
HOT_DAYS = 400
"""ENTREGA_JOURNAL_HOT_DAYS."""
KEPT_DAYS = 5 * 365
"""Ledger, the audit log, archives: as long as tax law asks for, in Brazil."""
PACKED = 0.2
"""What is left of journal lines that are compressed and sealed; hashes hardly shrink."""
LEAVE = ("journal.journal", "deliveries.deliveries", "deliveries.clues", "tracking.scans", "availability.slots")
"""Tables that `entrega archive` takes a delivery out of."""
LEFT_BYTES = 900
"""What stays of one that left, indexes included: its stub, and the end of its chain. 20,000 were measured."""
SEALED_BYTES = 11_000
"""What a delivery's rows take in the archive: sealed by its own key before, so hardly compressed. 30 were measured."""

# List prices of a large public cloud (us-east-1, on demand) in US dollars, as of 2026-11: put yours in.
CPU_HOUR = 0.045
DISK_GB_MONTH = 0.08
ARCHIVE_GB_MONTH = 0.0125
GB = 1e9
_DAY_S = 86_400.0


@dataclass(frozen=True)
class Needs:
    """What a number of deliveries a day needs. CPUs are those in use at the peak."""

    deliveries_a_day: int
    peak_a_second: float
    api: int
    workers: int
    relays: int
    postgres_cpus: float
    postgres_primaries: int
    connections: int
    wal_mb_s: float
    hot_gb: float
    mongo_gb: float
    archive_gb: float
    temporal_cpus: float
    shards: int
    queue_partitions: int
    temporal_gb: float
    machines_cpus: int
    month_usd: float

    @property
    def delivery_usd(self) -> float:
        """What each costs."""
        return self.month_usd / (self.deliveries_a_day * 365 / 12)


class Footprint:
    """What one delivery costs, as `benchmarks.footprint` measured it."""

    def __init__(self, found: dict[str, Any]) -> None:
        self.found = found
        self.cpu_s: dict[str, float] = {name: part["cpu_s"] for name, part in found["parts"].items()}
        self.events: float = found["history"]["events"]
        self.transitions: float = found["history"]["transitions"]
        self.history_bytes: float = found["history"]["bytes"]
        self.wal_bytes: float = found["wal_bytes"]
        self.lines: float = found["tables"]["journal.journal"]["rows"]
        self.journal_bytes = _bytes(found["tables"]["journal.journal"])
        self.leave_bytes = sum(_bytes(found["tables"][name]) for name in LEAVE)
        self.kept_bytes = sum(_bytes(one) for name, one in found["tables"].items() if name not in LEAVE)
        self.mongo_bytes = sum(_bytes(one) for name, one in found["collections"].items() if name == "audit")
        self.figures_lines_s: float = found["figures_lines_a_second"]


def _bytes(stored: dict[str, float]) -> float:
    return stored["bytes"] + stored["index_bytes"]


def needs(a_day: int, one: Footprint) -> Needs:
    """Reckoned for the peak; what is kept, for as long as it is kept."""
    peak = a_day * PEAK / _DAY_S
    busy = {name: peak * cpu_s for name, cpu_s in one.cpu_s.items()}
    alone = sum(busy.values()) <= ONE_MACHINE_CPUS * BUSY
    least = 1 if alone else SPARE
    processes = {name: max(least, math.ceil(busy[name] / BUSY)) for name in ("api", "worker", "relay")}
    copies = 1 if alone else 1 + STANDBYS
    primaries = max(
        1, math.ceil(busy["postgres"] / BUSY / MOST_POSTGRES_CPUS), math.ceil(peak * COMMITS / NOTIFYING_COMMITS_S)
    )
    hot = a_day * one.leave_bytes * HOT_DAYS / GB + a_day * (one.kept_bytes + LEFT_BYTES) * KEPT_DAYS / GB
    mongo = a_day * one.mongo_bytes * KEPT_DAYS / GB
    archive = a_day * (one.journal_bytes * PACKED + SEALED_BYTES) * (KEPT_DAYS - HOT_DAYS) / GB
    temporal_gb = a_day * one.history_bytes * TEMPORAL_DAYS / GB
    servers = sum(busy[name] / BUSY * copies for name in ("postgres", "mongo")) + busy["temporal"] / BUSY
    cpus = ONE_MACHINE_CPUS if alone else max(ONE_MACHINE_CPUS, math.ceil(servers + sum(processes.values())))
    return Needs(
        deliveries_a_day=a_day,
        peak_a_second=peak,
        api=processes["api"],
        workers=processes["worker"],
        relays=processes["relay"],
        postgres_cpus=busy["postgres"] / BUSY,
        postgres_primaries=primaries,
        connections=POOL * sum(processes.values()),
        wal_mb_s=peak * one.wal_bytes / 1e6,
        hot_gb=hot,
        mongo_gb=mongo,
        archive_gb=archive,
        temporal_cpus=busy["temporal"] / BUSY,
        shards=_power(peak * one.transitions / TRANSITIONS_A_SHARD),
        queue_partitions=max(LEAST_PARTITIONS, math.ceil(peak * one.events / 3 / TASKS_A_PARTITION)),
        temporal_gb=temporal_gb,
        machines_cpus=cpus,
        month_usd=cpus * CPU_HOUR * _DAY_S / 3600 * 365 / 12
        + (hot + mongo + temporal_gb) * copies * DISK_GB_MONTH
        + archive * ARCHIVE_GB_MONTH,
    )


def _power(wanted: float) -> int:
    """The power of two that is enough."""
    return min(MOST_SHARDS, max(LEAST_SHARDS, 1 << math.ceil(math.log2(max(1.0, wanted)))))


def ceilings(one: Footprint) -> list[tuple[str, float, str]]:
    """What there is one of: up to how many deliveries a day it goes, and what then; the lowest first."""
    a_cpu = BUSY * _DAY_S / PEAK
    found = [
        ("one API process", a_cpu / one.cpu_s["api"], "another process"),
        ("one process of all workers", a_cpu / one.cpu_s["worker"], "another process; a queue's worker on its own"),
        (
            "the relay: one at a time copies",
            a_cpu / one.cpu_s["relay"],
            "not built: relays that share subjects by their hash",
        ),
        (
            "figures: one at a time counts",
            one.figures_lines_s / one.lines * BUSY * _DAY_S / PEAK,
            "not built: editions by organisation",
        ),
        (
            f"a PostgreSQL primary of {MOST_POSTGRES_CPUS} CPUs",
            a_cpu * MOST_POSTGRES_CPUS / one.cpu_s["postgres"],
            "another installation: a cell",
        ),
        (
            "PostgreSQL's commits with NOTIFY",
            NOTIFYING_COMMITS_S / COMMITS * _DAY_S / PEAK,
            "another installation: a cell",
        ),
        (
            "a MongoDB primary of 16 CPUs",
            a_cpu * 16 / max(one.cpu_s["mongo"], 1e-6),
            "shards of the audit log by subject",
        ),
    ]
    return sorted(found, key=lambda one: one[1])


# ── printing ──────────────────────────────────────────────────────────────────────────────────────────────


def _short(number: float) -> str:
    if number >= 100:
        exponent = 10 ** (math.floor(math.log10(number)) - 1)
        return f"{round(number / exponent) * exponent:,.0f}"
    return f"{number:.0f}" if number >= 10 else f"{number:.1f}" if number >= 1 else f"{number:.2g}"


def _size(gb: float) -> str:
    return f"{_short(gb / 1000)} TB" if gb >= 1000 else f"{_short(gb)} GB"


def _drawn(head: list[str], rows: list[list[str]]) -> str:
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def cost_table(one: Footprint) -> str:
    """A delivery, part by part."""
    stored = {**one.found["tables"], **{f"MongoDB {name}": it for name, it in one.found["collections"].items()}}
    rows = [[name, f"{cpu_s * 1000:.0f} ms of CPU"] for name, cpu_s in sorted(one.cpu_s.items(), key=lambda it: -it[1])]
    rows += [
        ["a workflow's history", f"{one.events:.0f} events, {one.history_bytes / 1e3:.0f} kB"],
        ["its state transitions", f"{one.transitions:.0f}"],
        ["PostgreSQL's log", f"{one.wal_bytes / 1e3:.0f} kB"],
    ]
    rows += [
        [name, f"{it['rows']:.0f} rows, {it['bytes'] / 1e3:.1f} kB, and {it['index_bytes'] / 1e3:.1f} kB beside"]
        for name, it in sorted(stored.items(), key=lambda it: -_bytes(it[1]))
        if _bytes(it) >= 500
    ]
    return _drawn(["of one delivery", "measured"], rows)


def ceiling_table(one: Footprint) -> str:
    """What saturates first."""
    rows = [[name, _short(a_day), then] for name, a_day, then in ceilings(one)]
    return _drawn(["what there is one of", "is busy at deliveries a day", "then"], rows)


def level_table(one: Footprint) -> str:
    """How many of what."""
    every = [needs(level, one) for level in LEVELS]
    rows = [
        ["at the peak, a second", *(_short(it.peak_a_second) for it in every)],
        ["API processes", *(f"{it.api:,}" for it in every)],
        ["worker processes", *(f"{it.workers:,}" for it in every)],
        ["relays' worth of copying", *(f"{it.relays:,}" for it in every)],
        ["PostgreSQL: CPUs busy", *(_short(it.postgres_cpus) for it in every)],
        ["PostgreSQL: primaries", *(f"{it.postgres_primaries}" for it in every)],
        [
            "connections at most",
            *(f"{it.connections:,}" + (" (pooler)" if it.connections > POOLER_FROM else "") for it in every),
        ],
        ["PostgreSQL's log, MB a second", *(_short(it.wal_mb_s) for it in every)],
        [f"PostgreSQL: {HOT_DAYS} days; ledger and stubs 5 years", *(_size(it.hot_gb) for it in every)],
        ["MongoDB: the audit log, 5 years", *(_size(it.mongo_gb) for it in every)],
        ["archive, 5 years", *(_size(it.archive_gb) for it in every)],
        ["Temporal: CPUs busy", *(_short(it.temporal_cpus) for it in every)],
        ["Temporal: history shards", *(f"{it.shards:,}" for it in every)],
        ["Temporal: partitions of the deliveries queue", *(f"{it.queue_partitions}" for it in every)],
        [f"Temporal: {TEMPORAL_DAYS} days of history", *(_size(it.temporal_gb) for it in every)],
        ["CPUs in all, standbys included", *(f"{it.machines_cpus:,}" for it in every)],
        ["US dollars a month", *(_short(it.month_usd) for it in every)],
        ["US cents a delivery", *(f"{it.delivery_usd * 100:.2f}" for it in every)],
    ]
    return _drawn(["deliveries a day", *(f"{level:,}" for level in LEVELS)], rows)


def tables(one: Footprint) -> str:
    """All three, as docs/scale.md holds them."""
    return "\n\n".join((cost_table(one), ceiling_table(one), level_table(one)))


def main() -> None:
    """Prints them."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.scale", description=__doc__)
    parser.add_argument(
        "file", nargs="?", type=Path, default=FILE, help="what benchmarks.footprint wrote (the committed)"
    )
    print(tables(Footprint(json.loads(parser.parse_args().file.read_text()))))


if __name__ == "__main__":
    main()
