"""The baseline: a workflow that gives the same commands as a delivery's and whose activities do nothing."""

import asyncio
import sys
from datetime import timedelta

from temporalio import activity, workflow
from temporalio.client import Client

with workflow.unsafe.imports_passed_through():
    from runtime.temporal import connect, make_worker
    from workflows import search

QUEUE = "bare"
_QUOTES, _SCANS = 4, 8
_SHORT = timedelta(seconds=30)


@activity.defn
async def nothing() -> None:
    """Does nothing."""


@workflow.defn
class BareWorkflow:
    """Four quotes, a choice, a slot, a booking, eight scans; each move recorded by a local activity."""

    def __init__(self) -> None:
        self._offered = self._accepted = self._booking = False
        self._scans = self._recorded = 0

    @workflow.run
    async def run(self) -> None:
        """The life."""
        await self._record("quoting")
        asked = [self._activity() for _ in range(_QUOTES)]
        for answer in asked:
            await answer
        await self._record("quoted")
        self._offered = True
        await workflow.wait_condition(lambda: self._accepted, timeout=timedelta(hours=1))
        await self._activity()
        await self._record("booking")
        self._booking = True
        await self._activity()
        await self._record("booked")
        while self._recorded < _SCANS:
            await workflow.wait_condition(lambda: self._scans > self._recorded, timeout=timedelta(hours=1))
            self._recorded = self._scans
            await self._record("tracked")

    def _activity(self) -> workflow.ActivityHandle[None]:
        return workflow.start_activity(nothing, start_to_close_timeout=_SHORT)

    async def _record(self, status: str) -> None:
        workflow.upsert_search_attributes([search.STATUS.value_set(status)])
        await workflow.execute_local_activity(nothing, start_to_close_timeout=_SHORT)

    @workflow.update
    async def quoted(self) -> None:
        """Answers when there are offers."""
        await workflow.wait_condition(lambda: self._offered)

    @workflow.update
    async def accept(self) -> None:
        """Answers when the slot is held."""
        self._accepted = True
        await workflow.wait_condition(lambda: self._booking)

    @workflow.signal
    async def scanned(self) -> None:
        """One more scan."""
        self._scans += 1


async def work(address: str) -> None:
    """Serves until it is killed."""
    client: Client = await connect(address)
    async with make_worker(client, QUEUE, workflows=[BareWorkflow], activities=[nothing]):
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(work(sys.argv[1]))
