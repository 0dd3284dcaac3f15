"""Webhook endpoints: adding, changing, testing them, and the secrets they know us by."""

from datetime import UTC, datetime
from typing import Annotated
from uuid import NAMESPACE_URL, uuid5

import uuid_utils.compat as uuid
from fastapi import APIRouter, Depends, Header, Path, Response

from api.auth import Person, requires
from api.deps import Parts, PartsDep
from api.errors import problems
from api.looks import Watched
from api.notifications.schemas import EndpointChange, EndpointCreate, EndpointSecret, NewEndpoint, RotateBody, Tested
from api.notifications.schemas import new_secret as fresh
from api.paging import CursorParam, Limit, Page
from domain import errors
from domain.events import PING, Event, EventData
from domain.notifications import Attempt, KeptEndpoint, Message, Outcome, Secrets, WebhookEndpoint
from domain.users import Principal, is_staff, may_keep_webhooks, may_see_webhook_secrets, may_see_webhooks

router = APIRouter(prefix="/webhook-endpoints", tags=["webhooks"], route_class=Watched)

EndpointId = Annotated[str, Path(pattern=r"^whe_[0-9a-f]{32}$")]
Viewer = Annotated[Principal, Depends(requires(may_see_webhooks))]
Keeper = Annotated[Principal, Depends(requires(may_keep_webhooks))]
Key = Annotated[str | None, Header(alias="Idempotency-Key", min_length=1, max_length=255, pattern=r"^[\x21-\x7e]+$")]
_READS = problems(401, 403, 404, 422, 503)
_WRITES = problems(400, 401, 403, 404, 410, 413, 422, 503)
_CUSTOMER = "customer"


async def found(parts: Parts, caller: Principal, endpoint_id: str, *, reads: bool = False) -> KeptEndpoint:
    """Another organisation's is not there, but for staff who look."""
    kept = await parts.endpoints.get(endpoint_id)
    theirs = kept is not None and kept.endpoint.organisation_id == caller.organisation_id
    if kept is None or not (theirs or (reads and is_staff(caller))):
        raise errors.NotFound("no such webhook endpoint")
    return kept


@router.post("", status_code=201, responses=problems(400, 401, 403, 410, 413, 422, 503))
async def create_webhook_endpoint(
    body: EndpointCreate, parts: PartsDep, caller: Keeper, response: Response, key: Key = None
) -> NewEndpoint:
    """An address that is called from now on, with the secret by which it knows us."""
    await parts.webhooks.check(body.url)
    now = datetime.now(UTC)
    its_id = uuid5(NAMESPACE_URL, f"{caller.organisation_id}/{key}").hex if key else uuid.uuid7().hex
    endpoint = WebhookEndpoint(
        id=f"whe_{its_id}",
        organisation_id=caller.organisation_id,
        **body.model_dump(),
        disabled_reason=None if body.enabled else _CUSTOMER,
        created_by=caller.actor,
        created_at=now,
        updated_at=now,
    )
    secrets = Secrets(current=fresh())
    if not await parts.endpoints.add(endpoint, secrets):
        there = await found(parts, caller, endpoint.id)
        if any(getattr(there.endpoint, name) != value for name, value in body.model_dump().items()):
            raise errors.IdempotencyKeyReused
        endpoint, secrets = there.endpoint, there.secrets
        response.headers["Idempotency-Replayed"] = "true"
    response.headers["Location"] = f"/v1/webhook-endpoints/{endpoint.id}"
    return NewEndpoint.of(endpoint, secrets.current)


@router.get("", responses=problems(400, 401, 403, 422, 503))
async def list_webhook_endpoints(
    parts: PartsDep, caller: Viewer, limit: Limit = 50, cursor: CursorParam = None
) -> Page[WebhookEndpoint]:
    """The organisation's, oldest first, with how they fare."""
    items, following = await parts.endpoints.page(caller.organisation_id, limit, cursor)
    return Page[WebhookEndpoint](items=list(items), next=following)


@router.get("/{endpoint_id}", responses=_READS)
async def get_webhook_endpoint(endpoint_id: EndpointId, parts: PartsDep, caller: Viewer) -> WebhookEndpoint:
    """One, without its secret."""
    return (await found(parts, caller, endpoint_id, reads=True)).endpoint


