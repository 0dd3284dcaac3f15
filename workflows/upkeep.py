"""What is done again and again, by Temporal's own schedules."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from temporalio import workflow

from workflows import addressing, options

with workflow.unsafe.imports_passed_through():
    from activities.privacy import (
        Batch,
        DeliveryPrivacyActivities,
        Done,
        EndpointPrivacyActivities,
        InboxPrivacyActivities,
        PeoplePrivacyActivities,
    )
    from activities.pruning import PruneMessages, PruningActivities
    from activities.tracking import Swept, TrackingActivities
    from domain.privacy import Retention, Tidied

SWEEP_ID = "sweep-inbox"
RETENTION_ID = "retention"
PRUNING_ID = "prune-messages"
_MOST_BATCHES = 100
"""Of one kind in one run, which keeps its history short; the next run goes on."""


@workflow.defn
class SweepInboxWorkflow:
    """Hands over the scans that an outage or a crash left in the inbox."""

    @workflow.run
    async def run(self) -> Swept:
        """One sweep."""
        return await workflow.execute_activity_method(
            TrackingActivities.sweep_inbox, task_queue=addressing.TRACKING, **options.SWEEP_INBOX
        )


@workflow.defn
class RetentionWorkflow:
    """Erases and tidies away what has been kept long enough, and what organisations that were erased leave behind."""

    @workflow.run
    async def run(self, retention: Retention) -> Tidied:
        """Each service does its own; one that is down keeps no other from its work, and fails the run at its end."""
        now, it = workflow.now(), retention

        def ago(days: int) -> Batch:
            return Batch(before=now - timedelta(days=days))

        erase, expel = DeliveryPrivacyActivities.erase_deliveries, PeoplePrivacyActivities.erase_unverified
        tidy_users, tidy_inbox = PeoplePrivacyActivities.tidy_users, InboxPrivacyActivities.tidy_inbox
        counts = await asyncio.gather(
            _all(addressing.DELIVERIES, erase, Batch()),
            _all(addressing.DELIVERIES, erase, ago(it.deliveries_days) if it.deliveries_days else None),
            _all(addressing.USERS, expel, ago(it.unverified_days) if it.unverified_days else None),
            _all(addressing.USERS, tidy_users, ago(it.ended_days) if it.ended_days else None),
            _all(addressing.TRACKING, tidy_inbox, ago(it.unmatched_days) if it.unmatched_days else None),
            return_exceptions=True,
        )
        # After the others, so that a run that was under way before there was more to do goes on as it began.
        left = await asyncio.gather(
            _all(addressing.DELIVERIES, DeliveryPrivacyActivities.tidy_deliveries, Batch()),
            _all(addressing.NOTIFICATIONS, EndpointPrivacyActivities.delete_endpoints, Batch()),
            return_exceptions=True,
        )
        for count in (*counts, *left):
            if isinstance(count, BaseException):
                raise count
        ended, old, people, *rows = [count for count in (*counts, *left) if isinstance(count, int)]
        return Tidied(deliveries=ended + old, people=people, rows=sum(rows))


async def _all(queue: str, tidy: Callable[..., Any], batch: Batch | None) -> int:
    """Batch after batch, until nothing is left or enough was done for once."""
    count = 0
    for _ in range(_MOST_BATCHES if batch is not None else 0):
        done: Done = await workflow.execute_activity_method(tidy, batch, task_queue=queue, **options.RETENTION)
        count += done.count
        if done.following is None:
            break
        batch = Batch(before=batch.before if batch else None, after=done.following)
    return count


@workflow.defn
class PruneMessagesWorkflow:
    """Forgets messages that were sent, or given up, so long ago."""

    @workflow.run
    async def run(self, kept_for: timedelta) -> int:
        """How many went."""
        ask, count = PruneMessages(before=workflow.now() - kept_for), 0
        for _ in range(_MOST_BATCHES):
            done = await workflow.execute_activity_method(
                PruningActivities.prune_messages, ask, **options.PRUNE_MESSAGES
            )
            count += done.count
            if not done.more:
                break
        return count
