"""What each line of a delivery's story adds to the figures: pure, so that counting again gives the same."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from pydantic import JsonValue

from domain._values import Timestamp, Value
from domain.audit import JournalLine
from domain.figures import Measure, bucket
from domain.money import Money

M = Measure
ZONE = "America/Sao_Paulo"
"""Whose days are counted, where an organisation's policy names no other."""

_UNDERWAY = frozenset({"picked_up", "in_transit", "out_for_delivery"})
_UNDOING = frozenset({"quoting", "quoted", "booking", "rebooking", "booked", "refused", "cancelled", "failed"})
_ENDS = {"returned": M.RETURNED, "lost": M.LOST, "expired": M.EXPIRED}


class Cell(NamedTuple):
    """What is counted for whom, when and where."""

    organisation_id: str
    day: date
    carrier: str
    service: str
    area: str
    measure: str
    code: str = ""
    currency: str = ""


class Agreed(Value):
    """A booking's money, and the day on which it is counted."""

    day: date
    carrier: str
    price: int
    cost: int
    currency: str


class Life(Value):
    """What is remembered of a delivery between its lines: ids, codes, amounts and times."""

    organisation_id: str = ""
    zone: str = ZONE
    service: str = ""
    area: str = ""
    carrier: str = ""
    quoted_on: date | None = None
    converted: bool = False
    booked_at: Timestamp | None = None
    promised_at: Timestamp | None = None
    picked_up: bool = False
    agreed: Agreed | None = None


Counts = dict[Cell, int]
Costs = Mapping[str, Money]
"""What the ledger posted as carrier cost beside a booking's line, by step."""


