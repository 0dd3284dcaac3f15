"""Money of a delivery as double entry: accounts, entries, and how entries are made in sets that sum to zero."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from enum import StrEnum
from uuid import NAMESPACE_OID, uuid5

from pydantic import Field

from domain._values import Timestamp, Value, as_code
from domain.money import Currency, Money


class Account(StrEnum):
    """Where an amount stands. Positive is debit, negative credit."""

    CUSTOMER_RECEIVABLE = "customer_receivable"  # what the customer owes us
    CUSTOMER_RESERVED = "customer_reserved"  # what is held of the customer's while a carrier is being booked
    RESERVATIONS = "reservations"  # the other side of what is held
    REVENUE = "revenue"
    CARRIER_COST = "carrier_cost"
    CARRIER_PAYABLE = "carrier_payable"  # what we owe the carrier
    REFUNDS = "refunds"  # what staff gave back to customers
    ADJUSTMENTS = "adjustments"  # what staff corrected otherwise


OURS = frozenset({Account.CARRIER_COST, Account.CARRIER_PAYABLE})
"""What we pay carriers, which no customer sees; theirs and ours sum to zero, each for itself."""


class EntryKind(StrEnum):
    """What an entry is for."""

    RESERVATION = "reservation"
    CHARGE = "charge"
    CARRIER_COST = "carrier_cost"
    INSURANCE = "insurance"  # a part of charge and cost that is told apart, as is …
    EXTRA = "extra"  # … whatever else the carrier lists beside its base price
    CARRIER_FEE = "carrier_fee"  # what its final price differs by
    CANCELLATION_FEE = "cancellation_fee"
    REFUND = "refund"
    ADJUSTMENT = "adjustment"
    REVERSAL = "reversal"


class Entry(Value):
    """One line of the ledger (lançamento); never edited, only reversed. `step` is unique with the account.

    Entries about a carrier say which, and under what its invoice will name the booking.
    """

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
    carrier: str | None = None
    carrier_account: str | None = None
    booking_reference: str | None = None
    tracking_number: str | None = None


class Holder(Value):
    """Whose booking an entry is about."""

    carrier: str
    carrier_account: str
    booking_reference: str | None = None
    tracking_number: str | None = None


class Posting(Value):
    """What every entry of one delivery's step has in common."""

    delivery_id: str
    organisation_id: str
    step: str
    at: Timestamp
    holder: Holder | None = None

    def pair(
        self, debit: Account, credit: Account, kind: EntryKind, money: Money, part: str = "", memo: str = ""
    ) -> tuple[Entry, ...]:
        """Two entries that sum to zero; none for nothing. `part` tells lines of one step apart."""
        if not money.amount:
            return ()
        step = f"{self.step}/{part}" if part else self.step
        return tuple(
            self._entry(account, kind, amount, step, memo) for account, amount in ((debit, money), (credit, -money))
        )

    def _entry(self, account: Account, kind: EntryKind, money: Money, step: str, memo: str) -> Entry:
        return Entry(
            id=_entry_id(self.delivery_id, step, account),
            posted_at=self.at,
            delivery_id=self.delivery_id,
            organisation_id=self.organisation_id,
            account=account,
            kind=kind,
            money=money,
            step=step,
            memo=memo,
            **(self.holder.model_dump() if self.holder and account in OURS else {}),
        )


def _entry_id(delivery_id: str, step: str, account: Account) -> str:
    return f"ent_{uuid5(NAMESPACE_OID, f'{delivery_id}/{step}/{account}').hex}"


_MOST_PARTS = 12
_BASE = frozenset({"base", "base_fare", "fare", "rate", "delivery", "freight"})


def charge(
    *,
    delivery_id: str,
    organisation_id: str,
    step: str,
    at: datetime,
    price: Money,
    cost: Money,
    parts: Iterable[tuple[str, Money]] = (),
    holder: Holder | None = None,
) -> tuple[Entry, ...]:
    """What a booking posts: the customer owes the price, we owe the carrier its cost.

    `parts` are what the carrier's cost consists of, by its own codes: insurance and extras become lines of their own,
    each with its share of the price; what is left is the base. Parts that do not fit the cost are left out.
    """
    posting = Posting(delivery_id=delivery_id, organisation_id=organisation_id, step=step, at=at, holder=holder)
    lines = [*_apart(parts, price, cost)]
    base_price = price.amount - sum(share.amount for _, _, share in lines)
    base_cost = cost.amount - sum(part.amount for _, part, _ in lines)
    entries = [
        *_customers(posting, EntryKind.CHARGE, price.model_copy(update={"amount": base_price})),
        *_carriers(posting, EntryKind.CARRIER_COST, cost.model_copy(update={"amount": base_cost})),
    ]
    for code, part, share in lines:
        kind = EntryKind.INSURANCE if "insur" in code or "seguro" in code else EntryKind.EXTRA
        entries += _customers(posting, kind, share, code)
        entries += _carriers(posting, kind, part, code)
    return tuple(entries)


def _customers(posting: Posting, kind: EntryKind, money: Money, code: str = "") -> tuple[Entry, ...]:
    return posting.pair(Account.CUSTOMER_RECEIVABLE, Account.REVENUE, kind, money, code, code)


def _carriers(posting: Posting, kind: EntryKind, money: Money, code: str = "") -> tuple[Entry, ...]:
    return posting.pair(Account.CARRIER_COST, Account.CARRIER_PAYABLE, kind, money, code, code)


def _apart(parts: Iterable[tuple[str, Money]], price: Money, cost: Money) -> Sequence[tuple[str, Money, Money]]:
    """Code, cost and price of each part that is told apart from the base."""
    sums: dict[str, int] = {}
    for code, part in parts:
        name = as_code(code)
        if part.currency is not cost.currency:
            return ()
        if name not in _BASE:
            sums[name] = sums.get(name, 0) + part.amount
    sums = {code: amount for code, amount in sums.items() if amount}
    if len(sums) > _MOST_PARTS or cost.amount <= 0 or not 0 <= sum(sums.values()) <= cost.amount:
        return ()
    shares = {code: price.amount * amount // cost.amount for code, amount in sums.items()}
    of_cost, of_price = cost.model_copy, price.model_copy
    return [(c, of_cost(update={"amount": a}), of_price(update={"amount": shares[c]})) for c, a in sums.items()]


def reversal(
    entries: Iterable[Entry], *, step: str, at: datetime, kind: EntryKind = EntryKind.REVERSAL
) -> tuple[Entry, ...]:
    """The mirror of these entries, each naming the one it undoes."""
    return tuple(
        entry.model_copy(
            update={
                "id": _entry_id(entry.delivery_id, f"{step}/{entry.step}", entry.account),
                "posted_at": at,
                "kind": kind,
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
