"""Requests as lines of a CSV file: one parcel each, written so that no spreadsheet takes a cell for a formula."""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from pydantic import ValidationError, computed_field

from domain._values import Value
from domain.deliveries import DeliveryRequest, currency_of
from domain.finding import folded
from domain.money import Money
from domain.places import Stop
from domain.quotes import Rule

MOST_LINES = 5_000
_STOP = (
    *("name", "phone", "email", "tax_id", "street", "number", "complement", "district", "city", "state"),
    *("postal_code", "country", "instructions"),
)
_ENDS = {"sender": "pickup", "recipient": "dropoff"}
_CONTACT = ("name", "phone", "email", "tax_id")
_PARCEL = ("parcel_description", "weight_g", "length_mm", "width_mm", "height_mm", "declared_value", "fragile")
_PLAIN = ("reference", "service", "ready_at", "deliver_by", "fallback")
COLUMNS = (
    *("reference", "service", "rule", "fallback", "ready_at", "deliver_by"),
    *(f"{end}_{field}" for end in _ENDS for field in _STOP),
    *_PARCEL,
)
"""What a line may say; a file's first line names those it has, in any order."""

_NEEDED = ("sender_name", "recipient_name", "sender_postal_code", "recipient_postal_code", "weight_g")
_FORMULA = re.compile(r"^['=+\-@\t\r]")
_WHOLE = ("weight_g", "length_mm", "width_mm", "height_mm")
_YES, _NO = ("true", "1", "yes", "sim", "s", "verdadeiro"), ("false", "0", "no", "nao", "n", "falso", "")

# As Brazilian shops name them, folded; the ends before, the fields after.
_END_ALIASES = {"remetente": "sender", "coleta": "sender", "destinatario": "recipient", "entrega": "recipient"}
_FIELD_ALIASES = {
    "nome": "name", "telefone": "phone", "celular": "phone", "cpf": "tax_id", "cnpj": "tax_id", "cpf_cnpj": "tax_id",
    "rua": "street", "logradouro": "street", "endereco": "street", "numero": "number", "complemento": "complement",
    "bairro": "district", "cidade": "city", "municipio": "city", "uf": "state", "estado": "state",
    "cep": "postal_code", "pais": "country", "instrucoes": "instructions", "observacoes": "instructions",
}  # fmt: skip
_ALIASES = {
    "referencia": "reference", "pedido": "reference", "servico": "service", "regra": "rule",
    "pronto_em": "ready_at", "entregar_ate": "deliver_by", "conteudo": "parcel_description",
    "descricao": "parcel_description", "peso_g": "weight_g", "comprimento_mm": "length_mm", "largura_mm": "width_mm",
    "altura_mm": "height_mm", "valor_declarado": "declared_value", "fragil": "fragile",
}  # fmt: skip


class LineProblem(Value):
    """What is wrong with a line of a file; never what stands there, which may be somebody's."""

    line: int
    column: str | None = None
    code: str
    detail: str

    @computed_field  # type: ignore[prop-decorator]
    @property
    def pointer(self) -> str:
        """Where, as other problems say it: `line/3/weight_kg`."""
        return "/".join(part for part in (f"line/{self.line}", self.column) if part)


class Unreadable(Exception):
    """It is no such file, or not one that can be read further."""

    def __init__(self, problem: LineProblem) -> None:
        self.problem = problem
        super().__init__(problem.detail)


# ── writing ───────────────────────────────────────────────────────────────────────────────────────────────


def guarded(cell: str) -> str:
    """The cell as text: what a spreadsheet would take for a formula stands behind an apostrophe."""
    return f"'{cell}" if _FORMULA.match(cell) else cell


def unguarded(cell: str) -> str:
    """The cell without the apostrophe that `guarded` put before it."""
    return cell[1:] if cell.startswith("'") and _FORMULA.match(cell[1:]) else cell


def written(rows: Iterable[Sequence[str]], delimiter: str = ",") -> str:
    """Lines of CSV (RFC 4180), every cell guarded."""
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter, lineterminator="\r\n").writerows([guarded(c) for c in row] for row in rows)
    return out.getvalue()


