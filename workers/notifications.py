"""The notifications queue: a story for each subscriber and delivery, what is sent to them, and what is sent again."""

from temporalio.client import Client
from temporalio.worker import Interceptor, Worker

from activities.letters import LetterActivities
from activities.notifications import NotificationActivities
from activities.privacy import EndpointPrivacyActivities
from activities.pruning import PruningActivities
from activities.replays import ReplayActivities
from runtime.letters import SignedLinks
from runtime.temporal import TemporalNotifier, make_worker
from runtime.versions import version_of
from runtime.wiring import Wiring
from workflows import addressing
from workflows.letters import LetterWorkflow
from workflows.notifications import NotificationWorkflow
from workflows.pauses import EndpointPausedWorkflow
from workflows.replays import ReplayWorkflow
from workflows.upkeep import PruneMessagesWorkflow


def worker(client: Client, wiring: Wiring, interceptors: list[Interceptor]) -> Worker:
    """Versioned, since it runs workflows; reads the journal as the notifications role."""
    messages = wiring.messages()
    replays = ReplayActivities(wiring.replays(), wiring.endpoints(), messages, TemporalNotifier(client))
    activities = NotificationActivities(wiring.journal("notifications"), messages, wiring.channels())
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
        workflows=[
            NotificationWorkflow,
            LetterWorkflow,
            ReplayWorkflow,
            EndpointPausedWorkflow,
            PruneMessagesWorkflow,
        ],
        activities=[
            activities.send_message,
            letters.draft_letter,
            letters.write_to_recipient,
            replays.begin_replay,
            replays.replay_lines,
            PruningActivities(messages).prune_messages,
            EndpointPrivacyActivities(wiring.endpoints()).delete_endpoints,
        ],
        interceptors=interceptors,
        version=version_of(addressing.NOTIFICATIONS, wiring.settings),
    )
