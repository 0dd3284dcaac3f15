"""The going of what was personal in deliveries, in memory."""

from collections.abc import Sequence
from datetime import datetime

from domain.deliveries import FINAL
from domain.erasure import erased_request
from domain.privacy import Ground
from fakes.deliveries import InMemoryDeliveryStore


class InMemoryDeliveryErasure:
    """Over the deliveries of a store; what lost its key is shown as the real one would read it."""

    def __init__(self, deliveries: InMemoryDeliveryStore) -> None:
        self.deliveries = deliveries

    async def erase(self, delivery_id: str, actor: str, ground: Ground) -> bool:
        rows = self.deliveries.left if delivery_id in self.deliveries.left else self.deliveries.rows
        it = rows.get(delivery_id)
        if it is None or it.erased:
            return False
        gone = {"request": erased_request(it.request.service, it.request.reference), "erased": True}
        personal = {"offers": (), "courier": None, "proof": None, "points": None, "booking": None}
        rows[delivery_id] = it.model_copy(update=gone | personal)
        told = {"subject": delivery_id, "ground": str(ground)}
        await self.deliveries.journal.append(f"key/{delivery_id}", "key.erased", actor, told, it.organisation_id)
        return True

    async def due(
        self, before: datetime | None, limit: int, after: str | None = None
    ) -> tuple[Sequence[str], str | None]:
        ended = {line.subject for line in self.deliveries.journal.lines if line.kind == "organisation.erased"}
        every = (*self.deliveries.rows.values(), *self.deliveries.left.values())
        rows = [it for it in every if not it.erased and it.status in FINAL]
        mine = [it for it in rows if (it.organisation_id in ended if before is None else it.updated_at < before)]
        ids = [it.id for it in sorted(mine, key=lambda it: (it.updated_at, it.id))]
        begin = ids.index(after) + 1 if after in ids else 0
        page = ids[begin : begin + limit]
        return page, page[-1] if len(page) == limit else None

    async def archived(self, organisation_id: str, limit: int, after: str = "") -> Sequence[str]:
        theirs = (its_id for its_id, it in self.deliveries.left.items() if it.organisation_id == organisation_id)
        return sorted(its_id for its_id in theirs if its_id > after)[:limit]
