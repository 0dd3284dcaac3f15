"""Dies on purpose, once, at a chosen point: how the tests show that no crash does anything twice."""

import os
import signal
from pathlib import Path
from typing import Any

from temporalio import activity
from temporalio.worker import ActivityInboundInterceptor, ExecuteActivityInput, Interceptor


class CrashOnce(Interceptor):
    """`at` is `activity:before` or `activity:after`, after being when the effect is done and not yet reported.
    The marker file remembers that it has happened, so that the restarted worker lives."""

    def __init__(self, at: str, marker: Path) -> None:
        self._step, _, self._phase = at.partition(":")
        self._marker = marker

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:
        """Wraps activities."""
        return _Crashing(next, self)

    def reached(self, phase: str) -> None:
        """Kills this process without a word, if this is the point and it has not been reached before."""
        here = activity.info().activity_type == self._step and phase == self._phase
        if here and not self._marker.exists():
            self._marker.touch()
            os.kill(os.getpid(), signal.SIGKILL)


class _Crashing(ActivityInboundInterceptor):
    def __init__(self, next: ActivityInboundInterceptor, crash: CrashOnce) -> None:
        super().__init__(next)
        self._crash = crash

    async def execute_activity(self, input: ExecuteActivityInput) -> Any:
        self._crash.reached("before")
        result = await super().execute_activity(input)
        self._crash.reached("after")
        return result
