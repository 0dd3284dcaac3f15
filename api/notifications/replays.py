"""Replaying: an endpoint is told again, or late, what happened in a stretch of time."""

from datetime import UTC, datetime
from typing import Annotated
from uuid import NAMESPACE_URL, uuid5

import uuid_utils.compat as uuid
from fastapi import APIRouter, Path, Response

from api.deps import PartsDep
from api.errors import problems
from api.notifications.endpoints import EndpointId, Keeper, Key, Viewer, found
from api.notifications.schemas import ReplayCreate
from api.paging import CursorParam, Limit, Page
from domain import errors
from domain.replays import LONGEST, Replay

router = APIRouter(prefix="/webhook-endpoints/{endpoint_id}", tags=["webhooks"])

ReplayId = Annotated[str, Path(pattern=r"^rpl_[0-9a-f]{32}$")]


@router.post("/replay", status_code=202, responses=problems(400, 401, 403, 404, 409, 410, 413, 422, 503))
async def replay_messages(
    endpoint_id: EndpointId, body: ReplayCreate, parts: PartsDep, caller: Keeper, response: Response, key: Key = None
) -> Replay:
    """Sends what happened in that time, in order for each delivery, under the same `webhook-id`s: what was sent before
    too, unless `only_failed`. What happened while the endpoint was disabled comes along; what was before it was added
    does not. One replay of an endpoint runs at a time, and none makes more than some hundred messages wait."""
    kept = await found(parts, caller, endpoint_id)
    now = datetime.now(UTC)
    its_id = uuid5(NAMESPACE_URL, f"{endpoint_id}/{key}").hex if key else uuid.uuid7().hex
    asked = Replay(
        id=f"rpl_{its_id}",
        subscriber=endpoint_id,
        organisation_id=caller.organisation_id,
        since=body.since,
        until=min(body.until or now, now),
        events=body.events,
        only_failed=body.only_failed,
        created_by=caller.actor,
        created_at=now,
    )
    known = await parts.replays.get(endpoint_id, asked.id)
    if known is None:
        if not kept.endpoint.enabled:
            raise errors.NotAllowedNow("nothing is sent while the endpoint is disabled: enable it first")
        if not asked.since < asked.until <= asked.since + LONGEST:
            raise errors.Invalid(f"since comes before until, by {LONGEST.days} days at most", field="since")
        known = await parts.replayer.replay(asked)
    else:
        response.headers["Idempotency-Replayed"] = "true"
    # Without an end it was meant up to its own first asking.
    if not known.same_as(asked.model_copy(update={} if body.until else {"until": known.until})):
        raise errors.IdempotencyKeyReused
    response.headers["Location"] = f"/v1/webhook-endpoints/{endpoint_id}/replays/{known.id}"
    return known


@router.get("/replays", responses=problems(400, 401, 403, 404, 422, 503))
async def list_replays(
    endpoint_id: EndpointId, parts: PartsDep, caller: Viewer, limit: Limit = 50, cursor: CursorParam = None
) -> Page[Replay]:
    """Newest first, each with how far it has come."""
    await found(parts, caller, endpoint_id, reads=True)
    items, following = await parts.replays.page(endpoint_id, limit, cursor)
    return Page[Replay](items=list(items), next=following)


@router.get("/replays/{replay_id}", responses=problems(401, 403, 404, 422, 503))
async def get_replay(endpoint_id: EndpointId, replay_id: ReplayId, parts: PartsDep, caller: Viewer) -> Replay:
    """One: how many lines there are, how many were looked at, how many of them are sent."""
    await found(parts, caller, endpoint_id, reads=True)
    replay = await parts.replays.get(endpoint_id, replay_id)
    if replay is None:
        raise errors.NotFound("no such replay")
    return replay
