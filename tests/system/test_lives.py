"""What customers may ask and when, against the whole system: each refusal is a problem, nothing happens twice."""

import asyncio
import secrets
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from demo.customer import Customer
from demo.scenarios import Scenario
from entrega import DEMO_POLICY
from runtime.embedded import Stack
from runtime.furnish import ADMIN_EMAIL


class Shop(Customer):
    """A customer who also wants to see refusals."""

    async def ask(self, method: str, path: str, key: str | None = None, **more: Any) -> httpx.Response:
        headers = {"Idempotency-Key": key} if key else {}
        return await self._http.request(method, path, headers=headers, **more)

    async def create(self, scenario: Scenario, key: str | None = None, number: int = 1) -> dict[str, Any]:
        made: dict[str, Any] = await self.call(
            "POST", "/v1/deliveries", key=key or secrets.token_hex(8), json=scenario.body(number)
        )
        return made

    async def until(self, delivery_id: str, *statuses: str) -> dict[str, Any]:
        async with asyncio.timeout(120):
            while True:
                delivery: dict[str, Any] = await self.call("GET", f"/v1/deliveries/{delivery_id}")
                if delivery["status"] in statuses:
                    return delivery
                await asyncio.sleep(0.2)


@pytest.fixture
async def shop(stack: Stack) -> AsyncIterator[Shop]:
    made = Shop(stack.urls["api"])
    await made.register(f"shop-{secrets.token_hex(4)}@example.com", "a long enough secret", "Shop")
    yield made
    await made.close()


@pytest.fixture
async def staff(stack: Stack) -> AsyncIterator[Shop]:
    made = Shop(stack.urls["api"])
    await made.sign_in(ADMIN_EMAIL, stack.admin_password())
    yield made
    await made.close()


