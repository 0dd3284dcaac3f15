"""A real Prometheus scrapes the running system: every rule and every dashboard's query gets an answer."""

import asyncio
import secrets
import shutil
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
import yaml
from monitoring import RULES, queries, rules

from demo.customer import Customer
from demo.scenarios import Scenario
from runtime.embedded import Stack
from runtime.ports import free_port

MISSING = "Debian's Prometheus is not installed: scripts/debian-prometheus.sh"
pytestmark = [pytest.mark.long, pytest.mark.skipif(shutil.which("prometheus") is None, reason=MISSING)]
_ANSWER_S = 90
_ENDS = ("delivered", "returned", "cancelled", "lost", "failed", "expired")


@pytest.fixture(scope="session")
async def lived(stack: Stack) -> None:
    """A delivery that carriers were asked about and reported on, to its end."""
    customer = Customer(stack.urls["api"])
    await customer.register(f"watched-{secrets.token_hex(4)}@example.com", "a long enough secret", "Shop")
    made = await customer.call("POST", "/v1/deliveries", key=secrets.token_hex(8), json=Scenario("", "").body(1))
    offer = next(each["id"] for each in made["offers"] if each["carrier"] == "uber_direct")
    await customer.call("POST", f"/v1/deliveries/{made['id']}/accept", key="accept", json={"offer_id": offer})
    async with asyncio.timeout(_ANSWER_S):
        while (await customer.call("GET", f"/v1/deliveries/{made['id']}"))["status"] not in _ENDS:
            await asyncio.sleep(0.2)
    await customer.close()


@pytest.fixture(scope="session")
async def prometheus(
    stack: Stack, lived: None, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[httpx.AsyncClient]:
    """With our rules, and what one machine's processes tell."""
    folder, port = tmp_path_factory.mktemp("prometheus"), free_port()
    targets = {
        "api": stack.urls["api"].removeprefix("http://"),
        "worker": stack.env["ENTREGA_WORKER_OWN_METRICS_ADDRESS"],
        "relay": f"127.0.0.1:{stack.env['ENTREGA_RELAY_METRICS_PORT']}",
    }
    jobs = [{"job_name": name, "static_configs": [{"targets": [where]}]} for name, where in targets.items()]
    config = {
        "global": {"scrape_interval": "1s", "scrape_timeout": "1s", "evaluation_interval": "1s"},
        "rule_files": [str(path) for path in RULES],
        "scrape_configs": jobs,
    }
    (folder / "prometheus.yml").write_text(yaml.safe_dump(config))
    storage = ["--storage.tsdb.path", str(folder / "data"), "--web.listen-address", f"127.0.0.1:{port}"]
    with (folder / "log").open("w") as log:
        server = subprocess.Popen(
            ["prometheus", "--config.file", str(folder / "prometheus.yml"), *storage], stdout=log, stderr=log
        )
        try:
            async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", trust_env=False, timeout=10) as http:
                await _ready(http, folder / "log")
                yield http
        finally:
            server.terminate()
            server.wait()


async def _ready(http: httpx.AsyncClient, log: Path) -> None:
    for _ in range(300):
        try:
            if (await http.get("/-/ready")).is_success:
                return
        except httpx.TransportError:
            pass
        await asyncio.sleep(0.1)
    pytest.fail(log.read_text())


async def _trouble(http: httpx.AsyncClient, expr: str) -> str | None:
    """Why there is no answer; None if there is one."""
    told = (await http.get("/api/v1/query", params={"query": expr})).json()
    if told["status"] != "success":
        return str(told["error"])
    return None if told["data"]["result"] else "nothing"


async def test_every_process_is_reached(prometheus: httpx.AsyncClient) -> None:
    up: dict[str, str] = {}
    async with asyncio.timeout(_ANSWER_S):
        while len(up) < 3 or set(up.values()) != {"1"}:
            told = (await prometheus.get("/api/v1/query", params={"query": "up"})).json()["data"]["result"]
            up = {each["metric"]["job"]: each["value"][1] for each in told}
            await asyncio.sleep(0.5)
    assert set(up) == {"api", "worker", "relay"}


async def test_every_query_of_every_dashboard_is_answered(prometheus: httpx.AsyncClient) -> None:
    left: list[tuple[str, str, str | None]] = [(where, expr, None) for where, expr in queries()]
    assert len(left) > 60
    for _ in range(_ANSWER_S):
        asked = [(where, expr, await _trouble(prometheus, expr)) for where, expr, _ in left]
        left = [each for each in asked if each[2] is not None]
        if not left:
            break
        await asyncio.sleep(1)
    assert left == []


async def test_what_every_rule_looks_at_is_there(prometheus: httpx.AsyncClient) -> None:
    told = (await prometheus.get("/api/v1/rules")).json()["data"]["groups"]
    by_name = {rule["name"]: rule for group in told for rule in group["rules"]}
    assert set(by_name) == {rule.get("alert") or rule["record"] for rule in rules()}
    assert {name: rule["lastError"] for name, rule in by_name.items() if rule.get("lastError")} == {}
    firing = {alert["labels"]["alertname"] for alert in await _alerts(prometheus)}
    # There is no backup here, and only those who were never told of one say so.
    assert firing <= {"BackupLate", "RestoreDrillMissing", "ApiErrorBudgetBurn", "ApiReadsSlow"}


async def _alerts(http: httpx.AsyncClient) -> list[dict[str, dict[str, str]]]:
    alerts = (await http.get("/api/v1/alerts")).json()["data"]["alerts"]
    return [alert for alert in alerts if alert["state"] == "firing"]
