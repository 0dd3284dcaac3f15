"""Runs the named queues' workers, any of them in one process."""

import asyncio
import importlib
import signal
from collections.abc import Sequence
from contextlib import AsyncExitStack
from datetime import timedelta

from temporalio.worker import Interceptor, Worker

from runtime.exchanges import Subjects
from runtime.logs import configure_logs
from runtime.metrics import tell_metrics
from runtime.ports import free_port
from runtime.pulse import pulse
from runtime.queues import WITH_WORKFLOWS
from runtime.settings import Settings
from runtime.temporal import connect, ensure_pruning, ensure_retention, ensure_schedules, renew
from runtime.tls import temporal_door
from runtime.versions import set_current_version, version_of
from runtime.wiring import Wiring
from workers.crash import CrashOnce
from workers.figures import count_figures
from workers.heartbeats import Heartbeats
from workers.interceptors import DomainErrors
from workers.partitions import keep_partitions
from workers.watching import watch_deliveries, watch_inbox

_LOOK_EVERY_S = 30.0  # for a changed certificate: polls in flight keep a connection that none of ours can look at


async def run_workers(names: Sequence[str], settings: Settings) -> None:
    """Runs the named queues' workers until SIGTERM or SIGINT, then lets what runs come to its end."""
    configure_logs(settings)
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    temporals = settings.worker_metrics_address
    if settings.metrics_address and temporals is None:
        temporals = f"127.0.0.1:{free_port()}"
    tell_metrics(settings, settings.metrics_address or settings.worker_own_metrics_address, beside=temporals)
    interceptors: list[Interceptor] = [DomainErrors(), Subjects(), Heartbeats()]
    if settings.crash_at and settings.crash_marker:
        interceptors.insert(0, CrashOnce(settings.crash_at, settings.crash_marker))
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(pulse.beating())
        wiring = await stack.enter_async_context(Wiring(settings))
        client = await connect(
            settings.temporal_address,
            settings.temporal_namespace,
            codec=wiring.codec(names),
            tls=temporal_door(settings),
            metrics_address=temporals,
            traced=settings.traces_url is not None,
        )
        workers: list[Worker] = []
        for name in names:
            module = importlib.import_module(f"workers.{name}")
            workers.append(await stack.enter_async_context(module.worker(client, wiring, interceptors)))
        if settings.set_current_version:
            for queue in WITH_WORKFLOWS & set(names):
                await set_current_version(client, version_of(queue, settings))
        if "deliveries" in names:
            await ensure_schedules(client, timedelta(seconds=settings.sweep_every))
            await ensure_retention(client, timedelta(seconds=settings.retention_every), settings.retention)
        if "notifications" in names:
            await ensure_pruning(client, settings.messages_kept_for)
        beside = []
        if "deliveries" in names:
            beside += [count_figures(wiring.figures(), stop), watch_deliveries(wiring.deliveries_watch(), stop)]
            beside += [keep_partitions(wiring.partitions(), settings.journal_partition, stop)]
        if "tracking" in names:
            beside += [watch_inbox(wiring.inbox_watch(), stop)]
        for each in beside:
            task = asyncio.create_task(each)
            stack.push_async_callback(asyncio.wait, [task])
            stack.callback(task.cancel)  # which rolls back, and is done before the wait above
        stack.enter_context(pulse.serving())
        while True:
            try:
                await asyncio.wait_for(stop.wait(), _LOOK_EVERY_S)
                return
            except TimeoutError:
                await renew(client, workers)
