"""The notifications queue: a story for each subscriber and delivery, and what is sent to them."""

from temporalio.client import Client
from temporalio.worker import Interceptor, Worker

from activities.notifications import NotificationActivities
from runtime.temporal import make_worker
from runtime.wiring import Wiring
from workflows import addressing
from workflows.notifications import NotificationWorkflow


def worker(client: Client, wiring: Wiring, interceptors: list[Interceptor]) -> Worker:
    """Versioned, since it runs workflows; reads the journal as the notifications role."""
    activities = NotificationActivities(wiring.journal("notifications"), wiring.messages(), wiring.channels())
    return make_worker(
        client,
        addressing.NOTIFICATIONS,
        workflows=[NotificationWorkflow],
        activities=[activities.send_message],
        interceptors=interceptors,
        versioned=True,
    )
