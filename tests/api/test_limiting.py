"""Every client may ask so often: counted by who it is, told in each answer, and in nobody's way when nobody counts."""

import asyncio
import time
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from hands import SERVICES
from making import fresh
from sqlalchemy import text

from api.app import create_app
from api.deps import Parts
from domain.errors import Unavailable
from runtime.settings import Settings
from storage._engine import connect
from storage.limits import SqlRateLimit


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who cannot be counted in time passes, which a busy machine must not turn into a failure here."""
    monkeypatch.setattr("api.limiting._WITHIN_S", 60.0)


def made(parts: Parts, settings: Settings, **more: Any) -> FastAPI:
    app = create_app(SERVICES, settings.model_copy(update=more), parts)
    app.state.parts = parts
    return app


def client(app: FastAPI, address: str | None = None) -> httpx.AsyncClient:
    where = address or f"10.{fresh('x')}"
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False, client=(where, 1))
    return httpx.AsyncClient(transport=transport, base_url="http://api")


async def test_who_asks_too_often_is_told_when_to_come_again(parts: Parts, settings: Settings, signed: Any) -> None:
    headers = await signed()
    async with client(made(parts, settings, client_rate=3)) as http:
        answers = [await http.get("/v1/users/me", headers=headers) for _ in range(5)]
        others = await http.get("/v1/users/me", headers=await signed())
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429, 429]
    assert [answer.headers["ratelimit"].split(";")[1] for answer in answers] == ["r=2", "r=1", "r=0", "r=0", "r=0"]
    assert answers[0].headers["ratelimit-policy"] == '"client";q=3;w=60'
    assert answers[3].json()["code"] == "too_many"
    assert 1 <= int(answers[3].headers["retry-after"]) == answers[3].json()["retry_after"] <= 20
    assert others.status_code == 200


async def test_one_client_counts_the_same_at_every_process_and_service(
    parts: Parts, settings: Settings, signed: Any
) -> None:
    headers = await signed()
    apps = [made(parts, settings, client_rate=10) for _ in range(3)]
    paths = ("/v1/users/me", "/v1/deliveries", "/v1/organisations", "/v1/nothing")

    async def ask(n: int) -> int:
        async with client(apps[n % 3]) as http:
            return (await http.get(paths[n % 4], headers=headers)).status_code

    began = time.monotonic()
    found = await asyncio.gather(*(ask(n) for n in range(40)))
    again = int((time.monotonic() - began) / 6)  # one more each six seconds, should it take so long
    assert 10 <= sum(status != 429 for status in found) <= 10 + again


@pytest.mark.parametrize("token", [None, "Bearer nonsense", "Basic eDp5"])
async def test_without_a_good_token_the_address_counts(token: str | None, parts: Parts, settings: Settings) -> None:
    headers = {"Authorization": token} if token else {}
    app, address = made(parts, settings, address_rate=2), fresh("address")
    async with client(app, address) as http, client(app) as elsewhere:
        found = [(await http.get("/v1/users/me", headers=headers)).status_code for _ in range(3)]
        assert found == [401, 401, 429]
        assert (await elsewhere.get("/v1/users/me", headers=headers)).status_code == 401
        assert (await http.get("/healthz/live")).status_code == 200


async def test_carriers_reports_are_counted_apart(parts: Parts, settings: Settings) -> None:
    app = made(parts, settings, address_rate=1, webhook_rate=3)
    async with client(app) as http:
        assert (await http.get("/v1/users/jwks")).status_code == 200
        found = [(await http.post("/v1/webhooks/open_delivery/ligeiro", json={})).status_code for _ in range(4)]
        assert found == [401, 401, 401, 429]
        assert (await http.get("/v1/users/jwks")).status_code == 429


async def test_who_was_refused_is_not_counted_again_until_then(parts: Parts, settings: Settings, signed: Any) -> None:
    headers, counted = await signed(), 0

    class Counting(SqlRateLimit):
        async def take(self, *tried: Any) -> Any:
            nonlocal counted
            counted += 1
            return await super().take(*tried)

    parts.client_limits = Counting(parts.users._engine, "limits")  # type: ignore[attr-defined]
    async with client(made(parts, settings, client_rate=1)) as http:
        found = [(await http.get("/v1/users/me", headers=headers)).status_code for _ in range(20)]
    assert (found, counted) == ([200] + [429] * 19, 2)


async def test_a_request_costs_one_statement(parts: Parts, settings: Settings, signed: Any) -> None:
    """Not one more in a transaction around it; the tidying comes with every 64th."""
    from sqlalchemy import event

    said: list[str] = []
    engine = parts.users._engine  # type: ignore[attr-defined]

    @event.listens_for(engine.sync_engine, "before_cursor_execute")
    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        said.append(statement)

    headers = await signed()
    async with client(made(parts, settings)) as http:
        said.clear()
        await http.get("/v1/nothing", headers=headers)
    event.remove(engine.sync_engine, "before_cursor_execute", note)
    assert len(said) == 1


async def test_while_nobody_can_count_everybody_passes_and_nobody_waits_twice(
    parts: Parts, settings: Settings, signed: Any
) -> None:
    headers, asked = await signed(), 0

    class Down:
        async def take(self, *_: Any) -> None:
            nonlocal asked
            asked += 1
            raise Unavailable

    parts.client_limits = Down()  # type: ignore[assignment]
    async with client(made(parts, settings)) as http:
        answers = [await http.get("/v1/deliveries", headers=headers) for _ in range(5)]
    assert [answer.status_code for answer in answers] == [200] * 5
    assert asked == 1
    assert "ratelimit" not in answers[0].headers


async def test_a_database_that_is_away_lets_reads_pass_and_signing_in_not(
    parts: Parts, settings: Settings, signed: Any
) -> None:
    headers = await signed()
    nowhere = connect("postgresql://nobody@127.0.0.1:9/x", application_name="nowhere")
    parts.client_limits = SqlRateLimit(nowhere, "limits")
    parts.limits = SqlRateLimit(nowhere)
    async with client(made(parts, settings)) as http:
        assert (await http.get("/v1/deliveries", headers=headers)).status_code == 200
        body = {"email": "ana@example.com", "password": "a long enough secret"}
        assert (await http.post("/v1/users/sign-in", json=body)).status_code == 503
    await nowhere.dispose()


async def test_what_is_kept_names_nobody(parts: Parts, settings: Settings, postgres: Any) -> None:
    address = fresh("203.0.113.7")
    async with client(made(parts, settings), address) as http:
        await http.get("/v1/users/jwks")
    owner = connect(postgres.owner, application_name="owner")
    async with owner.connect() as connection:
        assert not await connection.scalar(text("SELECT count(*) FROM limits.limits WHERE key LIKE '%203.0.113%'"))
    await owner.dispose()
