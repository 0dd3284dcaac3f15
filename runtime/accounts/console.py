"""The two commands: what they print, and the exit code."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from domain.exchanges import Exchange
from runtime.accounts.checking import check
from runtime.accounts.finding import Found, find
from runtime.accounts.listing import Standing, overview

_WIDE = 400
"""Columns where no terminal says how many it has: what is read by programs should not be broken."""


def list_carriers(state: Path | None) -> int:
    """Every carrier and account. Raises NotRunning, SettingMissing, DatabaseUnusable."""
    found, console = find(state), _console()
    _say_where(console, found)
    seen = asyncio.run(overview(found))
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for column in ("carrier", "account", "state", "breaker", "last answer"):
        table.add_column(column, overflow="fold")
    for standing in seen.standings:
        table.add_row(*_row(standing))
    console.print(table)
    for unknown in seen.unknown:
        console.print(f"[dim]Unknown: {escape(unknown)}.[/dim]")
    console.print("[dim]Try one: entrega carriers check CARRIER, or CARRIER/ACCOUNT.[/dim]")
    return 0


def check_carriers(state: Path | None, name: str) -> int:
    """Tries the accounts that go by a name; 0 if every one offers. Raises as above, and NothingToCheck."""
    found, console = find(state), _console()
    _say_where(console, found)
    findings = asyncio.run(check(found, name))
    for account, ok, said in findings:
        mark = "[green]ok[/green]" if ok else "[red]failed[/red]"
        console.print(f"{mark}  [bold]{account}[/bold]  {escape(said.what)}", highlight=False)
        if said.next_step:
            console.print(f"        {escape(said.next_step)}", highlight=False)
    return 0 if all(finding.ok for finding in findings) else 1


def _console() -> Console:
    console = Console()
    return console if console.is_terminal else Console(width=_WIDE)


def _say_where(console: Console, found: Found) -> None:
    if found.folder is not None:
        console.print(f"[dim]The Entrega that runs in {escape(str(found.folder))}:[/dim]", highlight=False)


def _row(standing: Standing) -> tuple[str, ...]:
    account, problems = standing.account, "; ".join(standing.problems)
    if account is None:
        return escape(standing.carrier_name), "[dim]none[/dim]", f"[dim]one needs {escape(problems)}[/dim]", "", ""
    if problems:
        state = f"[red]cannot be used: {escape(problems)}[/red]"
    else:
        state = "[green]enabled[/green]" if account.enabled else "[yellow]switched off[/yellow]"
    breaker = {"closed": "closed", "half-open": "[yellow]half-open[/yellow]", "open": "[red]open[/red]"}
    shown = breaker.get(standing.breaker or "", "–")
    return escape(standing.carrier_name), escape(str(account.ref)), state, shown, _last(standing.last)


def _last(last: Exchange | None) -> str:
    if last is None:
        return "–"
    colour = "green" if last.outcome == "ok" else "red"
    return f"{_ago(last.at)}, {last.operation}: [{colour}]{escape(last.reason or last.outcome)}[/{colour}]"


def _ago(at: datetime) -> str:
    seconds = int((datetime.now(UTC) - at).total_seconds())
    for unit, size in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= size:
            return f"{seconds // size} {unit} ago"
    return f"{max(seconds, 0)} s ago"
