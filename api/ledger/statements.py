"""An organisation's account over a period: as data, as CSV, and printed."""

import asyncio
import csv
import io
from collections.abc import AsyncIterator, Sequence
from typing import Any
from zoneinfo import ZoneInfo

from fastapi import APIRouter
from fastapi.responses import Response, StreamingResponse

from api.auth import Reader
from api.deps import Parts, PartsDep
from api.errors import problems
from api.ledger.printing import Printed, print_statement
from api.ledger.scope import FromParam, OrganisationParam, ToParam, period_of, visible
from domain._values import Value
from domain.errors import StatementTooLong
from domain.ledger import Account, Entry
from domain.money import Currency, Money
from domain.statements import Balance, EntryFilter, Period
from domain.users import Locale, Principal

router = APIRouter(tags=["ledger"])

_AT_ONCE = 1_000
_MOST_PRINTED = 5_000
_PRINTING = asyncio.Semaphore(1)
"""Printing is work for a processor: one at a time in a process, so that it never takes all of it."""

COLUMNS = ("posted_at", "delivery_id", "account", "kind", "memo", "currency", "amount", "step", "reverses", "id")
_MISSING = problems(401, 403, 404, 422, 503)


class StatementView(Value):
    """What was there when the period began, what came and went, and what is there at its end."""

    organisation_id: str
    period: Period
    balances: tuple[Balance, ...]
    owed: tuple[Money, ...]
    """What the customer owes at the end, by currency."""


async def _asked(parts: Parts, caller: Principal, organisation_id: str | None, first: Any, end: Any) -> Any:
    whose = organisation_id or caller.organisation_id
    where = visible(caller, whose)
    period = await period_of(parts, whose, first, end)
    return whose, period, where.model_copy(update={"since": period.since, "until": period.until})


@router.get("/statements", responses=_MISSING)
async def get_statement(
    parts: PartsDep,
    caller: Reader,
    organisation_id: OrganisationParam = None,
    first: FromParam = None,
    end: ToParam = None,
) -> StatementView:
    """Balances of a period; its days are the organisation's own. The entries are at `/v1/entries`."""
    whose, period, where = await _asked(parts, caller, organisation_id, first, end)
    balances = tuple(await parts.ledger.balances(where))
    owed = {one.currency: one.closing for one in balances if one.account is Account.CUSTOMER_RECEIVABLE}
    return StatementView(
        organisation_id=whose,
        period=period,
        balances=balances,
        owed=tuple(Money(amount=amount, currency=currency) for currency, amount in owed.items()),
    )


@router.get(
    "/statements/csv",
    response_class=StreamingResponse,
    responses={200: {"content": {"text/csv": {"schema": {"type": "string"}}}}, **_MISSING},
)
async def get_statement_csv(
    parts: PartsDep,
    caller: Reader,
    organisation_id: OrganisationParam = None,
    first: FromParam = None,
    end: ToParam = None,
) -> StreamingResponse:
    """Every entry of the period, oldest first, amounts in major units; streamed, however many there are."""
    whose, period, where = await _asked(parts, caller, organisation_id, first, end)
    start = await parts.ledger.page(where, _AT_ONCE, None, oldest_first=True)
    zone = ZoneInfo(period.time_zone)
    return StreamingResponse(
        _written(parts, where, start, zone),
        media_type="text/csv; charset=utf-8; header=present",
        headers=_named(whose, period, "csv"),
    )


async def _written(
    parts: Parts, where: EntryFilter, page: tuple[Sequence[Entry], str | None], zone: ZoneInfo
) -> AsyncIterator[str]:
    """Nothing is held between two pages: who reads slowly holds up nobody."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    while True:
        entries, following = page
        for entry in entries:
            at = entry.posted_at.astimezone(zone).isoformat()
            money = str(entry.money.currency), f"{entry.money.major():.2f}"
            told = at, entry.delivery_id, entry.account, entry.kind, entry.memo, *money, entry.step
            writer.writerow((*told, entry.reverses or "", entry.id))
        yield text.getvalue()
        text.seek(0)
        text.truncate()
        if following is None:
            return
        page = await parts.ledger.page(where, _AT_ONCE, following, oldest_first=True)


@router.get(
    "/statements/pdf",
    response_class=Response,
    responses={200: {"content": {"application/pdf": {"schema": {"type": "string", "format": "binary"}}}}, **_MISSING},
)
async def get_statement_pdf(
    parts: PartsDep,
    caller: Reader,
    organisation_id: OrganisationParam = None,
    first: FromParam = None,
    end: ToParam = None,
    locale: Locale = Locale.PT_BR,
) -> Response:
    """What the customer was charged and given back, line by line, in Portuguese or English. The same books print the
    same bytes. Periods of more than 5,000 lines are for CSV."""
    whose, period, where = await _asked(parts, caller, organisation_id, first, end)
    charged = where.model_copy(update={"account": Account.CUSTOMER_RECEIVABLE})
    balances = {one.currency: one for one in await parts.ledger.balances(charged)}
    lines: dict[Currency, list[Entry]] = {currency: [] for currency in balances}
    count, cursor = 0, None
    while True:
        entries, cursor = await parts.ledger.page(charged, _AT_ONCE, cursor, oldest_first=True)
        count += len(entries)
        if count > _MOST_PRINTED:
            raise StatementTooLong(most=_MOST_PRINTED)
        for entry in entries:
            lines.setdefault(entry.money.currency, []).append(entry)
        if cursor is None:
            break
    told = Printed(whose, period, balances, lines, locale)
    async with _PRINTING:
        document = await asyncio.to_thread(print_statement, told)
    return Response(document, media_type="application/pdf", headers=_named(whose, period, "pdf"))


def _named(organisation_id: str, period: Period, kind: str) -> dict[str, str]:
    name = f"{organisation_id}_{period.first}_{period.end}.{kind}"
    return {"Content-Disposition": f'attachment; filename="{name}"'}
