"""The notifications queue: a story for each subscriber and delivery, what is sent to them, and what is sent again."""

from temporalio.client import Client
from temporalio.worker import Interceptor, Worker

from activities.notifications import NotificationActivities
from activities.pruning import PruningActivities
from activities.replays import ReplayActivities
from runtime.temporal import TemporalNotifier, make_worker
from runtime.wiring import Wiring
from workflows import addressing
from workflows.notifications import NotificationWorkflow
from workflows.pauses import EndpointPausedWorkflow
from workflows.replays import ReplayWorkflow
from workflows.upkeep import PruneMessagesWorkflow


def worker(client: Client, wiring: Wiring, interceptors: list[Interceptor]) -> Worker:
    """Versioned, since it runs workflows; reads the journal as the notifications role."""
    messages = wiring.messages()
    replays = ReplayActivities(wiring.replays(), wiring.endpoints(), messages, TemporalNotifier(client))
    activities = NotificationActivities(wiring.journal("notifications"), messages, wiring.channels())
    return make_worker(
        client,
        addressing.NOTIFICATIONS,
        workflows=[NotificationWorkflow, ReplayWorkflow, EndpointPausedWorkflow, PruneMessagesWorkflow],
        activities=[
            activities.send_message,
            replays.begin_replay,
            replays.replay_lines,
            PruningActivities(messages).prune_messages,
        ],
        interceptors=interceptors,
        versioned=True,
    )
