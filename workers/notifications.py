"""The notifications queue: a story for each subscriber and delivery, and what is sent to them."""

from temporalio.client import Client
from temporalio.worker import Interceptor, Worker

from activities.letters import LetterActivities
from activities.notifications import NotificationActivities
from runtime.letters import SignedLinks
from runtime.temporal import make_worker
from runtime.wiring import Wiring
from workflows import addressing
from workflows.letters import LetterWorkflow
from workflows.notifications import NotificationWorkflow


def worker(client: Client, wiring: Wiring, interceptors: list[Interceptor]) -> Worker:
    """Versioned, since it runs workflows; reads the journal as the notifications role."""
    activities = NotificationActivities(wiring.journal("notifications"), wiring.messages(), wiring.channels())
    letters = LetterActivities(
        wiring.journal("notifications"),
        wiring.members(),
        wiring.letter_queue(),
        wiring.templates(),
        wiring.mailer(),
        SignedLinks(wiring.settings),
        wiring.recipient_index(),
    )
    return make_worker(
        client,
        addressing.NOTIFICATIONS,
        workflows=[NotificationWorkflow, LetterWorkflow],
        activities=[activities.send_message, letters.draft_letter, letters.write_to_recipient],
        interceptors=interceptors,
        versioned=True,
    )
