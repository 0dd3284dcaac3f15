"""What a contract promises: made on booking or pickup, kept or broken once, credited where the contract says so."""

from datetime import datetime
from typing import Any

from pydantic import JsonValue
from temporalio import workflow

from workflows._telling import Telling

with workflow.unsafe.imports_passed_through():
    from domain import ledger, sla
    from domain.bookings import Booking
    from domain.counting import ZONE
    from domain.deliveries import FINAL, RANK, UNDERWAY, Actor, DeliveryStatus
    from domain.quotes import Decline, Offer
    from domain.sla import Basis, Promise
    from domain.tracking import IMPLIES

_THERE = (DeliveryStatus.DELIVERED, DeliveryStatus.READY_FOR_COLLECTION)


class Promising(Telling):
    """What is told follows from the carrier's own times and from when the promise fell due, never from the clock."""

    def _asked_for(self) -> dict[str, JsonValue]:
        """What the first line says: ids and codes by which figures are counted."""
        delivery, zone = self.delivery, self.state.policy.timezone
        told: dict[str, JsonValue] = {
            "organisation_id": delivery.organisation_id,
            "service": str(delivery.request.service),
            "area": delivery.request.dropoff.address.area,
        }
        return told if zone == ZONE else {**told, "timezone": zone}

    def _move_to(self, status: DeliveryStatus, **more: Any) -> None:
        """As ever; then what the move says of a promise."""
        super()._move_to(status, **more)
        if self.state.terms is None:
            return
        if status in UNDERWAY or status is DeliveryStatus.DELIVERED:
            self._promise_at_pickup()
        promise = self.state.promise
        if promise is None or promise.kept is not None:
            return
        there = self._first(*_THERE) if status in _THERE else None
        if there is not None and there > promise.late_at:
            self._break(promise, "late", there)
        elif status in _THERE:
            self._keep(promise)  # also when staff set it by hand, later than it happened
        elif status is DeliveryStatus.LOST:
            self._break(promise, "lost")
        elif status in FINAL or status is DeliveryStatus.RETURNING:
            self.state.promise = None
            self._tell("promise.withdrawn", Actor.SYSTEM, {"due_at": promise.due_at.isoformat()})

    def _promise_at_booking(self, booking: Booking, offer: Offer) -> None:
        """Another booking promises anew, unless a promise was broken already: its credit stands for the new price."""
        terms, before = self.state.terms, self.state.promise
        if terms is None:
            return
        if before is not None and before.kept is False:
            self._post(self._credit(booking.attempt))
        elif terms.basis is Basis.OFFER and (due := booking.delivery_eta_at or offer.delivery_eta_at):
            self._promise(due, booking.attempt)
        else:
            self.state.promise = None

    def _promise_at_pickup(self) -> None:
        """As soon as a report says when it was picked up."""
        terms, booking = self.state.terms, self.delivery.booking
        wanted = terms is not None and terms.basis is Basis.PICKUP and self.state.promise is None
        at = self._first(DeliveryStatus.PICKED_UP, DeliveryStatus.IN_TRANSIT, DeliveryStatus.OUT_FOR_DELIVERY)
        if wanted and terms is not None and terms.within is not None and booking is not None and at is not None:
            self._promise(at + terms.within, booking.attempt)

    def _promise(self, due: datetime, attempt: int) -> None:
        assert self.state.terms is not None
        promise = Promise(due_at=due, tolerance=self.state.terms.tolerance, attempt=attempt)
        self.state.promise = promise
        data: dict[str, JsonValue] = {"due_at": due.isoformat(), "late_at": promise.late_at.isoformat()}
        self._tell("promise.made", Actor.SYSTEM, {**data, "attempt": attempt}, promised_at=due)

    def _keep(self, promise: Promise) -> None:
        self.state.promise = promise.model_copy(update={"kept": True})
        self._tell("promise.kept", Actor.SYSTEM, {"due_at": promise.due_at.isoformat()})

    def _break(self, promise: Promise, reason: str, at: datetime | None = None) -> None:
        """Once; the credit goes into the same transaction."""
        self.state.promise = promise.model_copy(update={"kept": False})
        booking = self.delivery.booking
        entries = self._credit(booking.attempt if booking else promise.attempt)
        self._post(entries)
        data: dict[str, JsonValue] = {"due_at": promise.due_at.isoformat(), "reason": reason}
        if at is not None:
            data["occurred_at"] = at.isoformat()
        if entries:
            data |= {"credit": -entries[0].money.amount, "currency": str(entries[0].money.currency)}
        self._tell("promise.breached", Actor.SYSTEM, data)

    def _credit(self, attempt: int) -> tuple[ledger.Entry, ...]:
        offer, terms = self.delivery.accepted_offer, self.state.terms
        if offer is None or terms is None:
            return ()
        return sla.credit(
            delivery_id=self.delivery.id,
            organisation_id=self.delivery.organisation_id,
            step=f"breached/{attempt}",
            at=workflow.now(),
            price=offer.price,
            terms=terms,
        )

    def _late_at(self) -> datetime | None:
        """When an open promise is broken, if nothing comes before."""
        promise = self.state.promise
        return promise.late_at if promise is not None and promise.kept is None else None

    def _overdue(self) -> bool:
        late_at = self._late_at()
        return late_at is not None and workflow.now() >= late_at

    def _break_overdue(self) -> None:
        """The instant has passed, the carrier was asked once more, and it is not there."""
        promise = self.state.promise
        underway = RANK[self.delivery.status] >= RANK[DeliveryStatus.BOOKED] and self.delivery.status not in FINAL
        if promise is not None and promise.kept is None and underway:
            self._break(promise, "overdue")

    def _first(self, *statuses: DeliveryStatus) -> datetime | None:
        """When the carrier first reported any of these, by its own time."""
        times = (mark.occurred_at for mark in self.state.marks if IMPLIES.get(mark.kind) in statuses)
        return min(times, default=None)


def agreed(offer: Offer, booking: Booking) -> dict[str, JsonValue]:
    """What a booking's line says of price and promise; what we pay stands in the ledger alone."""
    due = booking.delivery_eta_at or offer.delivery_eta_at
    told: dict[str, JsonValue] = {"price": offer.price.amount, "currency": str(offer.price.currency)}
    return {**told, "promised_at": due.isoformat()} if due else told


def answered(offers: list[Offer], declined: list[Decline]) -> list[JsonValue]:
    """Which accounts were asked, and why those declined that did."""
    told: dict[str, JsonValue] = {
        str(offer.ref): {"carrier": offer.carrier, "account": offer.carrier_account} for offer in offers
    }
    for no in declined:
        told[str(no.ref)] = {"carrier": no.carrier, "account": no.carrier_account, "reason": no.reason}
    return list(told.values())