def cells(request: DeliveryRequest, decimal: str = ".") -> dict[str, str]:
    """The request by column; of several parcels the first one's sides, the weight of all."""
    told: dict[str, Any] = {name: getattr(request, name) for name in _PLAIN}
    told["rule"] = request.choice.rule if request.choice else None
    for end, name in _ENDS.items():
        stop: Stop = getattr(request, name)
        told |= {f"{end}_{field}": _field(stop, field) for field in _STOP}
    first = request.parcels[0]
    told |= {name: getattr(first, name) for name in _PARCEL[2:]}
    told["parcel_description"] = first.description
    told["weight_g"] = sum(parcel.weight_g for parcel in request.parcels)
    return {name: _text(told.get(name), decimal) for name in COLUMNS}


def _field(stop: Stop, field: str) -> Any:
    if field == "instructions":
        return stop.instructions
    return getattr(stop.contact if field in _CONTACT else stop.address, field)


def _text(value: Any, decimal: str) -> str:
    match value:
        case None:
            return ""
        case bool():
            return str(value).lower()
        case Money():
            return str(value.major()).replace(".", decimal)
        case _ if hasattr(value, "isoformat"):
            return str(value.isoformat())
        case _:
            return str(value)


# ── reading ───────────────────────────────────────────────────────────────────────────────────────────────


def decoded(content: bytes) -> str:
    """As spreadsheets save it: UTF-8, or what Windows used before."""
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", errors="replace")


