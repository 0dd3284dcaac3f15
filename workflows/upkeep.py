"""What is done again and again, by Temporal's own schedules."""

from temporalio import workflow

from workflows import addressing, options

with workflow.unsafe.imports_passed_through():
    from activities.tracking import Swept, TrackingActivities

SWEEP_ID = "sweep-inbox"


@workflow.defn
class SweepInboxWorkflow:
    """Hands over the scans that an outage or a crash left in the inbox."""

    @workflow.run
    async def run(self) -> Swept:
        """One sweep."""
        return await workflow.execute_activity_method(
            TrackingActivities.sweep_inbox, task_queue=addressing.TRACKING, **options.SWEEP_INBOX
        )
