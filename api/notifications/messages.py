"""What was sent to an endpoint, and sending one of them again."""

from typing import Annotated

from fastapi import APIRouter, Path

from api.deps import Parts, PartsDep
from api.errors import problems
from api.notifications.endpoints import EndpointId, Keeper, Viewer, found
from api.notifications.schemas import MessageDetail
from api.paging import CursorParam, Limit, Page
from domain import errors
from domain.notifications import Message, Outcome

router = APIRouter(prefix="/webhook-endpoints/{endpoint_id}/messages", tags=["webhooks"])

MessageId = Annotated[str, Path(pattern=r"^msg_[0-9a-f]{32}$")]
_READS = problems(401, 403, 404, 422, 503)


@router.get("", responses=problems(400, 401, 403, 404, 422, 503))
async def list_messages(
    endpoint_id: EndpointId,
    parts: PartsDep,
    caller: Viewer,
    outcome: Outcome | None = None,
    limit: Limit = 50,
    cursor: CursorParam = None,
) -> Page[Message]:
    """Newest first, each with its last answer and when it is tried again."""
    await found(parts, caller, endpoint_id, reads=True)
    items, following = await parts.messages.page(endpoint_id, outcome, limit, cursor)
    return Page[Message](items=list(items), next=following)


@router.get("/{message_id}", responses=_READS)
async def get_message(endpoint_id: EndpointId, message_id: MessageId, parts: PartsDep, caller: Viewer) -> MessageDetail:
    """One, with every try: when, how it was answered, how long that took."""
    await found(parts, caller, endpoint_id, reads=True)
    message = await _message(parts, endpoint_id, message_id)
    log = await parts.messages.attempts(message_id)
    return MessageDetail(**message.model_dump(), log=tuple(log))


@router.post("/{message_id}/resend", status_code=202, responses=problems(401, 403, 404, 409, 410, 422, 503))
async def resend_message(endpoint_id: EndpointId, message_id: MessageId, parts: PartsDep, caller: Keeper) -> Message:
    """Sends it again under the same `webhook-id`, with all tries before it; one that waits for its next try is tried at
    once. A test is not sent again: make another."""
    kept = await found(parts, caller, endpoint_id)
    message = await _message(parts, endpoint_id, message_id)
    if message.delivery_id is None or not kept.endpoint.enabled:
        raise errors.NotAllowedNow("a test is not sent again, and nothing is sent while the endpoint is disabled")
    await parts.messages.reopen(message_id)
    if not await parts.notifier.tell(endpoint_id, message.delivery_id, (message.seq,), again=True):
        raise errors.Erased
    return await _message(parts, endpoint_id, message_id)


async def _message(parts: Parts, endpoint_id: str, message_id: str) -> Message:
    message = await parts.messages.get(endpoint_id, message_id)
    if message is None:
        raise errors.NotFound("no such message")
    return message
