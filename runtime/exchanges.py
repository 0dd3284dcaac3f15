"""Whose exchange it is: carriers' adapters speak of requests, the process around them knows the delivery."""

import contextvars
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from temporalio import activity
from temporalio.worker import ActivityInboundInterceptor, ExecuteActivityInput, Interceptor

from domain.exchanges import Exchange
from domain.ports import ExchangeLog
from runtime.request_ids import REQUEST_ID
from workflows import addressing

_SUBJECT: contextvars.ContextVar[dict[str, str]] = contextvars.ContextVar("subject")


class Attributed:
    """An `ExchangeLog` that adds the delivery, the booking's key and the request that are being served."""

    def __init__(self, log: ExchangeLog) -> None:
        self._log = log
        self.search = log.search

    def note(self, exchange: Exchange) -> None:
        """See `domain.ports.ExchangeLog`."""
        self._log.note(exchange.model_copy(update={"request_id": REQUEST_ID.get(), **_SUBJECT.get({})}))


class Subjects(Interceptor):
    """On every worker: an activity is about its workflow's delivery, and about the booking it was given."""

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:
        """Wraps activities."""
        return _Activities(next)


class _Activities(ActivityInboundInterceptor):
    async def execute_activity(self, input: ExecuteActivityInput) -> Any:
        token = _SUBJECT.set(_subject(activity.info().workflow_id, input.args))
        try:
            return await super().execute_activity(input)
        finally:
            _SUBJECT.reset(token)


def _subject(workflow_id: str | None, args: Sequence[Any]) -> dict[str, str]:
    found = {}
    with suppress(ValueError):
        found["delivery_id"] = addressing.delivery_id(workflow_id or "")
    for held in args:
        part = getattr(held, "order", None) or getattr(held, "booking", None)
        if isinstance(key := getattr(part, "key", None), str):
            found["booking_key"] = key
    return found
