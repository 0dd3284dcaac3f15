"""The relay: copies every journal line to the audit log, and tells subscribers' workflows what happened to deliveries.

The two go on apart, each from its own place in the journal, so that an outage of either's other side holds only that
one. Several relays may run beside each other: what is there already changes nothing, what was told is not told again.
"""

import asyncio
import signal
from collections import defaultdict
from datetime import UTC, datetime
from functools import partial

from prometheus_client import Counter, Gauge

from domain.audit import Cursor
from domain.notification_ports import Notifier, Subscribers
from domain.notifications import DISABLED, FAILING
from domain.ports import AuditLog, Journal
from runtime.letters import TemporalLetterWriter
from runtime.logs import configure_logs
from runtime.metrics import tell_metrics
from runtime.pulse import pulse
from runtime.queues import QUEUES, WITH_WORKFLOWS, TemporalWatch
from runtime.settings import Settings
from runtime.temporal import TemporalNotifier, connect
from runtime.tls import temporal_door
from runtime.wiring import Wiring
from workers._letters import Post, apart
from workers.keeping import keep

_BATCH = 500
_AT_ONCE = 32  # workflows told at the same moment
_IDLE_S = 0.5
_WATCH_S = 15.0

LINES = Counter("entrega_relay_lines_total", "Journal lines copied to the audit log")
UP = Gauge("entrega_relay_up", "1 while the last attempt to copy succeeded")
TOLD = Counter("entrega_relay_told_total", "Journal lines handed to subscribers' workflows, counted for each")
TELLING = Gauge("entrega_relay_telling_up", "1 while the last attempt to tell subscribers succeeded")
WATCHING = Gauge("entrega_relay_watching_up", "1 while the last look at how subscribers fare succeeded")
PAUSED = Gauge("entrega_webhook_endpoints_paused", "Endpoints that are paused because they took nothing for days")
WAITING = Gauge("entrega_messages_waiting", "Messages that were begun and not yet taken")
OLDEST = Gauge("entrega_messages_oldest_waiting_seconds", "For how long the oldest of them has waited")
LAG = Gauge("entrega_relay_lag_seconds", "For how long the first line that is not handed on has waited", ["to"])
_QUEUE = ["queue", "kind"]
BACKLOG = Gauge("entrega_task_queue_backlog", "Tasks that wait for a worker, about", _QUEUE)
BACKLOG_OLDEST = Gauge(
    "entrega_task_queue_oldest_waiting_seconds", "For how long the oldest of them has waited", _QUEUE
)
POLLERS = Gauge("entrega_task_queue_pollers", "Workers' pollers that asked for tasks of late", _QUEUE)
TROUBLED = Gauge("entrega_workflows_with_problems", "Running workflows whose tasks fail again and again")


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


async def lag_once(journal: Journal, audit: AuditLog, subscribers: Subscribers) -> int:
    """Looks how far the journal is ahead of what was copied and told of it."""
    LAG.labels("audit").set(await _waited_s(journal, await audit.cursor()))
    LAG.labels("subscribers").set(await _waited_s(journal, await subscribers.cursor()))
    return 0


async def _waited_s(journal: Journal, cursor: Cursor) -> float:
    following = await journal.after(cursor, 1)
    return max(0.0, (datetime.now(UTC) - following[0].at).total_seconds()) if following else 0.0


async def queues_once(temporal: TemporalWatch) -> int:
    """Looks how Temporal's queues fare: from here, since a worker that is gone tells nothing."""
    for each in await temporal.queues(QUEUES, WITH_WORKFLOWS):
        BACKLOG.labels(each.queue, each.kind).set(each.backlog)
        BACKLOG_OLDEST.labels(each.queue, each.kind).set(each.oldest_s)
        POLLERS.labels(each.queue, each.kind).set(each.pollers)
    TROUBLED.set(await temporal.in_trouble())
    return 0


async def run_relay(settings: Settings) -> None:
    """Goes on until SIGTERM or SIGINT; whatever is down is asked again, and nothing is skipped meanwhile."""
    configure_logs(settings)
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    usual = f"127.0.0.1:{settings.relay_metrics_port}" if settings.relay_metrics_port else None
    tell_metrics(settings, settings.metrics_address or usual)
    async with pulse.beating(serving=True), Wiring(settings) as wiring:
        journal, audit = wiring.journal("relay"), wiring.audit(copies=True)
        temporal = await connect(
            settings.temporal_address,
            settings.temporal_namespace,
            codec=wiring.codec(("notifications",)),
            tls=temporal_door(settings),
            lazy=True,
            traced=settings.traces_url is not None,
        )
        subscribers, notifier = wiring.subscribers(), TemporalNotifier(temporal)
        post = Post(wiring.members(), wiring.letter_queue(), TemporalLetterWriter(temporal))
        tell = partial(tell_once, journal, subscribers, notifier, post)
        async with asyncio.TaskGroup() as running:
            for what, once, up, idle_s in (
                ("copying", partial(copy_once, journal, audit), UP, _IDLE_S),
                ("telling", tell, TELLING, _IDLE_S),
                ("watching", partial(watch_once, subscribers), WATCHING, _WATCH_S),
                ("watch_lag", partial(lag_once, journal, audit, subscribers), None, _WATCH_S),
                ("watch_queues", partial(queues_once, TemporalWatch(temporal)), None, _WATCH_S),
            ):
                running.create_task(keep(what, once, stop, idle_s=idle_s, up=up, vital=not what.startswith("watch")))
