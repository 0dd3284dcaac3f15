"""The ledger at rest, as the rest of Entrega sees it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from domain.adjustments import Adjustment, AdjustmentStatus, Change
from domain.ledger import Entry
from domain.money import Money
from domain.reconciliations import Invoiced, Outcome, Reconciliation, ReconciliationLine
from domain.statements import Balance, EntryFilter


class LedgerStore(Protocol):
    """Entries across deliveries; deliveries' moves and adjustments add them."""

    async def page(
        self, where: EntryFilter, limit: int, after: str | None, *, oldest_first: bool = False
    ) -> tuple[Sequence[Entry], str | None]:
        """By when they were posted, and the cursor of the next page; raises Invalid for one that is none."""

    async def balances(self, where: EntryFilter) -> Sequence[Balance]:
        """Each account in each currency that had an entry before `until`, over the period; by currency and account."""


class AdjustmentStore(Protocol):
    """Corrections by hand."""

    async def propose(self, its_id: str, change: Change, actor: str, limit: int) -> tuple[Adjustment, bool]:
        """One transaction: posted at once while what the actor posted alone about this delivery stays within `limit`
        (minor units of its currency, amounts without sign), else waiting; and whether it was there before.

        Raises NotFound for a delivery that is not there, IdempotencyKeyReused when `its_id` is another change's,
        NothingBooked, Invalid.
        """

    async def decide(self, its_id: str, actor: str, *, agreed: bool) -> Adjustment:
        """Posts it, or rejects it, for good; the same decision by the same person again changes nothing. Raises
        NotFound, OwnProposal, AlreadyDecided."""

    async def get(self, its_id: str) -> Adjustment | None:
        """One adjustment."""

    async def page(
        self, status: AdjustmentStatus | None, delivery_id: str | None, limit: int, after: str | None
    ) -> tuple[Sequence[Adjustment], str | None]:
        """Newest first; raises Invalid for a strange cursor."""


class ReconciliationStore(Protocol):
    """Carriers' invoices, compared."""

    async def make(
        self, reconciliation: Reconciliation, invoice: Sequence[Invoiced], since: datetime, until: datetime
    ) -> tuple[Reconciliation, bool]:
        """Compares and keeps all of it in one transaction, or finds the same one made before; and whether it did."""

    async def get(self, its_id: str) -> Reconciliation | None:
        """One reconciliation."""

    async def page(self, limit: int, after: str | None) -> tuple[Sequence[Reconciliation], str | None]:
        """Newest first; raises Invalid for a strange cursor."""

    async def lines(
        self, its_id: str, outcome: Outcome | None, *, unsettled: bool, limit: int, after: str | None
    ) -> tuple[Sequence[ReconciliationLine], str | None]:
        """By number; `unsettled` leaves out what matches or was settled. Raises Invalid for a strange cursor."""

    async def accept(
        self, its_id: str, number: int, delivery_id: str | None, actor: str, limit: int
    ) -> ReconciliationLine:
        """They are right: what the ledger says now is adjusted to what they ask, as `propose` would; `delivery_id`
        says whose booking it is where we did not know. Raises NotFound, AlreadyDecided, Invalid, AdjustmentPending."""

    async def dismiss(self, its_id: str, number: int, actor: str) -> ReconciliationLine:
        """They are wrong, or it was settled otherwise. Raises NotFound, AlreadyDecided."""


def needs_another(change: Money, alone: int, limit: int) -> bool:
    """Whether a second person must agree, given what the first posted alone about this delivery before."""
    return abs(change.amount) + alone > limit
