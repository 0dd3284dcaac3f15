"""The books of one delivery on the whole system: an agreed margin, a correction, a carrier's invoice, a statement."""

import asyncio
import secrets
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from demo.customer import Customer
from demo.scenarios import Scenario
from runtime.embedded import Stack


@pytest.fixture
async def customer(stack: Stack) -> AsyncIterator[Customer]:
    made = Customer(stack.urls["api"])
    await made.register(f"books-{secrets.token_hex(4)}@example.com", "a long enough secret", "Livraria")
    yield made
    await made.close()


def net(items: list[dict[str, Any]]) -> dict[str, int]:
    sums: dict[str, int] = {}
    for entry in items:
        sums[entry["account"]] = sums.get(entry["account"], 0) + entry["money"]["amount"]
    return {account: amount for account, amount in sums.items() if amount}


async def test_from_an_agreed_margin_to_a_settled_invoice(customer: Customer, staff: Customer) -> None:
    org = (await customer.call("GET", "/v1/users/me"))["organisation_id"]
    margin = {"basis_points": 0, "fixed": [{"amount": 500, "currency": "BRL"}]}
    await staff.call("PUT", f"/v1/terms/{org}", json={"margin": margin})
    delivery = await customer.call("POST", "/v1/deliveries", key="a", json=Scenario("", "").body(1))
    offer = next(offer for offer in delivery["offers"] if offer["carrier_account"] == "ligeiro")
    path = f"/v1/deliveries/{delivery['id']}"
    await customer.call("POST", f"{path}/accept", key="b", json={"offer_id": offer["id"]})
    async with asyncio.timeout(120):
        while (await customer.call("GET", path))["status"] != "delivered":
            await asyncio.sleep(0.2)
    entries = (await staff.call("GET", "/v1/entries", params={"delivery_id": delivery["id"]}))["items"]
    sums, price = net(entries), offer["price"]["amount"]
    cost = sums["carrier_cost"]
    assert sums == {
        "customer_receivable": price, "revenue": -price, "carrier_cost": cost, "carrier_payable": -cost,
    }  # fmt: skip
    assert price == cost + 500

    body = {"delivery_id": delivery["id"], "kind": "refund", "reason": "late"}
    body |= {"money": {"amount": 300, "currency": "BRL"}}
    made = await staff.call("POST", "/v1/adjustments", key=secrets.token_hex(8), json=body)
    assert made["status"] == "posted"

    today = datetime.now(UTC).date()
    period = {"from": str(today - timedelta(days=1)), "to": str(today + timedelta(days=2))}
    owing = next(e for e in entries if e["account"] == "carrier_payable")
    asked = {"carrier": owing["carrier"], "account": owing["carrier_account"], **period}
    file = f"reference,amount,currency\n{owing['booking_reference']},{(cost + 150) / 100:.2f},BRL\n"
    told = {"params": asked, "content": file}
    staff._http.headers["Content-Type"] = "text/csv"
    made = await staff.call("POST", "/v1/reconciliations", **told)
    del staff._http.headers["Content-Type"]
    lines = f"/v1/reconciliations/{made['id']}/lines"
    [line] = (await staff.call("GET", lines, params={"outcome": "amount_differs"}))["items"]
    assert (line["delivery_id"], line["ours"], line["theirs"]) == (delivery["id"], cost, cost + 150)
    await staff.call("POST", f"{lines}/{line['number']}/accept", json={})
    now = (await staff.call("GET", f"{path}/entries"))["items"]
    assert net(now)["carrier_payable"] == -(cost + 150)

    statement = await customer.call("GET", "/v1/statements", params=period)
    assert statement["owed"] == [{"amount": price - 300, "currency": "BRL"}]
    assert sum(one["closing"] for one in statement["balances"]) == 0
    written = await customer._http.get("/v1/statements/csv", params=period)
    printed = await customer._http.get("/v1/statements/pdf", params=period)
    assert len(written.text.splitlines()) == 1 + len((await customer.call("GET", f"{path}/entries"))["items"])
    assert printed.content.startswith(b"%PDF-")
