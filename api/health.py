"""What an orchestrator asks: is the process there, can it serve, and what has it counted."""

import asyncio

from fastapi import APIRouter, Request

from api.addresses import is_ours
from api.deps import PartsDep
from domain._values import Value
from domain.audit import Cursor
from domain.errors import NotFound, Unavailable

router = APIRouter(prefix="/healthz", include_in_schema=False)
_READY_WITHIN_S = 3.0


class Health(Value):
    """A probe's answer."""

    status: str


@router.get("/live")
async def live() -> Health:
    """The process answers."""
    return Health(status="ok")


@router.get("/ready")
async def ready(request: Request, parts: PartsDep) -> Health:
    """The database answers, and this process is not about to end; Temporal and MongoDB may be away for a while without
    anything being lost."""
    if request.app.state.leaving.begun:
        raise Unavailable("this process is about to end")
    try:
        async with asyncio.timeout(_READY_WITHIN_S):
            await parts.journal.after(Cursor(), 1)
    except TimeoutError as error:
        raise Unavailable("the database does not answer") from error
    return Health(status="ok")


def near(request: Request) -> None:
    """A dependency of metrics: who asks from the internet, directly or by a trusted proxy, is told that there are none.
    Raises NotFound."""
    if request.client is None or not is_ours(request.client.host):
        raise NotFound("no such page")
