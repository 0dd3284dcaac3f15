"""What an import does: requests the deliveries of its lines, some at a time, and writes down what came of them."""

import asyncio

from temporalio import activity
from temporalio.exceptions import TemporalError, WorkflowAlreadyStartedError

from domain import errors
from domain._values import Value
from domain.deliveries import DeliveryStatus
from domain.imports import Import, ImportLine, ImportStore, Outcome, Requester, WaitingLine
from domain.ports import DeliveryStore

_AT_ONCE = 4
"""Each asks every carrier: an import leaves room for those who request by hand."""


class RequestLines(Value):
    """The next lines that wait, so many at most."""

    import_id: str
    most: int


class EndImport(Value):
    """Nothing more of it is requested."""

    import_id: str
    cancelled: bool = False


class ImportActivities:
    """Runs on the deliveries queue."""

    def __init__(self, store: ImportStore, deliveries: DeliveryStore, requester: Requester) -> None:
        self._store = store
        self._deliveries = deliveries
        self._requester = requester

    @activity.defn
    async def request_lines(self, ask: RequestLines) -> int:
        """How many lines still wait. A line that is requested again, after a crash, has the delivery it had.

        What was refused is written down as failed; when something we need is down, raises Unavailable once the others
        are written down, and those that are left are tried again.
        """
        made = await self._store.get(ask.import_id)
        if made is None:
            raise errors.NotFound("no such import")
        places = asyncio.Semaphore(_AT_ONCE)

        async def placed(line: WaitingLine) -> ImportLine:
            async with places:
                return await self._requested(made, line)

        waiting = await self._store.waiting(made.id, ask.most)
        done = await asyncio.gather(*map(placed, waiting), return_exceptions=True)
        left = await self._store.settle(made.id, [line for line in done if isinstance(line, ImportLine)])
        for one in done:
            if isinstance(one, BaseException):
                raise one
        return left

    @activity.defn
    async def end_import(self, ask: EndImport) -> None:
        """Completed, or cancelled with what still waited."""
        await self._store.end(ask.import_id, cancelled=ask.cancelled)

    async def _requested(self, made: Import, line: WaitingLine) -> ImportLine:
        plain = ImportLine(line=line.line, delivery_id=line.delivery_id, outcome=Outcome.REQUESTED)
        try:
            known = await self._deliveries.get(line.delivery_id)
            if known is not None and known.status is not DeliveryStatus.QUOTING:
                return plain
            await self._requester.request(line.delivery_id, made.organisation_id, made.created_by, line.request)
        except (WorkflowAlreadyStartedError, errors.Archived):
            return plain  # it lived, and ended
        except (TemporalError, TimeoutError) as error:
            raise errors.Unavailable("deliveries cannot be reached now") from error
        except errors.DomainError as error:
            if error.retryable:
                raise
            return plain.model_copy(update={"outcome": Outcome.FAILED, "reason": error.code})
        return plain
