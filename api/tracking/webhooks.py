"""Carriers' webhooks: verified over the raw bytes, durable before they are answered, then handed to the workflow."""

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from typing import Annotated, Any

import structlog
from fastapi import APIRouter, Path, Request, Response
from prometheus_client import Counter

from api.deps import Parts, PartsDep
from api.errors import problems
from api.tracking.schemas import Accepted
from domain.errors import DomainError
from domain.ports import InboxItem
from domain.quotes import AccountRef
from domain.tracking import Scan

router = APIRouter(tags=["tracking"])
log = structlog.get_logger(__name__)
WEBHOOKS = Counter("entrega_webhooks_total", "Webhooks by carrier and outcome", ["carrier", "outcome"])
_PATIENCE_S = 1.0

_ANSWERS: dict[int | str, dict[str, Any]] = {
    200: {"model": Accepted, "description": "As 202, for carriers that take nothing else for a yes"},
    **problems(400, 401, 404, 413, 422, 503),
}

Name = Annotated[str, Path(pattern=r"^[a-z0-9][a-z0-9_.-]{0,63}$")]


@router.post("/webhooks/{carrier}/{account}", status_code=202, responses=_ANSWERS)
async def receive_webhook(
    carrier: Name, account: Name, request: Request, parts: PartsDep, response: Response
) -> Accepted:
    """A carrier's signed report. 202 (or what this carrier takes for it) means that it is stored; the same one again
    is stored once."""
    body = await request.body()
    adapter = await parts.carriers.reach(AccountRef(carrier=carrier, account=account))
    try:
        scans = adapter.parse_webhook(dict(request.headers), body)
    except DomainError as error:
        WEBHOOKS.labels(carrier, error.code).inc()
        raise
    items = await parts.scans.keep(scans)
    response.status_code = adapter.acknowledges
    WEBHOOKS.labels(carrier, "accepted").inc()
    try:
        async with asyncio.timeout(_PATIENCE_S):
            await hand_over(parts, items)
    except (DomainError, TimeoutError) as error:
        log.info("left to the sweep", carrier=carrier, error=type(error).__name__)
    return Accepted(accepted=len(items))


async def hand_over(parts: Parts, items: Sequence[InboxItem]) -> None:
    """Signals what is matched; the rest waits in the inbox for the sweep."""
    by_delivery: dict[str, list[Scan]] = defaultdict(list)
    for item in items:
        if item.delivery_id is not None:
            by_delivery[item.delivery_id].append(item.scan)
    for delivery_id, scans in by_delivery.items():
        alive = await parts.deliverer.report(delivery_id, scans)
        await parts.scans.signalled(scans, after_close=not alive)
