"""The tracking queue: asking silent carriers, and sweeping the inbox."""

from temporalio.client import Client
from temporalio.worker import Interceptor, Worker

from activities.privacy import InboxPrivacyActivities
from activities.tracking import TrackingActivities
from runtime.temporal import TemporalDeliverer, make_worker
from runtime.wiring import Wiring
from workflows import addressing


def worker(client: Client, wiring: Wiring, interceptors: list[Interceptor]) -> Worker:
    """Owns the inbox as the tracking role."""
    tracking = TrackingActivities(wiring.carriers("tracking"), wiring.scans(), TemporalDeliverer(client))
    privacy = InboxPrivacyActivities(wiring.tidying("tracking"))
    return make_worker(
        client,
        addressing.TRACKING,
        activities=[tracking.poll_carrier, tracking.sweep_inbox, privacy.tidy_inbox],
        interceptors=interceptors,
    )
