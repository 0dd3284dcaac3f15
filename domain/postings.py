"""What each step of a delivery posts, given what was posted before it."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import NamedTuple

from domain import ledger
from domain.bookings import Booking
from domain.ledger import Account, Entry, EntryKind, Holder, Posting
from domain.money import Money
from domain.quotes import Offer


class Book(NamedTuple):
    """A delivery's entries so far and the instant that further ones bear; each method returns what is to be added."""

    delivery_id: str
    organisation_id: str
    entries: Sequence[Entry]
    at: datetime

    def reserve(self, attempt: int, price: Money) -> tuple[Entry, ...]:
        """At acceptance: the price is held until the booking is settled one way or the other, in place of what was
        held before."""
        held = self._posting(f"reserved/{attempt}").pair(
            Account.CUSTOMER_RESERVED, Account.RESERVATIONS, EntryKind.RESERVATION, price
        )
        return (*self.release(), *held)

    def release(self) -> tuple[Entry, ...]:
        """What is held is held no longer."""
        held = [entry for entry in ledger.standing(self.entries) if entry.kind is EntryKind.RESERVATION]
        return ledger.reversal(held, step="released", at=self.at)

    def book(self, offer: Offer, booking: Booking) -> tuple[Entry, ...]:
        """At the carrier's yes: the customer owes the offer's price, we owe what the carrier says it costs."""
        return ledger.charge(
            delivery_id=self.delivery_id,
            organisation_id=self.organisation_id,
            step=booked(booking.attempt),
            at=self.at,
            price=offer.price,
            cost=cost_of(offer, booking),
            parts=[(part.code, part.amount) for part in offer.breakdown],
            holder=holder_of(booking),
        )

    def correct_cost(self, booking: Booking) -> tuple[Entry, ...]:
        """When the carrier names another price than it was booked at: what it differs by is ours to bear, since the
        customer accepted theirs. Nothing where nothing stands, or the currency is another."""
        step, cost = booked(booking.attempt), booking.cost
        standing = self.standing_of(step)
        if cost is None or not standing or any(e.money.currency is not cost.currency for e in standing):
            return ()
        standing = [entry for entry in standing if entry.account is Account.CARRIER_COST]
        difference = cost.amount - sum(entry.money.amount for entry in standing)
        before = {entry.step for entry in self.entries if entry.step.startswith(f"{step}/{_FINAL}/")}
        posting = self._posting(f"{step}/{_FINAL}/{len(before) + 1}", holder_of(booking))
        money = Money(amount=difference, currency=cost.currency)
        return posting.pair(Account.CARRIER_COST, Account.CARRIER_PAYABLE, EntryKind.CARRIER_FEE, money)

    def cancellation_fee(self, attempt: int, fee: Money, holder: Holder) -> tuple[Entry, ...]:
        """What a carrier keeps for having been called off; once an attempt."""
        if any(entry.step == voided(attempt) for entry in self.entries):
            return ()
        posting = self._posting(voided(attempt), holder)
        return posting.pair(Account.CARRIER_COST, Account.CARRIER_PAYABLE, EntryKind.CANCELLATION_FEE, fee)

    def pass_on_fee(self, attempt: int) -> tuple[Entry, ...]:
        """Who cancels pays the carrier's fee, as it is; where we call off for reasons of our own it stays ours."""
        kept = [e for e in self.entries if e.step == voided(attempt) and e.account is Account.CARRIER_COST]
        if not kept or any(entry.step == f"{voided(attempt)}/charge" for entry in self.entries):
            return ()
        posting = self._posting(f"{voided(attempt)}/charge")
        money = kept[0].money
        return posting.pair(Account.CUSTOMER_RECEIVABLE, Account.REVENUE, EntryKind.CANCELLATION_FEE, money)

    def reverse(self, step: str, awaited: Collection[str] = ()) -> tuple[Entry, ...]:
        """All that a booking posted, but for the cost at the steps whose refund is awaited, and fees."""
        kept = {e.id for own in awaited for e in self.standing_of(own) if e.account in ledger.OURS}
        undone = [
            entry
            for entry in ledger.standing(self.entries)
            if entry.id not in kept and entry.kind not in (EntryKind.RESERVATION, EntryKind.CANCELLATION_FEE)
        ]
        return ledger.reversal(undone, step=step, at=self.at)

    def refund(self, step: str) -> tuple[Entry, ...]:
        """What a carrier paid back of a booking, whole."""
        cost = [entry for entry in self.standing_of(step) if entry.account in ledger.OURS]
        return ledger.reversal(cost, step="refunded", at=self.at, kind=EntryKind.REFUND)

    def standing_of(self, step: str) -> list[Entry]:
        """What stands of a step and of its parts."""
        return [e for e in ledger.standing(self.entries) if e.step == step or e.step.startswith(f"{step}/")]

    def _posting(self, step: str, holder: Holder | None = None) -> Posting:
        return Posting(
            delivery_id=self.delivery_id, organisation_id=self.organisation_id, step=step, at=self.at, holder=holder
        )


_FINAL = "final"


def booked(attempt: int) -> str:
    """The step of an attempt that was booked."""
    return f"booked/{attempt}"


def voided(attempt: int) -> str:
    """The step of an attempt that was called off."""
    return f"voided/{attempt}"


def cost_of(offer: Offer, booking: Booking) -> Money:
    """What we owe: the booking's own cost where it states one in the currency that was offered."""
    stated = booking.cost
    return stated if stated is not None and stated.currency is offer.cost.currency else offer.cost


def holder_of(booking: Booking) -> Holder:
    """Under what the carrier's invoice will name it."""
    return Holder(
        carrier=booking.carrier,
        carrier_account=booking.carrier_account,
        booking_reference=booking.reference,
        tracking_number=booking.tracking_number,
    )
