"""Every route × everybody who might try it: the answer is the one in `matrix.py`, and no route is without a row."""

from collections.abc import Iterable
from typing import Any

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from fastapi import FastAPI
from making import api_key, service_account
from matrix import CUSTOMERS, FIGURES, MATRIX, MISSING, STAFFS, STREAM, Route, Who, of
from test_tokens import HEADER, _hmac, by_hand, token

from api.deps import Parts
from api.users.fingerprints import fingerprint
from domain.users import OrgRole, Role, Scope
from runtime.signing import signing_keys

ALL = set(MATRIX)
PROTECTED = ALL - of(Who.OPEN, Who.PROOF)


def filled(text: str, values: dict[str, str]) -> str:
    for name, value in values.items():
        text = text.replace(f"{{{name}}}", value)
    return text


async def status(http: httpx.AsyncClient, route: Route, headers: Any) -> int:
    """What an empty request is answered with; a stream's head alone."""
    method, path = route
    body = {"json": {}} if method in ("post", "put", "patch") else {}
    return (await http.request(method, filled(path, MISSING), headers=headers, **body)).status_code  # type: ignore[arg-type]


async def answers(http: httpx.AsyncClient, routes: Iterable[Route], headers: Any = None) -> dict[Route, int]:
    return {route: await status(http, route, headers) for route in routes}


def test_every_route_has_its_row_and_every_row_its_route(app: FastAPI) -> None:
    there = {(method, path) for path, methods in app.openapi()["paths"].items() for method in methods}
    assert there == ALL
    assert not {name for _, path in there for name in MISSING if f"{{{name}}}" in path} ^ set(MISSING)


# ── no token, or none of ours ─────────────────────────────────────────────────────────────────────────────


@pytest.fixture
async def admins(signed: Any) -> dict[str, Any]:
    """The claims of an admin who owns their organisation."""
    claims = jwt.decode((await signed(Role.ADMIN))["Authorization"].split()[1], options={"verify_signature": False})
    return dict(claims)


def tokens(keys_dir: Any, admins: dict[str, Any]) -> dict[str, str | None]:
    """Each speaks for an admin; only the token is wrong."""
    ours = next(key.private for key in signing_keys(keys_dir) if key.kid == "first")
    public = ours.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)

    def told(**more: Any) -> dict[str, Any]:
        return {**admins, **more}

    return {
        "none": None,
        "garbage": "Bearer garbage",
        "another scheme": "Basic YW5hOnNlY3JldA==",
        "good": f"Bearer {token(ours, told())}",
        "expired": f"Bearer {token(ours, told(iat=1, exp=600))}",
        "another audience": f"Bearer {token(ours, told(aud='somebody'))}",
        "another issuer": f"Bearer {token(ours, told(iss='somebody'))}",
        "another type": f"Bearer {token(ours, told(), typ='JWT')}",
        "unsigned": f"Bearer {by_hand({'alg': 'none', **HEADER}, told())}",
        "our public key as an HMAC secret": f"Bearer {_hmac({'alg': 'HS256', **HEADER}, public)}",
    }


@pytest.mark.parametrize(
    "what",
    ["none", "garbage", "another scheme", "expired", "another audience", "another issuer", "another type", "unsigned",
     "our public key as an HMAC secret"],
)  # fmt: skip
async def test_without_a_token_of_ours_only_the_open_routes_answer(
    what: str, http: Any, keys_dir: Any, admins: Any
) -> None:
    sent = tokens(keys_dir, admins)[what]
    headers = {"Authorization": sent} if sent else {}
    expected = {route: row.stranger for route, row in MATRIX.items()}
    if what == "another scheme":  # which is how RFC 6749 lets a key be shown, and this one is none
        expected["post", "/v1/users/token"] = 422
    assert await answers(http, ALL, headers) == expected


async def test_the_same_token_with_nothing_wrong_is_let_in(http: Any, keys_dir: Any, admins: Any) -> None:
    """Else the table above would say nothing."""
    headers = {"Authorization": tokens(keys_dir, admins)["good"]}
    found = await answers(http, of(*STAFFS), headers)
    assert not {route for route, code in found.items() if code in (401, 403)}


