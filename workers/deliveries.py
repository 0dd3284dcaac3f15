"""The deliveries queue: the stories themselves, their records, what they ask of carriers, and imports of many."""

from temporalio.client import Client
from temporalio.worker import Interceptor, Worker

from activities.deliveries import DeliveryActivities
from activities.imports import ImportActivities
from activities.letters import RecipientActivities
from activities.privacy import DeliveryPrivacyActivities
from runtime.caching import open_cache
from runtime.requesting import TemporalRequester
from runtime.temporal import TemporalDeliverer, make_worker
from runtime.versions import version_of
from runtime.wiring import Wiring
from workflows import addressing
from workflows.deliveries import DeliveryWorkflow
from workflows.imports import ImportWorkflow
from workflows.upkeep import RetentionWorkflow, SweepInboxWorkflow


def worker(client: Client, wiring: Wiring, interceptors: list[Interceptor]) -> Worker:
    """Versioned, since it runs workflows."""
    store, carriers = wiring.deliveries(), wiring.carriers("deliveries")
    deliveries = DeliveryActivities(store, carriers)
    cache = open_cache(wiring.settings.cache_url)
    stores = wiring.policies(), wiring.contracts(), wiring.terms("deliveries")
    requester = TemporalRequester(client, carriers, *stores, wiring.atlas(cache), wiring.settings.policy)
    imports = ImportActivities(wiring.imports(), store, requester)
    privacy = DeliveryPrivacyActivities(
        wiring.erasure(), TemporalDeliverer(client), wiring.imports(), wiring.tidying("deliveries")
    )
    recipients = RecipientActivities(store)
    return make_worker(
        client,
        addressing.DELIVERIES,
        workflows=[DeliveryWorkflow, SweepInboxWorkflow, RetentionWorkflow, ImportWorkflow],
        activities=[
            deliveries.record_move,
            deliveries.book_carrier,
            deliveries.cancel_booking,
            deliveries.instruct_carrier,
            privacy.erase_deliveries,
            privacy.tidy_deliveries,
            imports.request_lines,
            imports.end_import,
            recipients.find_recipient,
        ],
        interceptors=interceptors,
        version=version_of(addressing.DELIVERIES, wiring.settings),
    )
