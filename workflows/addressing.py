"""Where workflows live: ids and task queues, built and un-built only here."""

import re

USERS = "users"
QUOTES = "quotes"
AVAILABILITY = "availability"
DELIVERIES = "deliveries"
TRACKING = "tracking"
NOTIFICATIONS = "notifications"

_DELIVERY = "delivery/"
_ID = re.compile(r"del_[0-9a-f]{32}")


def delivery_workflow_id(delivery_id: str) -> str:
    """The id of the one workflow that lives this delivery."""
    return _DELIVERY + delivery_id


def delivery_id(workflow_id: str) -> str:
    """The delivery a workflow id is about; raises ValueError for another kind of workflow."""
    if not workflow_id.startswith(_DELIVERY):
        raise ValueError(f"not a delivery's workflow: {workflow_id}")
    return workflow_id.removeprefix(_DELIVERY)


def notification_workflow_id(subscriber: str, delivery_id: str) -> str:
    """The id of the workflow that tells a subscriber of a delivery."""
    return f"notification/{subscriber}/{delivery_id}"


def replay_workflow_id(subscriber: str, replay_id: str) -> str:
    """The id of the workflow that tells a subscriber again what happened."""
    return f"replay/{subscriber}/{replay_id}"


def paused_workflow_id(endpoint_id: str, seq: int) -> str:
    """The id of the workflow that writes to the owners of an endpoint, of which this line says that it was paused."""
    return f"paused/{endpoint_id}/{seq}"


def letter_workflow_id(subscriber: str, delivery_id: str | None) -> str:
    """The id of the workflow that writes to a member, or to one delivery's recipient."""
    return f"letters/{subscriber}" + (f"/{delivery_id}" if delivery_id else "")


def delivery_in(workflow_id: str) -> str | None:
    """The delivery that a workflow of any kind is about, which its id names; None for one about no single delivery."""
    found = _ID.findall(workflow_id)
    return found[0] if len(found) == 1 else None


def import_workflow_id(import_id: str) -> str:
    """The id of the workflow that carries an import out."""
    return f"import/{import_id}"
