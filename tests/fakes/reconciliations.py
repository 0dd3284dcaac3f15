"""Carriers' invoices, in memory."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime

from domain import errors
from domain.adjustments import AdjustmentKind, AdjustmentStatus, Change, adjustment_id
from domain.ledger import Account, Entry, Holder
from domain.money import Currency, Money
from domain.quotes import AccountRef
from domain.reconciliations import Invoiced, Outcome, Owed, Reconciliation, ReconciliationLine, Settlement, compared
from fakes.adjustments import InMemoryAdjustmentStore


class InMemoryReconciliationStore:
    """Compares with the books of an adjustment store's deliveries."""

    def __init__(self, adjustments: InMemoryAdjustmentStore) -> None:
        self.adjustments = adjustments
        self.made: dict[str, Reconciliation] = {}
        self.kept: dict[str, list[ReconciliationLine]] = {}

    def _payable(self, ref: AccountRef) -> dict[tuple[str, Currency], list[Entry]]:
        found: dict[tuple[str, Currency], list[Entry]] = defaultdict(list)
        for posted in self.adjustments.deliveries.posted.values():
            for entry in posted:
                at = (entry.carrier, entry.carrier_account) == (ref.carrier, ref.account)
                if entry.account is Account.CARRIER_PAYABLE and at and entry.booking_reference:
                    found[entry.booking_reference, entry.money.currency].append(entry)
        return found

    async def make(
        self, reconciliation: Reconciliation, invoice: Sequence[Invoiced], since: datetime, until: datetime
    ) -> tuple[Reconciliation, bool]:
        if reconciliation.id in self.made:
            return self.made[reconciliation.id], True
        owed = [
            Owed(
                reference, max((e.tracking_number for e in entries if e.tracking_number), default=None), currency,
                -sum(e.money.amount for e in entries), min(e.delivery_id for e in entries),
                any(since <= e.posted_at < until and e.reverses is None for e in entries),
            )
            for (reference, currency), entries in sorted(self._payable(reconciliation.ref).items())
        ]  # fmt: skip
        lines = compared(invoice, owed)
        counts = Counter(line.outcome for line in lines)
        made = reconciliation.model_copy(update={"counts": {outcome: counts[outcome] for outcome in Outcome}})
        self.made[made.id], self.kept[made.id] = made, lines
        journal = self.adjustments.deliveries.journal
        await journal.append(made.id, "reconciliation.made", made.made_by, {"carrier": made.carrier})
        return made, False

    async def get(self, its_id: str) -> Reconciliation | None:
        return self.made.get(its_id)

    async def page(self, limit: int, after: str | None) -> tuple[Sequence[Reconciliation], str | None]:
        if after is not None and after not in self.made:
            raise errors.Invalid("this is no cursor of ours", field="cursor")
        found = sorted(self.made.values(), key=lambda one: (one.made_at, one.id), reverse=True)
        if after is not None:
            found = found[found.index(self.made[after]) + 1 :]
        page = found[:limit]
        return page, page[-1].id if len(found) > limit else None

    async def lines(
        self, its_id: str, outcome: Outcome | None, *, unsettled: bool, limit: int, after: str | None
    ) -> tuple[Sequence[ReconciliationLine], str | None]:
        if after is not None and not after.isdigit():
            raise errors.Invalid("this is no cursor of ours", field="cursor")
        found = [
            line
            for line in self.kept.get(its_id, [])
            if outcome in (None, line.outcome)
            and (not unsettled or (line.outcome is not Outcome.MATCHED and line.settled_as is None))
            and line.number > int(after or 0)
        ]
        page = found[:limit]
        return page, str(page[-1].number) if len(found) > limit else None

    async def accept(
        self, its_id: str, number: int, delivery_id: str | None, actor: str, limit: int
    ) -> ReconciliationLine:
        made, line = self._open(its_id, number)
        whose = line.delivery_id or delivery_id
        if whose is None:
            raise errors.Invalid("say whose booking it is", field="delivery_id")
        waiting = [a.change for a in self.adjustments.by_id.values() if a.status is AdjustmentStatus.PROPOSED]
        if any(c.delivery_id == whose and c.kind is AdjustmentKind.CARRIER for c in waiting):
            raise errors.AdjustmentPending(delivery_id=whose)
        now = self._payable(made.ref)[line.reference, line.currency]
        missing = line.theirs + sum(entry.money.amount for entry in now)
        adjusted = None
        if missing:
            holder = Holder(
                carrier=made.carrier, carrier_account=made.carrier_account, booking_reference=line.reference
            )
            change = Change(
                delivery_id=whose, kind=AdjustmentKind.CARRIER, reason="carrier_invoice", holder=holder,
                money=Money(amount=missing, currency=line.currency),
            )  # fmt: skip
            its_adjustment = adjustment_id(its_id, f"{number}/{line.adjustment_id}")
            adjusted, _ = await self.adjustments.propose(its_adjustment, change, actor, limit)
        return await self._settle(its_id, line, Settlement.ACCEPTED, actor, adjusted.id if adjusted else None)

    async def dismiss(self, its_id: str, number: int, actor: str) -> ReconciliationLine:
        _, line = self._open(its_id, number)
        return await self._settle(its_id, line, Settlement.DISMISSED, actor, None)

    def _open(self, its_id: str, number: int) -> tuple[Reconciliation, ReconciliationLine]:
        lines = self.kept.get(its_id, [])
        if not 1 <= number <= len(lines):
            raise errors.NotFound("no such line")
        line = lines[number - 1]
        if line.outcome is Outcome.MATCHED:
            raise errors.AlreadyDecided("this line matches", status=line.outcome)
        adjusted = self.adjustments.by_id.get(line.adjustment_id or "")
        if line.settled_as is not None and (adjusted is None or adjusted.status is not AdjustmentStatus.REJECTED):
            raise errors.AlreadyDecided(status=line.settled_as)
        return self.made[its_id], line

    async def _settle(
        self, its_id: str, line: ReconciliationLine, settled_as: Settlement, actor: str, adjusted: str | None
    ) -> ReconciliationLine:
        values = {"settled_as": settled_as, "settled_by": actor, "adjustment_id": adjusted}
        settled = line.model_copy(update={**values, "settled_at": datetime.now(UTC)})
        self.kept[its_id][line.number - 1] = settled
        journal = self.adjustments.deliveries.journal
        await journal.append(its_id, f"reconciliation.{settled_as}", actor, {"line": line.number})
        return settled
