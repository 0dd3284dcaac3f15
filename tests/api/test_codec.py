"""The codec server: staff read what workflows were told, everybody else sees ciphertext, and each look is told."""

import base64
import json
from typing import Any

import fakes
import httpx
import pytest
from fastapi import FastAPI
from making import delivery, move
from temporalio.converter import WorkflowSerializationContext

from api.app import create_app
from api.deps import Parts
from domain.users import Role
from runtime.codec import SealingCodec
from runtime.settings import Settings
from runtime.temporal import data_converter

DELIVERY = f"del_{'a' * 32}"
UI = "http://127.0.0.1:8233"
DECODE = "/v1/codec/decode"


@pytest.fixture
def keys() -> fakes.InMemoryKeys:
    return fakes.InMemoryKeys()


@pytest.fixture
def app(settings: Settings, parts: Parts, keys: fakes.InMemoryKeys) -> FastAPI:
    parts.settings = settings.model_copy(update={"temporal_ui_url": f"{UI}/"})
    parts.codec = SealingCodec(keys)
    made = create_app(["codec"], parts.settings, parts)
    made.state.parts = parts
    return made


async def sealed(keys: fakes.InMemoryKeys, value: Any, delivery_id: str = DELIVERY) -> dict[str, Any]:
    """A payload as the Temporal UI has it."""
    context = WorkflowSerializationContext(namespace="default", workflow_id=f"delivery/{delivery_id}")
    [payload] = await data_converter(SealingCodec(keys)).with_context(context).encode([value])
    metadata = {name: base64.b64encode(held).decode() for name, held in payload.metadata.items()}
    return {"metadata": metadata, "data": base64.b64encode(payload.data).decode()}


def read(payload: dict[str, Any]) -> Any:
    assert base64.b64decode(payload["metadata"]["encoding"]) == b"json/plain"
    return json.loads(base64.b64decode(payload["data"]))


async def test_staff_read_what_a_workflow_was_told(http: httpx.AsyncClient, keys: Any, signed: Any) -> None:
    payloads = [await sealed(keys, {"name": "Ana"}), await sealed(keys, [1, 2], f"del_{'b' * 32}")]
    for role in (Role.SUPPORT, Role.ADMIN):
        headers = {**await signed(role), "X-Namespace": "default"}
        answer = await http.post(f"{DECODE}?preserveStorageRefs=true", json={"payloads": payloads}, headers=headers)
        assert answer.status_code == 200
        assert [read(payload) for payload in answer.json()["payloads"]] == [{"name": "Ana"}, [1, 2]]
        assert answer.headers["cache-control"] == "no-store"


async def test_nobody_else_does(http: httpx.AsyncClient, keys: Any, signed: Any) -> None:
    body = {"payloads": [await sealed(keys, "Ana")]}
    assert (await http.post(DECODE, json=body)).status_code == 401
    assert (await http.post(DECODE, json=body, headers={"Authorization": "Bearer x"})).status_code == 401
    assert (await http.post(DECODE, json=body, headers=await signed(Role.CUSTOMER))).status_code == 403


async def test_each_look_at_a_deliverys_payloads_is_told_once_in_a_while(
    http: httpx.AsyncClient, keys: Any, signed: Any, parts: Parts
) -> None:
    ana, bia = await signed(Role.SUPPORT), await signed(Role.SUPPORT)
    body = {"payloads": [await sealed(keys, "Ana"), await sealed(keys, "Ana again")]}
    for headers in (ana, ana, bia, ana):
        await http.post(DECODE, json=body, headers=headers)
    await parts.deliveries.record(move(delivery(id=f"del_{'d' * 32}", organisation_id="org_1")))
    await http.post(DECODE, json={"payloads": [await sealed(keys, "Cai", f"del_{'d' * 32}")]}, headers=ana)
    lines = await parts.journal.of(f"access/{DELIVERY}")
    assert [(line.kind, line.data["subjects"]) for line in lines] == [("payload.decoded", [DELIVERY])] * 2
    assert len({line.actor for line in lines}) == 2
    assert all(line.actor.startswith("usr_") for line in lines)
    [known] = await parts.journal.of("access/org_1")  # by the first line of a delivery it is known whose it is
    assert known.data["subjects"] == [f"del_{'d' * 32}"]


async def test_where_nothing_can_be_told_nothing_is_read(
    http: httpx.AsyncClient, keys: Any, signed: Any, parts: Parts, monkeypatch: pytest.MonkeyPatch
) -> None:
    from domain.errors import Unavailable

    async def away(*_: Any) -> None:
        raise Unavailable

    headers = await signed(Role.ADMIN)
    monkeypatch.setattr(parts.accesses, "tell", away)
    answer = await http.post(DECODE, json={"payloads": [await sealed(keys, "Ana")]}, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")


async def test_what_is_plain_altered_or_erased_is_no_error(
    http: httpx.AsyncClient, keys: Any, signed: Any, parts: Parts
) -> None:
    plain = {"metadata": {"encoding": base64.b64encode(b"json/plain").decode()}, "data": "MQ=="}
    altered = await sealed(keys, "Ana")
    altered["data"] = altered["data"][:-8] + "AAAAAAA="
    erased = await sealed(keys, "Bia", f"del_{'c' * 32}")
    await keys.erase(f"del_{'c' * 32}", "usr_1")
    body = {"payloads": [plain, altered, erased, await sealed(keys, "Ana")]}
    answer = await http.post(DECODE, json=body, headers=await signed(Role.ADMIN))
    shown = answer.json()["payloads"]
    assert shown[:2] == [plain, altered]
    assert [read(payload) for payload in shown[2:]] == [{"erased": True}, "Ana"]
    assert await parts.journal.of(f"access/del_{'c' * 32}") == []


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 200),
        ({"payloads": []}, 200),
        ({"payloads": [{"data": "not base64!"}]}, 422),
        ({"payloads": [{"metadata": 7}]}, 422),
        ({"payloads": [7]}, 422),
        ({"payloads": [{}] * 2_001}, 422),
        ([], 422),
    ],
)
async def test_strange_bodies_are_problems(http: httpx.AsyncClient, signed: Any, body: Any, status: int) -> None:
    answer = await http.post(DECODE, json=body, headers=await signed(Role.ADMIN))
    assert answer.status_code == status
    if status != 200:
        assert answer.headers["content-type"] == "application/problem+json"


