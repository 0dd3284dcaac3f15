"""Imports over HTTP: a file is looked through as a whole before anything begins."""

from typing import Any

import httpx
import jwt
import pytest
from making import imported

from api.deps import Parts
from domain.imports import ImportStatus
from domain.sheets import COLUMNS, cells, written
from domain.users import OrgRole


def content(*references: str, **changed: str) -> str:
    rows = [{**cells(imported(1)[1][0].request), "reference": reference, **changed} for reference in references]
    return written([COLUMNS, *(list(row.values()) for row in rows)])


def claims(headers: dict[str, str]) -> Any:
    return jwt.decode(headers["Authorization"].split()[1], options={"verify_signature": False})


async def sent(http: httpx.AsyncClient, headers: Any, text: str | bytes, key: str = "k", **params: Any) -> Any:
    told = {**headers, "Idempotency-Key": key, "Content-Type": "text/csv"}
    return await http.post("/v1/imports", content=text, headers=told, params=params)


@pytest.fixture
def started(parts: Parts, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The workflows that were started, instead of a server's."""
    ids: list[str] = []

    async def start(*_: Any, id: str, **__: Any) -> None:
        ids.append(id)

    monkeypatch.setattr(parts.temporal, "start_workflow", start)
    return ids


async def test_a_good_file_is_kept_begun_and_told(http: Any, parts: Parts, signed: Any, started: list[str]) -> None:
    headers = await signed()
    answer = await sent(http, headers, content("a", "b", "c"), rule="cheapest")
    assert answer.status_code == 201, answer.text
    made = answer.json()
    assert (made["lines"], made["status"], made["organisation_id"]) == (3, "running", claims(headers)["org"])
    assert started == [f"import/{made['id']}"]
    path = answer.headers["location"]
    assert (await http.get(path, headers=headers)).json() == made
    page = (await http.get(f"{path}/lines", params={"limit": 2}, headers=headers)).json()
    assert [(line["line"], line["outcome"]) for line in page["items"]] == [(2, "waiting"), (3, "waiting")]
    rest = (await http.get(f"{path}/lines", params={"cursor": page["next"]}, headers=headers)).json()
    assert [line["line"] for line in rest["items"]] == [4]
    waiting = await parts.imports.waiting(made["id"], 9)
    assert {line.request.choice.rule for line in waiting if line.request.choice} == {"cheapest"}
    again = await sent(http, headers, content("a", "b", "c"), rule="cheapest")
    assert (again.status_code, again.json(), again.headers["idempotency-replayed"]) == (201, made, "true")
    other = await sent(http, headers, content("a"), rule="cheapest")
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")


async def test_one_bad_line_and_nothing_begins(http: Any, parts: Parts, signed: Any, started: list[str]) -> None:
    headers = await signed()
    bad = content("a") + content("b", weight_g="heavy").splitlines()[1] + "\r\n"
    answer = await sent(http, headers, bad + content("c", recipient_state="ZZ").splitlines()[1])
    assert (answer.status_code, answer.json()["code"]) == (422, "lines_wrong")
    told = [(error["line"], error["column"], error["code"]) for error in answer.json()["errors"]]
    assert told == [(3, "weight_g", "invalid"), (4, "recipient_state", "value_error")]
    assert not started
    assert (await http.get("/v1/imports", headers=headers)).json()["items"] == []


@pytest.mark.parametrize(
    ("text", "status", "code"),
    [
        (b"", 422, "lines_wrong"),
        (b"\x00\xff\xfe", 422, "lines_wrong"),
        (content("a").splitlines()[0].encode(), 422, "lines_wrong"),
        (b"[" * 50_000, 422, "lines_wrong"),
        (b"x" * ((2 << 20) + 1), 413, "too_large"),
    ],
)
async def test_what_is_no_file_is_refused(
    text: bytes, status: int, code: str, http: Any, signed: Any, started: list[str]
) -> None:
    answer = await sent(http, await signed(), text)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert not started


async def test_a_file_may_be_larger_than_a_request(http: Any, signed: Any, started: list[str]) -> None:
    text = content(*(str(n) for n in range(400)))
    assert len(text) > 65_536
    assert (await sent(http, await signed(), text)).status_code == 201
    answer = await http.post("/v1/imports", content=text, headers=await signed())
    assert (answer.status_code, answer.json()["code"]) == (400, "idempotency_key_missing")


async def test_without_temporal_it_is_kept_and_the_same_request_begins_it(
    http: Any, parts: Parts, signed: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    headers = await signed()
    assert (await sent(http, headers, content("a"))).status_code == 503
    ids: list[str] = []

    async def start(*_: Any, id: str, **__: Any) -> None:
        ids.append(id)

    monkeypatch.setattr(parts.temporal, "start_workflow", start)
    assert (await sent(http, headers, content("a"))).status_code == 201
    assert len(ids) == 1


async def test_a_partner_sees_its_own_and_what_is_over_is_not_cancelled(
    http: Any, parts: Parts, signed: Any, started: list[str]
) -> None:
    owner = await signed()
    org = claims(owner)["org"]
    partner = await signed(user_id="svc_1", organisation_id=org, org_role=OrgRole.PARTNER)
    theirs = (await sent(http, owner, content("a"))).json()["id"]
    own = (await sent(http, partner, content("a"))).json()["id"]
    assert theirs != own
    assert [one["id"] for one in (await http.get("/v1/imports", headers=partner)).json()["items"]] == [own]
    assert (await http.get(f"/v1/imports/{theirs}", headers=partner)).status_code == 404
    assert (await http.post(f"/v1/imports/{theirs}/cancel", headers=partner)).status_code == 404
    await parts.imports.end(theirs, cancelled=False)
    over = await http.post(f"/v1/imports/{theirs}/cancel", headers=owner)
    assert (over.status_code, over.json()["code"]) == (409, "import_ended")
    assert (await http.get(f"/v1/imports/{theirs}", headers=owner)).json()["status"] == ImportStatus.COMPLETED
    template = await http.get("/v1/imports/template.csv", headers=owner)
    assert template.text.strip().split(",") == list(COLUMNS)