def read(text: str, rule: Rule | None = None) -> tuple[list[tuple[int, DeliveryRequest]], list[LineProblem]]:
    """Each line that is filled, by number, as a request, and everything that is wrong. Raises Unreadable.

    `rule` chooses where a line says nothing else; without either, the customer chooses by hand.
    """
    lines = text.splitlines()
    head = lines[0] if lines else ""
    delimiter = max(",;\t", key=head.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    requests: list[tuple[int, DeliveryRequest]] = []
    problems: list[LineProblem] = []
    columns: list[str] | None = None
    filled = 0
    for number, row in _rows(reader):
        if columns is None:
            columns = _columns(row)
            continue
        if not any(cell.strip() for cell in row):
            continue
        filled += 1
        if filled > MOST_LINES:
            raise Unreadable(_wrong(number, None, "too_many_lines", f"a file has at most {MOST_LINES} lines"))
        if len(row) > len(columns):
            problems.append(_wrong(number, None, "too_many_cells", f"the first line names {len(columns)} columns"))
            continue
        given = {name: unguarded(cell.strip()) for name, cell in zip(columns, row, strict=False) if cell.strip()}
        try:
            requests.append((number, _request(given, rule)))
        except ValidationError as error:
            problems += _explained(number, error)
        except _Cell as wrong:
            problems.append(_wrong(number, wrong.column, "invalid", wrong.detail))
    if columns is None:
        raise Unreadable(_wrong(1, None, "empty", "the file is empty"))
    return requests, problems


def _rows(reader: Any) -> Iterator[tuple[int, list[str]]]:
    before = 0
    while True:
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error:
            raise Unreadable(_wrong(before + 1, None, "not_csv", "from here on this cannot be read as CSV")) from None
        yield before + 1, row
        before = reader.line_num


def _columns(head: Sequence[str]) -> list[str]:
    names = [_column(name) for name in head]
    unknown = [name for name in names if name not in COLUMNS]
    if unknown:
        raise Unreadable(_wrong(1, None, "unknown_column", f"there are {len(unknown)} columns that mean nothing here"))
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise Unreadable(_wrong(1, twice[0], "column_twice", "two columns mean the same"))
    if missing := [name for name in _NEEDED if name not in names]:
        raise Unreadable(_wrong(1, missing[0], "column_missing", f"missing: {', '.join(missing)}"))
    return names


def _column(name: str) -> str:
    plain = "_".join(re.findall(r"[a-z0-9]+", folded(name)))
    if plain in COLUMNS:
        return plain
    end, _, field = plain.partition("_")
    whole = f"{_END_ALIASES.get(end, end)}_{_FIELD_ALIASES.get(field, field)}"
    return whole if whole in COLUMNS else _ALIASES.get(plain, plain)


class _Cell(Exception):
    def __init__(self, column: str, detail: str) -> None:
        self.column, self.detail = column, detail
        super().__init__(detail)


def _request(given: Mapping[str, str], rule: Rule | None) -> DeliveryRequest:
    made: dict[str, Any] = {name: given[name] for name in _PLAIN if name in given}
    if "fallback" in made:
        made["fallback"] = _flag(given, "fallback")
    if chosen := given.get("rule") or rule:
        made["choice"] = {"rule": str(chosen).lower()}
        if chosen == Rule.CHEAPEST_BY:
            made["choice"]["by"] = given.get("deliver_by")
    for end, name in _ENDS.items():
        told = {field: given[f"{end}_{field}"] for field in _STOP if f"{end}_{field}" in given}
        contact = {field: told[field] for field in _CONTACT if field in told}
        if "phone" in contact:
            contact["phone"] = _phone(contact["phone"])
        if "tax_id" in contact:
            contact["tax_id"] = re.sub(r"[.\-/\s]", "", contact["tax_id"])
        address = {field: told[field] for field in told if field not in (*_CONTACT, "instructions")}
        made[name] = {"contact": contact, "address": address, "instructions": told.get("instructions", "")}
    parcel: dict[str, Any] = {"description": given.get("parcel_description", "-")}
    parcel |= {name: _whole(given, name) for name in _WHOLE if name in given}
    if "fragile" in given:
        parcel["fragile"] = _flag(given, "fragile")
    if "declared_value" in given:
        currency = currency_of(given.get("sender_country", "BR"))
        parcel["declared_value"] = {"amount": _minor(given), "currency": currency}
    made["parcels"] = [parcel]
    return DeliveryRequest.model_validate(made)


def _phone(text: str) -> str:
    """E.164; a number without a country is Brazilian."""
    digits = re.sub(r"[^0-9]", "", text)
    if text.startswith("+"):
        return f"+{digits}"
    return f"+{digits}" if len(digits) > 11 else f"+55{digits}"


def _whole(given: Mapping[str, str], name: str) -> int:
    if not re.fullmatch(r"[0-9]{1,9}", given[name]):
        raise _Cell(name, "a whole number")
    return int(given[name])


def _flag(given: Mapping[str, str], name: str) -> bool:
    said = folded(given[name])
    if said not in (*_YES, *_NO):
        raise _Cell(name, "yes or no")
    return said in _YES


def _minor(given: Mapping[str, str]) -> int:
    """12.90, 12,90 and 1.234,56 alike, in minor units."""
    text = given["declared_value"]
    if not (found := re.fullmatch(r"([0-9.,]*[0-9])[.,]([0-9]{2})|([0-9]{1,12})", text)):
        raise _Cell("declared_value", "an amount is written as in 12.90 or 12,90")
    whole, cents, plain = found.groups()
    digits = plain or re.sub(r"[.,]", "", whole)
    return int(digits) * 100 + int(cents or 0)


def _explained(number: int, error: ValidationError) -> Iterator[LineProblem]:
    for one in error.errors(include_input=False, include_url=False, include_context=False)[:20]:
        said = str(one["msg"]).removeprefix("Value error, ")
        yield _wrong(number, _column_of(one["loc"], said), str(one["type"]), said)


def _column_of(where: Sequence[int | str], said: str) -> str | None:
    """The column that a place in the request was read from; an address's own checks name their field."""
    ends = {name: end for end, name in _ENDS.items()}
    names = [str(part) for part in where if not isinstance(part, int)]
    last = names[-1] if names else ""
    field = said.partition(":")[0]
    if names and names[0] in ends:
        last = field if last == "address" and field in _STOP else last
        return f"{ends[names[0]]}_{last}" if last in _STOP else None
    if names and names[0] == "choice":
        return "rule"
    if names and names[0] == "parcels":
        last = "declared_value" if "declared_value" in names else last
        return "parcel_description" if last == "description" else last if last in _PARCEL else None
    return last if last in COLUMNS else field if field in COLUMNS else None


def _wrong(line: int, column: str | None, code: str, detail: str) -> LineProblem:
    return LineProblem(line=line, column=column, code=code, detail=detail)
