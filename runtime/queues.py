"""How Temporal's task queues fare, as its server says: what waits, since when, who asks for it."""

import asyncio
from collections.abc import Collection
from datetime import timedelta
from typing import NamedTuple

from temporalio.api.enums.v1 import TaskQueueType
from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.api.workflowservice.v1 import DescribeTaskQueueRequest
from temporalio.client import Client

from runtime.calls import reached

QUEUES = ("users", "quotes", "availability", "deliveries", "tracking", "notifications")
WITH_WORKFLOWS = frozenset({"deliveries", "notifications"})

_WITHIN = timedelta(seconds=5)
_KINDS = {
    "workflow": TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW,
    "activity": TaskQueueType.TASK_QUEUE_TYPE_ACTIVITY,
}
_IN_TROUBLE = "ExecutionStatus = 'Running' AND TemporalReportedProblems IS NOT NULL"


class QueueStanding(NamedTuple):
    """Tasks of one kind on one queue: about how many wait, the oldest for how long, and how many pollers ask."""

    queue: str
    kind: str
    backlog: int
    oldest_s: float
    pollers: int


class TemporalWatch:
    """Reads what the server knows; needs no worker and no codec."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def queues(self, names: Collection[str], with_workflows: Collection[str]) -> list[QueueStanding]:
        """Each queue's activities, and the workflows of those that run some. Raises Unavailable."""
        asked = [(name, "activity") for name in names] + [(name, "workflow") for name in with_workflows]
        with reached():
            return list(await asyncio.gather(*(self._queue(*each) for each in asked)))

    async def in_trouble(self) -> int:
        """How many workflows run whose tasks fail again and again. Raises Unavailable."""
        with reached():
            return (await self._client.count_workflows(_IN_TROUBLE, rpc_timeout=_WITHIN)).count

    async def _queue(self, name: str, kind: str) -> QueueStanding:
        asked = DescribeTaskQueueRequest(
            namespace=self._client.namespace,
            task_queue=TaskQueue(name=name),
            task_queue_type=_KINDS[kind],
            report_stats=True,
        )
        told = await self._client.workflow_service.describe_task_queue(asked, timeout=_WITHIN)
        oldest = told.stats.approximate_backlog_age.ToTimedelta().total_seconds()
        return QueueStanding(name, kind, told.stats.approximate_backlog_count, oldest, len(told.pollers))
