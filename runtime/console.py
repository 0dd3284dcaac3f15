"""What a person at a terminal sees of the stack: progress while it starts, where to look, a clean end on Ctrl-C."""

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from runtime.embedded import Stack
from runtime.supervisor import Report


def run_stack(work: Callable[[Stack], Awaitable[int]], state: Path, **wishes: Any) -> int:
    """Starts a stack (`wishes` as in `Stack`), does the work, ends it; the work's answer, or 0 after Ctrl-C or SIGTERM.

    A second Ctrl-C leaves at once, and the kernel takes the children along.
    """
    console = Console()

    async def live() -> int:
        async with Stack(state, report=_reporter(console), **wishes) as stack:
            _show(console, stack, state)
            return await work(stack)

    async def until_signal() -> int:
        loop, task = asyncio.get_running_loop(), asyncio.create_task(live())

        def stop() -> None:
            if task.cancelling():
                os._exit(130)
            task.cancel()

        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, stop)
        try:
            return await task
        except asyncio.CancelledError:
            return 0

    return asyncio.run(until_signal())


@contextmanager
def counting(what: str) -> Iterator[Callable[[int, int], None]]:
    """A bar for work that says how much is done, and of how much."""
    with Progress(console=Console(stderr=True)) as bars:
        task = bars.add_task(what, total=None)
        yield lambda done, total: bars.update(task, completed=done, total=total)


def _reporter(console: Console) -> Report:
    """A spinner that names what is being waited for, and a line for whatever happens to a part."""
    waiting: dict[str, str] = {}
    status = console.status("")

    def report(part: str, what: str) -> None:
        if what in ("starting", "stopping"):
            waiting[part] = what
        else:
            waiting.pop(part, None)
            console.print(f"  {part} [dim]{what}[/dim]", highlight=False)
        if not waiting:
            status.stop()
        else:
            status.update(", ".join(f"{doing} {name}" for name, doing in waiting.items()))
            status.start()

    return report


def _show(console: Console, stack: Stack, state: Path) -> None:
    table = Table(title="Entrega is up", title_justify="left", show_header=False, box=None)
    for name, url in stack.urls.items():
        table.add_row(name.replace("_", " "), url)
    if "api" in stack.urls:
        table.add_row("api reference", f"{stack.urls['api']}/v1/docs")
        table.add_row("admin's password", str(state / "secrets" / "admin_password"))
    if "mailbox" in stack.pids():
        table.add_row("letters sent", str(stack.letters))
    if stack.authority is not None:
        table.add_row("authority to trust", str(stack.authority))
    table.add_row("logs", str(state / "logs"))
    console.print(table)
    console.print("[dim]Ctrl-C stops it and keeps everything.[/dim]")
