"""Beginning a replay: its workflow is started and asked in one call, which answers once it is kept."""

from datetime import timedelta
from typing import Any

from temporalio.client import (
    Client,
    WithStartWorkflowOperation,
    WorkflowUpdateFailedError,
    WorkflowUpdateRPCTimeoutOrCancelledError,
)
from temporalio.common import WorkflowIDConflictPolicy, WorkflowIDReusePolicy
from temporalio.exceptions import ApplicationError
from temporalio.service import RPCError

from domain.errors import DomainError, Unavailable
from domain.replays import Replay
from runtime.calls import never_connected, retrieved
from workflows import addressing
from workflows.replays import ReplayStart, ReplayWorkflow

_WAIT = timedelta(seconds=10)
_FAILURES = (
    RPCError,
    WorkflowUpdateFailedError,
    WorkflowUpdateRPCTimeoutOrCancelledError,
    RuntimeError,  # a lazy client's first connection fails with nothing more particular
)


class TemporalReplayer:
    """One workflow for each replay's id: asked again, it answers as it did."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def replay(self, replay: Replay) -> Replay:
        """See `domain.replays.Replayer`."""
        operation = WithStartWorkflowOperation(
            ReplayWorkflow.run,
            ReplayStart(replay=replay),
            id=addressing.replay_workflow_id(replay.subscriber, replay.id),
            task_queue=addressing.NOTIFICATIONS,
            id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
            id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
        )
        try:
            answer: Any = await self._client.execute_update_with_start_workflow(
                ReplayWorkflow.begun, start_workflow_operation=operation, rpc_timeout=_WAIT
            )
        except _FAILURES as error:
            await retrieved(operation)
            raise _meant(error) from error
        kept: Replay = answer
        return kept


def _meant(error: Exception) -> Exception:
    match error:
        case WorkflowUpdateFailedError(cause=ApplicationError() as cause):
            data = cause.details[0] if cause.details and isinstance(cause.details[0], dict) else {}
            return DomainError.revive(cause.type or "", cause.message, data)
        case RuntimeError() as failed if not never_connected(failed):
            return error
        case _:
            return Unavailable("replays cannot begin now; try again with the same Idempotency-Key")
