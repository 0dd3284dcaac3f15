"""Price checks ask carriers once however many ask at once; accounts never show their secrets."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import fakes
import httpx
from bodies import shipment
from world import ScriptedCarrier

from api.deps import Parts
from domain.pauses import Pause, pause_of
from domain.ports import CarrierProfile
from domain.quotes import AccountRef, CarrierAccount, QuoteRequest
from domain.routing import Asking, asking
from domain.users import Role


class Scripted:
    """The carriers, but scripted."""

    def __init__(self, **costs: int) -> None:
        self.by_ref, self.routing = {}, fakes.InMemoryRoutingStore()
        for name, cost in costs.items():
            ref = AccountRef(carrier="open_delivery", account=name)
            self.by_ref[ref] = ScriptedCarrier(ref, cost)

    async def reach(self, ref: AccountRef) -> ScriptedCarrier:
        return self.by_ref[ref]

    async def account(self, ref: AccountRef) -> CarrierAccount:
        return CarrierAccount(carrier=ref.carrier, account=ref.account, name=ref.account, margin_percent=20)

    async def enabled(self) -> Sequence[CarrierAccount]:
        return [await self.account(ref) for ref in self.by_ref]

    async def asked(self, request: QuoteRequest, organisation_id: str) -> Asking:
        rules, pauses = await self.routing.rules(), await self.routing.pauses()
        return asking(await self.enabled(), rules, pauses, request, organisation_id, datetime.now(UTC))

    async def pause(self, ref: AccountRef) -> Pause | None:
        return pause_of(await self.routing.pauses(), ref, datetime.now(UTC))

    def profiles(self) -> Sequence[CarrierProfile]:
        return []

    def problems(self, account: CarrierAccount) -> Sequence[str]:
        return []


async def test_many_who_ask_the_same_make_one_question(http: httpx.AsyncClient, signed: Any, parts: Parts) -> None:
    carriers = Scripted(dear=2000, cheap=1000)
    parts.carriers = carriers
    for carrier in carriers.by_ref.values():
        carrier.on["quote"] = [lambda: asyncio.sleep(0.05)]
    customers = [await signed() for _ in range(5)]
    asking = (http.post("/v1/quotes", json=shipment(), headers=customers[n % 5]) for n in range(25))
    answers = [answer.json() for answer in await asyncio.gather(*asking)]
    assert all(answer == answers[0] for answer in answers)
    assert [offer["price"]["amount"] for offer in answers[0]["offers"]] == [1200, 2400]
    assert all(carrier.calls == ["quote"] for carrier in carriers.by_ref.values())
    await http.post("/v1/quotes", json=shipment(service="standard"), headers=customers[0])
    assert all(carrier.calls == ["quote"] * 2 for carrier in carriers.by_ref.values())


async def test_a_price_says_neither_what_we_pay_nor_promises_anything(
    http: httpx.AsyncClient, signed: Any, parts: Parts
) -> None:
    parts.carriers = Scripted(cheap=1000)
    answer = await http.post("/v1/quotes", json=shipment(), headers=await signed())
    assert not {"cost", "breakdown", "carrier_reference", "id", "expires_at"} & answer.json()["offers"][0].keys()


async def test_each_organisation_is_told_its_own_price(http: httpx.AsyncClient, signed: Any, parts: Parts) -> None:
    parts.carriers = Scripted(cheap=1000)
    usual, agreed, admin = await signed(), await signed(organisation_id="org_agreed"), await signed(Role.ADMIN)
    terms = {"margin": {"basis_points": 500, "fixed": [{"amount": 25, "currency": "BRL"}]}}
    assert (await http.put("/v1/terms/org_agreed", json=terms, headers=admin)).status_code == 200
    prices = []
    for headers in (usual, agreed, usual):
        answer = await http.post("/v1/quotes", json=shipment(), headers=headers)
        prices.append(answer.json()["offers"][0]["price"]["amount"])
    assert prices == [1200, 1075, 1200]


async def test_a_failed_check_is_not_remembered(http: httpx.AsyncClient, signed: Any, parts: Parts) -> None:
    carriers = Scripted(cheap=1000)
    parts.carriers = carriers
    (carrier,) = carriers.by_ref.values()
    from domain.errors import CarrierUnavailable

    carrier.on["quote"] = [CarrierUnavailable(reason="unreachable")]
    headers = await signed()
    first = (await http.post("/v1/quotes", json=shipment(), headers=headers)).json()
    second = (await http.post("/v1/quotes", json=shipment(), headers=headers)).json()
    assert [refusal["reason"] for refusal in first["declined"]] == ["unreachable"]
    assert len(second["offers"]) == 1


async def test_accounts_are_kept_without_showing_their_secrets(http: httpx.AsyncClient, signed: Any) -> None:
    admin = await signed(Role.ADMIN)
    profiles = (await http.get("/v1/carriers", headers=admin)).json()["items"]
    assert "open_delivery" in [profile["code"] for profile in profiles]
    where = "/v1/carriers/open_delivery/accounts/ligeiro"
    before = await http.get(where, headers=admin)
    assert before.json()["credentials_set"] == ["client_id", "client_secret"]
    assert before.json()["webhook_url"] == "https://entrega.example/v1/webhooks/open_delivery/ligeiro"
    settings = before.json()["settings"]
    body = {"name": "Ligeiro", "settings": settings, "margin_percent": 30}
    after = await http.put(where, json=body, headers=admin)
    assert after.status_code == 200, after.text
    assert after.json()["credentials_set"] == ["client_id", "client_secret"]  # absent: they stay
    for answer in (before, after):
        assert "the carrier's secret" not in answer.text


async def test_an_account_that_cannot_work_is_refused(http: httpx.AsyncClient, signed: Any) -> None:
    admin = await signed(Role.ADMIN)
    body = {"name": "New", "settings": {"base_url": "file:///etc/passwd"}, "credentials": {}}
    answer = await http.put("/v1/carriers/open_delivery/accounts/new", json=body, headers=admin)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")
    missing = await http.put("/v1/carriers/pigeons/accounts/new", json=body, headers=admin)
    assert missing.status_code == 404
