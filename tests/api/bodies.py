"""Requests as customers send them."""

from typing import Any

from world import request


def delivery(**more: Any) -> dict[str, Any]:
    """What `POST /v1/deliveries` takes."""
    return {**request().model_dump(mode="json", exclude_none=True), **more}


def shipment(**more: Any) -> dict[str, Any]:
    """What price and availability checks take."""
    made = delivery()
    return {**{name: made[name] for name in ("service", "pickup", "dropoff", "parcels")}, **more}
