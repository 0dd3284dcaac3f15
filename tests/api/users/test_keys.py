"""API keys: shown once, exchanged for tokens that do what the key is for, and gone when revoked."""

import base64
from typing import Any

import jwt
import pytest
from bodies import delivery as body_of
from bodies import shipment
from making import delivery, line, move
from persons import Person, code_of

from api.deps import Parts

EVERYTHING = ["deliveries:read", "deliveries:write", "quotes:read", "tracking:read"]


async def account(owner: Person, role: str = "member") -> str:
    """The path of a new service account."""
    there = f"/organisations/{(await owner.me())['organisation_id']}/service-accounts"
    made = await owner.ask("POST", there, json={"name": "Loja", "role": role})
    assert made.status_code == 201, made.text
    return f"{there}/{made.json()['id']}"


async def key(owner: Person, path: str, scopes: list[str], **more: Any) -> dict[str, Any]:
    made = await owner.ask("POST", f"{path}/keys", json={"name": "produção", "scopes": scopes, **more})
    assert made.status_code == 201, made.text
    shown: dict[str, Any] = made.json()
    return shown


async def exchanged(http: Any, secret: str, **more: str) -> Any:
    form = {"grant_type": "client_credentials", "client_secret": secret, **more}
    return await http.post("/v1/users/token", data=form)


