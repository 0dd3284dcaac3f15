"""Staff say which accounts are asked, and pause carriers; whoever asks for prices sees who was left out and why."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from bodies import shipment
from test_availability import CENTRE
from test_quotes import Scripted

from api.deps import Parts
from domain.pauses import Pause
from domain.routing import AccountRule
from domain.users import Role

RULE = {"name": "Not those", "effect": "deny", "accounts": ["open_delivery/ligeiro"], "when": {"max_weight_g": 5000}}
PAUSE = {"mode": "elsewhere", "reason": "carrier_outage"}
WHOLE, ONE = "/v1/carriers/open_delivery/pause", "/v1/carriers/open_delivery/accounts/ligeiro/pause"


def later(**by: int) -> str:
    return (datetime.now(UTC) + timedelta(**by)).isoformat()


async def paused(http: httpx.AsyncClient, headers: dict[str, str]) -> list[tuple[str | None, str]]:
    answer = (await http.get("/v1/carriers", headers=headers)).json()["items"]
    (profile,) = [profile for profile in answer if profile["code"] == "open_delivery"]
    return [(pause["account"], pause["mode"]) for pause in profile["pauses"]]


async def test_a_rule_is_made_changed_and_deleted(http: httpx.AsyncClient, signed: Any) -> None:
    admin, support = await signed(Role.ADMIN), await signed(Role.SUPPORT)
    made = await http.post("/v1/rules", json=RULE, headers=admin)
    assert made.status_code == 201, made.text
    where = made.headers["location"]
    assert (await http.get(where, headers=support)).json() == made.json()
    changed = await http.put(where, json={**RULE, "effect": "prefer", "within_percent": 5}, headers=admin)
    assert (changed.json()["effect"], changed.json()["within_percent"]) == ("prefer", 5)
    assert (await http.get("/v1/rules", headers=support)).json()["items"] == [changed.json()]
    assert (await http.delete(where, headers=admin)).status_code == 204
    for answer in (await http.delete(where, headers=admin), await http.put(where, json=RULE, headers=admin)):
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


@pytest.mark.parametrize(
    "more",
    [
        {"accounts": ["pigeons/*"]},
        {"accounts": ["open_delivery"]},
        {"accounts": []},
        {"effect": "forbid"},
        {"when": {"wieght": 1}},
        {"when": {"min_weight_g": 10, "max_weight_g": 5}},
        {"within_percent": 1001},
    ],
)
async def test_a_rule_that_cannot_be(more: dict[str, Any], http: httpx.AsyncClient, signed: Any) -> None:
    answer = await http.post("/v1/rules", json={**RULE, **more}, headers=await signed(Role.ADMIN))
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")


async def test_a_carrier_and_an_account_are_paused_and_resumed(
    http: httpx.AsyncClient, signed: Any, parts: Parts
) -> None:
    staff = await signed(Role.SUPPORT)
    pause = await http.put(WHOLE, json={**PAUSE, "until": later(hours=1)}, headers=staff)
    assert pause.status_code == 200, pause.text
    assert (await http.put(ONE, json={**PAUSE, "mode": "wait"}, headers=staff)).status_code == 200
    assert await paused(http, staff) == [(None, "elsewhere"), ("ligeiro", "wait")]
    assert (await http.delete(WHOLE, headers=staff)).status_code == 204
    assert (await http.delete(WHOLE, headers=staff)).status_code == 404
    assert await paused(http, staff) == [("ligeiro", "wait")]
    lines = await parts.journal.of("carrier/open_delivery")
    assert [line.kind for line in lines] == ["carrier.paused", "carrier.resumed"]
    assert {line.actor for line in lines} == {pause.json()["actor"]}


async def test_a_pause_that_is_over_is_not_shown(http: httpx.AsyncClient, signed: Any, parts: Parts) -> None:
    staff = await signed(Role.SUPPORT)
    await http.put(WHOLE, json={**PAUSE, "until": later(hours=1)}, headers=staff)
    (pause,) = await parts.routing.pauses()
    await parts.routing.put_pause(pause.model_copy(update={"until": datetime.now(UTC)}))
    assert await paused(http, staff) == []


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        (WHOLE, {**PAUSE, "until": later(hours=-1)}, 422),
        (WHOLE, {**PAUSE, "mode": "off"}, 422),
        (WHOLE, {**PAUSE, "reason": "It is down!"}, 422),
        ("/v1/carriers/pigeons/pause", PAUSE, 404),
        ("/v1/carriers/open_delivery/accounts/none/pause", PAUSE, 404),
    ],
)
async def test_a_pause_that_cannot_be(
    path: str, body: dict[str, Any], status: int, http: httpx.AsyncClient, signed: Any
) -> None:
    assert (await http.put(path, json=body, headers=await signed(Role.SUPPORT))).status_code == status


async def test_prices_are_asked_of_those_that_rules_and_pauses_leave(
    http: httpx.AsyncClient, signed: Any, parts: Parts
) -> None:
    carriers = Scripted(denied=500, paused=700, waits=900, free=1000)
    parts.carriers = carriers
    mine, other = await signed(), await signed()
    before = (await http.post("/v1/quotes", json=shipment(), headers=mine)).json()
    assert (len(before["offers"]), before["declined"]) == (4, [])

    organisation = (await http.get("/v1/users/me", headers=mine)).json()["organisation_id"]
    only_mine = {
        **RULE,
        "id": "rule_1",
        "accounts": ["open_delivery/denied"],
        "when": {"organisation_id": organisation},
    }
    await carriers.routing.put_rule(AccountRule.model_validate(only_mine), "usr_a")
    for account, mode in (("paused", "elsewhere"), ("waits", "wait")):
        fields = {"carrier": "open_delivery", "account": account, "mode": mode, "reason": "outage", "actor": "usr_a"}
        await carriers.routing.put_pause(Pause.model_validate({**fields, "created_at": datetime.now(UTC)}))

    after = (await http.post("/v1/quotes", json=shipment(), headers=mine)).json()
    assert [offer["carrier_account"] for offer in after["offers"]] == ["waits", "free"]
    reasons = {refusal["carrier_account"]: refusal["reason"] for refusal in after["declined"]}
    assert reasons == {"denied": "denied_by_rule", "paused": "paused"}
    theirs = (await http.post("/v1/quotes", json=shipment(), headers=other)).json()
    assert [offer["carrier_account"] for offer in theirs["offers"]] == ["denied", "waits", "free"]


async def test_an_availability_check_asks_the_same_and_says_who_was_left_out(
    http: httpx.AsyncClient, signed: Any, parts: Parts
) -> None:
    staff = await signed(Role.SUPPORT)
    await http.post("/v1/areas", json=CENTRE, headers=staff)
    carriers = Scripted(paused=700, free=1000)
    parts.carriers, parts.routing = carriers, carriers.routing
    paused = Pause.model_validate(
        {**PAUSE, "carrier": "open_delivery", "account": "paused", "actor": "usr_a", "created_at": datetime.now(UTC)}
    )
    await carriers.routing.put_pause(paused)
    answer = (await http.post("/v1/availability", json=shipment(), headers=await signed())).json()
    said = {one["carrier_account"]: (one["available"], one["reason"]) for one in answer["carriers"]}
    assert said == {"paused": (False, "paused"), "free": (True, None)}


async def test_an_accounts_countries_are_kept_and_decide(http: httpx.AsyncClient, signed: Any, parts: Parts) -> None:
    admin, where = await signed(Role.ADMIN), "/v1/carriers/open_delivery/accounts/ligeiro"
    body = {"name": "Ligeiro", "settings": (await http.get(where, headers=admin)).json()["settings"]}
    wrong = await http.put(where, json={**body, "countries": ["Brazil"]}, headers=admin)
    assert wrong.status_code == 422
    kept = await http.put(where, json={**body, "countries": ["AR", "UY"]}, headers=admin)
    assert kept.json()["countries"] == ["AR", "UY"]
    answer = (await http.post("/v1/quotes", json=shipment(), headers=admin)).json()
    assert [refusal["reason"] for refusal in answer["declined"]] == ["not_serving_country"]
