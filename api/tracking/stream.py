"""The live stream: the journal as Server-Sent Events, resumed without gaps by the last event's id."""

import time
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Query, Request
from fastapi.sse import EventSourceResponse, ServerSentEvent
from prometheus_client import Gauge
from pydantic import JsonValue

from api.auth import Follower
from api.deps import PartsDep
from api.errors import problems
from api.tracking.finding import story
from domain import errors
from domain._values import Timestamp, Value
from domain.audit import Cursor, JournalLine
from domain.shown import for_customer
from domain.users import is_staff, sees_only_own
from runtime.serving import Leaving

router = APIRouter(tags=["tracking"])
STREAMS = Gauge("entrega_streams", "Live streams open")
_LIFETIME_S = 600.0
_NOW = "now"
_LOOK_S = 2.0
_BATCH = 200
_OPEN: Counter[str] = Counter()


class StreamLine(Value):
    """One thing that happened. `event` is its kind, `id` the cursor to resume after it."""

    subject: str
    seq: int
    kind: str
    status: str | None = None
    at: Timestamp
    data: dict[str, JsonValue]

    @classmethod
    def of(cls, line: JournalLine) -> "StreamLine":
        """Without what ties it to the lines before it."""
        status = line.data.get("status")
        return cls(
            subject=line.subject,
            seq=line.seq,
            kind=line.kind,
            status=status if isinstance(status, str) else None,
            at=line.at,
            data=line.data,
        )


async def _resume(
    parts: PartsDep,
    last_event_id: Annotated[str | None, Header(max_length=60)] = None,
    after: Annotated[str | None, Query(max_length=60, description="as `Last-Event-ID`; `now`: what is to come")] = None,
) -> Cursor:
    """Where to go on; checked before the stream opens, since a problem cannot be told on an open one."""
    text = last_event_id or after
    if text == _NOW:
        return await parts.journal.now()
    try:
        return Cursor.parse(text) if text else Cursor()
    except ValueError as error:
        raise errors.Invalid(f"Last-Event-ID: {error}") from error


async def _place(parts: PartsDep, caller: Follower) -> AsyncIterator[None]:
    """One of so many streams that a client may have open at this process. Raises TooMany."""
    if _OPEN[caller.user_id] >= parts.settings.streams_per_client:
        raise errors.TooMany("too many live streams are open; close one first", limit="streams")
    _OPEN[caller.user_id] += 1
    try:
        yield
    finally:
        _OPEN[caller.user_id] -= 1
        if not _OPEN[caller.user_id]:
            del _OPEN[caller.user_id]


async def _followed(
    parts: PartsDep,
    caller: Follower,
    delivery_id: Annotated[str | None, Query(pattern=r"^del_[0-9a-f]{32}$")] = None,
) -> str | None:
    """One delivery, or all of the organisation's; a partner follows one of its own at a time."""
    if sees_only_own(caller):
        if delivery_id is None:
            raise errors.Forbidden("a partner follows one delivery at a time: name it by delivery_id")
        await story(parts, delivery_id, caller)
    return delivery_id


@router.get(
    "/stream",
    response_class=EventSourceResponse,
    responses=problems(400, 401, 403, 404, 410, 422, 429, 503),
    dependencies=[Depends(_place)],
)
async def stream(
    request: Request,
    parts: PartsDep,
    caller: Follower,
    cursor: Annotated[Cursor, Depends(_resume)],
    delivery_id: Annotated[str | None, Depends(_followed)],
    everything: Annotated[bool, Query(description="staff: every organisation's")] = False,
) -> AsyncIterator[ServerSentEvent]:
    """Everything that happens to this organisation's deliveries, from `Last-Event-ID` (or the beginning) on.

    Ends after ten minutes, or when a server is replaced; clients resume with the last id they saw. Nothing of the
    database is held between reads.
    """
    leaving: Leaving = request.app.state.leaving
    organisation_id = None if everything and is_staff(caller) else caller.organisation_id
    ends = time.monotonic() + _LIFETIME_S
    with STREAMS.track_inprogress():
        while time.monotonic() < ends and not leaving.shut:
            lines: Sequence[JournalLine]
            try:
                lines = await parts.journal.after(cursor, _BATCH, organisation_id, delivery_id)
            except errors.Unavailable:
                lines = []  # the database is away for a moment; nothing is skipped
            for line in lines:
                cursor = line.cursor
                shown = line if is_staff(caller) else for_customer(line)
                yield ServerSentEvent(data=StreamLine.of(shown), event=line.kind, id=str(cursor), retry=1000)
            if not lines:
                await parts.bell.wait(_LOOK_S)
