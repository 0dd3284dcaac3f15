"""Corrections of the books by staff; above a limit, two of them."""

from typing import Annotated, Any

from fastapi import APIRouter, Response
from fastapi import Path as PathParam

from api.deps import PartsDep
from api.errors import problems
from api.ledger.scope import Adjuster, DeliveryParam, Key
from api.paging import CursorParam, Limit, Page
from domain import errors
from domain.adjustments import Adjustment, AdjustmentStatus, Change, Correction, adjustment_id

router = APIRouter(tags=["ledger"])

AdjustmentId = Annotated[str, PathParam(pattern=r"^adj_[0-9a-f]{32}$")]
_DECIDED: dict[int | str, dict[str, Any]] = problems(401, 403, 404, 409, 422, 503)


class AdjustmentCreate(Correction):
    """What is to be corrected, by how much, and why."""


@router.post("/adjustments", status_code=201, responses=problems(400, 401, 403, 404, 409, 413, 422, 503))
async def propose_adjustment(
    body: AdjustmentCreate, parts: PartsDep, caller: Adjuster, response: Response, key: Key = None
) -> Adjustment:
    """Posted at once up to the limit, counting all that the same person corrected of this delivery alone; beyond, it is
    `proposed` until another of staff approves it. The same key and body again answer with the same adjustment."""
    if key is None:
        raise errors.IdempotencyKeyMissing
    change = Change.model_validate(body.model_dump())
    its_id, limit = adjustment_id(caller.actor, key), parts.settings.adjustment_limit
    made, before = await parts.adjustments.propose(its_id, change, caller.actor, limit)
    if before:
        response.headers["Idempotency-Replayed"] = "true"
    response.headers["Location"] = f"/v1/adjustments/{made.id}"
    return made


@router.get("/adjustments", responses=problems(400, 401, 403, 422, 503))
async def list_adjustments(
    parts: PartsDep,
    caller: Adjuster,  # noqa: ARG001
    status: AdjustmentStatus | None = None,
    delivery_id: DeliveryParam = None,
    limit: Limit = 50,
    cursor: CursorParam = None,
) -> Page[Adjustment]:
    """Newest first; `proposed` ones wait for somebody else."""
    items, following = await parts.adjustments.page(status, delivery_id, limit, cursor)
    return Page[Adjustment](items=list(items), next=following)


@router.get("/adjustments/{adjustment_id}", responses=problems(401, 403, 404, 422, 503))
async def get_adjustment(adjustment_id: AdjustmentId, parts: PartsDep, caller: Adjuster) -> Adjustment:  # noqa: ARG001
    """One adjustment."""
    found = await parts.adjustments.get(adjustment_id)
    if found is None:
        raise errors.NotFound("no such adjustment")
    return found


@router.post("/adjustments/{adjustment_id}/approve", responses=_DECIDED)
async def approve_adjustment(adjustment_id: AdjustmentId, parts: PartsDep, caller: Adjuster) -> Adjustment:
    """Posts it; never by who proposed it. Again, by the same person, changes nothing."""
    return await parts.adjustments.decide(adjustment_id, caller.actor, agreed=True)


@router.post("/adjustments/{adjustment_id}/reject", responses=_DECIDED)
async def reject_adjustment(adjustment_id: AdjustmentId, parts: PartsDep, caller: Adjuster) -> Adjustment:
    """It will not be posted; never by who proposed it."""
    return await parts.adjustments.decide(adjustment_id, caller.actor, agreed=False)
