"""Whatever id of somebody else's one names, it is not there; and no body carries more than it says."""

import json
from dataclasses import dataclass
from typing import Any

import httpx
import jwt
import pytest
from fastapi import FastAPI
from making import (
    api_key,
    delivery,
    endpoint,
    imported,
    invitation,
    message,
    move,
    replay,
    service_account,
    session,
    user,
    view,
)  # fmt: skip
from matrix import BODIES, CUSTOMERS, MATRIX, MISSING, Route, Who, of
from test_matrix import filled

from api.deps import Parts
from domain.notifications import Secrets
from domain.users import OrgRole, Role


@dataclass
class Theirs:
    """One of everything that an organisation has."""

    ids: dict[str, str]
    user_id: str
    organisation_id: str


@pytest.fixture
async def theirs(parts: Parts) -> Theirs:
    person, organisation = user()
    await parts.users.add(person, organisation, "no hash")
    living, account = session(person), service_account(organisation.id)
    await parts.sessions.begin(living, f"family {living.id}", f"token {living.id}", person.password_set_at)
    await parts.service_accounts.add(account)
    key, asked = api_key(account), invitation(organisation.id, "guest@example.com")
    await parts.api_keys.add(key, f"digest {key.id}")
    await parts.invitations.add(asked, f"digest {asked.id}")
    requested = delivery(organisation_id=organisation.id, created_by=person.id)
    await parts.deliveries.record(move(requested))
    kept = view(organisation.id, person.id)
    await parts.views.put(kept, person.id)
    filed, lines = imported(2, organisation_id=organisation.id, created_by=person.id)
    await parts.imports.begin(filed, lines, "hash")
    called = endpoint(organisation_id=organisation.id)
    await parts.endpoints.add(called, Secrets(current="whsec_bmV3"))
    sent = message(called, delivery_id=requested.id)
    await parts.messages.begin(sent)
    replayed = await parts.replays.begin(replay(called))
    ids = {
        "delivery_id": requested.id, "organisation_id": organisation.id, "user_id": person.id, "session_id": living.id,
        "invitation_id": asked.id, "account_id": account.id, "key_id": key.id,
        "endpoint_id": called.id, "message_id": sent.id, "view_id": kept.id,
        "import_id": filed.id, "replay_id": replayed.id,
    }  # fmt: skip
    return Theirs(ids, person.id, organisation.id)


NAMING = sorted(route for route, row in MATRIX.items() if row.foreign is not None)


def test_every_id_in_a_customers_path_is_tried() -> None:
    with_ids = {route for route in of(*CUSTOMERS) if "{" in route[1] and "{cep}" not in route[1]}
    assert with_ids == {route for route in NAMING if "{" in route[1]}


async def ask(http: httpx.AsyncClient, route: Route, ids: dict[str, str], headers: Any) -> httpx.Response:
    method, path = route
    body = json.loads(filled(json.dumps(BODIES.get(route, {})), ids))
    sent = {"json": body} if method in ("post", "put", "patch") else {}
    return await http.request(method, filled(path, {**MISSING, **ids}), headers=headers, **sent)


def claims(headers: dict[str, str]) -> Any:
    return jwt.decode(headers["Authorization"].split()[1], options={"verify_signature": False})


async def everything(parts: Parts, theirs: Theirs) -> list[Any]:
    there, now = theirs.organisation_id, (await parts.users.get(theirs.user_id)).created_at  # type: ignore[union-attr]
    return [
        await parts.users.get(theirs.user_id), await parts.organisations.of(theirs.user_id),
        await parts.organisations.members(there), await parts.sessions.of(theirs.user_id, now),
        await parts.invitations.of(there, now), await parts.service_accounts.of(there), await parts.api_keys.of(there),
        await parts.deliveries.get(theirs.ids["delivery_id"]), await parts.endpoints.get(theirs.ids["endpoint_id"]),
        await parts.messages.get(theirs.ids["endpoint_id"], theirs.ids["message_id"]),
        await parts.views.get(theirs.ids["view_id"]), await parts.imports.get(theirs.ids["import_id"]),
        await parts.replays.page(theirs.ids["endpoint_id"], 10, None),
    ]  # fmt: skip


async def test_what_is_somebody_elses_is_not_there(
    http: httpx.AsyncClient, parts: Parts, signed: Any, theirs: Theirs
) -> None:
    headers, before = await signed(), await everything(parts, theirs)
    for route in NAMING:
        found = await ask(http, route, theirs.ids, headers)
        missing = await ask(http, route, MISSING, headers)
        assert found.status_code == MATRIX[route].foreign, (route, found.text)
        assert (found.status_code, found.content) == (missing.status_code, missing.content), route
    assert await everything(parts, theirs) == before


async def test_nor_by_way_of_ones_own_organisation(
    http: httpx.AsyncClient, parts: Parts, signed: Any, theirs: Theirs
) -> None:
    headers, before = await signed(), await everything(parts, theirs)
    own = {"organisation_id": claims(headers)["org"]}
    for route in NAMING:
        if "{organisation_id}" in route[1] and route[1].count("{") > 1:
            found = await ask(http, route, {**theirs.ids, **own}, headers)
            missing = await ask(http, route, {**MISSING, **own}, headers)
            assert found.status_code == 404, (route, found.text)
            assert found.content == missing.content, route
    assert await everything(parts, theirs) == before


