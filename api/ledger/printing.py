"""A statement on paper: a section for each currency, in Portuguese or English."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from fpdf import FPDF
from fpdf.enums import XPos, YPos

from domain.ledger import Entry, EntryKind
from domain.money import Currency, Money
from domain.statements import Balance, Period
from domain.users import Locale

_WIDTHS = (32.0, 62.0, 56.0, 40.0)
_ROW = 5.5
_FONT = "helvetica"  # one of those every reader has: no font is embedded, and it knows Portuguese letters

_WORDS: dict[Locale, dict[str, str]] = {
    Locale.PT_BR: {
        "title": "Extrato de lançamentos",
        "period": "Período",
        "columns": "Data|Entrega|Lançamento|Valor",
        "opening": "Saldo anterior",
        "closing": "Saldo final",
        "nothing": "Nenhum lançamento no período.",
        "page": "Página",
        EntryKind.CHARGE: "Frete",
        EntryKind.INSURANCE: "Seguro",
        EntryKind.EXTRA: "Adicional",
        EntryKind.CANCELLATION_FEE: "Taxa de cancelamento",
        EntryKind.REFUND: "Reembolso",
        EntryKind.ADJUSTMENT: "Ajuste",
        EntryKind.REVERSAL: "Estorno",
    },
    Locale.EN: {
        "title": "Statement of entries",
        "period": "Period",
        "columns": "Date|Delivery|Entry|Amount",
        "opening": "Opening balance",
        "closing": "Closing balance",
        "nothing": "No entries in this period.",
        "page": "Page",
        EntryKind.CHARGE: "Freight",
        EntryKind.INSURANCE: "Insurance",
        EntryKind.EXTRA: "Extra",
        EntryKind.CANCELLATION_FEE: "Cancellation fee",
        EntryKind.REFUND: "Refund",
        EntryKind.ADJUSTMENT: "Adjustment",
        EntryKind.REVERSAL: "Reversal",
    },
}


class Printed(NamedTuple):
    """What is printed: the customer's own account, by currency, oldest entry first."""

    organisation_id: str
    period: Period
    balances: Mapping[Currency, Balance]
    lines: Mapping[Currency, Sequence[Entry]]
    locale: Locale


class _Page(FPDF):
    """With its number below."""

    word = ""

    def footer(self) -> None:
        self.set_y(-14)
        self.set_font(_FONT, size=8)
        self.cell(0, 8, f"{self.word} {self.page_no()}", align="R")


def print_statement(told: Printed) -> bytes:
    """A PDF; the same statement is the same bytes."""
    words = _WORDS[told.locale]
    pdf = _Page(format="A4")
    pdf.word = words["page"]
    pdf.set_creation_date(told.period.until)  # not the clock's: what is printed again is the same
    pdf.set_title(words["title"])
    pdf.set_lang(told.locale.value)
    pdf.set_margin(10)
    pdf.set_auto_page_break(auto=True, margin=16)
    pdf.add_page()
    pdf.set_font(_FONT, "B", 15)
    _row(pdf, words["title"], height=9)
    pdf.set_font(_FONT, size=9)
    last = told.period.end - timedelta(days=1)
    day = "%d/%m/%Y" if told.locale is Locale.PT_BR else "%Y-%m-%d"
    _row(pdf, told.organisation_id)
    _row(pdf, f"{words['period']}: {told.period.first:{day}} - {last:{day}} ({told.period.time_zone})")
    if not told.balances:
        _row(pdf, words["nothing"])
    for currency, balance in told.balances.items():
        _section(pdf, told, currency, balance, f"{day} %H:%M")
    return bytes(pdf.output())


def _section(pdf: FPDF, told: Printed, currency: Currency, balance: Balance, day: str) -> None:
    words, zone = _WORDS[told.locale], ZoneInfo(told.period.time_zone)
    pdf.ln(4)
    pdf.set_font(_FONT, "B", 11)
    _row(pdf, str(currency), height=7)
    pdf.set_font(_FONT, "B", 9)
    _columns(pdf, *words["columns"].split("|"))
    _columns(pdf, "", "", words["opening"], _amount(balance.opening, currency, told.locale))
    pdf.set_font(_FONT, size=9)
    for entry in told.lines.get(currency, ()):
        what = words.get(entry.kind, str(entry.kind))
        label = f"{what} ({entry.memo})" if entry.memo else what
        at = entry.posted_at.astimezone(zone)
        amount = _amount(entry.money.amount, currency, told.locale)
        _columns(pdf, f"{at:{day}}", f"{entry.delivery_id[:24]}…", label[:36], amount)
    pdf.set_font(_FONT, "B", 9)
    _columns(pdf, "", "", words["closing"], _amount(balance.closing, currency, told.locale))


def _columns(pdf: FPDF, *cells: str) -> None:
    *rest, last = cells
    for width, text in zip(_WIDTHS, rest, strict=False):
        pdf.cell(width, _ROW, _latin(text))
    pdf.cell(_WIDTHS[-1], _ROW, _latin(last), align="R", new_x=XPos.LMARGIN, new_y=YPos.NEXT)


def _row(pdf: FPDF, text: str, height: float = _ROW) -> None:
    pdf.cell(0, height, _latin(text), new_x=XPos.LMARGIN, new_y=YPos.NEXT)


def _latin(text: str) -> str:
    return text.replace("…", "...").encode("latin-1", "replace").decode("latin-1")


def _amount(amount: int, currency: Currency, locale: Locale) -> str:
    text = f"{Money(amount=0, currency=currency).model_copy(update={'amount': amount}).major():,.2f}"
    if locale is Locale.PT_BR:
        text = text.translate({ord(","): ".", ord("."): ","})
    return f"{currency} {text}"
