"""What histories tell of the workers that made them."""

from temporalio.api.enums.v1 import EventType, WorkflowTaskFailedCause
from temporalio.client import Client

OURS = "WorkflowType = 'DeliveryWorkflow'"
OUR_FAULT = {"NON_DETERMINISTIC_ERROR", "WORKFLOW_WORKER_UNHANDLED_FAILURE"}
"""Why a task may not fail; that something came in meanwhile is no fault."""


async def builds(temporal: Client) -> tuple[list[set[str]], set[str]]:
    """Which builds worked at each delivery, and why tasks of their workflows failed."""
    worked, failed = [], set()
    async for told in temporal.list_workflows(OURS):
        by = set()
        async for event in temporal.get_workflow_handle(told.id, run_id=told.run_id).fetch_history_events():
            if event.event_type == EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED:
                by.add(event.workflow_task_completed_event_attributes.deployment_version.build_id)
            if event.event_type == EventType.EVENT_TYPE_WORKFLOW_TASK_FAILED:
                cause = event.workflow_task_failed_event_attributes.cause
                failed.add(WorkflowTaskFailedCause.Name(cause).removeprefix("WORKFLOW_TASK_FAILED_CAUSE_"))
        worked.append(by)
    return worked, failed
