"""The web app is served beside the API: what may be kept is kept, and no address of the API is ever a page."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from pydantic import ValidationError
from test_limiting import client, made

from api.deps import Parts
from runtime.settings import Settings

ASSET = "/assets/app-4f2a.js"


@pytest.fixture
def built(tmp_path: Path) -> Path:
    folder = tmp_path / "dist"
    (folder / "assets").mkdir(parents=True)
    (folder / "index.html").write_text("<!doctype html><title>Entrega</title>")
    (folder / ASSET[1:]).write_text("plain")
    (folder / f"{ASSET[1:]}.br").write_text("small")
    (tmp_path / "secret").write_text("not of the app")
    return folder


@pytest.fixture
async def app_http(built: Path, parts: Parts, settings: Settings) -> AsyncIterator[httpx.AsyncClient]:
    async with client(made(parts, settings, web_dir=built)) as http:
        yield http


@pytest.mark.parametrize("path", ["/", "/index.html", "/deliveries/del_1?status=booked", "/%2e%2e/secret", "/x" * 2000])
async def test_every_address_of_the_app_is_its_page(path: str, app_http: httpx.AsyncClient) -> None:
    answer = await app_http.get(path)
    assert answer.status_code == 200
    assert answer.text == "<!doctype html><title>Entrega</title>"
    assert answer.headers["content-type"].startswith("text/html")
    assert answer.headers["cache-control"] == "no-cache"
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'; script-src 'self'; style-src 'self'" in policy
    assert "unsafe" not in policy
    again = await app_http.get(path, headers={"If-None-Match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["content-security-policy"] == policy


@pytest.mark.parametrize("path", ["/v1", "/v1/nothing", "/healthz/nothing", "/assets/of-last-week.js"])
async def test_what_is_missing_elsewhere_is_a_problem(path: str, app_http: httpx.AsyncClient) -> None:
    answer = await app_http.get(path)
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


async def test_nothing_is_posted_to_a_page(app_http: httpx.AsyncClient) -> None:
    assert (await app_http.post("/deliveries")).json()["code"] == "not_found"


async def test_files_named_by_their_content_are_kept_for_ever_and_sent_small(app_http: httpx.AsyncClient) -> None:
    plain = await app_http.get(ASSET, headers={"Accept-Encoding": "identity"})
    assert (plain.text, plain.headers["cache-control"]) == ("plain", "public, max-age=31536000, immutable")
    head = await app_http.head(ASSET, headers={"Accept-Encoding": "gzip, br;q=0.9"})
    assert head.headers["content-encoding"] == "br"
    assert head.headers["content-type"].startswith("text/javascript")
    assert "Accept-Encoding" in head.headers["vary"]


async def test_an_app_that_is_not_built_says_how(built: Path, app_http: httpx.AsyncClient) -> None:
    (built / "index.html").unlink()
    answer = await app_http.get("/")
    assert answer.status_code == 503
    assert "make web" in answer.text


async def test_without_the_setting_there_are_no_pages(parts: Parts, settings: Settings) -> None:
    async with client(made(parts, settings)) as http:
        assert (await http.get("/")).json()["code"] == "not_found"


async def test_a_map_is_from_where_the_settings_say_and_nowhere_else(
    built: Path, parts: Parts, settings: Settings, app_http: httpx.AsyncClient
) -> None:
    assert (await app_http.get("/config.json")).json() == {"tiles": None}
    url = "https://{s}.tiles.example.com/{z}/{x}/{y}.png"
    async with client(made(parts, settings, web_dir=built, map_tiles_url=url, map_tiles_credit="© Maps")) as http:
        config = await http.get("/config.json")
        assert config.json() == {"tiles": {"url": url, "credit": "© Maps"}}
        assert config.headers["cache-control"] == "no-cache"
        policy = (await http.get("/")).headers["content-security-policy"]
        assert "img-src 'self' data: blob: https://*.tiles.example.com; font-src" in policy


@pytest.mark.parametrize("url", ["https://t.example.com; script-src *//{z}", "https://t.example.com/1.png", "//t/{z}"])
def test_a_map_cannot_widen_the_policy(url: str) -> None:
    with pytest.raises(ValidationError):
        Settings(map_tiles_url=url)
