"""The twenty deliveries of the demo: what each asks for, what its carrier will do, and how it must end.

A carrier's test mode is reached as with real ones: by a mark in the courier's instructions.
"""

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Scenario:
    """One delivery: the request, what the customer does besides, and the status it must end in."""

    name: str
    ends: str
    marks: str = ""
    choice: str | None = None
    prefer: str | None = None
    fallback: bool = False
    service: str = "express"
    then: str | None = None
    """What the customer does on the way: `cancel`, `return`, `ignore` (never chooses)."""
    shows: tuple[str, ...] = field(default=())
    """Journal kinds that must appear on the way."""
    writes: bool = False
    """Whether the recipient is written to."""

    def body(self, number: int) -> dict[str, Any]:
        """The request as the API takes it."""
        parcel = {"description": "Bolo de cenoura", "weight_g": 800 + 100 * number, "length_mm": 250}
        dropoff = {**_DROPOFFS[number % len(_DROPOFFS)], "instructions": self.marks}
        if self.writes:
            dropoff["contact"] = {**dropoff["contact"], "email": f"recipient-{number:02}@example.com"}
        body: dict[str, Any] = {
            "reference": f"demo-{number:02}",
            "service": self.service,
            "pickup": _PICKUP,
            "dropoff": dropoff,
            "parcels": [parcel],
            "fallback": self.fallback,
            "notify_recipient": self.writes,
        }
        return {**body, "choice": {"rule": self.choice}} if self.choice else body


def _stop(name: str, street: str, number: str, district: str, cep: str, *point: float) -> dict[str, Any]:
    address = {
        "street": street, "number": number, "district": district, "city": "São Paulo", "state": "SP",
        "postal_code": cep, **dict(zip(("latitude", "longitude"), point, strict=False)),
    }  # fmt: skip
    return {"contact": {"name": name, "phone": "+5511999990000"}, "address": address}


_PICKUP = _stop("Padaria do Bairro", "Avenida Paulista", "1578", "Bela Vista", "01310-200", -23.5614, -46.6560)
_DROPOFFS = (
    _stop("Ana", "Rua Oscar Freire", "500", "Jardins", "01426-000", -23.5629, -46.6690),
    _stop("Bruno", "Rua Augusta", "2200", "Cerqueira César", "01412-100", -23.5577, -46.6630),
    _stop("Carla", "Rua Funchal", "263", "Vila Olímpia", "04551-060"),  # as most customers write: without coordinates
)

SCENARIOS: tuple[Scenario, ...] = (
    Scenario("express, chosen by hand", "delivered", prefer="ligeiro", writes=True),
    Scenario("cheapest, by rule", "delivered", choice="cheapest", writes=True),
    Scenario("fastest, by rule", "delivered", choice="fastest"),
    Scenario("best value, by rule", "delivered", choice="best_value"),
    Scenario("standard, a parcel with a label", "delivered", service="standard", prefer="postal"),
    Scenario("a carrier that repeats itself out of order", "delivered", prefer="confuso"),
    Scenario("scans twice and shuffled", "delivered", marks="[sandbox:duplicated]", prefer="veloz"),
    Scenario(
        "refused, then the next best",
        "delivered",
        prefer="recusa",
        fallback=True,
        shows=("delivery.refused",),
    ),
    Scenario(
        "refused at once, then the next best",
        "delivered",
        marks="[sandbox:urbano=refused_at_once]",
        prefer="urbano",
        fallback=True,
        shows=("delivery.rebooking",),
    ),
    Scenario(
        "never answered, then the next best",
        "delivered",
        marks="[sandbox:veloz=never_accepted]",
        prefer="veloz",
        fallback=True,
        shows=("delivery.rebooking",),
    ),
    Scenario(
        "given back by the carrier, then the next best",
        "delivered",
        marks="[sandbox:urbano=cancelled_by_carrier]",
        prefer="urbano",
        fallback=True,
        shows=("delivery.refused",),
    ),
    Scenario("silent after its yes, found by polling", "delivered", marks="[sandbox:silent]", prefer="urbano"),
    Scenario("wholly silent, found by polling", "delivered", marks="[sandbox:silent_all]", prefer="veloz"),
    Scenario(
        "nobody home, sent back",
        "returned",
        marks="[sandbox:waits_for_decision]",
        prefer="ligeiro",
        then="return",
        writes=True,
        shows=("delivery.attempt_failed", "delivery.decided"),
    ),
    Scenario("nobody home, comes back by itself", "returned", marks="[sandbox:returned]", prefer="urbano"),
    Scenario("cancelled before a choice", "cancelled", then="cancel"),
    Scenario(
        "cancelled after booking", "cancelled", marks="[sandbox:slow_pickup]", prefer="tartaruga", then="cancel_booked"
    ),
    Scenario("nobody chooses", "expired", then="ignore"),
    Scenario("lost on the way", "lost", marks="[sandbox:lost]", prefer="ligeiro"),
    Scenario(
        "every carrier refuses",
        "failed",
        marks="[sandbox:refused]",
        prefer="recusa",
        fallback=True,
        shows=("delivery.refused",),
    ),
)

FAULTS: tuple[dict[str, Any], ...] = (
    {"provider": "ligeiro", "operation": "book", "fault": "lose_reply", "times": 2},
    {"provider": "tartaruga", "operation": "book", "fault": "5xx", "times": 2},
    {"provider": "urbano", "operation": "book", "fault": "lose_reply"},
    {"provider": "urbano", "operation": "quote", "fault": "garbage", "times": 2},
    {"provider": "confuso", "operation": "quote", "fault": "429", "times": 2},
    {"provider": "veloz", "operation": "quote", "fault": "5xx", "times": 2},
    {"provider": "postal", "operation": "book", "fault": "lose_reply"},
    {"provider": "ligeiro", "operation": "webhook", "fault": "drop_webhooks", "times": 3},
    {"provider": "urbano", "operation": "webhook", "fault": "duplicate_webhooks", "times": 5},
    {"provider": "veloz", "operation": "webhook", "fault": "reorder_webhooks", "times": 5},
    {"provider": "tartaruga", "operation": "cancel", "fault": "lose_reply"},
)
"""What goes wrong on the wire meanwhile, as the sandbox is told."""
