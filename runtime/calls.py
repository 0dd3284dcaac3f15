"""Calls to Temporal that do not come through, and what they mean to whoever made them."""

import asyncio
import contextlib
from collections.abc import Iterator
from typing import Any

from temporalio.client import WithStartWorkflowOperation
from temporalio.service import RPCError

from domain.errors import Unavailable

_AT_ONCE_S = 0.05


def never_connected(error: RuntimeError) -> bool:
    """Whether this is how a lazy client says that its first connection failed: with nothing more particular."""
    return "Failed client connect" in str(error)


@contextlib.contextmanager
def reached() -> Iterator[None]:
    """Raises Unavailable for a call inside that Temporal does not answer; what it refuses otherwise comes as it is."""
    try:
        yield
    except RPCError as error:
        raise Unavailable("Temporal does not answer") from error
    except RuntimeError as error:
        if not never_connected(error):
            raise
        raise Unavailable("Temporal cannot be reached") from error


async def retrieved(operation: WithStartWorkflowOperation[Any, Any]) -> None:
    """Takes the start's handle after its call failed, else its future is reported as never retrieved.

    Where no connection was made it never comes, and a call that was cut off leaves it cancelled, which is not to be
    taken for our own cancellation.
    """
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(asyncio.gather(operation.workflow_handle(), return_exceptions=True), _AT_ONCE_S)
