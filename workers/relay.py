"""The relay: copies every journal line to the audit log, catching up after any outage of either side.

Several may run beside each other: a copy of what is there already changes nothing.
"""

import asyncio
import contextlib
import signal

import structlog
from prometheus_client import Counter, Gauge

from domain.errors import DomainError
from domain.ports import AuditLog, Journal
from runtime.logs import configure_logs
from runtime.metrics import serve_metrics
from runtime.settings import Settings
from runtime.tls import server_context
from runtime.wiring import Wiring

_BATCH = 500
_IDLE_S = 0.5
_PAUSE_S = 2.0

log = structlog.get_logger(__name__)
LINES = Counter("entrega_relay_lines_total", "Journal lines copied to the audit log")
UP = Gauge("entrega_relay_up", "1 while the last attempt to copy succeeded")


async def copy_once(journal: Journal, audit: AuditLog) -> int:
    """Copies the next lines after the last one copied; how many there were."""
    lines = await journal.after(await audit.cursor(), _BATCH)
    if lines:
        await audit.copy(lines)
        LINES.inc(len(lines))
    return len(lines)


async def run_relay(settings: Settings) -> None:
    """Copies until SIGTERM or SIGINT; whatever is down is asked again, and nothing is skipped meanwhile."""
    configure_logs(settings)
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    if settings.relay_metrics_port:
        serve_metrics("127.0.0.1", settings.relay_metrics_port, server_context(settings))
    async with Wiring(settings) as wiring:
        journal, audit = wiring.journal("relay"), wiring.audit(copies=True)
        while not stop.is_set():
            try:
                pause = 0.0 if await copy_once(journal, audit) else _IDLE_S
                UP.set(1)
            except (DomainError, OSError) as error:
                UP.set(0)
                log.warning("relay waits", error=type(error).__name__)
                pause = _PAUSE_S
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), pause)
