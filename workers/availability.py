"""The availability queue: slots held and given back."""

from temporalio.client import Client
from temporalio.worker import Interceptor, Worker

from activities.availability import AvailabilityActivities
from runtime.temporal import make_worker
from runtime.wiring import Wiring
from workflows import addressing


def worker(client: Client, wiring: Wiring, interceptors: list[Interceptor]) -> Worker:
    """Owns the windows as the availability role."""
    slots = AvailabilityActivities(wiring.availability(), wiring.carriers("availability"))
    return make_worker(
        client,
        addressing.AVAILABILITY,
        activities=[slots.reserve_slot, slots.release_slot],
        interceptors=interceptors,
    )
