"""One import: its lines in batches, until none waits or somebody stops it."""

import asyncio

from temporalio import workflow
from temporalio.exceptions import ActivityError, is_cancelled_exception

from domain._values import Value
from workflows import options

with workflow.unsafe.imports_passed_through():
    from activities.imports import EndImport, ImportActivities, RequestLines

_BATCH = 20
_BATCHES_A_RUN = 200


class ImportStart(Value):
    """Which import; its lines, and what became of them, are in the database."""

    import_id: str
    batch: int = _BATCH
    batches_a_run: int = _BATCHES_A_RUN


@workflow.defn
class ImportWorkflow:
    """Goes on where it was, since whatever was written down does not wait any more."""

    @workflow.init
    def __init__(self, start: ImportStart) -> None:
        self._import_id = start.import_id
        self._stopped = False

    @workflow.run
    async def run(self, start: ImportStart) -> None:
        """Requests every line; cancelling the workflow itself, as the Temporal UI can, stops it too."""
        left = 1
        try:
            for _ in range(start.batches_a_run):
                left = await self._next(start)
                if self._stopped or not left:
                    break
        except asyncio.CancelledError:
            self._stopped = True
        if left and not self._stopped:
            workflow.continue_as_new(start)
        await workflow.execute_activity_method(
            ImportActivities.end_import,
            EndImport(import_id=start.import_id, cancelled=self._stopped),
            **options.END_IMPORT,
        )

    async def _next(self, start: ImportStart) -> int:
        """How many wait after the next batch, which a stop lets come to its end unless it is waiting to be retried."""
        batch = workflow.start_activity_method(
            ImportActivities.request_lines,
            RequestLines(import_id=start.import_id, most=start.batch),
            **options.REQUEST_LINES,
        )
        await workflow.wait_condition(lambda: batch.done() or self._stopped)
        if not batch.done():
            batch.cancel()
        try:
            left: int = await batch
        except ActivityError as error:
            if self._stopped and is_cancelled_exception(error):
                return 1
            raise
        return left

    @workflow.signal(description="Request nothing more")
    def stop(self) -> None:
        """What was requested lives on."""
        self._stopped = True