async def bearer(http: Any, secret: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {(await exchanged(http, secret)).json()['access_token']}"}


async def test_a_key_is_shown_once_and_becomes_a_token_of_its_account(person, http) -> None:
    owner = await person()
    path = await account(owner)
    shown = await key(owner, path, ["quotes:read", "deliveries:read"])
    assert shown["key"].startswith("ek_")
    assert shown["hint"] == shown["key"][:8]
    answer = await exchanged(http, shown["key"])
    assert answer.status_code == 200
    assert (answer.json()["token_type"], answer.json()["expires_in"]) == ("Bearer", 600)
    assert answer.json()["scope"] == "deliveries:read quotes:read"
    claims = jwt.decode(answer.json()["access_token"], options={"verify_signature": False})
    assert (claims["sub"], claims["org"]) == (path.rpartition("/")[2], (await owner.me())["organisation_id"])
    assert (claims["role"], claims["org_role"], claims["amr"]) == ("customer", "member", ["api_key"])
    assert claims["scope"] == "deliveries:read quotes:read"
    listed = await owner.ask("GET", path.rpartition("/service-accounts")[0] + "/keys")
    assert shown["key"] not in listed.text
    [known] = listed.json()["items"]
    assert known["last_used_on"].endswith("T00:00:00Z")


async def test_a_key_does_what_it_is_for_alone(person, http) -> None:
    owner = await person()
    path = await account(owner)
    reader = await bearer(http, (await key(owner, path, ["deliveries:read"]))["key"])
    assert (await http.get("/v1/deliveries", headers=reader)).status_code == 200
    for method, where, body in (
        ("POST", "/v1/deliveries", body_of()), ("POST", "/v1/quotes", shipment()),
        ("POST", "/v1/availability", shipment()), ("GET", f"/v1/tracking/del_{'0' * 32}", None),
        ("GET", "/v1/stream", None),
    ):  # fmt: skip
        assert code_of(await http.request(method, where, headers=reader, json=body)) == (403, "scope_missing")
    for method, where in (("GET", "/v1/users/me"), ("GET", "/v1/organisations")):
        assert code_of(await http.request(method, where, headers=reader)) == (403, "forbidden")


async def test_a_token_may_ask_for_less_than_its_key_never_for_more(person, http) -> None:
    owner = await person()
    shown = await key(owner, await account(owner), ["quotes:read", "deliveries:read"])
    less = await exchanged(http, shown["key"], scope="quotes:read")
    assert less.json()["scope"] == "quotes:read"
    for scope in ("deliveries:write", "quotes:read deliveries:write", "everything", " "):
        more = await exchanged(http, shown["key"], scope=scope)
        assert (more.status_code, more.json()["error"]) == (422, "invalid_scope")


async def test_a_key_goes_into_the_form_or_into_basic_once(person, http) -> None:
    owner = await person()
    shown = await key(owner, await account(owner), ["quotes:read"])
    form = {"grant_type": "client_credentials"}

    def basic(text: str) -> dict[str, str]:
        return {"Authorization": f"Basic {base64.b64encode(text.encode()).decode()}"}

    async def ask(headers: dict[str, str], **more: str) -> tuple[int, str | None]:
        answer = await http.post("/v1/users/token", data=form | more, headers=headers)
        return answer.status_code, answer.json().get("error")

    assert await ask(basic(f"{shown['id']}:{shown['key']}")) == (200, None)
    assert await ask({}, client_id=shown["id"], client_secret=shown["key"]) == (200, None)
    for headers, more in (
        (basic(f"key_0:{shown['key']}"), {}),
        (basic(f"{shown['id']}:ek_wrong"), {}),
        ({"Authorization": "Basic ???"}, {}),
        (basic(f"{shown['id']}:{shown['key']}"), {"client_secret": shown["key"]}),
        ({}, {"client_id": "key_0", "client_secret": shown["key"]}),
        ({}, {"client_secret": shown["key"][:-1]}),
        ({}, {}),
    ):
        assert await ask(headers, **more) == (401, "invalid_client")


@pytest.mark.parametrize("more", [{"grant_type": "password"}, {"grant_type": ""}, {"user": "root"}])
async def test_only_this_grant_is_known(more: dict[str, str], http) -> None:
    form = {"grant_type": "client_credentials", "client_secret": "ek_x", **more}
    assert code_of(await http.post("/v1/users/token", data=form)) == (422, "invalid")


async def test_a_revoked_key_and_one_of_a_disabled_account_are_good_for_nothing(person, http) -> None:
    owner = await person()
    path = await account(owner)
    keys = path.rpartition("/service-accounts")[0] + "/keys"
    first, second = await key(owner, path, EVERYTHING), await key(owner, path, EVERYTHING)
    assert (await owner.ask("DELETE", f"{keys}/{first['id']}")).status_code == 204
    assert code_of(await owner.ask("DELETE", f"{keys}/{first['id']}")) == (404, "not_found")
    refused, unknown = await exchanged(http, first["key"]), await exchanged(http, "ek_unknown")
    assert refused.status_code == unknown.status_code == 401
    assert refused.content == unknown.content
    assert (await exchanged(http, second["key"])).status_code == 200
    assert (await owner.ask("DELETE", path)).status_code == 204
    assert (await exchanged(http, second["key"])).status_code == 401
    another = await owner.ask("POST", f"{path}/keys", json={"name": "k", "scopes": EVERYTHING})
    assert code_of(another) == (404, "not_found")


async def test_anothers_accounts_and_keys_are_as_good_as_missing(person) -> None:
    ana, bia = await person(), await person()
    hers = await account(bia)
    shown = await key(bia, hers, EVERYTHING)
    mine = f"/organisations/{(await ana.me())['organisation_id']}"
    her_id = hers.rpartition("/")[2]
    body = {"name": "k", "scopes": EVERYTHING}
    for method, path, its_id, rest in (
        ("DELETE", "/keys", shown["id"], ""), ("DELETE", "/service-accounts", her_id, ""),
        ("POST", "/service-accounts", her_id, "/keys"),
    ):  # fmt: skip
        nobodys = f"{its_id[:4]}0"
        theirs = await ana.ask(method, f"{mine}{path}/{its_id}{rest}", json=body if rest else None)
        missing = await ana.ask(method, f"{mine}{path}/{nobodys}{rest}", json=body if rest else None)
        assert theirs.status_code == missing.status_code == 404
        assert theirs.content == missing.content
        outside = await ana.ask(method, hers.rpartition("/service-accounts")[0] + f"{path}/{its_id}{rest}", json=body)
        assert outside.status_code == 404


@pytest.mark.parametrize(
    "body",
    [
        {"name": "k", "scopes": []},
        {"name": "k", "scopes": ["everything"]},
        {"name": "k", "scopes": EVERYTHING, "expires_at": "2020-01-01T00:00:00Z"},
        {"name": "k", "scopes": EVERYTHING, "key": "ek_mine"},
        {"name": "", "scopes": EVERYTHING},
    ],
)
async def test_what_is_no_key(body: dict[str, Any], person) -> None:
    owner = await person()
    path = await account(owner)
    assert code_of(await owner.ask("POST", f"{path}/keys", json=body)) == (422, "invalid")


async def test_no_system_owns_an_organisation(person) -> None:
    owner = await person()
    there = f"/organisations/{(await owner.me())['organisation_id']}/service-accounts"
    refused = await owner.ask("POST", there, json={"name": "Loja", "role": "owner"})
    assert code_of(refused) == (422, "invalid")


async def test_a_partner_sees_its_own_deliveries_and_nobody_elses(person, http, parts: Parts) -> None:
    owner = await person()
    organisation = (await owner.me())["organisation_id"]
    first, second = await account(owner, "partner"), await account(owner, "partner")
    headers = await bearer(http, (await key(owner, first, EVERYTHING))["key"])
    made = {}
    for path in (first, second):
        actor = path.rpartition("/")[2]
        it = delivery(organisation_id=organisation, created_by=actor)
        await parts.deliveries.record(move(it, line(actor=actor)))
        made[path] = it.id
    listed = (await http.get("/v1/deliveries", headers=headers)).json()["items"]
    assert [one["id"] for one in listed] == [made[first]]
    everything = (await owner.ask("GET", "/deliveries")).json()["items"]
    assert {one["id"] for one in everything} == set(made.values())
    assert (await http.get(f"/v1/deliveries/{made[first]}", headers=headers)).status_code == 200
    for rest in ("", "/entries"):
        theirs = await http.get(f"/v1/deliveries/{made[second]}{rest}", headers=headers)
        nobodys = await http.get(f"/v1/deliveries/del_{'0' * 32}{rest}", headers=headers)
        assert theirs.status_code == nobodys.status_code == 404
        assert theirs.content == nobodys.content
    cancel = await http.post(f"/v1/deliveries/{made[second]}/cancel", headers=headers, json={})
    assert cancel.status_code == 404


async def test_a_partners_idempotency_keys_are_its_own(person, http) -> None:
    """Else it could come upon another's delivery by guessing the key it was requested with."""
    from api.deliveries.asking import delivery_id
    from domain.users import OrgRole, Principal, Role

    def who(user_id: str, org_role: OrgRole) -> Principal:
        return Principal(user_id=user_id, organisation_id="org_1", role=Role.CUSTOMER, org_role=org_role)

    partners = {delivery_id(who(f"svc_{n}", OrgRole.PARTNER), "key") for n in (1, 2)}
    members = {delivery_id(who(f"usr_{n}", OrgRole.MEMBER), "key") for n in (1, 2)}
    assert len(partners) == 2
    assert len(members) == 1
    assert not partners & members
