"""The relay: copies every journal line to the audit log, and tells subscribers' workflows what happened to deliveries.

The two go on apart, each from its own place in the journal, so that an outage of either's other side holds only that
one. Several relays may run beside each other: what is there already changes nothing, what was told is not told again.
"""

import asyncio
import contextlib
import signal
from collections import defaultdict
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from functools import partial

import structlog
from prometheus_client import Counter, Gauge

from domain.errors import DomainError
from domain.notification_ports import Notifier, Subscribers
from domain.notifications import DISABLED, FAILING
from domain.ports import AuditLog, Journal
from runtime.letters import TemporalLetterWriter
from runtime.logs import configure_logs
from runtime.metrics import serve_metrics
from runtime.settings import Settings
from runtime.temporal import TemporalNotifier, connect
from runtime.tls import server_context, temporal_door
from runtime.wiring import Wiring
from workers._letters import Post, apart

_BATCH = 500
_AT_ONCE = 32  # workflows told at the same moment
_IDLE_S = 0.5
_PAUSE_S = 2.0
_WATCH_S = 15.0

log = structlog.get_logger(__name__)
LINES = Counter("entrega_relay_lines_total", "Journal lines copied to the audit log")
UP = Gauge("entrega_relay_up", "1 while the last attempt to copy succeeded")
TOLD = Counter("entrega_relay_told_total", "Journal lines handed to subscribers' workflows, counted for each")
TELLING = Gauge("entrega_relay_telling_up", "1 while the last attempt to tell subscribers succeeded")
WATCHING = Gauge("entrega_relay_watching_up", "1 while the last look at how subscribers fare succeeded")
PAUSED = Gauge("entrega_webhook_endpoints_paused", "Endpoints that are paused because they took nothing for days")
WAITING = Gauge("entrega_messages_waiting", "Messages that were begun and not yet taken")
OLDEST = Gauge("entrega_messages_oldest_waiting_seconds", "For how long the oldest of them has waited")


async def copy_once(journal: Journal, audit: AuditLog) -> int:
    """Copies the next lines after the last one copied; how many there were."""
    lines = await journal.after(await audit.cursor(), _BATCH)
    if lines:
        await audit.copy(lines)
        LINES.inc(len(lines))
    return len(lines)


async def tell_once(journal: Journal, subscribers: Subscribers, notifier: Notifier, post: Post | None = None) -> int:
    """Tells of the next lines, each workflow once for all of them; how many lines there were.

    The place in the journal moves when every workflow has them, so a crash or an outage tells some again and none
    never. A workflow is told a delivery's lines in order: no relay begins behind a line that was not told.
    """
    lines = await journal.after(await subscribers.cursor(), _BATCH)
    if not lines:
        return 0
    if post is not None:
        await post.learn(lines)
    organisations = sorted({line.organisation_id for line in lines if line.organisation_id})
    called, written_to = apart(await subscribers.of(organisations))
    due: defaultdict[tuple[str, str], list[int]] = defaultdict(list)
    for line in lines:
        if line.kind == DISABLED and line.data.get("reason") == FAILING and line.organisation_id:
            await notifier.paused(line.organisation_id, line.subject, line.seq)
        for subscriber in called.get(line.organisation_id or "", ()):
            if subscriber.wants(line):
                due[subscriber.id, line.subject].append(line.seq)
    places = asyncio.Semaphore(_AT_ONCE)

    async def tell(subscriber: str, delivery_id: str, seqs: list[int]) -> None:
        async with places:
            if await notifier.tell(subscriber, delivery_id, seqs):
                TOLD.inc(len(seqs))

    await asyncio.gather(*(tell(subscriber, delivery, seqs) for (subscriber, delivery), seqs in due.items()))
    if post is not None:
        await post.hand_over(lines, written_to)
    await subscribers.advance(lines[-1].cursor)
    return len(lines)


async def watch_once(subscribers: Subscribers) -> int:
    """Looks how telling fares as a whole, for the metrics; there is nothing more to look at then."""
    now = await subscribers.standing()
    PAUSED.set(now.paused)
    WAITING.set(now.waiting)
    OLDEST.set((datetime.now(UTC) - now.oldest_at).total_seconds() if now.oldest_at else 0)
    return 0


async def run_relay(settings: Settings) -> None:
    """Goes on until SIGTERM or SIGINT; whatever is down is asked again, and nothing is skipped meanwhile."""
    configure_logs(settings)
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    if settings.relay_metrics_port:
        serve_metrics("127.0.0.1", settings.relay_metrics_port, server_context(settings))
    async with Wiring(settings) as wiring:
        journal, audit = wiring.journal("relay"), wiring.audit(copies=True)
        temporal = await connect(
            settings.temporal_address,
            settings.temporal_namespace,
            codec=wiring.codec(("notifications",)),
            tls=temporal_door(settings),
            lazy=True,
        )
        subscribers, notifier = wiring.subscribers(), TemporalNotifier(temporal)
        post = Post(wiring.members(), wiring.letter_queue(), TemporalLetterWriter(temporal))
        async with asyncio.TaskGroup() as running:
            running.create_task(_keep("copying", partial(copy_once, journal, audit), UP, stop))
            tell = partial(tell_once, journal, subscribers, notifier, post)
            running.create_task(_keep("telling", tell, TELLING, stop))
            running.create_task(_keep("watching", partial(watch_once, subscribers), WATCHING, stop, _WATCH_S))


async def _keep(
    what: str, once: Callable[[], Awaitable[int]], up: Gauge, stop: asyncio.Event, idle_s: float = _IDLE_S
) -> None:
    while not stop.is_set():
        try:
            pause = 0.0 if await once() else idle_s
            up.set(1)
        except (DomainError, OSError) as error:
            up.set(0)
            log.warning("relay waits", what=what, error=type(error).__name__)
            pause = _PAUSE_S
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), pause)
