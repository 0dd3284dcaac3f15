"""The timeline, what was said to carriers, the recipient's page, and the audit log."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Response

from api.auth import Follower, requires
from api.deps import PartsDep
from api.errors import problems
from api.looks import Watched
from api.paging import CursorParam, Limit, Page
from api.tags import TAGGED, Had, Unchanged, has, tag, unchanged
from api.tracking.finding import story
from api.tracking.schemas import PublicStep, PublicView, Timeline
from domain import errors
from domain._values import Timestamp
from domain.audit import JournalLine
from domain.exchanges import Exchange
from domain.shown import for_customer
from domain.users import Principal, is_staff, may_read_audit, may_read_exchanges
from runtime.links import delivery_of

router = APIRouter(tags=["tracking"], route_class=Watched)

DeliveryId = Annotated[str, Path(pattern=r"^del_[0-9a-f]{32}$")]
Token = Annotated[str, Path(pattern=r"^trk_[A-Za-z0-9_-]{43}$")]
Auditor = Annotated[Principal, Depends(requires(may_read_audit))]
Support = Annotated[Principal, Depends(requires(may_read_exchanges))]
_SHORT = "public, max-age=5, s-maxage=15, stale-while-revalidate=30, stale-if-error=300"


@router.get(
    "/tracking/{delivery_id}",
    response_model=Timeline,
    responses={**TAGGED, **problems(401, 403, 404, 410, 422, 503)},
)
async def get_timeline(
    delivery_id: DeliveryId, parts: PartsDep, caller: Follower, response: Response, had: Had = None
) -> Timeline | Unchanged:
    """Every line of the journal and every scan of one delivery; what it costs us, staff alone see."""
    lines = await story(parts, delivery_id, caller)
    scans = await parts.scans.of(delivery_id)
    staff = is_staff(caller)
    # Each line's hash is of all before it; a report never changes until it is erased, and may be matched late.
    reported = [(scan.carrier, scan.carrier_account, scan.id, scan.erased) for scan in scans]
    etag = tag(Timeline, staff, lines[-1].hash, reported)
    if same := unchanged(response, had, etag, {delivery_id: lines[0].organisation_id}):
        return same
    shown = lines if staff else map(for_customer, lines)
    return Timeline(lines=tuple(shown), scans=tuple(scans))


@router.get("/tracking/{delivery_id}/exchanges", responses=problems(400, 401, 403, 404, 422, 503))
async def list_exchanges(
    delivery_id: DeliveryId,
    parts: PartsDep,
    caller: Support,  # noqa: ARG001
    limit: Limit = 50,
    cursor: CursorParam = None,
) -> Page[Exchange]:
    """What was said to carriers about one delivery, newest first: for support. Redacted, kept for 30 days, and no
    record: while MongoDB is away nothing is noted."""
    if await parts.scans.origin(delivery_id) is None:
        raise errors.NotFound("no such delivery")
    items, following = await parts.exchanges.search(delivery_id=delivery_id, limit=limit, after=cursor)
    return Page[Exchange](items=list(items), next=following)


@router.get("/track/{token}", response_model=PublicView, responses={**TAGGED, **problems(404, 410, 422, 503)})
async def track_publicly(token: Token, parts: PartsDep, response: Response, had: Had = None) -> PublicView | Response:
    """For the recipient: no sign-in, nothing personal, cacheable for seconds."""
    lines = await story(parts, delivery_of(parts.settings, token))
    moves = [line for line in lines if line.kind == f"delivery.{line.data.get('status')}" or line.seq == 1]
    booked = next((line.data for line in reversed(lines) if line.kind == "delivery.booked"), {})
    view = PublicView(
        status=str(lines[-1].data["status"]),
        carrier=str(booked["carrier"]) if "carrier" in booked else None,
        steps=tuple(PublicStep(status=str(line.data["status"]), at=line.at) for line in moves),
        promised_at=_promised(lines),
    )
    # Of what is shown, so that lines which tell a recipient nothing change nothing. Not by whom: anybody may have it.
    headers = {"ETag": tag(PublicView, view.model_dump_json()), "Cache-Control": _SHORT}
    if has(had, headers["ETag"]):
        return Response(status_code=304, headers=headers)
    response.headers.update(headers)
    return view


def _promised(lines: Sequence[JournalLine]) -> datetime | None:
    """When it should be there: as promised since, else as agreed at booking; nothing once the booking fell through."""
    told = None
    for line in lines:
        match line.kind:
            case "delivery.booked":
                told = line.data.get("promised_at")
            case "promise.made":
                told = line.data.get("due_at")
            case "delivery.refused" | "delivery.rebooking" | "promise.withdrawn":
                told = None
    return datetime.fromisoformat(told) if isinstance(told, str) else None


@router.get("/audit", responses=problems(400, 401, 403, 422, 503))
async def search_audit(
    parts: PartsDep,
    caller: Auditor,  # noqa: ARG001
    subject: Annotated[str | None, Query(max_length=128)] = None,
    about: Annotated[
        str | None, Query(max_length=128, description="whose data was looked at: a delivery, a person, an organisation")
    ] = None,
    actor: Annotated[str | None, Query(max_length=128)] = None,
    kind: Annotated[str | None, Query(max_length=64)] = None,
    since: Timestamp | None = None,
    until: Timestamp | None = None,
    limit: Limit = 50,
    cursor: CursorParam = None,
) -> Page[JournalLine]:
    """The audit log in MongoDB, newest first: by delivery or other subject, whose data was looked at, actor, kind and
    time."""
    items, following = await parts.audit.search(
        subject=subject, about=about, actor=actor, kind=kind, since=since, until=until, limit=limit, after=cursor
    )
    return Page[JournalLine](items=list(items), next=following)
