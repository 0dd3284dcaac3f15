"""An organisation's account over a period: what it is narrowed by, how balances are told, where a period begins."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from pydantic import Field

from domain._values import Timestamp, Value
from domain.errors import Invalid
from domain.ledger import Account, EntryKind
from domain.money import Currency

_FIRST_YEAR, _LAST_YEAR = 2000, 2999


class EntryFilter(Value):
    """What entries are narrowed by; a period is from `since`, before `until`. `created_by` is whose deliveries they
    are about, for whoever sees no others; `hidden` accounts are not there at all."""

    organisation_id: str | None = None
    created_by: str | None = None
    delivery_id: str | None = None
    account: Account | None = None
    kind: EntryKind | None = None
    currency: Currency | None = None
    since: datetime | None = None
    until: datetime | None = None
    hidden: frozenset[Account] = frozenset()


class Balance(Value):
    """One account in one currency over a period, in minor units: what was there, what came, what went, what is there.

    `opening + debits - credits = closing`; debits and credits are told without sign.
    """

    account: Account
    currency: Currency
    opening: int = Field(examples=[0])
    debits: int = Field(examples=[1290])
    credits: int = Field(examples=[0])
    closing: int = Field(examples=[1290])


class Period(Value):
    """From the first instant of one day to that of another, which is not in it, by a clock on a wall."""

    first: date
    end: date
    time_zone: str
    since: Timestamp
    until: Timestamp

    @classmethod
    def between(cls, first: date | None, end: date | None, time_zone: str, now: datetime) -> "Period":
        """The month it is now where no day is given; a month where one is missing. Raises Invalid."""
        today = now.astimezone(ZoneInfo(time_zone)).date()
        if first is None:
            first = (end - timedelta(days=1) if end and end > date(_FIRST_YEAR, 1, 2) else today).replace(day=1)
        if end is None:
            end = (first.replace(day=1) + timedelta(days=32)).replace(day=1)
        if not _FIRST_YEAR <= first.year <= _LAST_YEAR or end.year > _LAST_YEAR + 1:
            raise Invalid("a period lies between 2000 and 2999", field="from")
        if end <= first:
            raise Invalid("a period ends after it begins: `to` is the first day that is not in it", field="to")
        return cls(
            first=first,
            end=end,
            time_zone=time_zone,
            since=_midnight(first, time_zone),
            until=_midnight(end, time_zone),
        )


def _midnight(day: date, time_zone: str) -> datetime:
    return datetime.combine(day, time(), tzinfo=ZoneInfo(time_zone))
