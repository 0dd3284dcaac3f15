"""What staff see of other organisations' people is told first, whatever the route; what is one's own is not."""

from collections.abc import Iterator
from typing import Any

import fakes
import httpx
import pytest
import test_others_things
from fastapi import FastAPI
from making import delivery, invitation, move, user
from matrix import MISSING, Route
from pydantic import BaseModel
from test_exchanges import exchange
from test_matrix import filled
from test_others_things import Theirs, claims

from api.deps import Parts
from domain.access import chain_of
from domain.errors import Unavailable
from domain.users import OrgRole, Role

theirs = test_others_things.theirs  # the fixture
PERSONAL = {"email", "phone", "tax_id", "street", "instructions", "signed_by", "courier", "latitude", "place", "answer"}
"""Fields of answers that tell of somebody; coordinates are somebody's door, `answer` is a carrier's."""
EXEMPT: dict[Route, str] = {
    ("get", "/v1/areas"): "an area's centre",
    ("post", "/v1/areas"): "an area's centre",
    ("get", "/v1/areas/{area_id}"): "an area's centre",
    ("put", "/v1/areas/{area_id}"): "an area's centre",
    ("get", "/v1/places/cep/{cep}"): "a public list",
    ("post", "/v1/users/me/export"): "told each time, with its ground",
    ("post", "/v1/users/{user_id}/export"): "told each time, with its ground",
    ("post", "/v1/deliveries/all/export"): "told each time, with its ground",
    ("post", "/v1/tracking/all/export"): "told each time, with its ground",
}
"""Not told of by their class, and why."""


