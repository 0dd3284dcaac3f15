"""An endpoint was paused: its organisation's owners are written to, each once, whenever the mail server takes it."""

from temporalio import workflow
from temporalio.exceptions import ActivityError, is_cancelled_exception

with workflow.unsafe.imports_passed_through():
    from activities.owners import FindOwners, OwnerActivities, WriteOfPause
    from domain._values import Value
    from workflows import options


class EndpointPaused(Value):
    """Which endpoint, and whose."""

    organisation_id: str
    endpoint_id: str


@workflow.defn
class EndpointPausedWorkflow:
    """One for each line of the journal that tells of a pause."""

    @workflow.run
    async def run(self, paused: EndpointPaused) -> None:
        """A letter to each."""
        owners = await workflow.execute_activity_method(
            OwnerActivities.find_owners, FindOwners(organisation_id=paused.organisation_id), **options.WRITE_TO_MEMBER
        )
        for user_id in owners.user_ids:
            ask = WriteOfPause(user_id=user_id, endpoint_id=paused.endpoint_id)
            try:
                await workflow.execute_activity_method(OwnerActivities.write_of_pause, ask, **options.WRITE_TO_MEMBER)
            except ActivityError as error:
                if is_cancelled_exception(error):
                    raise
                workflow.logger.warning("an owner cannot be told of a pause", exc_info=error)
