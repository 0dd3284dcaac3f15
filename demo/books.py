"""The books at the end: every delivery sums to zero, is owed what it was sold for, and the statement says the same."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

from rich.console import Console

from demo.customer import Customer

_OWED = {"delivered", "returned", "lost"}
"""What was carried is paid; what was called off, or never came about, is not."""
_RECEIVABLE = "customer_receivable"

Sums = Counter[tuple[str, str]]
"""Minor units by account and currency."""


async def agree(customer: Customer, deliveries: list[str], console: Console) -> bool:
    """Whether they do; the differences are printed."""
    wrong, sums = [], Sums()
    for delivery_id in deliveries:
        mine = await _posted(customer, delivery_id)
        sums.update(mine)
        wrong += await _differences(customer, delivery_id, mine)
    told = await _statement(customer)
    accounts = {key for key in {*sums, *told} if sums[key] or told[key]}
    for key in sorted(accounts):
        if sums[key] != told[key]:
            wrong.append(f"{key}: {sums[key]} by deliveries, {told[key]} by the statement")
    for (account, currency), amount in sorted(told.items()):
        console.print(f"  {account:<22} {currency} {amount / 100:>10,.2f}")
    console.print("the ledger balances, and the statement agrees with the deliveries" if not wrong else "")
    for difference in wrong:
        console.print(f"[red]the ledger is wrong: {difference}")
    return not wrong


async def _posted(customer: Customer, delivery_id: str) -> Sums:
    entries = (await customer.call("GET", f"/v1/deliveries/{delivery_id}/entries"))["items"]
    sums = Sums()
    for entry in entries:
        sums[entry["account"], entry["money"]["currency"]] += entry["money"]["amount"]
    return sums


async def _differences(customer: Customer, delivery_id: str, sums: Sums) -> list[str]:
    found = [f"{delivery_id} is off by {left} {currency}" for currency, left in _left(sums).items() if left]
    delivery: dict[str, Any] = await customer.call("GET", f"/v1/deliveries/{delivery_id}")
    accepted = (offer for offer in delivery["offers"] if offer["id"] == delivery["accepted_offer_id"])
    price = next((offer["price"] for offer in accepted if delivery["status"] in _OWED), None)
    expected = {price["currency"]: price["amount"]} if price else {}
    owed = {currency: amount for (account, currency), amount in sums.items() if account == _RECEIVABLE and amount}
    if owed != expected:
        found.append(f"{delivery_id} is {delivery['status']} and owes {owed}, not {expected}")
    return found


async def _statement(customer: Customer) -> Sums:
    """Yesterday to tomorrow, so that no midnight matters."""
    today = datetime.now(UTC).date()
    period = {"from": str(today - timedelta(days=1)), "to": str(today + timedelta(days=2))}
    told = await customer.call("GET", "/v1/statements", params=period)
    return Sums({(one["account"], one["currency"]): one["closing"] for one in told["balances"]})


def _left(sums: Sums) -> Counter[str]:
    by_currency: Counter[str] = Counter()
    for (_, currency), amount in sums.items():
        by_currency[currency] += amount
    return by_currency
