"""A carrier's invoice against what the ledger says we owe it: reading the file, and telling what agrees."""

import csv
import hashlib
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from enum import StrEnum
from typing import NamedTuple

from pydantic import Field

from domain._values import Timestamp, Value
from domain.errors import FileInvalid
from domain.money import MAX_AMOUNT, Currency
from domain.quotes import AccountRef

MOST_LINES = 20_000
_MOST_FAULTS = 100
_COLUMNS = ("reference", "amount", "currency")
_AMOUNT = re.compile(r"(-?)([0-9]{1,10})(?:[.,]([0-9]{1,2}))?")
_REFERENCE = re.compile(r"[\x21-\x7e]{1,200}")


class Outcome(StrEnum):
    """How a line of the invoice and the ledger compare."""

    MATCHED = "matched"
    AMOUNT_DIFFERS = "amount_differs"
    UNKNOWN_TO_US = "unknown_to_us"  # they ask for it; no booking of ours
    MISSING_FROM_THEIRS = "missing_from_theirs"  # we expected it in this period; they do not ask for it


class Settlement(StrEnum):
    """What was done about a line that does not match."""

    ACCEPTED = "accepted"  # they are right: the ledger was corrected
    DISMISSED = "dismissed"  # they are wrong, or it was settled otherwise


class Invoiced(NamedTuple):
    """What an invoice asks for under one reference, in minor units; where it first says so."""

    reference: str
    currency: Currency
    amount: int
    line: int


class Owed(NamedTuple):
    """What the ledger says we owe for one booking; `due` when it was booked in the invoice's period."""

    reference: str
    tracking_number: str | None
    currency: Currency
    amount: int
    delivery_id: str
    due: bool = True


class ReconciliationLine(Value):
    """One reference in one currency, compared; `ours` and `theirs` in minor units."""

    number: int
    outcome: Outcome
    reference: str
    currency: Currency
    ours: int
    theirs: int
    delivery_id: str | None = None
    file_line: int | None = Field(default=None, description="where the invoice first names it")
    settled_as: Settlement | None = None
    settled_by: str | None = None
    settled_at: Timestamp | None = None
    adjustment_id: str | None = None


class Reconciliation(Value):
    """A carrier's invoice that was compared, and what came of it; its lines are read by themselves."""

    id: str = Field(examples=["rec_0e8c…"])
    carrier: str
    carrier_account: str
    first: date = Field(description="the period's first day")
    end: date = Field(description="the first day after it")
    made_by: str
    made_at: Timestamp
    counts: dict[Outcome, int]

    @property
    def ref(self) -> AccountRef:
        """Whose invoice it is."""
        return AccountRef(carrier=self.carrier, account=self.carrier_account)


def reconciliation_id(ref: AccountRef, first: date, end: date, file: bytes) -> str:
    """The same file for the same period is the same reconciliation, however often it is sent."""
    return f"rec_{hashlib.sha256(f'{ref}/{first}/{end}/'.encode() + file).hexdigest()[:32]}"


def read_invoice(file: bytes) -> list[Invoiced]:
    """The amounts in a CSV file, those of one reference and currency together.

    UTF-8, with a header that names `reference` (the carrier's own id of the booking, or its tracking number), `amount`
    (major units, with point or comma) and `currency`; other columns are not looked at. Comma or semicolon between.
    Raises FileInvalid with the number of each line that cannot be read.
    """
    try:
        text = file.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise FileInvalid("the file is not UTF-8", errors=[]) from None
    head = text.split("\n", 1)[0]
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=";" if ";" in head else ",", strict=True)
    faults: list[dict[str, str]] = []
    found: dict[tuple[str, Currency], Invoiced] = {}
    try:
        places = _places(next(reader, []))
        for count, row in enumerate(reader, start=1):
            if count > MOST_LINES:
                raise FileInvalid(f"at most {MOST_LINES} lines", errors=[])
            if not any(cell.strip() for cell in row):
                continue
            _take(row, places, reader.line_num, found, faults)
            if len(faults) >= _MOST_FAULTS:
                break
    except csv.Error as error:
        faults.append(_fault(reader.line_num, f"no CSV: {error}"))
    if faults:
        raise FileInvalid(f"{faults[0]['pointer']}: {faults[0]['detail']}", errors=faults)
    if not found:
        raise FileInvalid("the file has no lines", errors=[])
    return list(found.values())