async def test_a_revoked_key_opens_nothing(http: Any, parts: Parts, signed: Any) -> None:
    told = jwt.decode((await signed())["Authorization"].split()[1], options={"verify_signature": False})
    account = service_account(told["org"])
    key, secret = api_key(account, scopes=tuple(Scope)), "ek_a-secret-of-a-customers-system"
    await parts.service_accounts.add(account)
    await parts.api_keys.add(key, fingerprint(secret))
    form = {"grant_type": "client_credentials", "client_secret": secret}
    assert (await http.post("/v1/users/token", data=form)).status_code == 200
    assert await parts.api_keys.revoke(told["org"], key.id, told["sub"], key.created_at)
    assert (await http.post("/v1/users/token", data=form)).status_code == 401
    found = await answers(http, PROTECTED, {"Authorization": f"Bearer {secret}"})
    assert set(found.values()) == {401}


async def test_a_disabled_users_token_opens_what_the_table_says(http: Any, parts: Parts, signed: Any) -> None:
    headers = await signed()
    told = jwt.decode(headers["Authorization"].split()[1], options={"verify_signature": False})
    await parts.users.set_standing(told["sub"], "usr_admin", disabled=True)
    expected = {route: row.disabled for route, row in MATRIX.items() if route != STREAM}
    assert await answers(http, ALL - {STREAM}, headers) == expected


# ── a role that is lacking ────────────────────────────────────────────────────────────────────────────────


async def refused(http: Any, routes: set[Route], headers: Any) -> dict[Route, str]:
    """Those that say 403, and the problem's code."""
    found = {}
    for method, path in routes:
        body = {"json": {}} if method in ("post", "put", "patch") else {}
        answer = await http.request(method, filled(path, MISSING), headers=headers, **body)
        assert answer.status_code < 500 or answer.status_code == 503, (method, path, answer.text)
        if answer.status_code == 403:
            found[method, path] = answer.json()["code"]
    return found


@pytest.mark.parametrize(("role", "closed"), [(Role.CUSTOMER, STAFFS), (Role.SUPPORT, (Who.ADMIN,)), (Role.ADMIN, ())])
async def test_roles_open_what_they_should(role: Role, closed: tuple[Who, ...], http: Any, signed: Any) -> None:
    found = await refused(http, PROTECTED - {STREAM}, await signed(role))
    assert found == dict.fromkeys(of(*closed), "forbidden")


@pytest.mark.parametrize(
    ("more", "closed", "code"),
    [
        ({"org_role": OrgRole.MEMBER}, of(Who.OWNER), "forbidden"),
        ({"org_role": OrgRole.VIEWER}, of(Who.WRITER, Who.KEEPER, Who.AUTHOR, Who.OWNER), "forbidden"),
        ({"verified": False}, of(Who.WRITER, Who.VERIFIED, Who.KEEPER, Who.AUTHOR, Who.OWNER), "email_unverified"),
    ],
)
async def test_standing_in_the_organisation_opens_what_it_should(
    more: Any, closed: set[Route], code: str, http: Any, signed: Any
) -> None:
    found = await refused(http, of(*CUSTOMERS) - {STREAM}, await signed(**more))
    assert found == dict.fromkeys(closed, code)


async def test_a_partner_may_not_follow_everything(http: Any, signed: Any) -> None:
    found = await refused(http, of(*CUSTOMERS), await signed(org_role=OrgRole.PARTNER))
    assert found == dict.fromkeys({STREAM, *FIGURES} | of(Who.LISTENER, Who.KEEPER, Who.AUTHOR, Who.OWNER), "forbidden")


@pytest.mark.parametrize(
    ("scope", "opened"),
    [
        (Scope.DELIVERIES_READ, Who.READER),
        (Scope.DELIVERIES_WRITE, Who.WRITER),
        (Scope.QUOTES_READ, Who.CHECKER),
        (Scope.TRACKING_READ, Who.FOLLOWER),
        (Scope.WEBHOOKS_READ, Who.LISTENER),
        (Scope.WEBHOOKS_WRITE, Who.KEEPER),
    ],
)
async def test_a_key_does_what_it_is_for_and_nothing_to_accounts(
    scope: Scope, opened: Who, http: Any, signed: Any
) -> None:
    headers = await signed(scopes=frozenset({scope}))
    asked = PROTECTED if scope is not Scope.TRACKING_READ else PROTECTED - {STREAM}
    found = await refused(http, asked, headers)
    assert set(found) == asked - of(opened)
    scoped = of(Who.READER, Who.WRITER, Who.CHECKER, Who.FOLLOWER, Who.LISTENER, Who.KEEPER) & set(found)
    assert {found[route] for route in scoped} == {"scope_missing"}
    assert {found[route] for route in set(found) - scoped} == {"forbidden"}
