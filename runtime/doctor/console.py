"""The command: every look, what is wrong last, where a terminal shows it, and the exit code."""

import asyncio
from pathlib import Path

from rich.console import Console
from rich.markup import escape

from runtime.accounts.finding import USUAL
from runtime.beside import settings_beside
from runtime.doctor.files import Files
from runtime.doctor.findings import Finding, Look, State, made
from runtime.doctor.outside import Outside
from runtime.doctor.stores import Stores
from runtime.doctor.temporal import Temporal
from runtime.settings import Settings
from runtime.wiring import Wiring

_WIDE = 400
_COLOURS = {State.OK: "green", State.NOTE: "yellow", State.WRONG: "red"}


async def findings(settings: Settings) -> list[Finding]:
    """All looks, beside each other; in the order in which a person would look."""
    async with Wiring(settings) as wiring:
        files, stores, outside = Files(settings), Stores(wiring), Outside(wiring)
        looks: dict[str, Look] = {
            "settings": files.settings,
            "PostgreSQL": stores.roles,
            "migrations": stores.shape,
            "clock": stores.clock,
            "Temporal": Temporal(settings).all,
            "journal": stores.journal,
            "audit log": stores.audit,
            "subscribers": stores.telling,
            "inbox": stores.inbox,
            "ledger": stores.ledger,
            "keys": files.keys,
            "certificates": files.certificates,
            "backups": files.backups,
            "mail": outside.mail,
            "carriers": outside.carriers,
        }
        return [one for each in await asyncio.gather(*(made(*look) for look in looks.items())) for one in each]


def examine(state: Path | None) -> int:
    """Says everything; 1 if something is wrong. Raises NotRunning, SettingMissing."""
    folder = state or (USUAL if not _named() and USUAL.exists() else None)
    settings = settings_beside(folder)
    console = Console()
    console = console if console.is_terminal else Console(width=_WIDE)
    with console.status("looking"):
        found = asyncio.run(findings(settings))
    for one in sorted(found, key=lambda one: list(State).index(one.state)):
        mark = f"[{_COLOURS[one.state]}]{one.state:<5}[/]"
        console.print(f"{mark}  [bold]{escape(one.what)}[/bold]: {escape(one.said)}", highlight=False)
        if one.next_step:
            console.print(f"       {escape(one.next_step)}", highlight=False)
    bad = sum(one.state is State.WRONG for one in found)
    console.print(f"{bad} of {len(found)} are wrong" if bad else f"{len(found)} looks, and nothing is wrong")
    return 1 if bad else 0


def _named() -> bool:
    """Whether this environment names a database of its own."""
    settings = settings_beside(None)
    return any(getattr(settings, f"{service}_database_url") for service in ("deliveries", "quotes", "users"))
