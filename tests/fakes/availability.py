"""Areas and slots, in memory."""

from collections.abc import Sequence
from datetime import datetime

from domain.availability import ServiceArea, Slot, Window
from fakes.journal import InMemoryJournal


class InMemoryAvailabilityStore:
    """Areas, and who holds which slot."""

    def __init__(self, *areas: ServiceArea, journal: InMemoryJournal | None = None) -> None:
        self.journal = journal or InMemoryJournal()
        self.by_id = {area.id: area for area in areas}
        self.held: dict[str, Slot] = {}

    async def areas(self) -> Sequence[ServiceArea]:
        return sorted(self.by_id.values(), key=lambda area: (area.name, area.id))

    async def put_area(self, area: ServiceArea, actor: str) -> None:
        self.by_id[area.id] = area
        await self.journal.append(area.id, "area.put", actor, {"enabled": area.enabled, "capacity": area.capacity})

    async def delete_area(self, area_id: str, actor: str) -> bool:
        if self.by_id.pop(area_id, None) is None:
            return False
        await self.journal.append(area_id, "area.deleted", actor, {})
        return True

    async def reserve(self, slot: Slot, capacity: int) -> Slot | None:
        before = self.held.get(slot.delivery_id)
        if before is not None and _window(before) == _window(slot):
            return before
        self.held.pop(slot.delivery_id, None)
        if sum(_window(other) == _window(slot) for other in self.held.values()) >= capacity:
            return None
        self.held[slot.delivery_id] = slot
        return slot

    async def taken(self, area_id: str, window: Window) -> int:
        return sum(_window(slot) == (area_id, window.starts_at) for slot in self.held.values())

    async def release(self, delivery_id: str) -> None:
        self.held.pop(delivery_id, None)


def _window(slot: Slot) -> tuple[str, datetime]:
    return slot.area_id, slot.window.starts_at
