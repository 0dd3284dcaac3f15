"""Every route knows who may use it: without a token nobody, and staff's routes only staff."""

from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from domain.users import Role

OPEN = {
    ("post", "/v1/users"),
    ("post", "/v1/users/sign-in"),
    ("get", "/v1/users/jwks"),
    ("get", "/v1/track/{token}"),
    ("post", "/v1/webhooks/{carrier}/{account}"),
}
STAFF = {
    ("get", "/v1/carriers"),
    ("get", "/v1/carriers/{carrier}/accounts"),
    ("get", "/v1/carriers/{carrier}/accounts/{account}"),
    ("put", "/v1/carriers/{carrier}/accounts/{account}"),
    ("put", "/v1/carriers/{carrier}/pause"),
    ("delete", "/v1/carriers/{carrier}/pause"),
    ("put", "/v1/carriers/{carrier}/accounts/{account}/pause"),
    ("delete", "/v1/carriers/{carrier}/accounts/{account}/pause"),
    ("get", "/v1/rules"),
    ("post", "/v1/rules"),
    ("get", "/v1/rules/{rule_id}"),
    ("put", "/v1/rules/{rule_id}"),
    ("delete", "/v1/rules/{rule_id}"),
    ("get", "/v1/areas"),
    ("post", "/v1/areas"),
    ("get", "/v1/areas/{area_id}"),
    ("put", "/v1/areas/{area_id}"),
    ("delete", "/v1/areas/{area_id}"),
    ("get", "/v1/deliveries/{delivery_id}/live"),
    ("post", "/v1/deliveries/{delivery_id}/change-carrier"),
    ("post", "/v1/deliveries/{delivery_id}/force-status"),
    ("post", "/v1/deliveries/{delivery_id}/clear-attention"),
    ("get", "/v1/policies/{organisation_id}"),
    ("put", "/v1/policies/{organisation_id}"),
    ("get", "/v1/audit"),
    ("get", "/v1/tracking/{delivery_id}/exchanges"),
}
ADMINS = {
    ("post", "/v1/rules"),
    ("put", "/v1/rules/{rule_id}"),
    ("delete", "/v1/rules/{rule_id}"),
    ("put", "/v1/carriers/{carrier}/accounts/{account}"),
    ("get", "/v1/policies/{organisation_id}"),
    ("put", "/v1/policies/{organisation_id}"),
}
FILLED = {
    "{delivery_id}": f"del_{'0' * 32}",
    "{carrier}": "open_delivery",
    "{account}": "ligeiro",
    "{area_id}": "area_x",
    "{rule_id}": "rule_x",
    "{organisation_id}": "org_x",
    "{cep}": "01310200",
    "{token}": f"trk_{'A' * 43}",
}


def routes(app: FastAPI) -> set[tuple[str, str]]:
    return {(method, path) for path, methods in app.openapi()["paths"].items() for method in methods}


def filled(path: str) -> str:
    for name, value in FILLED.items():
        path = path.replace(name, value)
    return path


async def test_without_a_token_only_the_open_routes_answer(app: FastAPI, http: httpx.AsyncClient) -> None:
    answers = {}
    for method, path in routes(app):
        answer = await http.request(method, filled(path), json={} if method in ("post", "put") else None)
        answers[method, path] = answer.status_code
    assert {route for route, status in answers.items() if status != 401} == OPEN - {
        ("post", "/v1/webhooks/{carrier}/{account}")  # answers 401 too: it wants a signature
    }


@pytest.mark.parametrize(("role", "closed"), [(Role.CUSTOMER, STAFF), (Role.SUPPORT, ADMINS), (Role.ADMIN, set())])
async def test_roles_open_what_they_should(
    role: Role, closed: set[tuple[str, str]], app: FastAPI, http: httpx.AsyncClient, signed: Any
) -> None:
    headers, refused = await signed(role), set()
    for method, path in routes(app) - OPEN - {("get", "/v1/stream")}:
        answer = await http.request(
            method, filled(path), headers=headers, json={} if method in ("post", "put") else None
        )
        if answer.status_code == 403:
            refused.add((method, path))
    assert refused == closed


def test_the_tables_name_real_routes(app: FastAPI) -> None:
    assert routes(app) >= OPEN | STAFF | ADMINS
