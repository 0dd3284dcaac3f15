"""The list of deliveries as a CSV file, streamed."""

import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Query
from fastapi.responses import StreamingResponse

from api.auth import Reader
from api.deliveries.finding import Narrowed
from api.deps import PartsDep
from api.errors import problems
from api.looks import TicketHeader, tell
from domain.deliveries import Delivery
from domain.sheets import COLUMNS, cells, written
from domain.users import is_staff
from runtime.links import tracking_url
from runtime.settings import Settings

router = APIRouter(tags=["deliveries"])

_PAGE = 200
_LIFETIME_S = 600.0
_OURS = (
    *("id", "status", "attention", "reason", "created_at", "promised_at", "ended_at", "carrier", "carrier_account"),
    *("tracking_number", "price", "currency", "tracking_url"),
)
HEAD = (*_OURS, *COLUMNS)
_Read = tuple[Sequence[Delivery], str | None]
_CSV = "text/csv; charset=utf-8"


@router.get(
    "/deliveries/export.csv",
    response_class=StreamingResponse,
    responses={200: {"content": {"text/csv": {}}}, **problems(400, 401, 403, 422, 503)},
)
async def download_deliveries(
    parts: PartsDep,
    caller: Reader,
    where: Narrowed,
    ticket: TicketHeader = None,
    delimiter: Annotated[Literal["comma", "semicolon"], Query(description="Excel in Brazil: semicolon")] = "comma",
    decimal: Annotated[Literal["point", "comma"], Query(description="in prices")] = "point",
    bom: Annotated[bool, Query(description="begin with a byte order mark, by which Excel knows UTF-8")] = False,
    most: Annotated[int, Query(ge=1, le=100_000, description="lines at most")] = 100_000,
) -> StreamingResponse:
    """Newest first, with the same parameters as the list. Its last columns are those that an import takes.

    A file that cannot be read to its end breaks the connection off. What a spreadsheet would take for a formula begins
    with an apostrophe.
    """

    async def page(limit: int, after: str | None) -> _Read:
        items, following = await parts.deliveries.page(where, min(_PAGE, limit), after)
        whose = {it.id: it.organisation_id for it in items if it.organisation_id != caller.organisation_id}
        if is_staff(caller) and whose:
            await tell(parts, caller, "download_deliveries", whose, ticket)
        return items, following

    first = await page(most, None)  # what cannot be is said before the file begins
    separator, point = ";" if delimiter == "semicolon" else ",", "," if decimal == "comma" else "."
    told = _lines(parts.settings, page, first, most, separator, point)
    headers = {"Content-Disposition": 'attachment; filename="deliveries.csv"'}
    return StreamingResponse(_marked(told, bom), media_type=_CSV, headers=headers)


async def _marked(lines: AsyncIterator[str], bom: bool) -> AsyncIterator[str]:
    if bom:
        yield "\ufeff"
    async for line in lines:
        yield line


async def _lines(
    settings: Settings,
    read: Callable[[int, str | None], Awaitable[_Read]],
    page: _Read,
    most: int,
    separator: str,
    point: str,
) -> AsyncIterator[str]:
    """A page at a time; nothing of the database is held between two."""
    yield written([HEAD], separator)
    ends, left = time.monotonic() + _LIFETIME_S, most
    while True:
        items, following = page
        left -= len(items)
        yield written((_row(settings, delivery, point) for delivery in items), separator)
        if following is None or left <= 0:
            return
        if time.monotonic() > ends:
            raise TimeoutError("an export takes ten minutes at most")
        page = await read(left, following)


def _row(settings: Settings, delivery: Delivery, point: str) -> list[str]:
    booking, offer = delivery.booking, delivery.accepted_offer
    holder, price = booking or offer, offer.price if offer else None
    ours = (
        *(delivery.id, str(delivery.status), str(delivery.attention), delivery.reason or ""),
        *(_time(at) for at in (delivery.created_at, delivery.promised_at, delivery.ended_at)),
        *((holder.carrier, holder.carrier_account) if holder else ("", "")),
        (booking.tracking_number if booking else None) or "",
        *((str(price.major()).replace(".", point), str(price.currency)) if price else ("", "")),
        "" if delivery.erased else tracking_url(settings, delivery.id) or "",
    )
    return [*ours, *cells(delivery.request, point).values()]


def _time(at: datetime | None) -> str:
    return at.isoformat() if at else ""
