"""Beginning a replay: its workflow is started and asked in one call, which answers once it is kept."""

import asyncio
import contextlib
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
from workflows import addressing
from workflows.replays import ReplayStart, ReplayWorkflow

_WAIT = timedelta(seconds=10)
_AT_ONCE_S = 0.05
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
            # Else its future is reported as never retrieved; where no connection was made it never comes.
            with contextlib.suppress(TimeoutError, *_FAILURES):
                await asyncio.wait_for(operation.workflow_handle(), _AT_ONCE_S)
            raise _meant(error) from error
        kept: Replay = answer
        return kept


def _meant(error: Exception) -> Exception:
    match error:
        case WorkflowUpdateFailedError(cause=ApplicationError() as cause):
            data = cause.details[0] if cause.details and isinstance(cause.details[0], dict) else {}
            return DomainError.revive(cause.type or "", cause.message, data)
        case RuntimeError() if "Failed client connect" not in str(error):
            return error
        case _:
            return Unavailable("replays cannot begin now; try again with the same Idempotency-Key")
