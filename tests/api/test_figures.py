"""Figures and contracts as customers and staff read them."""

import csv
from datetime import timedelta
from typing import Any

import httpx
import jwt
import pytest
from making import NOW, delivery, fresh, line, move

from api.deps import Parts
from domain.users import Role

SPAN = {"from": str(NOW.date()), "to": str(NOW.date())}
BOOKED = {"carrier": "moto", "attempt": 1, "price": 1290, "currency": "BRL"}


def whose(headers: dict[str, str]) -> str:
    told = jwt.decode(headers["Authorization"].split()[1], options={"verify_signature": False})
    return str(told["org"])


async def one_booked(parts: Parts, organisation_id: str) -> None:
    promised = {"promised_at": (NOW + timedelta(hours=1)).isoformat()}
    told = [
        ("delivery.requested", {"service": "express", "area": "BR-013"}),
        ("delivery.quoted", {"offers": 1, "asked": [{"carrier": "van", "reason": "busy"}, {"carrier": "moto"}]}),
        ("delivery.booking", {"carrier": "moto"}),
        ("delivery.booked", BOOKED | promised),
        ("delivery.delivered", {"occurred_at": NOW.isoformat()}),
    ]
    lines = [line(n, kind=kind, data=data) for n, (kind, data) in enumerate(told, 1)]
    await parts.deliveries.record(move(delivery(organisation_id=organisation_id), *lines))
    await parts.figures.fold(100)


async def test_a_series_says_what_its_rates_are_made_of(http: httpx.AsyncClient, parts: Parts, signed: Any) -> None:
    headers = await signed()
    await one_booked(parts, whose(headers))
    told = (await http.get("/v1/figures", params=SPAN | {"group_by": "carrier"}, headers=headers)).json()
    assert (told["from"], told["to"], told["group_by"]) == (SPAN["from"], SPAN["to"], "carrier")
    assert told["totals"]["on_time"] == {"numerator": 1, "denominator": 1, "value": 1.0}
    assert told["totals"]["declined"] == {"numerator": 1, "denominator": 2, "value": 0.5}
    assert {group["key"] for group in told["series"]} == {"none", "moto", "van"}
    assert told["totals"]["money"][0]["price"] == {"amount": 1290, "currency": "BRL"}
    empty = (await http.get("/v1/figures", headers=headers)).json()
    assert empty["series"] == []
    assert empty["totals"]["on_time"]["value"] is None


async def test_everybody_sees_their_own_staff_see_all_and_what_we_pay(
    http: httpx.AsyncClient, parts: Parts, signed: Any
) -> None:
    ana, bia, staff = await signed(), await signed(), await signed(Role.SUPPORT)
    await one_booked(parts, whose(ana))
    await one_booked(parts, whose(bia))

    async def seen(headers: Any, **more: str) -> tuple[int, Any]:
        totals = (await http.get("/v1/figures", params=SPAN | more, headers=headers)).json()["totals"]
        return totals["requested"], totals["money"][0]["cost"]

    assert await seen(ana) == (1, None)
    assert await seen(staff) == (2, {"amount": 0, "currency": "BRL"})
    assert (await seen(staff, organisation_id=whose(ana)))[0] == 1
    for path in ("/v1/figures", "/v1/figures/csv", "/v1/contracts"):
        others = await http.get(path, params={"organisation_id": whose(bia)}, headers=ana)
        nobodys = await http.get(path, params={"organisation_id": fresh("org").replace("_", "", 1)}, headers=ana)
        assert others.status_code == 404
        assert nobodys.status_code in (404, 422)


async def test_the_table_is_the_same_data(http: httpx.AsyncClient, parts: Parts, signed: Any) -> None:
    headers = await signed()
    await one_booked(parts, whose(headers))
    answer = await http.get("/v1/figures/csv", params=SPAN, headers=headers)
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    rows = list(csv.reader(answer.text.splitlines()))
    assert rows[0] == ["day", "figure", "detail", "value", "numerator", "denominator", "currency"]
    day = SPAN["from"]
    assert [day, "on_time", "", "1.0", "1", "1", ""] in rows
    assert [day, "declines", "van: busy", "1", "", "", ""] in rows
    assert [day, "money", "price", "1290", "", "1", "BRL"] in rows
    assert not [row for row in rows if row[2] == "cost"]


@pytest.mark.parametrize(
    "span",
    [{"from": "2030-05-02", "to": "2030-05-01"}, {"from": "2028-01-01", "to": "2030-05-01"}, {"from": "1900000000"},
     {"area": "São Paulo"}, {"group_by": "street"}],
)  # fmt: skip
async def test_a_strange_span_is_refused(http: httpx.AsyncClient, signed: Any, span: dict[str, str]) -> None:
    assert (await http.get("/v1/figures", params=span, headers=await signed())).status_code == 422


async def test_staff_set_a_contract_and_its_customer_reads_it(http: httpx.AsyncClient, signed: Any) -> None:
    admin, ana, bia = await signed(Role.ADMIN), await signed(), await signed()
    path = f"/v1/contracts/{whose(ana)}/express"
    terms = {"basis": "pickup", "within": "PT45M", "tolerance": "PT5M", "credit": {"percent": 20}}
    made = await http.put(path, json=terms, headers=admin)
    assert made.status_code == 200, made.text
    own = (await http.get("/v1/contracts", headers=ana)).json()["items"]
    assert own == [made.json()]
    assert own[0]["terms"]["credit"]["percent"] == 20
    assert (await http.get("/v1/contracts", headers=bia)).json()["items"] == []
    assert (await http.delete(path, headers=admin)).status_code == 204
    assert (await http.delete(path, headers=admin)).status_code == 404
