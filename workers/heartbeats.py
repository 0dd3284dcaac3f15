"""Heartbeats: what a killed worker had under way is tried again within seconds."""

import asyncio
import contextlib
from datetime import timedelta
from typing import Any

from temporalio import activity
from temporalio.worker import ActivityInboundInterceptor, ExecuteActivityInput, Interceptor


class Heartbeats(Interceptor):
    """On every worker; for activities whose options name a heartbeat timeout."""

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:
        """Wraps activities."""
        return _Beating(next)


class _Beating(ActivityInboundInterceptor):
    async def execute_activity(self, input: ExecuteActivityInput) -> Any:
        limit = activity.info().heartbeat_timeout
        if not limit:
            return await super().execute_activity(input)
        beating = asyncio.create_task(_beat(limit))
        work = asyncio.ensure_future(super().execute_activity(input))
        try:
            return await _to_its_end(work)
        finally:
            beating.cancel()


async def _beat(limit: timedelta) -> None:
    """What is over sooner needs no heartbeat."""
    while True:
        await asyncio.sleep(limit.total_seconds() / 3)
        activity.heartbeat()


async def _to_its_end(work: "asyncio.Future[Any]") -> Any:
    """A heartbeat's answer may bring a cancel: a call that is under way is not torn off, or nobody would know what
    came of it. Only the end of the worker's own patience does that."""
    while True:
        try:
            return await asyncio.shield(work)
        except asyncio.CancelledError:
            if work.done() or activity.is_worker_shutdown():
                work.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await work
                raise
