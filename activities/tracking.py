"""Hearing what carriers say: polling a silent one, and handing over what lies in the inbox."""

from collections import defaultdict

from temporalio import activity

from domain._values import Value
from domain.bookings import Booking
from domain.ports import Carriers, Deliverer, ScanStore
from domain.tracking import Scan, ScanSource

_BATCH = 200


class PollCarrier(Value):
    """Ask the carrier where this booking stands."""

    delivery_id: str
    booking: Booking
    known: tuple[str, ...] = ()


class Polled(Value):
    """What it said that we did not know yet."""

    scans: tuple[Scan, ...] = ()


class Swept(Value):
    """How many scans were handed over, came after the end, or still wait."""

    handed: int = 0
    after_close: int = 0
    waiting: int = 0


class TrackingActivities:
    """Runs on the tracking queue."""

    def __init__(self, carriers: Carriers, scans: ScanStore, deliverer: Deliverer) -> None:
        self._carriers = carriers
        self._scans = scans
        self._deliverer = deliverer

    @activity.defn
    async def poll_carrier(self, ask: PollCarrier) -> Polled:
        """The scans not heard by webhook; they are kept like any other."""
        carrier = await self._carriers.reach(ask.booking.ref)
        known = set(ask.known)
        found = [
            scan.model_copy(update={"source": ScanSource.POLL})
            for scan in await carrier.track(ask.booking)
            if scan.id not in known
        ]
        await self._scans.keep(found)
        await self._scans.signalled(found)  # they travel in this activity's result
        return Polled(scans=tuple(found))

    @activity.defn
    async def sweep_inbox(self) -> Swept:
        """Hands over what an outage, a crash or an early arrival left behind."""
        waiting = 0
        by_delivery: dict[str, list[Scan]] = defaultdict(list)
        for item in await self._scans.waiting(_BATCH):
            if item.delivery_id is None:
                waiting += 1
            else:
                by_delivery[item.delivery_id].append(item.scan)
        handed = after_close = 0
        for delivery_id, scans in by_delivery.items():
            closed = not await self._deliverer.report(delivery_id, scans)
            await self._scans.signalled(scans, after_close=closed)
            handed, after_close = (handed, after_close + len(scans)) if closed else (handed + len(scans), after_close)
        return Swept(handed=handed, after_close=after_close, waiting=waiting)
