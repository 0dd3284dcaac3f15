"""The deliveries queue: the stories themselves, their records, and what they ask of carriers."""

from temporalio.client import Client
from temporalio.worker import Interceptor, Worker

from activities.deliveries import DeliveryActivities
from activities.privacy import DeliveryPrivacyActivities
from runtime.temporal import TemporalDeliverer, make_worker
from runtime.wiring import Wiring
from workflows import addressing
from workflows.deliveries import DeliveryWorkflow
from workflows.upkeep import RetentionWorkflow, SweepInboxWorkflow


def worker(client: Client, wiring: Wiring, interceptors: list[Interceptor]) -> Worker:
    """Versioned, since it runs workflows."""
    deliveries = DeliveryActivities(wiring.deliveries(), wiring.carriers("deliveries"))
    privacy = DeliveryPrivacyActivities(wiring.erasure(), TemporalDeliverer(client))
    return make_worker(
        client,
        addressing.DELIVERIES,
        workflows=[DeliveryWorkflow, SweepInboxWorkflow, RetentionWorkflow],
        activities=[
            deliveries.record_move,
            deliveries.book_carrier,
            deliveries.cancel_booking,
            deliveries.instruct_carrier,
            privacy.erase_deliveries,
        ],
        interceptors=interceptors,
        versioned=True,
    )
