"""Every answer, whatever it says, tells browsers to run nothing in it; only allowed origins may read it elsewhere."""

import base64
import hashlib
import json
import re
from pathlib import Path
from typing import Any

import httpx
import pytest
import structlog
from fastapi import FastAPI
from test_limiting import client, made

from api.app import create_app
from api.deps import Parts
from runtime.settings import Settings

APP = "https://app.entrega.example"


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/v1/users/jwks", 200),
        ("GET", "/v1/users/me", 401),
        ("GET", "/v1/nothing", 404),
        ("DELETE", "/v1/users", 405),
        ("POST", "/v1/users", 422),
        ("GET", f"/v1/users/jwks?{'x' * 9000}", 414),
        ("GET", "/v1/broken", 500),
        ("GET", "/healthz/live", 200),
        ("GET", "/metrics", 200),
        ("GET", "/v1/openapi.json", 200),
        ("GET", "/v1/docs", 200),
        ("GET", "/v1/docs/files/swagger-ui.css", 200),
    ],
)
async def test_every_answer_is_safe_to_show(method: str, path: str, status: int, http: httpx.AsyncClient) -> None:
    answer = await http.request(method, path, json={} if method == "POST" else None)
    assert answer.status_code == status
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert {"object-src 'none'", "base-uri 'none'", "frame-ancestors 'none'"} <= {p.strip() for p in policy.split(";")}
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["x-frame-options"] == "DENY"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["cross-origin-opener-policy"] == "same-origin"
    assert answer.headers["cross-origin-resource-policy"] == "same-origin"
    assert answer.headers["permissions-policy"]
    assert answer.headers["cache-control"]
    assert answer.headers["x-request-id"]
    assert "strict-transport-security" not in answer.headers
    assert "access-control-allow-origin" not in answer.headers


async def test_over_tls_browsers_are_told_to_stay_there(app: FastAPI) -> None:
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="https://api") as http:
        answer = await http.get("/v1/users/jwks")
    assert answer.headers["strict-transport-security"] == "max-age=63072000; includeSubDomains"


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("127.0.0.1", 200),
        ("10.1.2.3", 200),
        ("::1", 200),
        ("fd00::7", 200),
        ("::ffff:10.1.2.3", 200),
        ("8.8.8.8", 404),
        ("2a00:1450::1", 404),
        ("::ffff:8.8.8.8", 404),
        ("nowhere", 404),
    ],
)
async def test_what_we_count_is_not_the_internets_business(app: FastAPI, host: str, status: int) -> None:
    transport = httpx.ASGITransport(app=app, client=(host, 1234))
    async with httpx.AsyncClient(transport=transport, base_url="http://api") as http:
        answer = await http.get("/metrics", headers={"X-Forwarded-For": "127.0.0.1"})  # as anybody may claim
    assert answer.status_code == status
    assert ("python_info" in answer.text) == (status == 200)


async def test_a_refusal_is_logged_with_who_asked_for_what(http: httpx.AsyncClient, signed: Any) -> None:
    with structlog.testing.capture_logs([structlog.contextvars.merge_contextvars]) as logged:
        await http.post("/v1/rules", json={}, headers=await signed())
        await http.post("/v1/rules", json={}, headers={"Authorization": "Bearer nobodys"})
    forbidden, unknown = [line for line in logged if line["event"] == "request"]
    assert (forbidden["status"], forbidden["method"], forbidden["route"]) == (403, "POST", "/rules")
    assert forbidden["actor"].startswith("usr_")
    assert (unknown["status"], unknown["route"], "actor" in unknown) == (401, "/rules", False)
    assert forbidden["request_id"] != unknown["request_id"]
    assert "nobodys" not in repr(logged)


async def test_the_page_runs_our_scripts_and_no_others(http: httpx.AsyncClient) -> None:
    answer = await http.get("/v1/docs")
    policy = dict(part.strip().partition(" ")[::2] for part in answer.headers["content-security-policy"].split(";"))
    [inline] = re.findall(r"<script>(.*?)</script>", answer.text, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(inline.encode()).digest()).decode()
    assert policy["script-src"] == f"'self' 'sha256-{digest}'"
    loaded = re.findall(r'(?:src|href)="([^"]+)"', answer.text)
    assert len(loaded) == 3
    for path in loaded:
        assert path.startswith("/v1/docs/files/")
        assert (await http.get(path)).status_code == 200


async def test_one_service_of_several_describes_all_of_them(
    parts: Parts, settings: Settings, tmp_path: Path, app: FastAPI
) -> None:
    whole = tmp_path / "openapi.json"
    whole.write_text(json.dumps(app.openapi()))
    alone = create_app(["availability"], settings.model_copy(update={"api_description_file": whole}), parts)
    alone.state.parts = parts  # ASGITransport runs no lifespan
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=alone), base_url="http://api") as http:
        told = (await http.get("/v1/openapi.json")).json()
        assert told == app.openapi()
        assert (await http.delete("/v1/areas")).headers["allow"] == "GET, POST"
        assert (await http.get("/v1/docs")).status_code == 200


async def test_an_error_of_ours_is_logged_by_its_place_alone(http: httpx.AsyncClient) -> None:
    with structlog.testing.capture_logs() as logged:
        answer = await http.get("/v1/broken")
    assert (answer.status_code, answer.json()["code"]) == (500, "internal_error")
    [line] = [line for line in logged if line["event"] == "unexpected"]
    assert (line["error"], line["route"]) == ("RuntimeError", "/v1/broken")
    assert any("conftest.py" in place for place in line["at"])
    assert "after ValueError" in line["at"]
    assert "1234" not in repr(logged)
    assert "Ana" not in repr(logged)


async def preflight(http: httpx.AsyncClient, origin: str) -> httpx.Response:
    wanted = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization"}
    return await http.options("/v1/deliveries", headers={"Origin": origin, **wanted})


async def test_no_other_origin_may_read_answers_unless_it_is_named(
    parts: Parts, settings: Settings, http: httpx.AsyncClient
) -> None:
    assert "access-control-allow-origin" not in (await preflight(http, APP)).headers
    async with client(made(parts, settings, allowed_origins=f"{APP},http://localhost:5173")) as named:
        allowed, refused = await preflight(named, APP), await preflight(named, "https://evil.example")
        answer = await named.get("/v1/users/me", headers={"Origin": APP})
        limited = await named.get("/v1/users/me", headers={"Origin": "https://evil.example"})
    assert allowed.status_code == 200
    assert allowed.headers["access-control-allow-origin"] == APP
    assert allowed.headers["access-control-allow-credentials"] == "true"
    assert "Authorization" in allowed.headers["access-control-allow-headers"]
    assert "access-control-allow-origin" not in refused.headers
    assert answer.headers["access-control-allow-origin"] == APP
    assert "Retry-After" in answer.headers["access-control-expose-headers"]
    assert "access-control-allow-origin" not in limited.headers


@pytest.mark.parametrize("origins", ["*", "https://app.example/path", "app.example", "https://a.example, https://b"])
def test_origins_are_named_one_by_one(origins: str) -> None:
    with pytest.raises(ValueError):
        Settings.model_validate({"allowed_origins": origins})
