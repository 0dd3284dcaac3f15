"""The ledger by HTTP: who sees what, statements as data, CSV and PDF, corrections by two, invoices by file."""

import csv
import io
from datetime import datetime, timedelta
from typing import Any

import httpx
import jwt
import pytest
from hands import ACCOUNT
from making import NOW, charge, delivery, fresh, move

from api.deps import Parts
from domain.deliveries import Delivery
from domain.ledger import Entry, Holder
from domain.users import OrgRole, Role

MAY = {"from": "2030-05-01", "to": "2030-06-01"}


def claims(headers: dict[str, str]) -> Any:
    return jwt.decode(headers["Authorization"].split()[1], options={"verify_signature": False})


async def booked(parts: Parts, organisation_id: str, at: datetime = NOW, **more: Any) -> Delivery:
    it = delivery(organisation_id=organisation_id, created_by=more.pop("created_by", "usr_1"))
    holder = Holder(carrier=ACCOUNT.carrier, carrier_account=ACCOUNT.account, booking_reference=fresh("ref"))
    await parts.deliveries.record(move(it, entries=charge(it, at=at, holder=holder, **more)))
    return it


async def entries_of(parts: Parts, it: Delivery) -> list[Entry]:
    return list(await parts.deliveries.entries(it.id))


# ── statements ────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_statement_is_the_organisations_own_and_says_nothing_of_carriers(
    http: httpx.AsyncClient, parts: Parts, signed: Any
) -> None:
    headers = await signed()
    org = claims(headers)["org"]
    await booked(parts, org, NOW - timedelta(days=30))
    await booked(parts, org)
    await booked(parts, fresh("org"))
    told = (await http.get("/v1/statements", params=MAY, headers=headers)).json()
    assert told["period"]["since"] == "2030-05-01T03:00:00Z"  # midnight in São Paulo
    assert told["owed"] == [{"amount": 2580, "currency": "BRL"}]
    owed, revenue = told["balances"]
    assert (owed["account"], owed["opening"], owed["debits"], owed["closing"]) == (
        "customer_receivable", 1290, 1290, 2580,
    )  # fmt: skip
    assert (revenue["account"], revenue["closing"]) == ("revenue", -2580)
    staff = await signed(Role.SUPPORT)
    asked = {**MAY, "organisation_id": org}
    all_of_it = (await http.get("/v1/statements", params=asked, headers=staff)).json()
    assert {one["account"]: one["closing"] for one in all_of_it["balances"]} == {
        "customer_receivable": 2580, "revenue": -2580, "carrier_cost": 2000, "carrier_payable": -2000,
    }  # fmt: skip


async def test_a_period_begins_by_the_organisations_clock_and_ends_before_its_last_day(
    http: httpx.AsyncClient, parts: Parts, signed: Any
) -> None:
    admin, headers = await signed(Role.ADMIN), await signed()
    org = claims(headers)["org"]
    put = await http.put(f"/v1/terms/{org}", json={"time_zone": "Asia/Tokyo"}, headers=admin)
    assert put.status_code == 200, put.text
    for at in ("2030-04-30T14:59:59Z", "2030-04-30T15:00:00Z", "2030-05-31T14:59:59Z", "2030-05-31T15:00:00Z"):
        await booked(parts, org, datetime.fromisoformat(at))
    told = (await http.get("/v1/statements", params=MAY, headers=headers)).json()
    assert (told["balances"][0]["opening"], told["balances"][0]["debits"]) == (1290, 2580)