async def test_nor_for_a_partner_what_its_own_organisation_requested(
    http: httpx.AsyncClient, signed: Any, theirs: Theirs
) -> None:
    headers = await signed(user_id="svc_1", organisation_id=theirs.organisation_id, org_role=OrgRole.PARTNER)
    for route in NAMING:
        if "{delivery_id}" in route[1]:
            found = await ask(http, route, theirs.ids, headers)
            missing = await ask(http, route, MISSING, headers)
            told = 403 if route in of(Who.OWNER) else 404  # which no partner is, whatever it asks about
            assert (found.status_code, found.content) == (told, missing.content), route


async def test_lists_hold_nothing_of_anybody_elses(http: httpx.AsyncClient, signed: Any, theirs: Theirs) -> None:
    headers = await signed()
    lists = [path for method, path in of(*CUSTOMERS) if method == "get" and "{" not in path and "stream" not in path]
    assert len(lists) >= 5
    for path in lists:
        answer = await http.get(path, headers=headers)
        assert answer.status_code == 200, (path, answer.text)
        assert not [given for given in theirs.ids.values() if given in answer.text], path


# ── mass assignment ───────────────────────────────────────────────────────────────────────────────────────


def bodies(app: FastAPI) -> dict[Route, dict[str, Any]]:
    """The schema of each route's JSON."""
    return {
        (method, path): told["requestBody"]["content"]["application/json"]["schema"]
        for path, methods in app.openapi()["paths"].items()
        for method, told in methods.items()
        if "application/json" in told.get("requestBody", {}).get("content", {})
    }


async def test_a_field_that_no_body_has_is_refused_everywhere(
    app: FastAPI, http: httpx.AsyncClient, signed: Any
) -> None:
    headers = {**await signed(Role.ADMIN), "Idempotency-Key": "k"}
    own, found = {**MISSING, "organisation_id": claims(headers)["org"]}, bodies(app)
    assert len(found) > 25
    for method, path in found:
        answer = await http.request(method, filled(path, own), json={"role_of_mine": "admin"}, headers=headers)
        assert answer.status_code == 422, (path, answer.text)
        told = answer.json()["errors"]
        assert [e for e in told if e["pointer"] == "/role_of_mine" or "role_of_mine" in e["detail"]], (path, told)


def open_objects(schema: dict[str, Any], schemas: dict[str, Any], where: str, closed: bool = False) -> list[str]:
    """Where an object of these takes fields it does not name; maps by name, whose values have a type, do not count."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return open_objects(schemas[name], schemas, f"{where}:{name}", schema.get("unevaluatedProperties") is False)
    found = []
    named = schema.get("properties")
    if named is not None and not closed and schema.get("additionalProperties") is not False:
        found.append(where)
    for kind in ("anyOf", "oneOf", "allOf", "prefixItems"):
        for one in schema.get(kind, ()):
            found += open_objects(one, schemas, where)
    if "items" in schema:
        found += open_objects(schema["items"], schemas, where)
    for name, one in (named or {}).items():
        found += open_objects(one, schemas, f"{where}.{name}")
    return found


def test_no_part_of_a_body_takes_fields_it_does_not_name(app: FastAPI) -> None:
    schemas = app.openapi()["components"]["schemas"]
    found = [one for (_, path), schema in bodies(app).items() for one in open_objects(schema, schemas, path)]
    assert not found


NESTED: list[tuple[str, str, Any]] = [
    ("post", "/v1/areas", {"name": "x", "postal_ranges": [{"first": "01000000", "last": "09999999", "more": 1}]}),
    ("post", "/v1/areas", {"name": "x", "radius": {"latitude": 0, "longitude": 0, "metres": 9, "more": 1}}),
    ("post", "/v1/quotes", {"parcels": [{"declared_value": {"amount": 1, "currency": "BRL", "more": 1}}]}),
    ("post", "/v1/rules", {"when": {"pickup_postal_ranges": [{"first": "1", "last": "2", "more": 1}]}}),
    ("put", "/v1/policies/{organisation_id}", {"more": 1}),
    ("put", "/v1/terms/{organisation_id}", {"margin": {"more": 1}}),
    ("post", "/v1/adjustments", {"money": {"amount": 1, "currency": "BRL", "more": 1}}),
    ("post", "/v1/views", {"name": "x", "narrowing": {"more": 1}}),
]  # fmt: skip


@pytest.mark.parametrize(("method", "path", "body"), NESTED)
async def test_nor_does_a_value_that_is_also_a_payload(
    method: str, path: str, body: Any, http: httpx.AsyncClient, signed: Any
) -> None:
    answer = await http.request(method, filled(path, MISSING), json=body, headers=await signed(Role.ADMIN))
    assert answer.status_code == 422
    assert [error for error in answer.json()["errors"] if error["detail"] == "no such fields: more"], answer.text
