"""Figures of many deliveries: series to draw, with what every rate is made of, as JSON or CSV."""

import csv
import io
import re
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Query, Response
from pydantic import BeforeValidator, Field

from api.auth import requires
from api.deps import PartsDep
from api.errors import problems
from domain import errors
from domain._values import Value
from domain.counting import ZONE
from domain.figures import FigureFilter, Figures, Group, Grouping, Rate, Reason, Times, series
from domain.quotes import Service
from domain.users import Principal, is_staff, may_see_figures

router = APIRouter(tags=["figures"])

_LONGEST = timedelta(days=400)
_USUAL = timedelta(days=29)
Onlooker = Annotated[Principal, Depends(requires(may_see_figures))]


def _written(value: object) -> object:
    """Pydantic would take a number for seconds since 1970."""
    if isinstance(value, str) and not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value):
        raise ValueError("a day is written as in 2026-01-31")
    return value


Day = Annotated[date, BeforeValidator(_written)]


class FiguresView(Value):
    """The figures of a span of days: all together, and group by group."""

    first: date = Field(serialization_alias="from")
    last: date = Field(serialization_alias="to")
    group_by: Grouping
    totals: Figures
    series: tuple[Group, ...]


def _which(
    caller: Onlooker,
    first: Annotated[Day | None, Query(alias="from", description="29 days before `to`, if not given")] = None,
    last: Annotated[Day | None, Query(alias="to", description="included; today, if not given")] = None,
    organisation_id: Annotated[
        str | None, Query(pattern=r"^org_[0-9a-z]{1,64}$", description="staff: one instead of all")
    ] = None,
    carrier: Annotated[str | None, Query(pattern=r"^[a-z0-9][a-z0-9_.-]{0,63}$")] = None,
    service: Service | None = None,
    area: Annotated[str | None, Query(pattern=r"^[A-Z]{2}-[0-9A-Z]{0,3}$", examples=["BR-013"])] = None,
) -> FigureFilter:
    """Whose and which: customers' own organisation; staff any, or all. Raises Invalid, NotFound."""
    if not is_staff(caller):
        if organisation_id not in (None, caller.organisation_id):
            raise errors.NotFound("no such organisation")
        organisation_id = caller.organisation_id
    last = last or datetime.now(ZoneInfo(ZONE)).date()
    first = first or max(last, date.min + _USUAL) - _USUAL
    if not timedelta(0) <= last - first <= _LONGEST:
        raise errors.Invalid(f"from … to: from the earlier to the later, {_LONGEST.days} days at most", field="from")
    return FigureFilter(
        first=first, last=last, organisation_id=organisation_id, carrier=carrier, service=service, area=area
    )


Which = Annotated[FigureFilter, Depends(_which)]
GroupBy = Annotated[Grouping, Query(description="what the series is drawn by")]


@router.get("/figures", responses=problems(400, 401, 403, 404, 422, 503))
async def get_figures(which: Which, parts: PartsDep, caller: Onlooker, group_by: GroupBy = Grouping.DAY) -> FiguresView:
    """On-time and other rates, times, money and reasons, by day, carrier, service or area of the drop-off. Days are the
    organisation's; figures follow what happens by a second or two. What we pay is for staff."""
    totals, groups = series(await parts.figures.read(which, group_by), with_cost=is_staff(caller))
    return FiguresView(first=which.first, last=which.last, group_by=group_by, totals=totals, series=groups)


@router.get(
    "/figures/csv",
    response_class=Response,
    responses={
        200: {"content": {"text/csv": {"schema": {"type": "string"}}}, "description": "a row for each number"},
        **problems(400, 401, 403, 404, 422, 503),
    },
)
async def download_figures(
    which: Which, parts: PartsDep, caller: Onlooker, group_by: GroupBy = Grouping.DAY
) -> Response:
    """The same as a table: `group, figure, detail, value, numerator, denominator, currency`."""
    _, groups = series(await parts.figures.read(which, group_by), with_cost=is_staff(caller))
    text = io.StringIO()
    sheet = csv.writer(text)
    sheet.writerow((str(group_by), "figure", "detail", "value", "numerator", "denominator", "currency"))
    for group in groups:
        sheet.writerows((group.key, *row) for row in _rows(group))
    name = f"figures-{which.first}-{which.last}-{group_by}.csv"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(text.getvalue(), media_type="text/csv; charset=utf-8", headers=headers)


def _rows(figures: Figures) -> Iterator[tuple[object, ...]]:
    """Everything a group says, a number a row."""
    for name in Figures.model_fields:
        told = getattr(figures, name)
        match told:
            case Rate():
                yield name, "", told.value, told.numerator, told.denominator, ""
            case Times():
                yield from (
                    (name, part, getattr(told, part), "", "", "") for part in ("count", "mean", "p50", "p90", "p95")
                )
            case int():
                yield name, "", told, "", "", ""
            case _ if name == "money":
                for amounts in told:
                    for part in ("price", "mean_price", "cost"):
                        if (money := getattr(amounts, part)) is not None:
                            yield name, part, money.amount, "", amounts.bookings, str(money.currency)
            case _ if name == "credits":
                yield from ((name, "", money.amount, "", "", str(money.currency)) for money in told)
            case _:
                yield from ((name, _detail(reason), reason.count, "", "", "") for reason in told)


def _detail(reason: Reason) -> str:
    return f"{reason.carrier}: {reason.code}" if reason.carrier else reason.code