def code(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


async def test_asked_again_while_carriers_think_it_answers_with_their_offers(shop: Shop) -> None:
    body = Scenario("", "").body(1)
    first = asyncio.create_task(shop.ask("POST", "/v1/deliveries", key="impatient", json=body))
    async with asyncio.timeout(30):
        while not (await shop.call("GET", "/v1/deliveries"))["items"]:
            await asyncio.sleep(0.05)
    again = await shop.ask("POST", "/v1/deliveries", key="impatient", json=body)
    assert again.json()["offers"]
    assert again.json()["offers"] == (await first).json()["offers"]


async def test_the_same_key_is_the_same_delivery_however_often_and_at_once(shop: Shop, staff: Shop) -> None:
    body = Scenario("", "").body(1)
    answers = await asyncio.gather(*(shop.ask("POST", "/v1/deliveries", key="once", json=body) for _ in range(10)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["id"] for answer in answers}) == 1
    other = await shop.ask("POST", "/v1/deliveries", key="once", json=Scenario("", "").body(2))
    assert code(other) == (422, "idempotency_key_reused")
    again = await shop.ask("POST", "/v1/deliveries", key="once", json=body)
    assert again.headers["idempotency-replayed"] == "true"
    page = await shop.call("GET", "/v1/deliveries")
    assert len(page["items"]) == 1


async def test_offers_say_our_price_and_never_what_we_pay(shop: Shop) -> None:
    delivery = await shop.create(Scenario("", ""))
    assert delivery["status"] == "quoted"
    assert {offer["carrier_account"] for offer in delivery["offers"]} >= {"ligeiro", "tartaruga", "recusa", "confuso"}
    assert {(d["carrier_account"], d["reason"]) for d in delivery["declined"]} == {("trava", "timeout")}
    assert all("cost" not in offer for offer in delivery["offers"])
    assert "accept" in delivery["allowed"]


async def test_one_offer_is_accepted_once(shop: Shop) -> None:
    delivery = await shop.create(Scenario("", ""))
    path = f"/v1/deliveries/{delivery['id']}/accept"
    offers = {offer["carrier_account"]: offer["id"] for offer in delivery["offers"]}
    unknown = await shop.ask("POST", path, key="a", json={"offer_id": f"off_{'0' * 32}"})
    assert code(unknown) == (422, "offer_not_found")
    both = [shop.ask("POST", path, key=name, json={"offer_id": offers[name]}) for name in ("ligeiro", "tartaruga")]
    statuses = sorted(answer.status_code for answer in await asyncio.gather(*both))
    assert statuses == [200, 409]
    first = await shop.until(delivery["id"], "booking", "booked", "picked_up", "in_transit", "delivered")
    assert first["slot"] is not None


async def test_a_paused_account_books_nothing_until_it_is_let_go(shop: Shop, staff: Shop) -> None:
    me = await shop.call("GET", "/v1/users/me")
    impatient = {**DEMO_POLICY, "paused_look_first": "PT1S", "paused_look_longest": "PT2S"}
    await staff.call("PUT", f"/v1/policies/{me['organisation_id']}", json=impatient)
    pause = "/v1/carriers/open_delivery/accounts/ligeiro/pause"
    await staff.call("PUT", pause, json={"mode": "wait", "reason": "carrier_outage"})
    try:
        delivery = await booking_at_ligeiro(shop)
        while delivery["reason"] != "paused":  # every process heeds it within seconds
            delivery = await booking_at_ligeiro(shop)
        assert (delivery["status"], delivery["booking"]) == ("booking", None)
    finally:
        await staff.ask("DELETE", pause)
    await shop.until(delivery["id"], "booked", "picked_up", "in_transit", "out_for_delivery", "delivered")


async def booking_at_ligeiro(shop: Shop) -> dict[str, Any]:
    """A delivery whose booking with Ligeiro waits, or was made."""
    delivery = await shop.create(Scenario("", ""))
    offer = next(offer["id"] for offer in delivery["offers"] if offer["carrier_account"] == "ligeiro")
    await shop.call("POST", f"/v1/deliveries/{delivery['id']}/accept", key="a", json={"offer_id": offer})
    async with asyncio.timeout(60):
        while True:
            delivery = await shop.call("GET", f"/v1/deliveries/{delivery['id']}")
            if delivery["status"] != "booking" or delivery["reason"] == "paused":
                return delivery
            await asyncio.sleep(0.2)


async def test_a_cancel_after_pickup_says_what_is_possible_instead(shop: Shop) -> None:
    delivery = await shop.create(Scenario("", "", choice="fastest", marks="[sandbox:waits_for_decision]"))
    await shop.until(delivery["id"], "picked_up", "in_transit", "out_for_delivery", "attempt_failed")
    late = await shop.ask("POST", f"/v1/deliveries/{delivery['id']}/cancel", key="c", json={})
    assert code(late) == (409, "too_late_to_cancel")
    assert late.json()["possible"] == ["decide"]
    await shop.until(delivery["id"], "attempt_failed")
    decided = await shop.ask("POST", f"/v1/deliveries/{delivery['id']}/decide", key="d", json={"decision": "return"})
    assert decided.status_code in (200, 202)
    ended = await shop.until(delivery["id"], "returned")
    assert ended["allowed"] == []
    closed = await shop.ask("POST", f"/v1/deliveries/{delivery['id']}/cancel", key="e", json={})
    assert code(closed) == (409, "delivery_closed")


async def test_another_organisations_delivery_can_neither_be_seen_nor_touched(shop: Shop, stack: Stack) -> None:
    delivery = await shop.create(Scenario("", ""))
    stranger = Shop(stack.urls["api"])
    await stranger.register(f"stranger-{secrets.token_hex(4)}@example.com", "a long enough secret", "Stranger")
    offer = delivery["offers"][0]["id"]
    asks = {
        "": ("GET", None),
        "/entries": ("GET", None),
        "/accept": ("POST", {"offer_id": offer}),
        "/cancel": ("POST", {}),
        "/decide": ("POST", {"decision": "retry"}),
        "/retry-booking": ("POST", {}),
        "/quote-again": ("POST", None),
    }
    for rest, (method, body) in asks.items():
        theirs = await stranger.ask(method, f"/v1/deliveries/{delivery['id']}{rest}", key="k", json=body)
        nobodys = await stranger.ask(method, f"/v1/deliveries/del_{'0' * 32}{rest}", key="k", json=body)
        assert theirs.status_code == nobodys.status_code == 404
        assert theirs.content == nobodys.content
    timeline = await stranger.ask("GET", f"/v1/tracking/{delivery['id']}")
    assert code(timeline) == (404, "not_found")
    await stranger.close()
    assert (await shop.call("GET", f"/v1/deliveries/{delivery['id']}"))["status"] == "quoted"


async def test_support_sees_the_live_state_and_can_force_an_end(shop: Shop, staff: Shop) -> None:
    delivery = await shop.create(Scenario("", "", prefer="tartaruga"))
    live = await staff.call("GET", f"/v1/deliveries/{delivery['id']}/live")
    assert live["delivery"]["status"] == "quoted"
    assert live["workflow_url"].startswith("http")
    path = f"/v1/deliveries/{delivery['id']}/force-status"
    forced = await staff.ask("POST", path, key="f", json={"status": "cancelled", "reason": "asked_by_phone"})
    assert forced.status_code in (200, 202)
    ended = await shop.until(delivery["id"], "cancelled")
    assert ended["reason"] == "asked_by_phone"


async def test_lists_are_narrowed_and_paged_without_losing_any(shop: Shop) -> None:
    made = [await shop.create(Scenario("", "")) for _ in range(5)]
    seen: list[str] = []
    cursor = None
    while True:
        page = await shop.call("GET", "/v1/deliveries", params={"limit": 2, **({"cursor": cursor} if cursor else {})})
        seen += [delivery["id"] for delivery in page["items"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert seen == [delivery["id"] for delivery in reversed(made)]
    narrowed = await shop.call("GET", "/v1/deliveries", params={"status": "quoted", "reference": "demo-01"})
    assert len(narrowed["items"]) == 5
    assert not (await shop.call("GET", "/v1/deliveries", params={"status": "lost"}))["items"]


async def test_a_cancelled_parcel_is_paid_back_by_the_carrier_later(shop: Shop, staff: Shop) -> None:
    delivery = await shop.create(Scenario("", "", service="standard", marks="[sandbox:slow_pickup]"))
    offer = next(offer["id"] for offer in delivery["offers"] if offer["carrier_account"] == "postal")
    path = f"/v1/deliveries/{delivery['id']}"
    await shop.call("POST", f"{path}/accept", key="a", json={"offer_id": offer})
    booking = (await shop.until(delivery["id"], "booked"))["booking"]
    assert booking["tracking_number"]
    async with httpx.AsyncClient() as printer:
        assert booking["tracking_number"] in (await printer.get(booking["label_url"])).text
    await shop.call("POST", f"{path}/cancel", key="c", json={})
    await shop.until(delivery["id"], "cancelled")
    async with asyncio.timeout(60):
        while True:
            net: dict[str, int] = {}
            for entry in (await staff.call("GET", f"{path}/entries"))["items"]:
                net[entry["account"]] = net.get(entry["account"], 0) + entry["money"]["amount"]
            assert net["customer_receivable"] == net["revenue"] == 0
            if net["carrier_cost"] == net["carrier_payable"] == 0:
                break
            await asyncio.sleep(0.2)
    kinds = [line["kind"] for line in (await shop.call("GET", f"/v1/tracking/{delivery['id']}"))["lines"]]
    assert kinds.index("scan.refunded") > kinds.index("delivery.cancelled")


async def test_quotes_and_availability_answer_without_a_delivery(shop: Shop) -> None:
    body = Scenario("", "").body(1)
    shipment = {name: body[name] for name in ("service", "pickup", "dropoff", "parcels")}
    prices = await shop.call("POST", "/v1/quotes", json=shipment)
    amounts = [offer["price"]["amount"] for offer in prices["offers"]]
    assert amounts == sorted(amounts)
    assert len(amounts) >= 4
    available = await shop.call("POST", "/v1/availability", json=shipment)
    assert available["available"]
    assert {c["carrier_account"] for c in available["carriers"] if c["available"]} >= {"ligeiro", "tartaruga"}
    far = {**shipment, "dropoff": {**shipment["dropoff"], "address": {**shipment["dropoff"]["address"]}}}
    far["dropoff"]["address"] |= {"postal_code": "69000000", "state": "AM", "city": "Manaus"}
    nowhere = await shop.call("POST", "/v1/availability", json=far)
    assert (nowhere["available"], nowhere["reason"]) == (False, "region_not_served")


async def test_an_address_without_coordinates_is_found_and_a_postal_code_fills_it_in(shop: Shop) -> None:
    street = await shop.call("GET", "/v1/places/cep/04551060")
    assert (street["street"], street["city"]) == ("Rua Funchal", "São Paulo")
    delivery = await shop.create(Scenario("", ""), number=2)
    address = delivery["request"]["dropoff"]["address"]
    assert (address["street"], address["latitude"]) == (street["street"], None)
    assert delivery["points"] == {"pickup": None, "dropoff": {"latitude": -23.5945, "longitude": -46.689}}
    unknown = await shop.ask("GET", "/v1/places/cep/69000000")
    assert code(unknown) == (404, "not_found")
