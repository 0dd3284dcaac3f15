"""CSV files of requests: what is written is read again, and no cell is a formula."""

import contextlib
import csv
import io
from datetime import UTC

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.deliveries import DeliveryRequest
from domain.quotes import Rule
from domain.sheets import COLUMNS, MOST_LINES, Unreadable, cells, decoded, guarded, read, unguarded, written

calm = settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.too_slow])
words = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cs", "Cc"), include_characters="\t\n;,'\"=+-@"), max_size=40
).map(str.strip)
named = words.filter(bool)


def stops(code: str) -> st.SearchStrategy[dict]:
    contact = st.fixed_dictionaries(
        {"name": named},
        optional={"phone": st.from_regex(r"\+[1-9][0-9]{6,14}", fullmatch=True), "email": st.just("a.b@example.com")},
    )
    address = st.fixed_dictionaries(
        {"street": named, "number": named.map(lambda text: text[:20].strip()), "district": named, "city": named,
         "state": st.sampled_from(["SP", "RJ"]), "postal_code": st.just(code), "complement": words},
    )  # fmt: skip
    return st.fixed_dictionaries({"contact": contact, "address": address, "instructions": words})


requests = st.fixed_dictionaries(
    {
        "pickup": stops("01310200"),
        "dropoff": stops("20040002"),
        "parcels": st.fixed_dictionaries(
            {"description": named, "weight_g": st.integers(1, 10**6), "fragile": st.booleans()},
            optional={
                "declared_value": st.integers(0, 10**9).map(lambda cents: {"amount": cents, "currency": "BRL"}),
            },
        ).map(lambda parcel: [parcel]),
        "reference": words,
        "fallback": st.booleans(),
        "choice": st.sampled_from([None, {"rule": "cheapest"}, {"rule": "best_value"}]),
    },
    optional={
        "ready_at": st.datetimes(timezones=st.just(UTC)).map(lambda at: at.isoformat()),
    },
).map(DeliveryRequest.model_validate)


@calm
@given(st.lists(requests, min_size=1, max_size=2), st.sampled_from([(",", "."), (";", ",")]), st.booleans())
def test_what_is_written_is_read_again(made, how, mark):
    delimiter, decimal = how
    rows = [list(cells(one, decimal).values()) for one in made]
    content = (("\ufeff" if mark else "") + written([COLUMNS, *rows], delimiter)).encode()
    found, problems = read(decoded(content))
    assert problems == []
    assert [request for _, request in found] == made


@calm
@given(st.text(max_size=30))
def test_no_cell_is_a_formula_and_none_is_lost(cell):
    assert guarded(cell)[:1] not in ("=", "+", "-", "@", "\t", "\r")
    assert unguarded(guarded(cell)) == cell


@calm
@given(st.text(max_size=300))
def test_whatever_a_file_holds_it_is_read_or_refused(text):
    for content in (text, f"{','.join(COLUMNS)}\n{text}"):
        with contextlib.suppress(Unreadable):
            for _, request in read(content, Rule.CHEAPEST)[0]:
                assert request.choice


BRAZILIAN = """\
Pedido;Remetente Nome;Remetente Rua;Remetente Número;Remetente Bairro;Remetente Cidade;Remetente UF;Remetente CEP;\
Destinatário Nome;Destinatário Celular;Destinatário Endereço;Destinatário Número;Destinatário Bairro;\
Destinatário Município;Destinatário Estado;Destinatário CEP;Conteúdo;Peso_g;Valor Declarado;Frágil
77;Padaria;Rua A;1;Centro;São Paulo;SP;01310-200;João;(21) 98765-4321;Rua B;2;Centro;Rio de Janeiro;RJ;20040-002;Bolo;\
1500;1.234,56;sim
"""


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252"])
def test_a_file_as_brazilian_shops_have_it(encoding):
    [(line, request)], problems = read(decoded(BRAZILIAN.encode(encoding)), Rule.CHEAPEST)
    assert not problems
    assert line == 2
    assert request.dropoff.contact.phone == "+5521987654321"
    assert request.parcels[0].declared_value.amount == 123456
    assert request.parcels[0].fragile
    assert (request.reference, request.choice.rule, request.pickup.address.city) == ("77", "cheapest", "São Paulo")


def test_every_line_says_what_is_wrong_with_it_and_never_what_stands_there():
    rows = list(csv.DictReader(io.StringIO(BRAZILIAN), delimiter=";"))
    good = rows[0]
    bad = [
        {**good, "Destinatário CEP": "Zulmira"}, {**good, "Peso_g": "Zulmira"}, {**good, "Destinatário Nome": ""},
        {**good, "Frágil": "Zulmira"}, {**good, "Valor Declarado": "Zulmira"}, {**good, "Remetente UF": "ZZ"},
    ]  # fmt: skip
    out = io.StringIO()
    writer = csv.DictWriter(out, list(good), delimiter=";")
    writer.writeheader()
    writer.writerows([good, *bad])
    found, problems = read(out.getvalue())
    assert [line for line, _ in found] == [2]
    assert [(problem.line, problem.column) for problem in problems] == [
        (3, "recipient_postal_code"), (4, "weight_g"), (5, "recipient_name"), (6, "fragile"), (7, "declared_value"),
        (8, "sender_state"),
    ]  # fmt: skip
    assert "Zulmira" not in repr(problems)


@pytest.mark.parametrize(("text", "code"), [
    ("", "empty"), ("a,b\n1,2", "unknown_column"), ("reference\n1", "column_missing"),
    (f"{','.join(COLUMNS)},Pedido\n", "column_twice"), (f"{','.join(COLUMNS)}\n\"a", "not_csv"),
    (f"{','.join(COLUMNS)}\n" + "x\n" * (MOST_LINES + 1), "too_many_lines"),
])  # fmt: skip
def test_what_is_no_such_file_is_refused(text, code):
    with pytest.raises(Unreadable) as refused:
        read(text)
    assert refused.value.problem.code == code
