"""Runs the named queues' workers, any of them in one process."""

import asyncio
import importlib
import signal
from collections.abc import Sequence
from contextlib import AsyncExitStack
from datetime import timedelta

from prometheus_client import start_http_server
from temporalio.worker import Interceptor

from runtime.exchanges import Subjects
from runtime.logs import configure_logs
from runtime.settings import Settings
from runtime.temporal import connect, ensure_schedules, set_current_version
from runtime.wiring import Wiring
from workers.crash import CrashOnce
from workers.heartbeats import Heartbeats
from workers.interceptors import DomainErrors

QUEUES = ("quotes", "availability", "deliveries", "tracking")


async def run_workers(names: Sequence[str], settings: Settings) -> None:
    """Runs the named queues' workers until SIGTERM or SIGINT, then lets what runs come to its end."""
    configure_logs(settings)
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    if settings.worker_own_metrics_address:
        host, _, port = settings.worker_own_metrics_address.rpartition(":")
        start_http_server(int(port), addr=host)
    interceptors: list[Interceptor] = [DomainErrors(), Subjects(), Heartbeats()]
    if settings.crash_at and settings.crash_marker:
        interceptors.insert(0, CrashOnce(settings.crash_at, settings.crash_marker))
    async with AsyncExitStack() as stack:
        wiring = await stack.enter_async_context(Wiring(settings))
        where = settings.temporal_address, settings.temporal_namespace
        metrics = settings.worker_metrics_address
        client = await connect(*where, codec=wiring.codec(names), metrics_address=metrics)
        for name in names:
            module = importlib.import_module(f"workers.{name}")
            await stack.enter_async_context(module.worker(client, wiring, interceptors))
        if "deliveries" in names and settings.set_current_version:
            await set_current_version(client)
            await ensure_schedules(client, timedelta(seconds=settings.sweep_every))
        await stop.wait()
