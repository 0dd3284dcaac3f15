"""Every route knows who may use it: without a token nobody, staff's routes only staff, and everybody else by their
role in the organisation, their key's scopes, and whether their address is verified."""

from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from domain.users import OrgRole, Role, Scope

Route = tuple[str, str]
ORG = "/v1/organisations/{organisation_id}"

OPEN = {
    ("post", "/v1/users"),
    ("post", "/v1/users/verify-email"),
    ("post", "/v1/users/sign-in"),
    ("post", "/v1/users/forgot-password"),
    ("post", "/v1/users/reset-password"),
    ("get", "/v1/users/jwks"),
    ("get", "/v1/track/{token}"),
}
# They ask for another proof than a token, and answer 401 without it.
OTHER_PROOF = {
    ("post", "/v1/users/refresh"),
    ("post", "/v1/users/sign-out"),
    ("post", "/v1/users/token"),
    ("post", "/v1/webhooks/{carrier}/{account}"),
}
STAFF = {
    ("get", "/v1/carriers"),
    ("get", "/v1/carriers/{carrier}/accounts"),
    ("get", "/v1/carriers/{carrier}/accounts/{account}"),
    ("put", "/v1/carriers/{carrier}/pause"),
    ("delete", "/v1/carriers/{carrier}/pause"),
    ("put", "/v1/carriers/{carrier}/accounts/{account}/pause"),
    ("delete", "/v1/carriers/{carrier}/accounts/{account}/pause"),
    ("get", "/v1/rules"),
    ("get", "/v1/rules/{rule_id}"),
    ("get", "/v1/areas"),
    ("post", "/v1/areas"),
    ("get", "/v1/areas/{area_id}"),
    ("put", "/v1/areas/{area_id}"),
    ("delete", "/v1/areas/{area_id}"),
    ("get", "/v1/deliveries/{delivery_id}/live"),
    ("post", "/v1/deliveries/{delivery_id}/change-carrier"),
    ("post", "/v1/deliveries/{delivery_id}/force-status"),
    ("post", "/v1/deliveries/{delivery_id}/clear-attention"),
    ("get", "/v1/audit"),
    ("get", "/v1/tracking/{delivery_id}/exchanges"),
    ("post", "/v1/users/find"),
}
ADMINS = {
    ("post", "/v1/rules"),
    ("put", "/v1/rules/{rule_id}"),
    ("delete", "/v1/rules/{rule_id}"),
    ("put", "/v1/carriers/{carrier}/accounts/{account}"),
    ("get", "/v1/policies/{organisation_id}"),
    ("put", "/v1/policies/{organisation_id}"),
    ("put", "/v1/users/{user_id}/role"),
    ("post", "/v1/users/{user_id}/disable"),
    ("post", "/v1/users/{user_id}/enable"),
    ("post", "/v1/users/{user_id}/remove-second-factor"),
}
WRITERS = {
    ("post", "/v1/deliveries"),
    ("post", "/v1/deliveries/{delivery_id}/accept"),
    ("post", "/v1/deliveries/{delivery_id}/quote-again"),
    ("post", "/v1/deliveries/{delivery_id}/cancel"),
    ("post", "/v1/deliveries/{delivery_id}/decide"),
    ("post", "/v1/deliveries/{delivery_id}/retry-booking"),
}
READERS = {
    ("get", "/v1/deliveries"),
    ("get", "/v1/deliveries/{delivery_id}"),
    ("get", "/v1/deliveries/{delivery_id}/entries"),
}
FOLLOWERS = {("get", "/v1/tracking/{delivery_id}"), ("get", "/v1/stream")}
CHECKERS = {("post", "/v1/quotes"), ("post", "/v1/availability"), ("get", "/v1/places/cep/{cep}")}
VERIFIED_PEOPLE = {
    ("post", "/v1/users/me/second-factor"),
    ("post", "/v1/users/me/second-factor/confirm"),
    ("post", "/v1/users/me/second-factor/recovery-codes"),
    ("post", "/v1/users/me/second-factor/remove"),
}
PEOPLE = VERIFIED_PEOPLE | {
    ("post", "/v1/users/me/verification"),
    ("post", "/v1/users/sign-out-everywhere"),
    ("get", "/v1/users/me"),
    ("patch", "/v1/users/me"),
    ("post", "/v1/users/me/email"),
    ("post", "/v1/users/me/password"),
    ("get", "/v1/users/me/sessions"),
    ("delete", "/v1/users/me/sessions/{session_id}"),
    ("get", "/v1/users/me/second-factor"),
    ("post", "/v1/users/switch"),
    ("get", "/v1/organisations"),
    ("post", "/v1/invitations/accept"),
}
# Who belongs to the organisation of the path; test_organisations asks what each may do there.
MEMBERS = {
    ("patch", ORG),
    ("get", f"{ORG}/members"),
    ("put", f"{ORG}/members/{{user_id}}"),
    ("delete", f"{ORG}/members/{{user_id}}"),
    ("post", f"{ORG}/leave"),
    ("post", f"{ORG}/transfer"),
    ("post", f"{ORG}/invitations"),
    ("get", f"{ORG}/invitations"),
    ("delete", f"{ORG}/invitations/{{invitation_id}}"),
    ("post", f"{ORG}/service-accounts"),
    ("get", f"{ORG}/service-accounts"),
    ("delete", f"{ORG}/service-accounts/{{account_id}}"),
    ("post", f"{ORG}/service-accounts/{{account_id}}/keys"),
    ("get", f"{ORG}/keys"),
    ("delete", f"{ORG}/keys/{{key_id}}"),
}
CUSTOMERS = WRITERS | READERS | FOLLOWERS | CHECKERS | PEOPLE | MEMBERS
FILLED = {
    "{delivery_id}": f"del_{'0' * 32}",
    "{carrier}": "open_delivery",
    "{account}": "ligeiro",
    "{area_id}": "area_x",
    "{rule_id}": "rule_x",
    "{organisation_id}": "org_x",
    "{cep}": "01310200",
    "{user_id}": "usr_x",
    "{session_id}": "ses_x",
    "{invitation_id}": "inv_x",
    "{account_id}": "svc_x",
    "{key_id}": "key_x",
    "{token}": f"trk_{'A' * 43}",
}


