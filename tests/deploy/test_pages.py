"""The pages' web server, run for real: what never changes is kept for ever, what may change is asked for again."""

import asyncio
import shutil
import ssl
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from cryptography.x509.oid import ExtendedKeyUsageOID

from api.pages import CSP
from runtime._certificates import Certificates
from runtime.ports import free_port

CADDYFILE = Path(__file__).parents[2] / "deploy" / "docker" / "web.Caddyfile"
CADDY = shutil.which("caddy", path=str(Path(sys.executable).parent)) or ""
pytestmark = pytest.mark.skipif(not CADDY, reason="Caddy's wheel is for Linux on x86-64 and ARM alone")


@pytest.fixture(scope="module")
async def pages(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[httpx.AsyncClient]:
    """A built app of three files, served as the image serves it."""
    folder = tmp_path_factory.mktemp("pages")
    (folder / "dist" / "assets").mkdir(parents=True)
    (folder / "dist" / "index.html").write_text("<!doctype html>the page")
    (folder / "dist" / "assets" / "app-1f2e.js").write_text("first()")
    (folder / "dist" / "assets" / "app-1f2e.js.br").write_bytes(b"packed")
    certificates = Certificates(folder / "tls", {"web": (ExtendedKeyUsageOID.SERVER_AUTH,)})
    certificates.ensure()
    port = free_port()
    env = {
        "ENTREGA_WEB_PORT": str(port),
        "ENTREGA_WEB_DIR": str(folder / "dist"),
        "ENTREGA_TLS_CERT_FILE": str(certificates.of("web").certificate),
        "ENTREGA_TLS_KEY_FILE": str(certificates.of("web").key),
        "XDG_DATA_HOME": str(folder),
    }
    server = subprocess.Popen([CADDY, "run", "--config", CADDYFILE, "--adapter", "caddyfile"], env=env)
    trust = ssl.create_default_context(cafile=certificates.authority)
    try:
        async with httpx.AsyncClient(base_url=f"https://127.0.0.1:{port}", verify=trust, trust_env=False) as client:
            async with asyncio.timeout(30):
                while True:
                    try:
                        await client.get("/")
                        break
                    except httpx.ConnectError:
                        assert server.poll() is None
                        await asyncio.sleep(0.05)
            yield client
    finally:
        server.terminate()
        server.wait()


async def test_what_is_named_by_its_content_is_kept_for_ever_and_comes_packed(pages: httpx.AsyncClient) -> None:
    answer = await pages.get("/assets/app-1f2e.js", headers={"Accept-Encoding": "identity"})
    assert answer.text == "first()"
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert answer.headers["content-type"].startswith("text/javascript")
    async with pages.stream("GET", "/assets/app-1f2e.js", headers={"Accept-Encoding": "br"}) as packed:
        assert packed.headers["content-encoding"] == "br"
        assert "accept-encoding" in packed.headers["vary"].lower()


@pytest.mark.parametrize("path", ["/", "/index.html", "/deliveries/dlv_1", "/config.json"])
async def test_what_may_change_is_asked_for_again(pages: httpx.AsyncClient, path: str) -> None:
    answer = await pages.get(path, follow_redirects=True)
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-cache"
    assert ("the page" in answer.text) is (path != "/config.json")


async def test_what_did_not_change_is_not_sent_again(pages: httpx.AsyncClient) -> None:
    tag = (await pages.get("/")).headers["etag"]
    assert (await pages.get("/", headers={"If-None-Match": tag})).status_code == 304


async def test_a_file_of_an_older_build_is_missing_and_nobody_remembers_that(pages: httpx.AsyncClient) -> None:
    answer = await pages.get("/assets/app-gone.js")
    assert answer.status_code == 404
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("path", ["/v1/nothing", "/v1", "/metrics", "/healthz/ready"])
async def test_a_path_of_the_api_that_no_route_took_is_no_page(pages: httpx.AsyncClient, path: str) -> None:
    answer = await pages.get(path)
    assert answer.status_code == 404
    assert answer.headers["cache-control"] == "no-store"


async def test_the_map_is_drawn_without_pictures_unless_told_otherwise(pages: httpx.AsyncClient) -> None:
    answer = await pages.get("/config.json")
    assert answer.headers["content-type"] == "application/json"
    assert answer.json() == {"tiles": None}


async def test_browsers_are_told_what_the_api_tells_them(pages: httpx.AsyncClient) -> None:
    told = (await pages.get("/")).headers
    assert " ".join(told["content-security-policy"].replace(" ;", ";").split()) == CSP.format(tiles="")
    assert told["x-content-type-options"] == "nosniff"
    assert told["strict-transport-security"] == "max-age=63072000; includeSubDomains"
    assert "server" not in told
    assert (await pages.post("/")).status_code == 405
