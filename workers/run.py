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
from runtime.metrics import serve_metrics
from runtime.settings import Settings
from runtime.temporal import connect, ensure_pruning, ensure_retention, ensure_schedules, renew, set_current_version
from runtime.tls import server_context, temporal_door
from runtime.wiring import Wiring
from workers.crash import CrashOnce
from workers.figures import count_figures
from workers.heartbeats import Heartbeats
from workers.interceptors import DomainErrors

_LOOK_EVERY_S = 30.0  # for a changed certificate: polls in flight keep a connection that none of ours can look at
QUEUES = ("users", "quotes", "availability", "deliveries", "tracking", "notifications")
_WITH_WORKFLOWS = {"deliveries", "notifications"}


async def run_workers(names: Sequence[str], settings: Settings) -> None:
    """Runs the named queues' workers until SIGTERM or SIGINT, then lets what runs come to its end."""
    configure_logs(settings)
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    if settings.worker_own_metrics_address:
        host, _, port = settings.worker_own_metrics_address.rpartition(":")
        serve_metrics(host, int(port), server_context(settings))
    interceptors: list[Interceptor] = [DomainErrors(), Subjects(), Heartbeats()]
    if settings.crash_at and settings.crash_marker:
        interceptors.insert(0, CrashOnce(settings.crash_at, settings.crash_marker))
    async with AsyncExitStack() as stack:
        wiring = await stack.enter_async_context(Wiring(settings))
        client = await connect(
            settings.temporal_address,
            settings.temporal_namespace,
            codec=wiring.codec(names),
            tls=temporal_door(settings),
            metrics_address=settings.worker_metrics_address,
        )
        workers: list[Worker] = []
        for name in names:
            module = importlib.import_module(f"workers.{name}")
            workers.append(await stack.enter_async_context(module.worker(client, wiring, interceptors)))
        if settings.set_current_version:
            for queue in _WITH_WORKFLOWS & set(names):
                await set_current_version(client, queue)
            if "deliveries" in names:
                await ensure_schedules(client, timedelta(seconds=settings.sweep_every))
                await ensure_retention(client, timedelta(seconds=settings.retention_every), settings.retention)
            if "notifications" in names:
                await ensure_pruning(client, settings.messages_kept_for)
        if "deliveries" in names:
            counting = asyncio.create_task(count_figures(wiring.figures(), stop))
            stack.push_async_callback(asyncio.wait, [counting])
            stack.callback(counting.cancel)  # which rolls back, and is done before the wait above
        while True:
            try:
                await asyncio.wait_for(stop.wait(), _LOOK_EVERY_S)
                return
            except TimeoutError:
                await renew(client, workers)
