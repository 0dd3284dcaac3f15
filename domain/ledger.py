"""Money of a delivery as double entry: which step posts what, always summing to zero."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from enum import StrEnum
from uuid import NAMESPACE_OID, uuid5

from pydantic import Field

from domain._values import Timestamp, Value
from domain.money import Currency, Money


class Account(StrEnum):
    """Where an amount stands. Positive is debit, negative credit."""

    CUSTOMER_RECEIVABLE = "customer_receivable"  # what the customer owes us
    REVENUE = "revenue"
    CARRIER_COST = "carrier_cost"
    CARRIER_PAYABLE = "carrier_payable"  # what we owe the carrier
    REFUNDS = "refunds"
    ADJUSTMENTS = "adjustments"


class EntryKind(StrEnum):
    """What an entry is for."""

    CHARGE = "charge"
    CARRIER_COST = "carrier_cost"
    REFUND = "refund"
    ADJUSTMENT = "adjustment"
    REVERSAL = "reversal"


class Entry(Value):
    """One line of the ledger (lançamento); never edited, only reversed. `step` is unique with the account."""

    id: str
    posted_at: Timestamp
    delivery_id: str
    organisation_id: str
    account: Account
    kind: EntryKind
    money: Money
    step: str = Field(examples=["booked/1"])
    reverses: str | None = None
    memo: str = ""


def _entry_id(delivery_id: str, step: str, account: Account) -> str:
    return f"ent_{uuid5(NAMESPACE_OID, f'{delivery_id}/{step}/{account}').hex}"


def charge(
    *, delivery_id: str, organisation_id: str, step: str, at: datetime, price: Money, cost: Money
) -> tuple[Entry, ...]:
    """What a booking posts: the customer owes the price, we owe the carrier its cost."""
    lines = (
        (Account.CUSTOMER_RECEIVABLE, EntryKind.CHARGE, price),
        (Account.REVENUE, EntryKind.CHARGE, -price),
        (Account.CARRIER_COST, EntryKind.CARRIER_COST, cost),
        (Account.CARRIER_PAYABLE, EntryKind.CARRIER_COST, -cost),
    )
    return tuple(
        Entry(
            id=_entry_id(delivery_id, step, account),
            posted_at=at,
            delivery_id=delivery_id,
            organisation_id=organisation_id,
            account=account,
            kind=kind,
            money=money,
            step=step,
        )
        for account, kind, money in lines
    )


def reversal(entries: Iterable[Entry], *, step: str, at: datetime) -> tuple[Entry, ...]:
    """The mirror of these entries, each naming the one it undoes."""
    return tuple(
        entry.model_copy(
            update={
                "id": _entry_id(entry.delivery_id, f"{step}/{entry.step}", entry.account),
                "posted_at": at,
                "kind": EntryKind.REVERSAL,
                "money": -entry.money,
                "step": f"{step}/{entry.step}",
                "reverses": entry.id,
            }
        )
        for entry in entries
    )


def standing(entries: Sequence[Entry]) -> tuple[Entry, ...]:
    """The entries that nothing has reversed yet."""
    undone = {entry.reverses for entry in entries if entry.reverses}
    return tuple(entry for entry in entries if entry.reverses is None and entry.id not in undone)


def imbalance(entries: Iterable[Entry]) -> dict[Currency, int]:
    """What is left over per currency; empty when every sum is zero, as it must be."""
    sums: dict[Currency, int] = {}
    for entry in entries:
        sums[entry.money.currency] = sums.get(entry.money.currency, 0) + entry.money.amount
    return {currency: amount for currency, amount in sums.items() if amount}
