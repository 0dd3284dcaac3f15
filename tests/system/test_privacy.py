"""Somebody has all that is held on them, and goes: then nobody reads who it was, not even from a restored backup of the
keys, and ledger and audit log are whole."""

import asyncio
import json
import secrets
from pathlib import Path
from typing import Any

import psycopg
import pytest
from front_door import entrega

from demo.customer import Customer, Refused
from demo.scenarios import Scenario
from entrega import DEMO_POLICY, DEMO_SPEED
from runtime.embedded import Stack
from runtime.furnish import ADMIN_EMAIL

pytestmark = pytest.mark.long

NAME, RECIPIENT, STREET = "Zuleica Canarinhodosul", "Epaminondas Bemtevidonorte", "Travessa das Arapongas Azuis"
CANARIES = (NAME, RECIPIENT, STREET, "zuleica.canarinho")
PASSWORD = "vermelhopapagaio amarelotucano"


def body() -> dict[str, Any]:
    told = Scenario("", "").body(1)
    for stop in (told["pickup"], told["dropoff"]):
        stop["contact"]["name"], stop["address"]["street"] = RECIPIENT, STREET
    return told


async def until(customer: Customer, its_id: str, wanted: str, value: object) -> None:
    async with asyncio.timeout(120):
        while (await customer.call("GET", f"/v1/deliveries/{its_id}"))[wanted] != value:
            await asyncio.sleep(0.3)


async def read_by(admin: Customer, ids: list[str], user_id: str) -> str:
    """All that staff can have of them, by whatever route."""
    told: list[Any] = [await admin.call("GET", "/v1/deliveries", params={"limit": 100})]
    for its_id in ids:
        for path in ("deliveries/{}", "deliveries/{}/entries", "tracking/{}", "tracking/{}/exchanges"):
            told.append(await admin.call("GET", f"/v1/{path.format(its_id)}"))
        for path in ("/v1/deliveries/all/export", "/v1/tracking/all/export"):
            told.append(await admin.call("POST", path, json={"delivery_id": its_id, "ground": "duty"}))
    told.append(await admin.call("GET", "/v1/audit", params={"actor": user_id, "limit": 200}))
    return json.dumps(told, ensure_ascii=False)


async def test_who_goes_is_gone_for_good(tmp_path: Path) -> None:
    beside, often = ("--state", str(tmp_path)), {"ENTREGA_RETENTION_EVERY": "2"}
    how: dict[str, Any] = {"speed": DEMO_SPEED, "policy": DEMO_POLICY, "usual_ports": False, "env": often}
    async with Stack(tmp_path, **how) as stack:
        customer, admin = Customer(stack.urls["api"]), Customer(stack.urls["api"])
        email = f"zuleica.canarinho.{secrets.token_hex(3)}@passaro.example.com"
        await customer.register(email, PASSWORD, NAME)
        await admin.sign_in(ADMIN_EMAIL, stack.admin_password())
        me = await customer.call("GET", "/v1/users/me")
        made = [await customer.call("POST", "/v1/deliveries", key=f"k{n}", json=body()) for n in range(2)]
        ids = [it["id"] for it in made]
        with pytest.raises(Refused) as refused:
            await customer.call("POST", "/v1/users/me/erase", json={"password": PASSWORD})
        assert refused.value.problem["code"] == "deliveries_underway"
        assert sorted(refused.value.problem["deliveries"]) == sorted(ids)
        for its_id in ids:
            await customer.call("POST", f"/v1/deliveries/{its_id}/cancel", key=f"c{its_id}", json={"reason": "other"})
            await until(customer, its_id, "status", "cancelled")
        held = await customer.call("POST", "/v1/users/me/export", json={"password": PASSWORD})
        kept = await customer.call("POST", "/v1/deliveries/all/export", json={})
        assert (held["user"]["name"], held["user"]["email"]) == (NAME, email)
        assert {item["delivery"]["id"] for item in kept["deliveries"]} == set(ids)
        assert kept["deliveries"][0]["delivery"]["request"]["dropoff"]["contact"]["name"] == RECIPIENT
        with psycopg.connect(stack.env["ENTREGA_DATABASE_URL"].replace("+psycopg", "")) as database:
            database.execute("CREATE TABLE public.kept AS SELECT * FROM keys.data_keys")  # an old backup of the keys
        await customer.call("POST", "/v1/users/me/erase", json={"password": PASSWORD})
        for its_id in ids:  # their deliveries follow by the schedule, once their workflows have closed
            await until(admin, its_id, "erased", True)
        await customer.close()
        await admin.close()
        with psycopg.connect(stack.env["ENTREGA_DATABASE_URL"].replace("+psycopg", "")) as database:
            database.execute("DELETE FROM keys.data_keys")
            database.execute("INSERT INTO keys.data_keys SELECT * FROM public.kept")
            database.execute("DROP TABLE public.kept")
        # Two deliveries, the person and their organisation.
        assert "erased again: 4" in await entrega("keys", "erase-again", *beside)
        assert "erased again: 0" in await entrega("keys", "erase-again", *beside)
    async with Stack(tmp_path, **how) as stack:  # no process remembers a key
        admin = Customer(stack.urls["api"])
        await admin.sign_in(ADMIN_EMAIL, stack.admin_password())
        told = await read_by(admin, ids, me["id"])
        assert not [canary for canary in CANARIES if canary in told]
        assert all(its_id in told for its_id in ids)
        assert (await admin.call("POST", "/v1/users/find", json={"email": email}))["items"] == []
        with pytest.raises(Refused) as refused:
            await admin.call("POST", f"/v1/users/{me['id']}/export", json={"ground": "duty"})
        assert refused.value.problem["code"] == "not_found"
        stranger = Customer(stack.urls["api"])
        with pytest.raises(Refused) as refused:
            await stranger.sign_in(email, PASSWORD)
        assert refused.value.status == 401
        assert "whole, and as the journal tells it" in await entrega("audit", "verify", *beside)
        await stranger.close()
        await admin.close()