async def test_csv_holds_every_entry_of_the_period_and_the_pdf_is_the_same_twice(
    http: httpx.AsyncClient, parts: Parts, signed: Any
) -> None:
    headers = await signed()
    org = claims(headers)["org"]
    await parts.deliveries.record(move(delivery(organisation_id=org)))
    made = [await booked(parts, org, NOW + timedelta(minutes=minute)) for minute in range(3)]
    answer = await http.get("/v1/statements/csv", params=MAY, headers=headers)
    assert answer.headers["content-type"].startswith("text/csv")
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    expected = [
        e.id for it in made for e in await entries_of(parts, it) if e.account not in ("carrier_cost", "carrier_payable")
    ]
    assert [row["id"] for row in rows] == expected
    assert rows[0]["posted_at"] == "2030-05-01T09:00:00.123456-03:00"
    assert [row["amount"] for row in rows[:2]] == ["12.90", "-12.90"]
    printed = {}
    for locale in ("pt-BR", "en"):
        asked = {**MAY, "locale": locale}
        first, again = [await http.get("/v1/statements/pdf", params=asked, headers=headers) for _ in range(2)]
        assert first.status_code == 200, first.text
        assert first.content.startswith(b"%PDF-")
        assert first.content == again.content
        printed[locale] = first.content
    assert printed["pt-BR"] != printed["en"]


@pytest.mark.parametrize("asked", [
    {"from": "2030-05-02", "to": "2030-05-02"}, {"from": "1000-01-01"}, {"to": "0001-01-01"}, {"from": "x"},
    {"to": "9999-12-31"},
])  # fmt: skip
@pytest.mark.parametrize("form", ["", "/csv", "/pdf"])
async def test_a_period_that_is_none_is_refused(asked: Any, form: str, http: httpx.AsyncClient, signed: Any) -> None:
    answer = await http.get(f"/v1/statements{form}", params=asked, headers=await signed())
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")


async def test_another_organisation_is_not_there_whether_it_is_or_not(
    http: httpx.AsyncClient, parts: Parts, signed: Any
) -> None:
    theirs = claims(await signed())["org"]
    await booked(parts, theirs)
    headers = await signed()
    for path in ("entries", "balances", "statements", "statements/csv", "statements/pdf"):
        found = await http.get(f"/v1/{path}", params={"organisation_id": theirs}, headers=headers)
        missing = await http.get(f"/v1/{path}", params={"organisation_id": "org_0"}, headers=headers)
        assert (found.status_code, found.content) == (404, missing.content)


async def test_entries_are_narrowed_and_a_partner_sees_its_own(
    http: httpx.AsyncClient, parts: Parts, signed: Any
) -> None:
    headers = await signed()
    org = claims(headers)["org"]
    mine, others = await booked(parts, org, created_by="svc_1"), await booked(parts, org)

    async def found(headers: Any = headers, **asked: Any) -> set[str]:
        answer = await http.get("/v1/entries", params=asked, headers=headers)
        assert answer.status_code == 200, answer.text
        return {item["delivery_id"] for item in answer.json()["items"]}

    assert await found() == {mine.id, others.id}
    assert await found(delivery_id=mine.id, kind="charge", currency="BRL", account="revenue") == {mine.id}
    assert await found(account="carrier_cost") == await found(until="2030-05-01T00:00:00Z") == set()
    partner = await signed(user_id="svc_1", organisation_id=org, org_role=OrgRole.PARTNER)
    assert await found(partner) == {mine.id}
    balances = (await http.get("/v1/balances", headers=partner)).json()["items"]
    assert {one["account"]: one["closing"] for one in balances} == {"customer_receivable": 1290, "revenue": -1290}


# ── adjustments ───────────────────────────────────────────────────────────────────────────────────────────


