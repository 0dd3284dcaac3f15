"""Corrections of the books by hand: proposed by one of staff and, above a limit, posted only when another agrees."""

import hashlib
from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Self
from uuid import NAMESPACE_OID, uuid5

from pydantic import Field, model_validator

from domain import ledger
from domain._values import Closed, Code, Request, Timestamp, Value
from domain.errors import CostChanged, Invalid, NothingBooked
from domain.ledger import OURS, Account, Entry, EntryKind, Holder, Posting
from domain.money import MAX_AMOUNT, Money


class AdjustmentKind(StrEnum):
    """What is corrected."""

    CUSTOMER = "customer"  # what the customer owes us
    REFUND = "refund"  # given back to the customer
    CARRIER = "carrier"  # what we owe the carrier


class AdjustmentStatus(StrEnum):
    """How far it is."""

    PROPOSED = "proposed"  # waits for another of staff
    POSTED = "posted"
    REJECTED = "rejected"


class Correction(Request):
    """What is to be corrected: positive, they owe us more, or we owe the carrier more; a refund is told positive."""

    delivery_id: Annotated[str, Field(pattern=r"^del_[0-9a-f]{32}$")]
    kind: AdjustmentKind
    money: Annotated[Money, Closed()]
    reason: Code = Field(description="why, as a code: it stands on the statement", examples=["damaged_parcel"])
    booking_reference: Annotated[str, Field(max_length=200, pattern=r"^[\x21-\x7e]+$")] | None = Field(
        default=None, description="which of the delivery's bookings, where a carrier's cost is corrected; else the last"
    )

    @model_validator(mode="after")
    def _changes_something(self) -> Self:
        if self.money.amount == 0:
            raise ValueError("money: not nothing")
        if self.kind is AdjustmentKind.REFUND and self.money.amount < 0:
            raise ValueError("money: what is given back is told positive")
        if abs(self.money.amount) > MAX_AMOUNT // 100:
            raise ValueError("money: too much for one adjustment")
        return self


class Change(Correction):
    """A correction as it is kept."""

    holder: Holder | None = Field(default=None, description="the booking as its carrier's invoice names it")

    def fingerprint(self) -> str:
        """A hash of all of it: the same key with another one is refused."""
        return hashlib.sha256(self.model_dump_json().encode()).hexdigest()


class Adjustment(Value):
    """A change, who proposed it and who decided; `decided_by` is nobody where it needed no second person."""

    id: str = Field(examples=["adj_0197…"])
    organisation_id: str
    change: Change
    status: AdjustmentStatus
    proposed_by: str
    proposed_at: Timestamp
    decided_by: str | None = None
    decided_at: Timestamp | None = None


def adjustment_id(actor: str, key: str) -> str:
    """The same person and key make the same adjustment."""
    return f"adj_{uuid5(NAMESPACE_OID, f'{actor}/{key}').hex}"


def postings(adjustment: Adjustment, entries: Sequence[Entry], at: datetime) -> tuple[Entry, ...]:
    """What it posts beside the delivery's entries so far. Raises NothingBooked, CostChanged where its
    carrier has named a price since it was proposed, Invalid for another currency."""
    change = adjustment.change
    _check_currency(change, entries)
    holder = _holder(change, entries)
    since = [entry for entry in _named(entries) if entry.posted_at > adjustment.proposed_at]
    if holder is not None and any(_same(entry, holder) for entry in since):
        raise CostChanged(delivery_id=change.delivery_id)
    posting = Posting(
        delivery_id=change.delivery_id,
        organisation_id=adjustment.organisation_id,
        step=adjustment.id,
        at=at,
        holder=holder,
    )
    match change.kind:
        case AdjustmentKind.CUSTOMER:
            debit, credit, kind = Account.CUSTOMER_RECEIVABLE, Account.ADJUSTMENTS, EntryKind.ADJUSTMENT
        case AdjustmentKind.REFUND:
            debit, credit, kind = Account.REFUNDS, Account.CUSTOMER_RECEIVABLE, EntryKind.REFUND
        case AdjustmentKind.CARRIER:
            debit, credit, kind = Account.CARRIER_COST, Account.CARRIER_PAYABLE, EntryKind.ADJUSTMENT
    return posting.pair(debit, credit, kind, change.money, memo=change.reason)


def lapsed(entries: Sequence[Entry], told: Sequence[Entry]) -> tuple[Entry, ...]:
    """What takes back the corrections that a carrier's own word stands in for: whoever names a price names all of it,
    and a workflow that posts what it differs by knows of no corrections. `told` is what the workflow posts now."""
    known = {entry.id for entry in entries}
    undone: list[Entry] = []
    for fee in _named(told):
        if fee.id in known or fee.account is not Account.CARRIER_COST:
            continue
        standing = ledger.standing((*entries, *undone))
        mine = [entry for entry in standing if entry.kind is EntryKind.ADJUSTMENT and _same(entry, fee)]
        undone += ledger.reversal(mine, step=fee.step, at=fee.posted_at)
    return tuple(undone)


def _named(entries: Sequence[Entry]) -> list[Entry]:
    return [entry for entry in entries if entry.kind is EntryKind.CARRIER_FEE]


def _same(entry: Entry, other: Entry | Holder) -> bool:
    """Whether both are about one booking of one carrier."""
    mine, theirs = ((e.carrier, e.carrier_account, e.booking_reference) for e in (entry, other))
    return entry.account in OURS and mine == theirs


def _check_currency(change: Change, entries: Sequence[Entry]) -> None:
    """A delivery that was charged in one currency is not corrected in another."""
    known = {entry.money.currency for entry in entries}
    if known and change.money.currency not in known:
        raise Invalid("this delivery's money is in another currency", field="money", currencies=sorted(known))


def _holder(change: Change, entries: Sequence[Entry]) -> Holder | None:
    if change.kind is not AdjustmentKind.CARRIER:
        return None
    if change.holder is not None:
        return change.holder
    for entry in reversed(entries):
        mine = change.booking_reference in (None, entry.booking_reference)
        if entry.account in OURS and entry.carrier and entry.carrier_account and mine:
            return Holder(
                carrier=entry.carrier,
                carrier_account=entry.carrier_account,
                booking_reference=entry.booking_reference,
                tracking_number=entry.tracking_number,
            )
    raise NothingBooked(delivery_id=change.delivery_id)