async def test_a_page_of_payloads_fits_and_more_does_not(http: httpx.AsyncClient, keys: Any, signed: Any) -> None:
    headers = await signed(Role.ADMIN)
    large = {"metadata": {"encoding": "eA=="}, "data": "A" * 300_000}
    assert (await http.post(DECODE, json={"payloads": [large] * 5}, headers=headers)).status_code == 200
    assert (await http.post(DECODE, json={"payloads": [large] * 15}, headers=headers)).status_code == 413


async def test_another_namespace_is_not_here(http: httpx.AsyncClient, signed: Any) -> None:
    headers = {**await signed(Role.ADMIN), "X-Namespace": "other"}
    assert (await http.post(DECODE, json={"payloads": []}, headers=headers)).status_code == 404


async def test_nothing_is_sealed_for_anybody(http: httpx.AsyncClient, signed: Any) -> None:
    assert (await http.post("/v1/codec/encode", json={"payloads": []})).status_code == 401
    for role in Role:
        answer = await http.post("/v1/codec/encode", json={"payloads": []}, headers=await signed(role))
        assert answer.status_code == 403


# ── the browser ───────────────────────────────────────────────────────────────────────────────────────────


async def test_the_uis_origin_may_ask_with_credentials_and_no_other(http: httpx.AsyncClient) -> None:
    asked = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "content-type,x-namespace"}
    ours = await http.options(DECODE, headers={**asked, "Origin": UI})
    assert ours.status_code == 200
    assert ours.headers["access-control-allow-origin"] == UI
    assert ours.headers["access-control-allow-credentials"] == "true"
    for origin in ("http://127.0.0.1:8000", "https://evil.example", "null"):
        theirs = await http.options(DECODE, headers={**asked, "Origin": origin})
        assert "access-control-allow-origin" not in theirs.headers
    refused = await http.post(DECODE, json={"payloads": []}, headers={"Origin": UI})
    assert (refused.status_code, refused.headers["access-control-allow-origin"]) == (401, UI)


async def test_a_token_given_to_the_form_becomes_a_cookie_by_which_the_ui_reads(
    http: httpx.AsyncClient, keys: Any, signed: Any
) -> None:
    page = await http.get("/v1/codec/session")
    assert "http://api/v1/codec" in page.text
    assert f"form-action 'self' {UI}" in page.headers["content-security-policy"]
    token = (await signed(Role.SUPPORT))["Authorization"].removeprefix("Bearer ")
    given = await http.post("/v1/codec/session", data={"token": f" {token}\n"})
    assert (given.status_code, given.headers["location"]) == (303, f"{UI}/")
    cookie = given.headers["set-cookie"]
    assert all(flag in cookie for flag in ("HttpOnly", "SameSite=strict", "Max-Age=600", "Path=/"))
    answer = await http.post(DECODE, json={"payloads": [await sealed(keys, "Ana")]})  # httpx keeps the cookie
    assert read(answer.json()["payloads"][0]) == "Ana"


async def test_over_https_the_cookie_is_bound_to_its_host(app: FastAPI, signed: Any) -> None:
    token = (await signed(Role.SUPPORT))["Authorization"].removeprefix("Bearer ")
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="https://codec.example") as http:
        given = await http.post("/v1/codec/session", data={"token": token})
        assert given.headers["set-cookie"].startswith("__Host-entrega_codec=")
        assert "Secure" in given.headers["set-cookie"]
        assert (await http.post(DECODE, json={"payloads": []})).status_code == 200


async def test_no_cookie_for_strangers_or_at_strangers_wish(http: httpx.AsyncClient, signed: Any) -> None:
    customer, staff = await signed(Role.CUSTOMER), await signed(Role.SUPPORT)
    for token, more, status in (
        ("", {}, 401),
        ("garbage", {}, 401),
        (customer["Authorization"].removeprefix("Bearer "), {}, 403),
        (staff["Authorization"].removeprefix("Bearer "), {"Sec-Fetch-Site": "cross-site"}, 403),
    ):
        answer = await http.post("/v1/codec/session", data={"token": token}, headers=more)
        assert answer.status_code == status
        assert "set-cookie" not in answer.headers


async def test_the_codec_server_serves_nothing_else(app: FastAPI) -> None:
    assert set(app.openapi()["paths"]) == {DECODE, "/v1/codec/encode", "/v1/codec/session"}