def _places(header: Sequence[str]) -> dict[str, int]:
    names = [name.strip().lower() for name in header]
    missing = [name for name in _COLUMNS if names.count(name) != 1]
    if missing:
        detail = f"the header names each of {', '.join(_COLUMNS)} once"
        raise FileInvalid(f"line/1: {detail}", errors=[_fault(1, detail)])
    return {name: names.index(name) for name in _COLUMNS}


def _take(
    row: Sequence[str],
    places: Mapping[str, int],
    line: int,
    found: dict[tuple[str, Currency], Invoiced],
    faults: list[dict[str, str]],
) -> None:
    if len(row) <= max(places.values()):
        faults.append(_fault(line, "too few columns"))
        return
    reference, amount, currency = (row[places[name]].strip() for name in _COLUMNS)
    told = _AMOUNT.fullmatch(amount)
    if not _REFERENCE.fullmatch(reference):
        faults.append(_fault(line, "reference: up to 200 printable characters without spaces"))
    elif told is None:
        faults.append(_fault(line, "amount: written as in 12.90"))
    elif currency.upper() not in list(Currency):
        faults.append(_fault(line, f"currency: one of {', '.join(Currency)}"))
    else:
        sign, major, minor = told.groups()
        sum_of = int(major) * 100 + int((minor or "0").ljust(2, "0"))
        key = reference, Currency(currency.upper())
        before = found.get(key, Invoiced(*key, 0, line))
        total = before.amount + (-sum_of if sign else sum_of)
        if abs(total) > MAX_AMOUNT:
            faults.append(_fault(line, "amount: too much"))
        found[key] = before._replace(amount=total)


def _fault(line: int, detail: str) -> dict[str, str]:
    return {"pointer": f"line/{line}", "detail": detail}


def compared(invoice: Iterable[Invoiced], owed: Iterable[Owed]) -> list[ReconciliationLine]:
    """Each reference of either side once, numbered from 1: first as the invoice names them, then what it leaves out."""
    known = list(owed)
    by_name = {(one.tracking_number, one.currency): one for one in known if one.tracking_number}
    by_name |= {(one.reference, one.currency): one for one in known}
    told: dict[tuple[str, Currency], tuple[Owed, Invoiced]] = {}
    lines: list[ReconciliationLine] = []
    for line in invoice:
        ours = by_name.get((line.reference, line.currency))
        if ours is None:
            lines.append(_line(Outcome.UNKNOWN_TO_US, line.reference, line.currency, 0, line.amount, None, line.line))
            continue
        key = ours.reference, ours.currency
        before = told.get(key)
        # By reference here and by tracking number there: one booking all the same.
        told[key] = ours, before[1]._replace(amount=before[1].amount + line.amount) if before else line
    for ours, line in told.values():
        outcome = Outcome.MATCHED if ours.amount == line.amount else Outcome.AMOUNT_DIFFERS
        lines.append(
            _line(outcome, ours.reference, line.currency, ours.amount, line.amount, ours.delivery_id, line.line)
        )
    lines.sort(key=lambda line: line.file_line or 0)
    for ours in known:
        if ours.due and ours.amount and (ours.reference, ours.currency) not in told:
            missing = Outcome.MISSING_FROM_THEIRS
            lines.append(_line(missing, ours.reference, ours.currency, ours.amount, 0, ours.delivery_id, None))
    return [line.model_copy(update={"number": number}) for number, line in enumerate(lines, start=1)]


def _line(
    outcome: Outcome,
    reference: str,
    currency: Currency,
    ours: int,
    theirs: int,
    delivery_id: str | None,
    file_line: int | None,
) -> ReconciliationLine:
    return ReconciliationLine(
        number=0,
        outcome=outcome,
        reference=reference,
        currency=currency,
        ours=ours,
        theirs=theirs,
        delivery_id=delivery_id,
        file_line=file_line,
    )
