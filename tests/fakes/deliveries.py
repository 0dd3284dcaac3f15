"""Deliveries, in memory."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from domain import errors
from domain.adjustments import lapsed
from domain.deliveries import Delivery, RecordMove
from domain.finding import clues, folded, satisfied, search
from domain.ledger import Entry, imbalance
from domain.ports import DeliveryFilter
from fakes.journal import InMemoryJournal


class InMemoryDeliveryStore:
    """Deliveries, their states and entries; the lines go to the journal."""

    def __init__(self, journal: InMemoryJournal | None = None) -> None:
        self.journal = journal or InMemoryJournal()
        self.rows: dict[str, Delivery] = {}
        self.left: dict[str, Delivery] = {}
        self.states: dict[str, dict[str, Any]] = {}
        self.posted: dict[str, list[Entry]] = defaultdict(list)

    async def record(self, move: RecordMove) -> None:
        delivery = move.delivery
        first = move.lines[0].seq
        if [line.seq for line in move.lines] != list(range(first, delivery.seq + 1)):
            raise errors.DeliveryDiverged("a move's lines follow each other, up to the delivery's seq")
        told = await self.journal.of(delivery.id)
        if delivery.id in self.journal.ends:
            raise errors.DeliveryDiverged("this line does not follow the last")
        if first > len(told) + 1:
            raise errors.DeliveryDiverged("lines are missing before this move")
        if any(line.digest() != known.digest() for line, known in zip(move.lines, told[first - 1 :], strict=False)):
            raise errors.DeliveryDiverged("this line is told otherwise")
        fresh = move.lines[len(told) - first + 1 :]
        if not fresh:
            return
        self._post(delivery.id, (*move.entries, *lapsed(self.posted[delivery.id], move.entries)))
        self.journal.write(delivery.id, delivery.organisation_id, fresh)
        self.rows[delivery.id] = delivery
        self.states[delivery.id] = dict(move.state)

    def _post(self, delivery_id: str, entries: Sequence[Entry]) -> None:
        known = {entry.id: entry for entry in self.posted[delivery_id]}
        for entry in entries:
            before = known.setdefault(entry.id, entry)
            if before != entry.model_copy(update={"posted_at": before.posted_at}):
                raise errors.DeliveryDiverged("another entry is posted")
        steps = {(entry.step, entry.account) for entry in known.values()}
        if imbalance(known.values()) or len(steps) < len(known):
            raise errors.DeliveryDiverged("the database refuses this move")
        self.posted[delivery_id] = list(known.values())

    async def get(self, delivery_id: str) -> Delivery | None:
        if (it := self.left.get(delivery_id)) is not None:
            raise errors.Archived(organisation_id=it.organisation_id, created_by=it.created_by)
        return self.rows.get(delivery_id)

    def leave(self, delivery_id: str) -> None:
        """For the archive, once its lines have."""
        self.journal.archive(delivery_id)
        self.left[delivery_id] = self.rows.pop(delivery_id)

    async def state(self, delivery_id: str) -> dict[str, object] | None:
        return self.states.get(delivery_id)

    async def request_hash(self, delivery_id: str) -> str | None:
        return self.rows[delivery_id].request.fingerprint() if delivery_id in self.rows else None

    async def page(self, where: DeliveryFilter, limit: int, after: str | None) -> tuple[Sequence[Delivery], str | None]:
        if after is not None and after not in self.rows:
            raise errors.Invalid("this is no cursor of ours", field="cursor")
        found = sorted((d for d in self.rows.values() if _fits(d, where)), key=_age, reverse=True)
        if after is not None:
            found = [delivery for delivery in found if _age(delivery) < _age(self.rows[after])]
        page = found[:limit]
        return page, page[-1].id if page and len(found) > limit else None

    async def entries(self, delivery_id: str) -> Sequence[Entry]:
        return list(self.posted[delivery_id])


def _age(delivery: Delivery) -> tuple[datetime, str]:
    return delivery.created_at, delivery.id


def _fits(delivery: Delivery, where: DeliveryFilter) -> bool:
    holder, request = delivery.booking or delivery.accepted_offer, delivery.request
    codes = (delivery.booking.tracking_number, delivery.booking.reference) if delivery.booking else ()
    text = (delivery.id, request.reference, *codes, request.pickup.address.city, request.dropoff.address.city)
    return (
        where.organisation_id in (None, delivery.organisation_id)
        and where.created_by in (None, delivery.created_by)
        and (not where.status or delivery.status in where.status)
        and (not where.attention or delivery.attention in where.attention)
        and where.carrier in (None, holder.carrier if holder else "")
        and where.service in (None, request.service)
        and where.reference in (None, request.reference)
        and where.tracking_number in (None, delivery.booking.tracking_number if delivery.booking else "")
        and all(_within(where, delivery, name) for name in ("created", "promised", "ended"))
        and (not where.text or folded(where.text) in folded(" ".join(map(str, text))))
        and satisfied(search(where), clues(delivery))
    )


def _within(where: DeliveryFilter, delivery: Delivery, name: str) -> bool:
    at, since, until = getattr(delivery, f"{name}_at"), getattr(where, f"{name}_from"), getattr(where, f"{name}_to")
    if at is None:
        return since is None and until is None
    return (since is None or at >= since) and (until is None or at < until)