@router.patch("/{endpoint_id}", responses=_WRITES)
async def change_webhook_endpoint(
    endpoint_id: EndpointId, body: EndpointChange, parts: PartsDep, caller: Keeper
) -> WebhookEndpoint:
    """For messages sent from now on, those that wait included. What happens while it is disabled is not told later by
    itself: once it is enabled, `…/replay` sends it from `missed_since` on."""
    kept = await found(parts, caller, endpoint_id)
    told = body.model_dump(exclude_unset=True)
    changes = {name: value for name, value in told.items() if value is not None or name == "description"}
    if body.url is not None:
        await parts.webhooks.check(body.url)
    if body.enabled is not None:
        changes["disabled_reason"] = None if body.enabled else _CUSTOMER
    if body.enabled or body.url is not None:
        changes |= {"failing_since": None, "held_until": None}
    endpoint = kept.endpoint.model_copy(update={**changes, "updated_at": datetime.now(UTC)})
    await _put(parts, caller, endpoint, kept.secrets, "webhook_endpoint.changed")
    return endpoint if endpoint.enabled else (await found(parts, caller, endpoint_id)).endpoint


@router.delete("/{endpoint_id}", status_code=204, responses=_READS)
async def delete_webhook_endpoint(endpoint_id: EndpointId, parts: PartsDep, caller: Keeper) -> None:
    """With its log and its secret; what waits is not sent."""
    await found(parts, caller, endpoint_id)
    await parts.endpoints.delete(endpoint_id, caller.actor)


@router.get("/{endpoint_id}/secret", responses=_READS)
async def get_webhook_secret(endpoint_id: EndpointId, parts: PartsDep, caller: Person) -> EndpointSecret:
    """For owners of the organisation; each look is a line in the journal."""
    kept = await found(parts, caller, endpoint_id)
    if not may_see_webhook_secrets(caller):
        raise errors.Forbidden
    kind = "webhook_endpoint.secret_shown"
    await parts.journal.append(endpoint_id, kind, caller.actor, {}, caller.organisation_id)
    return EndpointSecret.model_validate(kept.secrets.model_dump())


@router.post("/{endpoint_id}/rotate-secret", responses=_WRITES)
async def rotate_webhook_secret(
    endpoint_id: EndpointId, body: RotateBody, parts: PartsDep, caller: Keeper
) -> EndpointSecret:
    """A new secret. That of before signs beside it until `keep_for` is over, so that nothing is refused meanwhile."""
    kept = await found(parts, caller, endpoint_id)
    now = datetime.now(UTC)
    secrets = Secrets(current=fresh(), previous=kept.secrets.current, previous_until=now + body.keep_for)
    endpoint = kept.endpoint.model_copy(update={"updated_at": now})
    await _put(parts, caller, endpoint, secrets, "webhook_endpoint.secret_rotated")
    return EndpointSecret.model_validate(secrets.model_dump())


@router.post("/{endpoint_id}/test", responses=_READS)
async def test_webhook_endpoint(endpoint_id: EndpointId, parts: PartsDep, caller: Keeper) -> Tested:
    """Sends a `ping`, once, signed as everything else, and says what came of it; enabled or not, held or not."""
    await found(parts, caller, endpoint_id)
    now = datetime.now(UTC)
    message = Message(id=f"msg_{uuid.uuid7().hex}", subscriber=endpoint_id, type=PING, at=now, created_at=now)
    event = Event(type=PING, timestamp=now, data=EventData(organisation_id=caller.organisation_id))
    if await parts.messages.begin(message) is None:
        raise errors.NotFound("no such webhook endpoint")
    answer = await parts.webhooks.send(endpoint_id, message.id, event, probe=True)
    said = answer.model_dump(include={"status", "error", "latency_ms"})
    attempt = Attempt(number=1, at=now, **said)
    outcome = Outcome.SENT if answer.taken else Outcome.FAILED
    await parts.messages.attempted(message, attempt, outcome, None)
    return Tested(**attempt.model_dump(), message_id=message.id, taken=answer.taken)


async def _put(parts: Parts, caller: Principal, endpoint: WebhookEndpoint, secrets: Secrets, kind: str) -> None:
    if not await parts.endpoints.put(endpoint, secrets, kind, caller.actor):
        raise errors.NotFound("no such webhook endpoint")
