"""What is done once the answer is out: letters, and lines about attempts, so that no answer's time tells of them."""

import asyncio
from collections.abc import Coroutine
from typing import Annotated, Any

import structlog
from fastapi import Depends, Request

from domain.errors import DomainError
from runtime.serving import LATER_S

log = structlog.get_logger(__name__)


class Later:
    """Runs beside the requests; one per process. What fails is logged, by what it was and not for whom."""

    def __init__(self) -> None:
        self._running: set[asyncio.Task[None]] = set()

    def __call__(self, what: str, work: Coroutine[Any, Any, object]) -> None:
        """Starts it and goes on."""
        task = asyncio.create_task(self._done(what, work))
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def drain(self) -> None:
        """Waits for what has been started, but not for ever."""
        if self._running:
            await asyncio.wait(set(self._running), timeout=LATER_S)

    @staticmethod
    async def _done(what: str, work: Coroutine[Any, Any, object]) -> None:
        try:
            await work
        except DomainError as error:
            log.warning("left undone", what=what, code=error.code, cause=error.data.get("cause"))
        except Exception as error:
            log.exception("left undone", what=what, error=type(error).__name__)


def _later(request: Request) -> Later:
    later: Later = request.app.state.later
    return later


LaterDep = Annotated[Later, Depends(_later)]