def fields(schema: dict[str, Any], schemas: dict[str, Any], seen: set[str]) -> Iterator[str]:
    """The names of everything inside."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        if name not in seen:
            seen.add(name)
            yield from fields(schemas[name], schemas, seen)
    for kind in ("anyOf", "oneOf", "allOf", "prefixItems"):
        for one in schema.get(kind, ()):
            yield from fields(one, schemas, seen)
    for one in (schema.get("items"), schema.get("additionalProperties")):
        if isinstance(one, dict):
            yield from fields(one, schemas, seen)
    for name, one in schema.get("properties", {}).items():
        yield name
        yield from fields(one, schemas, seen)


def suspected(app: FastAPI) -> dict[Route, dict[str, Any]]:
    """The routes that may answer with personal data, and what the description says of each."""
    described, found = app.openapi(), {}
    for path, methods in described["paths"].items():
        for method, told in methods.items():
            answers = [answer for code, answer in told["responses"].items() if code.startswith("2")]
            schemas = [it.get("schema", {}) for answer in answers for it in answer.get("content", {}).values()]
            named = {name for it in schemas for name in fields(it, described["components"]["schemas"], set())}
            if named & PERSONAL:
                found[method, path] = {**told, "schemas": schemas}
    return found


def personal(app: FastAPI) -> dict[Route, dict[str, Any]]:
    """Those whose class has to tell."""
    return {route: told for route, told in suspected(app).items() if route not in EXEMPT}


def models(kind: type[BaseModel] = BaseModel) -> Iterator[type[BaseModel]]:
    for one in kind.__subclasses__():
        yield one
        yield from models(one)


def test_no_route_that_shows_personal_data_is_unwatched(app: FastAPI) -> None:
    watched = {route for route, told in personal(app).items() if "X-Access-Ticket" in str(told.get("parameters"))}
    assert watched == set(personal(app))
    assert ("get", "/v1/deliveries") in watched
    assert set(EXEMPT) <= set(suspected(app))


def test_whatever_shows_personal_data_knows_whose(app: FastAPI) -> None:
    described = app.openapi()["components"]["schemas"]
    known = {one.__name__ for one in models() if hasattr(one, "whose")}
    for route, told in personal(app).items():
        for schema in told["schemas"]:
            name = schema["$ref"].rpartition("/")[2]
            if name.startswith("Page"):
                name = described[name]["properties"]["items"]["items"]["$ref"].rpartition("/")[2]
            assert name in known, route


# ── telling ───────────────────────────────────────────────────────────────────────────────────────────────


async def looks(parts: Parts, organisation_id: str) -> list[tuple[str, list[str]]]:
    """Route and subjects of each line."""
    lines = await parts.journal.of(chain_of(organisation_id))
    return [(str(line.data["route"]), list(line.data["subjects"])) for line in lines]  # type: ignore[arg-type]


async def test_each_look_of_staff_is_told_with_who_what_and_for_which_case(
    app: FastAPI,
    http: httpx.AsyncClient,
    parts: Parts,
    signed: Any,
    theirs: Theirs,
) -> None:
    ids = theirs.ids
    parts.exchanges.note(exchange(1, ids["delivery_id"]))
    told = []
    for method, path in sorted(personal(app)):
        if method == "get" and not path.endswith(("/me", "/live")):
            headers = {**await signed(Role.ADMIN), "X-Access-Ticket": "case-7", "X-Request-Id": f"r{len(told)}"}
            answer = await http.get(filled(path, {**MISSING, **ids}), headers=headers)
            assert answer.status_code == 200, (path, answer.text)
            line = (await parts.journal.of(chain_of(theirs.organisation_id)))[-1]
            assert (line.kind, line.actor, line.organisation_id) == ("personal_data.read", claims(headers)["sub"], None)
            assert (line.data["request_id"], line.data["ticket"]) == (f"r{len(told)}", "case-7")
            told.append((line.data["route"], line.data["subjects"]))
    assert sorted(told) == [
        ("get_delivery", [ids["delivery_id"]]),
        ("get_timeline", [ids["delivery_id"]]),
        ("list_deliveries", [ids["delivery_id"]]),
        ("list_exchanges", [ids["delivery_id"]]),
        ("list_invitations", [ids["invitation_id"]]),
        ("list_members", [ids["user_id"]]),
    ]


async def test_looking_on_is_told_once_and_so_is_nothing_of_ones_own(
    http: httpx.AsyncClient,
    parts: Parts,
    signed: Any,
    theirs: Theirs,
) -> None:
    staff, path = await signed(Role.ADMIN), f"/v1/deliveries/{theirs.ids['delivery_id']}"
    for _ in range(3):
        await http.get(path, headers=staff)
    await http.get(path, headers={**staff, "X-Access-Ticket": "case-8"})
    assert len(await looks(parts, theirs.organisation_id)) == 2
    own = claims(staff)["org"]
    await parts.deliveries.record(move(mine := delivery(organisation_id=own)))
    assert (await http.get(f"/v1/deliveries/{mine.id}", headers=staff)).status_code == 200
    assert (await http.get("/v1/users/me", headers=staff)).status_code == 200
    customer = await signed(user_id=theirs.user_id, organisation_id=theirs.organisation_id)
    assert (await http.get(path, headers=customer)).status_code == 200
    assert (await http.get(f"/v1/organisations/{theirs.organisation_id}/members", headers=customer)).status_code == 200
    assert await looks(parts, own) == []
    assert len(await looks(parts, theirs.organisation_id)) == 2


async def test_steering_and_standing_are_looks_too(
    http: httpx.AsyncClient,
    parts: Parts,
    signed: Any,
    theirs: Theirs,
) -> None:
    staff = await signed(Role.ADMIN)
    assert (await http.post(f"/v1/users/{theirs.user_id}/disable", headers=staff)).status_code == 200
    assert await looks(parts, theirs.organisation_id) == [("disable_user", [theirs.user_id])]


async def test_where_it_cannot_be_told_nothing_is_shown(
    http: httpx.AsyncClient,
    parts: Parts,
    signed: Any,
    theirs: Theirs,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def away(*_: Any) -> None:
        raise Unavailable("the database does not answer")

    monkeypatch.setattr(parts.accesses, "tell", away)
    path, staff = f"/v1/deliveries/{theirs.ids['delivery_id']}", await signed(Role.SUPPORT)
    answer = await http.get(path, headers=staff)
    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
    assert theirs.ids["delivery_id"] not in answer.text
    customer = await signed(user_id=theirs.user_id, organisation_id=theirs.organisation_id)
    assert (await http.get(path, headers=customer)).status_code == 200


async def test_a_case_is_a_number_and_no_story(http: httpx.AsyncClient, signed: Any) -> None:
    headers = {**await signed(Role.SUPPORT), "X-Access-Ticket": "Ana asked for it"}
    assert (await http.get("/v1/deliveries", headers=headers)).status_code == 422


# ── who may know ──────────────────────────────────────────────────────────────────────────────────────────


async def test_owners_see_who_looked_and_nobody_else_there_does(
    http: httpx.AsyncClient,
    parts: Parts,
    signed: Any,
    theirs: Theirs,
) -> None:
    staff, path = await signed(Role.SUPPORT), f"/v1/organisations/{theirs.organisation_id}/access"
    members = f"/v1/organisations/{theirs.organisation_id}/members"
    for where in (f"/v1/deliveries/{theirs.ids['delivery_id']}", members):
        await http.get(where, headers=staff)
    owner = await signed(user_id=theirs.user_id, organisation_id=theirs.organisation_id)
    first = (await http.get(path, params={"limit": 1}, headers=owner)).json()
    [newest] = first["items"]
    assert (newest["actor"], newest["kind"]) == (claims(staff)["sub"], "personal_data.read")
    assert (newest["route"], newest["subjects"]) == ("list_members", [theirs.user_id])
    rest = (await http.get(path, params={"cursor": first["next"]}, headers=owner)).json()
    assert ([it["route"] for it in rest["items"]], rest["next"]) == (["get_delivery"], None)
    assert (await http.get(path, params={"cursor": "?"}, headers=owner)).status_code == 422
    assert (await http.get(path, headers=staff)).status_code == 403
    viewer, organisation = user()
    await parts.users.add(viewer, organisation, "no hash")
    asked = invitation(theirs.organisation_id, viewer.email, OrgRole.VIEWER)
    await parts.invitations.add(asked, f"digest {asked.id}")
    await parts.invitations.accept(f"digest {asked.id}", viewer, asked.created_at)
    looks_on = await signed(user_id=viewer.id, organisation_id=theirs.organisation_id)
    assert (await http.get(members, headers=looks_on)).status_code == 200
    assert (await http.get(path, headers=looks_on)).status_code == 403


async def test_support_finds_looks_by_who_and_by_whose(
    http: httpx.AsyncClient,
    parts: Parts,
    signed: Any,
    theirs: Theirs,
) -> None:
    staff, journal = await signed(Role.SUPPORT), parts.journal
    await http.get(f"/v1/deliveries/{theirs.ids['delivery_id']}", headers=staff)
    assert isinstance(journal, fakes.InMemoryJournal)
    await parts.audit.copy(journal.lines)
    for asked in ({"actor": claims(staff)["sub"]}, {"about": theirs.ids["delivery_id"]},
                  {"about": theirs.organisation_id}):  # fmt: skip
        found = (await http.get("/v1/audit", params=asked, headers=staff)).json()["items"]
        assert [line["kind"] for line in found] == ["personal_data.read"], asked
    assert (await http.get("/v1/audit", params={"about": "del_0"}, headers=staff)).json()["items"] == []