class Counter:
    """Takes one delivery's lines in their order."""

    def __init__(self, life: Life, costs: Costs) -> None:
        self.life, self.counts = life, Counts()
        self._costs = costs

    def take(self, line: JournalLine) -> None:
        """Counts a line; one that says nothing to be counted changes nothing."""
        about, _, what = line.kind.partition(".")
        if about == "promise":
            self._promise(line, what)
        if about != "delivery":
            return
        if what == "requested":
            self._requested(line)
        if what in _UNDOING:
            self._undo()
        if isinstance(line.data.get("asked"), list):
            self._answers(line)
        match what:
            case "quoted" if self.life.quoted_on is None and "offers" in line.data:
                self._learn(quoted_on=self._day(line))
                self._count(line, M.QUOTED, carrier="")
            case "booking" | "rebooking":
                self._learn(carrier=_code(line.data.get("carrier")), booked_at=None, promised_at=None, picked_up=False)
            case "booked":
                self._booked(line)
            case "refused":
                self._count(line, M.REFUSED, _code(line.data.get("reason")))
            case "attempt_failed":
                self._count(line, M.ATTEMPT_FAILED, _code(line.data.get("reason")))
            case "delivered":
                self._delivered(line)
            case "returned" | "lost" | "expired":
                self._count(line, _ENDS[what])
                if what != "expired" and self.life.promised_at:
                    self._count(line, M.LATE)
            case "cancelled":
                self._count(line, M.CANCELLED, _code(line.data.get("reason")))
            case "failed":
                self._count(line, M.FAILED, _code(line.data.get("reason")))
            case _ if what in _UNDERWAY and not self.life.picked_up and self.life.booked_at:
                self._learn(picked_up=True)
                self._took(line, M.PICKUP_TIME, M.PICKUP_SECONDS)

    def _requested(self, line: JournalLine) -> None:
        data = line.data
        self.life = Life(
            organisation_id=line.organisation_id or "",
            zone=_code(data.get("timezone")) or ZONE,
            service=_code(data.get("service")),
            area=_code(data.get("area")),
        )
        self._count(line, M.REQUESTED)

    def _answers(self, line: JournalLine) -> None:
        asked = line.data["asked"]
        assert isinstance(asked, list)
        for answer in asked:
            if isinstance(answer, dict):
                carrier, reason = _code(answer.get("carrier")), answer.get("reason")
                self._count(line, M.ASKED, carrier=carrier)
                if reason is not None:
                    self._count(line, M.DECLINED, _code(reason), carrier=carrier)

    def _booked(self, line: JournalLine) -> None:
        data, life = line.data, self.life
        day = self._day(line)
        self._learn(
            carrier=_code(data.get("carrier")), booked_at=line.at, promised_at=_instant(data.get("promised_at"))
        )
        self._count(line, M.BOOKED)
        if life.quoted_on is not None and not life.converted:
            self._learn(converted=True)
            self._count(line, M.CONVERTED, carrier="", day=life.quoted_on)
        price, currency = data.get("price"), _code(data.get("currency"))
        if isinstance(price, int) and currency:
            cost = self._costs.get(f"booked/{data.get('attempt')}")
            paid = cost.amount if cost and cost.currency == currency else 0
            agreed = Agreed(day=day, carrier=self.life.carrier, price=price, cost=paid, currency=currency)
            self._learn(agreed=agreed)
            self._money(agreed, 1)

    def _undo(self) -> None:
        if self.life.agreed is not None:
            self._money(self.life.agreed, -1)
            self._learn(agreed=None)

    def _money(self, agreed: Agreed, sign: int) -> None:
        """On the day of the booking, also when it is undone later."""
        for measure, value in ((M.STANDING, 1), (M.PRICE, agreed.price), (M.COST, agreed.cost)):
            cell = self._cell(agreed.day, measure, carrier=agreed.carrier, currency=agreed.currency)
            self.counts[cell] = self.counts.get(cell, 0) + sign * value

    def _delivered(self, line: JournalLine) -> None:
        self._count(line, M.DELIVERED)
        if self.life.booked_at:
            self._took(line, M.DELIVERY_TIME, M.DELIVERY_SECONDS)
        if self.life.promised_at:
            self._count(line, M.ON_TIME if _happened(line) <= self.life.promised_at else M.LATE)

    def _promise(self, line: JournalLine, what: str) -> None:
        if what == "kept":
            self._count(line, M.SLA_KEPT)
        elif what == "breached":
            self._count(line, M.SLA_BREACHED, _code(line.data.get("reason")))
        credit, currency = line.data.get("credit"), _code(line.data.get("currency"))
        if isinstance(credit, int) and currency:
            self._count(line, M.CREDIT, value=credit, currency=currency)

    def _took(self, line: JournalLine, times: Measure, seconds: Measure) -> None:
        """Since the booking; a carrier's clock may be before ours."""
        assert self.life.booked_at is not None
        took = max(0, round((_happened(line) - self.life.booked_at).total_seconds()))
        self._count(line, times, str(bucket(took)))
        self._count(line, seconds, value=took)

    def _count(
        self, line: JournalLine, measure: Measure, code: str = "", *, value: int = 1, day: date | None = None,
        carrier: str | None = None, currency: str = "",
    ) -> None:  # fmt: skip
        cell = self._cell(day or self._day(line), measure, code, carrier=carrier, currency=currency)
        self.counts[cell] = self.counts.get(cell, 0) + value

    def _cell(
        self, day: date, measure: Measure, code: str = "", *, carrier: str | None = None, currency: str = ""
    ) -> Cell:
        life = self.life
        held = life.carrier if carrier is None else carrier
        return Cell(life.organisation_id, day, held, life.service, life.area, str(measure), code, currency)

    def _day(self, line: JournalLine) -> date:
        return line.at.astimezone(ZoneInfo(self.life.zone)).date()

    def _learn(self, **known: object) -> None:
        self.life = self.life.model_copy(update=known)


def _happened(line: JournalLine) -> datetime:
    """By the carrier's own time, where its report says so."""
    return _instant(line.data.get("occurred_at")) or line.at


def _instant(value: JsonValue) -> datetime | None:
    return datetime.fromisoformat(value) if isinstance(value, str) else None


def _code(value: JsonValue) -> str:
    return value[:64] if isinstance(value, str) else ""
