"""May this go express: the areas, the clock, the carrier and the window's capacity each have their word."""

import asyncio
from datetime import UTC, datetime, timedelta

from temporalio import activity

from domain import errors
from domain._values import Value
from domain.availability import Availability, Refusal, Slot, by_the_book, no
from domain.ports import AvailabilityStore, Carriers
from domain.quotes import Offer, QuoteRequest


class ReserveSlot(Value):
    """Hold a place for this delivery under this offer."""

    delivery_id: str
    request: QuoteRequest
    offer: Offer
    deadline: timedelta


class ReleaseSlot(Value):
    """Let go of whatever the delivery holds."""

    delivery_id: str


class AvailabilityActivities:
    """Runs on the availability queue."""

    def __init__(self, store: AvailabilityStore, carriers: Carriers) -> None:
        self._store = store
        self._carriers = carriers

    @activity.defn
    async def reserve_slot(self, ask: ReserveSlot) -> Availability:
        """Yes with the slot held, or no with the reason. Asks the carrier before it takes a place from others."""
        at = ask.request.ready_at or datetime.now(UTC)
        areas = {area.id: area for area in await self._store.areas()}
        verdict = by_the_book(areas.values(), ask.request.pickup.address, ask.request.dropoff.address, at)
        if not verdict.available or verdict.area_id is None or verdict.window is None:
            return verdict
        area = areas[verdict.area_id]
        try:
            async with asyncio.timeout(ask.deadline.total_seconds()):
                carrier = await self._carriers.reach(ask.offer.ref)
                answer = await carrier.availability(ask.request, ask.offer)
        except (TimeoutError, errors.CarrierUnavailable):
            return no(Refusal.CARRIER_SILENT, "the carrier does not answer now", area)
        except errors.CarrierRejected as error:
            return no(Refusal.CARRIER_REFUSED, error.detail, area)
        if not answer.available:
            return answer
        slot = Slot(id=f"slot_{ask.delivery_id}", area_id=area.id, delivery_id=ask.delivery_id, window=verdict.window)
        held = await self._store.reserve(slot, area.capacity)
        if held is None:
            return no(Refusal.NO_CAPACITY, "the window is full", area)
        return verdict.model_copy(update={"slot": held})

    @activity.defn
    async def release_slot(self, ask: ReleaseSlot) -> None:
        """Gives the place back; again is harmless."""
        await self._store.release(ask.delivery_id)
