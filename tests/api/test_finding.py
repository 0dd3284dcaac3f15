"""Finding deliveries over HTTP: the list, saved views of it, and the file that is streamed."""

import csv
import io
from datetime import timedelta
from typing import Any

import httpx
import jwt
from making import NOW, booking, delivery, move

from api.deliveries import exports
from api.deps import Parts
from domain.users import OrgRole, Role


def claims(headers: dict[str, str]) -> Any:
    return jwt.decode(headers["Authorization"].split()[1], options={"verify_signature": False})


async def record(parts: Parts, count: int = 1, **more: Any) -> list[Any]:
    made = [delivery(**{"created_at": NOW + timedelta(seconds=n), **more}) for n in range(count)]
    for it in made:
        await parts.deliveries.record(move(it))
    return made


async def found(http: httpx.AsyncClient, headers: Any, **params: Any) -> list[str]:
    answer = await http.get("/v1/deliveries", params=params, headers=headers)
    assert answer.status_code == 200, answer.text
    return [item["id"] for item in answer.json()["items"]]


async def test_the_list_is_narrowed_by_what_the_address_says(http: Any, parts: Parts, signed: Any) -> None:
    headers = await signed()
    org = claims(headers)["org"]
    [late] = await record(parts, organisation_id=org, attention="paused", status="booked", booking=booking())
    [other] = await record(parts, organisation_id=org, status="quoted", created_at=NOW - timedelta(days=1))
    assert await found(http, headers, q="pessoa ana") == [late.id, other.id]
    assert await found(http, headers, q=late.booking.tracking_number) == [late.id]
    assert await found(http, headers, status=["booked", "quoted"]) == [late.id, other.id]
    assert await found(http, headers, attention="any") == [late.id]
    assert await found(http, headers, attention=["none", "silent_carrier"]) == [other.id]
    assert await found(http, headers, attention=["any", "none"]) == [late.id, other.id]
    assert await found(http, headers, created_by="usr_2") == []
    for bad in ({"status": "flying"}, {"q": "x"}, {"attention": "some"}, {"organisation_id": "x"}):
        assert (await http.get("/v1/deliveries", params=bad, headers=headers)).status_code == 422, bad


async def test_only_staff_may_name_an_organisation(http: Any, parts: Parts, signed: Any) -> None:
    headers, staff = await signed(), await signed(Role.SUPPORT)
    [theirs] = await record(parts, organisation_id="org_theirs")
    [ours] = await record(parts, organisation_id=claims(headers)["org"])
    assert await found(http, headers, organisation_id="org_theirs") == [ours.id]
    assert await found(http, staff, organisation_id="org_theirs", q="ana") == [theirs.id]
    partner = await signed(user_id="svc_1", organisation_id="org_theirs", org_role=OrgRole.PARTNER)
    assert await found(http, partner, created_by="usr_1") == []


async def test_a_file_holds_everything_that_the_list_does(
    http: Any, parts: Parts, signed: Any, monkeypatch: Any
) -> None:
    monkeypatch.setattr(exports, "_PAGE", 3)
    headers = await signed()
    made = await record(parts, 8, organisation_id=claims(headers)["org"], reference="=1+1;x")
    await record(parts, organisation_id="org_theirs")
    params = {"delimiter": "semicolon", "bom": "true", "q": "ana"}
    answer = await http.get("/v1/deliveries/export.csv", params=params, headers=headers)
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/csv")
    assert answer.text[0] == "\ufeff"
    rows = list(csv.DictReader(io.StringIO(answer.text[1:]), delimiter=";"))
    assert [row["id"] for row in rows] == [it.id for it in reversed(made)]
    assert {row["reference"] for row in rows} == {"'=1+1;x"}
    assert rows[0]["recipient_name"] == "Ana Pessoa"
    few = await http.get("/v1/deliveries/export.csv", params={"most": 4}, headers=headers)
    assert len(few.text.splitlines()) == 5
    bad = await http.get("/v1/deliveries/export.csv", params={"status": "flying"}, headers=headers)
    assert (bad.status_code, bad.json()["code"]) == (422, "invalid")


async def test_what_staff_read_out_is_told_to_those_it_is_about(http: Any, parts: Parts, signed: Any) -> None:
    [theirs] = await record(parts, organisation_id="org_told")
    staff = await signed(Role.SUPPORT)
    answer = await http.get("/v1/deliveries/export.csv", params={"organisation_id": "org_told"}, headers=staff)
    assert theirs.id in answer.text
    told, _ = await parts.accesses.of("org_told", 9, None)
    assert [(look.actor, look.route, look.subjects) for look in told] == [
        (claims(staff)["sub"], "download_deliveries", (theirs.id,))
    ]


async def test_a_view_is_kept_shared_and_changed_by_whose_it_is(http: Any, signed: Any) -> None:
    owner = await signed()
    member = await signed(organisation_id=claims(owner)["org"], org_role=OrgRole.MEMBER)
    body = {"name": "Rio", "narrowing": {"postal_code": "20040", "status": ["booked"]}}
    made = (await http.post("/v1/views", json=body, headers=member)).json()
    assert made["narrowing"] == body["narrowing"]
    path = f"/v1/views/{made['id']}"
    assert (await http.get(path, headers=owner)).status_code == 404
    shared = await http.put(path, json={**body, "shared": True}, headers=member)
    assert shared.status_code == 200
    assert [view["id"] for view in (await http.get("/v1/views", headers=owner)).json()["items"]] == [made["id"]]
    assert (await http.put(path, json=body, headers=owner)).status_code == 403
    assert await found(http, owner, **shared.json()["narrowing"]) == []
    assert (await http.delete(path, headers=owner)).status_code == 204
    assert (await http.get(path, headers=member)).status_code == 404
    bad = await http.post("/v1/views", json={**body, "narrowing": {"status": ["flying"]}}, headers=member)
    assert bad.status_code == 422
    large = await http.post("/v1/views", json={**body, "narrowing": {"q": "x" * 101}}, headers=member)
    assert large.status_code == 422