def routes(app: FastAPI) -> set[Route]:
    return {(method, path) for path, methods in app.openapi()["paths"].items() for method in methods}


def filled(path: str) -> str:
    for name, value in FILLED.items():
        path = path.replace(name, value)
    return path


async def answers(app: FastAPI, http: httpx.AsyncClient, asked: set[Route], headers: Any = None) -> dict[Route, int]:
    found = {}
    for method, path in asked - {("get", "/v1/stream")}:  # it does not end; test_stream asks who may
        body = {} if method in ("post", "put", "patch") else None
        found[method, path] = (await http.request(method, filled(path), json=body, headers=headers)).status_code
    return found


def test_the_tables_name_every_route_once(app: FastAPI) -> None:
    tables = (OPEN, OTHER_PROOF, STAFF, ADMINS, CUSTOMERS)
    assert routes(app) == set().union(*tables)
    assert sum(len(table) for table in tables) == len(routes(app))


async def test_without_a_token_only_the_open_routes_answer(app: FastAPI, http: httpx.AsyncClient) -> None:
    found = await answers(app, http, routes(app))
    found["get", "/v1/stream"] = (await http.get("/v1/stream")).status_code
    assert {route for route, status in found.items() if status != 401} == OPEN | {("post", "/v1/users/token")}
    assert found["post", "/v1/users/token"] == 422  # a form that lacks everything


@pytest.mark.parametrize(
    ("role", "closed"), [(Role.CUSTOMER, STAFF | ADMINS), (Role.SUPPORT, ADMINS), (Role.ADMIN, set())]
)
async def test_roles_open_what_they_should(
    role: Role, closed: set[Route], app: FastAPI, http: httpx.AsyncClient, signed: Any
) -> None:
    found = await answers(app, http, routes(app) - OPEN - OTHER_PROOF, await signed(role))
    assert {route for route, status in found.items() if status == 403} == closed
    assert all(status < 500 or status == 503 for status in found.values()), found


@pytest.mark.parametrize(
    ("more", "closed", "code"),
    [
        ({"org_role": OrgRole.MEMBER}, set(), "forbidden"),
        ({"org_role": OrgRole.PARTNER}, {("get", "/v1/stream")}, "forbidden"),
        ({"org_role": OrgRole.VIEWER}, WRITERS, "forbidden"),
        ({"verified": False}, WRITERS | VERIFIED_PEOPLE, "email_unverified"),
    ],
)
async def test_standing_in_the_organisation_opens_what_it_should(
    more: Any, closed: set[Route], code: str, app: FastAPI, http: httpx.AsyncClient, signed: Any
) -> None:
    headers = await signed(**more)
    found = await answers(app, http, CUSTOMERS, headers)
    refused = {route for route, status in found.items() if status == 403}
    if ("get", "/v1/stream") in closed:
        refused |= (
            {("get", "/v1/stream")} if (await http.get("/v1/stream", headers=headers)).status_code == 403 else set()
        )
    assert refused == closed
    for method, path in closed:
        answer = await http.request(method, filled(path), headers=headers, json={} if method == "post" else None)
        assert answer.json()["code"] == code


@pytest.mark.parametrize(
    ("scope", "opened"),
    [
        (Scope.DELIVERIES_READ, READERS),
        (Scope.DELIVERIES_WRITE, WRITERS),
        (Scope.QUOTES_READ, CHECKERS),
        (Scope.TRACKING_READ, FOLLOWERS),
    ],
)
async def test_a_key_does_what_it_is_for_and_nothing_to_accounts(
    scope: Scope, opened: set[Route], app: FastAPI, http: httpx.AsyncClient, signed: Any
) -> None:
    headers = await signed(scopes=frozenset({scope}))
    found = await answers(app, http, routes(app) - OPEN - OTHER_PROOF, headers)
    assert {route for route, status in found.items() if status != 403} == opened - {("get", "/v1/stream")}
    if scope is not Scope.TRACKING_READ:
        stream = await http.get("/v1/stream", headers=headers)
        assert (stream.status_code, stream.json()["code"]) == (403, "scope_missing")