async def test_a_correction_above_the_limit_takes_two_of_staff(
    http: httpx.AsyncClient, parts: Parts, signed: Any
) -> None:
    customer = await signed()
    it = await booked(parts, claims(customer)["org"])
    one, other = await signed(Role.SUPPORT), await signed(Role.SUPPORT)
    body = {"delivery_id": it.id, "kind": "refund", "reason": "lost_parcel"}
    body |= {"money": {"amount": 50_000, "currency": "BRL"}}
    bare = await http.post("/v1/adjustments", json=body, headers=one)
    assert (bare.status_code, bare.json()["code"]) == (400, "idempotency_key_missing")
    made, again = [await http.post("/v1/adjustments", json=body, headers={**one, "Idempotency-Key": "k"}) for _ in "ab"]
    assert (made.status_code, made.json()["status"], made.json()) == (201, "proposed", again.json())
    assert again.headers["idempotency-replayed"] == "true"
    changed = {**body, "reason": "goodwill"}
    reused = await http.post("/v1/adjustments", json=changed, headers={**one, "Idempotency-Key": "k"})
    assert (reused.status_code, reused.json()["code"]) == (422, "idempotency_key_reused")
    path = made.headers["location"]
    own = await http.post(f"{path}/approve", headers=one)
    assert (own.status_code, own.json()["code"]) == (403, "own_proposal")
    waiting = (await http.get("/v1/adjustments", params={"status": "proposed"}, headers=other)).json()["items"]
    assert [item["id"] for item in waiting] == [made.json()["id"]]
    done = await http.post(f"{path}/approve", headers=other)
    assert (done.status_code, done.json()["status"], done.json()["decided_by"]) == (
        200, "posted", claims(other)["sub"],
    )  # fmt: skip
    late = await http.post(f"{path}/reject", headers=other)
    assert (late.status_code, late.json()["code"]) == (409, "already_decided")
    told = (await http.get("/v1/balances", headers=customer)).json()["items"]
    assert {item["account"]: item["closing"] for item in told}["customer_receivable"] == 1290 - 50_000


