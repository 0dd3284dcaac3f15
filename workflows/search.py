"""Search attributes: how support finds deliveries in the Temporal UI. Nothing personal: they are never encrypted."""

from datetime import datetime
from typing import Any

from temporalio import workflow
from temporalio.common import SearchAttributeKey, SearchAttributePair, SearchAttributeUpdate, TypedSearchAttributes

with workflow.unsafe.imports_passed_through():
    from domain.deliveries import Delivery, DeliveryStatus

STATUS = SearchAttributeKey.for_keyword("DeliveryStatus")
CARRIER = SearchAttributeKey.for_keyword("Carrier")
SERVICE = SearchAttributeKey.for_keyword("Service")
ORGANISATION = SearchAttributeKey.for_keyword("OrganisationId")
TRACKING_NUMBER = SearchAttributeKey.for_keyword("TrackingNumber")
ATTENTION = SearchAttributeKey.for_keyword("Attention")
PROMISED_AT = SearchAttributeKey.for_datetime("PromisedAt")

ALL: tuple[SearchAttributeKey[Any], ...] = (
    STATUS,
    CARRIER,
    SERVICE,
    ORGANISATION,
    TRACKING_NUMBER,
    ATTENTION,
    PROMISED_AT,
)

Listed = dict[str, str | datetime | None]
"""What was upserted last, by attribute name."""


def at_start(organisation_id: str, service: str) -> TypedSearchAttributes:
    """What is known before the first task runs: given with the start, it costs no event."""
    return TypedSearchAttributes(
        [
            SearchAttributePair(STATUS, DeliveryStatus.QUOTING.value),
            SearchAttributePair(SERVICE, service),
            SearchAttributePair(ORGANISATION, organisation_id),
            SearchAttributePair(ATTENTION, "none"),
        ]
    )


def changed(listed: Listed, delivery: Delivery) -> tuple[list[SearchAttributeUpdate[Any]], Listed]:
    """The updates that are due, and what is listed then. Each upsert is an event, so `booking`, which lasts
    seconds unless attention says otherwise, goes unlisted."""
    if delivery.status is DeliveryStatus.BOOKING and str(delivery.attention) == listed.get(ATTENTION.name, "none"):
        return [], listed
    booking = delivery.booking
    now: Listed = {
        STATUS.name: delivery.status.value,
        ATTENTION.name: delivery.attention.value,
        CARRIER.name: booking.carrier if booking else None,
        TRACKING_NUMBER.name: booking.tracking_number if booking else None,
        PROMISED_AT.name: delivery.promised_at,
    }
    if not listed:
        listed = {STATUS.name: DeliveryStatus.QUOTING.value, ATTENTION.name: "none"}
    keys = {key.name: key for key in ALL}
    updates: list[SearchAttributeUpdate[Any]] = []
    for name, value in now.items():
        if listed.get(name) != value:
            updates.append(keys[name].value_unset() if value is None else keys[name].value_set(value))
    return updates, now
