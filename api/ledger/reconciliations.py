"""Carriers' invoices against the ledger: a file is compared, and each line that differs is settled."""

import asyncio
from datetime import UTC, date, datetime
from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Query, Request, Response
from fastapi import Path as PathParam
from pydantic import Field

from api.deps import PartsDep
from api.errors import problems
from api.ledger.scope import Adjuster
from api.paging import CursorParam, Limit, Page
from domain import errors
from domain import reconciliations as comparing
from domain._values import Code
from domain._values import Request as Body
from domain.quotes import AccountRef
from domain.reconciliations import Outcome, Reconciliation, ReconciliationLine, read_invoice
from domain.statements import Period
from domain.terms import Terms, TimeZone

router = APIRouter(tags=["ledger"])

ReconciliationId = Annotated[str, PathParam(pattern=r"^rec_[0-9a-f]{32}$")]
LineNumber = Annotated[int, PathParam(ge=1, le=10**9)]
_SETTLED: dict[int | str, dict[str, Any]] = problems(400, 401, 403, 404, 409, 422, 503)
_EXAMPLE = "reference,amount,currency\norder-1,12.90,BRL\n"


class AcceptLine(Body):
    """Whose booking it is, where we knew of none."""

    delivery_id: Annotated[str, Field(pattern=r"^del_[0-9a-f]{32}$")] | None = None


@router.post(
    "/reconciliations",
    status_code=201,
    responses=problems(400, 401, 403, 404, 413, 415, 422, 503),
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {"text/csv": {"schema": {"type": "string", "examples": [_EXAMPLE]}}},
        }
    },
)
async def make_reconciliation(
    request: Request,
    parts: PartsDep,
    caller: Adjuster,
    response: Response,
    carrier: Annotated[Code, Query(examples=["open_delivery"])],
    account: Annotated[Code, Query(examples=["ligeiro"])],
    first: Annotated[date, Query(alias="from", description="the invoice's first day")],
    end: Annotated[date, Query(alias="to", description="the first day after it")],
    time_zone: TimeZone = Terms().time_zone,
) -> Reconciliation:
    """Takes a CSV file with the columns `reference` (the carrier's id of the booking, or its tracking number),
    `amount` and `currency`; whatever cannot be read is answered line by line, and nothing is kept. The same file for
    the same period is compared once."""
    if not request.headers.get("content-type", "").lower().startswith("text/csv"):
        raise HTTPException(415)
    ref = AccountRef(carrier=carrier, account=account)
    if await parts.accounts.get(ref) is None:
        raise errors.NotFound("no such account")
    period, file = Period.between(first, end, time_zone, datetime.now(UTC)), await request.body()
    invoice = await asyncio.to_thread(read_invoice, file)
    asked = Reconciliation(
        id=comparing.reconciliation_id(ref, period.first, period.end, file),
        carrier=carrier,
        carrier_account=account,
        first=period.first,
        end=period.end,
        made_by=caller.actor,
        made_at=datetime.now(UTC),
        counts={},
    )
    made, before = await parts.reconciliations.make(asked, invoice, period.since, period.until)
    if before:
        response.headers["Idempotency-Replayed"] = "true"
    response.headers["Location"] = f"/v1/reconciliations/{made.id}"
    return made


@router.get("/reconciliations", responses=problems(400, 401, 403, 422, 503))
async def list_reconciliations(
    parts: PartsDep,
    caller: Adjuster,  # noqa: ARG001
    limit: Limit = 50,
    cursor: CursorParam = None,
) -> Page[Reconciliation]:
    """Newest first."""
    items, following = await parts.reconciliations.page(limit, cursor)
    return Page[Reconciliation](items=list(items), next=following)


@router.get("/reconciliations/{reconciliation_id}", responses=problems(401, 403, 404, 422, 503))
async def get_reconciliation(
    reconciliation_id: ReconciliationId,
    parts: PartsDep,
    caller: Adjuster,  # noqa: ARG001
) -> Reconciliation:
    """What was compared, and how many lines came out how."""
    return await _found(parts, reconciliation_id)


@router.get("/reconciliations/{reconciliation_id}/lines", responses=problems(400, 401, 403, 404, 422, 503))
async def list_reconciliation_lines(
    reconciliation_id: ReconciliationId,
    parts: PartsDep,
    caller: Adjuster,  # noqa: ARG001
    outcome: Outcome | None = None,
    unsettled: Annotated[bool, Query(description="only what differs and was not settled")] = False,
    limit: Limit = 50,
    cursor: CursorParam = None,
) -> Page[ReconciliationLine]:
    """As the invoice names them, then what it leaves out."""
    await _found(parts, reconciliation_id)
    items, following = await parts.reconciliations.lines(
        reconciliation_id, outcome, unsettled=unsettled, limit=limit, after=cursor
    )
    return Page[ReconciliationLine](items=list(items), next=following)


@router.post("/reconciliations/{reconciliation_id}/lines/{number}/accept", responses=_SETTLED)
async def accept_line(
    reconciliation_id: ReconciliationId, number: LineNumber, body: AcceptLine, parts: PartsDep, caller: Adjuster
) -> ReconciliationLine:
    """They are right: our cost is adjusted to theirs, which another must approve above the limit."""
    limit = parts.settings.adjustment_limit
    return await parts.reconciliations.accept(reconciliation_id, number, body.delivery_id, caller.actor, limit)


@router.post("/reconciliations/{reconciliation_id}/lines/{number}/dismiss", responses=_SETTLED)
async def dismiss_line(
    reconciliation_id: ReconciliationId, number: LineNumber, parts: PartsDep, caller: Adjuster
) -> ReconciliationLine:
    """They are wrong, or it was settled otherwise: nothing is posted."""
    return await parts.reconciliations.dismiss(reconciliation_id, number, caller.actor)


async def _found(parts: PartsDep, its_id: str) -> Reconciliation:
    found = await parts.reconciliations.get(its_id)
    if found is None:
        raise errors.NotFound("no such reconciliation")
    return found