@pytest.mark.parametrize("wrong", [
    {"money": {"amount": 0, "currency": "BRL"}}, {"money": {"amount": -1, "currency": "BRL"}, "kind": "refund"},
    {"money": {"amount": 1, "currency": "USD"}}, {"reason": "Ana Pessoa, Rua X"}, {"kind": "gift"},
])  # fmt: skip
async def test_a_correction_that_makes_no_sense_is_refused(
    wrong: Any, http: httpx.AsyncClient, parts: Parts, signed: Any
) -> None:
    it = await booked(parts, fresh("org"))
    body = {"delivery_id": it.id, "kind": "customer", "reason": "goodwill"}
    body |= {"money": {"amount": 1, "currency": "BRL"}, **wrong}
    headers = {**await signed(Role.SUPPORT), "Idempotency-Key": "k"}
    answer = await http.post("/v1/adjustments", json=body, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid"), answer.text
    assert len(await entries_of(parts, it)) == 4


# ── reconciliations ───────────────────────────────────────────────────────────────────────────────────────


async def send(http: httpx.AsyncClient, headers: Any, file: str | bytes, **more: Any) -> httpx.Response:
    asked = {"carrier": ACCOUNT.carrier, "account": ACCOUNT.account, **MAY, **more}
    told = {**headers, "Content-Type": "text/csv"}
    return await http.post("/v1/reconciliations", params=asked, content=file, headers=told)


async def test_an_invoice_is_compared_and_its_differences_are_settled(
    http: httpx.AsyncClient, parts: Parts, signed: Any
) -> None:
    first, second = await booked(parts, fresh("org")), await booked(parts, fresh("org"))
    names = [(await entries_of(parts, it))[2].booking_reference for it in (first, second)]
    headers = await signed(Role.SUPPORT)
    file = (
        f'\ufeffreference;amount;currency;description\r\n{names[0]};10,00;BRL;"x;y"\r\n{names[1]};11,5;BRL;\r\ng;3;BRL;'
    )
    answer = await send(http, headers, file)
    assert answer.status_code == 201, answer.text
    assert answer.json()["counts"] == {
        "matched": 1, "amount_differs": 1, "unknown_to_us": 1, "missing_from_theirs": 0,
    }  # fmt: skip
    again = await send(http, headers, file)
    assert (again.json(), again.headers["idempotency-replayed"]) == (answer.json(), "true")
    path = answer.headers["location"]
    lines = (await http.get(f"{path}/lines", params={"unsettled": True}, headers=headers)).json()["items"]
    assert [(line["number"], line["outcome"], line["file_line"]) for line in lines] == [
        (2, "amount_differs", 3), (3, "unknown_to_us", 4),
    ]  # fmt: skip
    accepted = await http.post(f"{path}/lines/2/accept", json={}, headers=headers)
    assert accepted.status_code == 200, accepted.text
    assert sum(e.money.amount for e in await entries_of(parts, second) if e.account == "carrier_cost") == 1150
    assert (await http.post(f"{path}/lines/3/accept", json={}, headers=headers)).status_code == 422
    assert (await http.post(f"{path}/lines/3/dismiss", headers=headers)).json()["settled_as"] == "dismissed"
    assert (await http.post(f"{path}/lines/2/dismiss", headers=headers)).status_code == 409
    assert not (await http.get(f"{path}/lines", params={"unsettled": True}, headers=headers)).json()["items"]
    assert (await http.get("/v1/reconciliations", headers=headers)).json()["items"] == [answer.json()]


async def test_a_file_that_cannot_be_read_is_answered_line_by_line_and_nothing_is_kept(
    http: httpx.AsyncClient, signed: Any
) -> None:
    headers = await signed(Role.SUPPORT)
    file = "reference,amount,currency\nok,1.00,BRL\n,1.00,BRL\nb,1.005,BRL\nc,1.00,XXX\nd,1\n"
    answer = await send(http, headers, file)
    assert (answer.status_code, answer.json()["code"]) == (422, "file_invalid")
    assert [one["pointer"] for one in answer.json()["errors"]] == ["line/3", "line/4", "line/5", "line/6"]
    for bad in (
        b"", b"\xff\xfe", "reference,amount\na,1", "reference,amount,currency\n", 'reference,amount,currency\n"a,1,BRL',
        "reference,amount,currency\n" + "a,1,BRL\n" * 20_001,
    ):  # fmt: skip
        answer = await send(http, headers, bad)
        assert (answer.status_code, answer.json()["code"]) == (422, "file_invalid"), answer.text
    assert (await send(http, headers, "x" * (2 << 20) + "x")).status_code == 413
    elsewhere = await http.post("/v1/quotes", content="x" * 70_000, headers={**headers, "Content-Type": "text/csv"})
    assert elsewhere.status_code == 413
    unknown = await send(http, headers, "reference,amount,currency\na,1,BRL", account="nobody")
    assert (unknown.status_code, unknown.json()["code"]) == (404, "not_found")
    asked = {"carrier": ACCOUNT.carrier, "account": ACCOUNT.account, **MAY}
    typed = await http.post("/v1/reconciliations", params=asked, json={}, headers=headers)
    assert (typed.status_code, typed.json()["code"]) == (415, "unsupported_media_type")
    assert (await http.get("/v1/reconciliations", headers=headers)).json()["items"] == []


# ── terms ─────────────────────────────────────────────────────────────────────────────────────────────────


async def test_terms_are_an_admins_to_keep(http: httpx.AsyncClient, signed: Any) -> None:
    admin, agreed = await signed(Role.ADMIN), {"basis_points": 1500, "fixed": [{"amount": 100, "currency": "BRL"}]}
    usual = await http.get("/v1/terms/org_1", headers=admin)
    assert usual.json() == {"margin": None, "time_zone": "America/Sao_Paulo"}
    put = await http.put("/v1/terms/org_1", json={"margin": agreed}, headers=admin)
    assert (put.status_code, put.json()) == (200, {"margin": agreed, "time_zone": "America/Sao_Paulo"})
    assert (await http.get("/v1/terms/org_1", headers=admin)).json() == put.json()
    bad = await http.put("/v1/terms/org_1", json={"time_zone": "Lua/Base"}, headers=admin)
    assert (bad.status_code, bad.json()["code"]) == (422, "invalid")
