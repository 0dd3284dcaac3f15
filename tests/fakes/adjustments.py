"""Corrections by hand, in memory."""

from collections.abc import Sequence
from datetime import UTC, datetime

from domain import errors
from domain.adjustments import Adjustment, AdjustmentKind, AdjustmentStatus, Change, postings
from domain.ledger_ports import needs_another
from fakes.deliveries import InMemoryDeliveryStore


class InMemoryAdjustmentStore:
    """Posts into a delivery store's books."""

    def __init__(self, deliveries: InMemoryDeliveryStore) -> None:
        self.deliveries = deliveries
        self.by_id: dict[str, Adjustment] = {}

    async def propose(self, its_id: str, change: Change, actor: str, limit: int) -> tuple[Adjustment, bool]:
        known = self.by_id.get(its_id)
        if known is not None:
            if known.change != change:
                raise errors.IdempotencyKeyReused
            return known, True
        delivery = self.deliveries.rows.get(change.delivery_id)
        if delivery is None:
            raise errors.NotFound("no such delivery")
        mine = [
            one.change.money
            for one in self.by_id.values()
            if one.proposed_by == actor
            and one.status is AdjustmentStatus.POSTED
            and one.decided_by is None
            and one.change.delivery_id == change.delivery_id
        ]
        alone = sum(abs(money.amount) for money in mine if money.currency is change.money.currency)
        now = datetime.now(UTC)
        waits = needs_another(change.money, alone, limit)
        made = Adjustment(
            id=its_id, organisation_id=delivery.organisation_id, change=change, proposed_by=actor, proposed_at=now,
            status=AdjustmentStatus.PROPOSED if waits else AdjustmentStatus.POSTED, decided_at=None if waits else now,
        )  # fmt: skip
        entries = postings(made, self.deliveries.posted[change.delivery_id], now)
        await self._tell(made, "adjustment.proposed" if waits else "adjustment.posted", actor)
        if not waits:
            self.deliveries._post(change.delivery_id, entries)
        self.by_id[its_id] = made
        return made, False

    async def decide(self, its_id: str, actor: str, *, agreed: bool) -> Adjustment:
        known = self.by_id.get(its_id)
        if known is None:
            raise errors.NotFound("no such adjustment")
        if known.proposed_by == actor:
            raise errors.OwnProposal
        wanted = AdjustmentStatus.POSTED if agreed else AdjustmentStatus.REJECTED
        if known.status is not AdjustmentStatus.PROPOSED:
            if (known.status, known.decided_by) == (wanted, actor):
                return known
            raise errors.AlreadyDecided(status=known.status)
        now = datetime.now(UTC)
        made = known.model_copy(update={"status": wanted, "decided_by": actor, "decided_at": now})
        await self._tell(made, "adjustment.approved" if agreed else "adjustment.rejected", actor)
        if agreed:
            posted = self.deliveries.posted[made.change.delivery_id]
            self.deliveries._post(made.change.delivery_id, postings(made, posted, now))
        self.by_id[its_id] = made
        return made

    async def get(self, its_id: str) -> Adjustment | None:
        return self.by_id.get(its_id)

    async def page(
        self, status: AdjustmentStatus | None, delivery_id: str | None, limit: int, after: str | None
    ) -> tuple[Sequence[Adjustment], str | None]:
        if after is not None and after not in self.by_id:
            raise errors.Invalid("this is no cursor of ours", field="cursor")
        found = sorted(
            (
                one
                for one in self.by_id.values()
                if status in (None, one.status) and delivery_id in (None, one.change.delivery_id)
            ),
            key=lambda one: (one.proposed_at, one.id),
            reverse=True,
        )
        if after is not None:
            found = found[found.index(self.by_id[after]) + 1 :]
        page = found[:limit]
        return page, page[-1].id if len(found) > limit else None

    async def _tell(self, made: Adjustment, kind: str, actor: str) -> None:
        theirs = made.change.kind is not AdjustmentKind.CARRIER and made.status is AdjustmentStatus.POSTED
        told = {"delivery_id": made.change.delivery_id, "amount": made.change.money.amount}
        await self.deliveries.journal.append(made.id, kind, actor, told, made.organisation_id if theirs else None)
