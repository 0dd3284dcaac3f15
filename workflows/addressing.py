"""Where workflows live: ids and task queues, built and un-built only here."""

USERS = "users"
QUOTES = "quotes"
AVAILABILITY = "availability"
DELIVERIES = "deliveries"
TRACKING = "tracking"

_DELIVERY = "delivery/"


def delivery_workflow_id(delivery_id: str) -> str:
    """The id of the one workflow that lives this delivery."""
    return _DELIVERY + delivery_id


def delivery_id(workflow_id: str) -> str:
    """The delivery a workflow id is about; raises ValueError for another kind of workflow."""
    if not workflow_id.startswith(_DELIVERY):
        raise ValueError(f"not a delivery's workflow: {workflow_id}")
    return workflow_id.removeprefix(_DELIVERY)
