"""Hearing what carriers report, in whatever order it comes, and what it means here and now."""

from pydantic import JsonValue
from temporalio import workflow

from workflows._booking import Getting

with workflow.unsafe.imports_passed_through():
    from domain.bookings import Booking
    from domain.deliveries import FINAL, UNDERWAY, Actor, Attention, Courier, DeliveryStatus, may_move
    from domain.tracking import IMPLIES, Mark, Scan, ScanKind, standing

_GIVEN_BACK = (ScanKind.REJECTED, ScanKind.CANCELLED)
_ABOUT_MONEY = (ScanKind.REFUNDED, ScanKind.REFUND_REJECTED)
_HANDED_OVER = frozenset({DeliveryStatus.DELIVERED, DeliveryStatus.RETURNED})


class Tracking(Getting):
    """Scans: kept always, moving the delivery forward where they say something new."""

    def _hear_all(self) -> None:
        """Takes the scans and leaves the intents."""
        scans = [happening.scan for happening in self.state.inbox if happening.scan]
        self.state.inbox = [happening for happening in self.state.inbox if not happening.scan]
        for scan in scans:
            self._hear(scan)

    async def _take_in(self, scans: list[Scan]) -> None:
        for scan in scans:
            self._hear(scan)
            await self._consequences()

    def _hear(self, scan: Scan) -> None:
        """One report. A known one says nothing; one of an earlier attempt is history; ours may move us forward."""
        state = self.state
        if scan.id in state.seen:
            return
        state.seen = [*state.seen, scan.id][-state.policy.max_marks :]
        self._tell(f"scan.{scan.kind}", Actor.CARRIER, _told(scan))
        if (scan.kind in _ABOUT_MONEY and self._paid_back(scan)) or not self._ours(scan):
            return
        state.marks = [*state.marks, Mark(id=scan.id, kind=scan.kind, occurred_at=scan.occurred_at)]
        state.marks = state.marks[-state.policy.max_marks :]
        self._learn(scan)
        if scan.kind is ScanKind.FINISHED:
            state.finished = True
        if self.delivery.status in FINAL:
            self._after_the_end()
        elif self._voiding:
            pass  # whether it still counts is known when the undoing is over
        elif scan.kind in _GIVEN_BACK:
            self._given_back(scan)
        elif scan.kind in IMPLIES:
            self._catch_up(scan.reason)
        elif scan.needs_decision:
            self._attend(Attention.DECISION_NEEDED, reason=scan.reason, actor=Actor.CARRIER)

    def _ours(self, scan: Scan) -> bool:
        """Whether it is about the attempt that counts now; a report of a booking that nobody could confirm
        settles that it exists."""
        order, booking = self.state.order, self.delivery.booking
        if booking is not None:
            # Several orders may share one reference, where a courier carries them together.
            same = scan.booking_reference == booking.reference
            return scan.booking_key == booking.key or (scan.booking_key is None and same)
        if order is None or scan.ref != order.offer.ref or scan.booking_key not in (None, order.key):
            return False
        if not self.state.maybe_booked:
            return False  # nothing of this order was sent yet: it is about one that came before
        if scan.booking_key is None and scan.booking_reference in self.state.placed:
            return False  # an earlier attempt's, at the same account
        if scan.kind not in (*_GIVEN_BACK, *_ABOUT_MONEY):
            found = Booking(
                carrier=scan.carrier,
                carrier_account=scan.carrier_account,
                offer_id=order.offer.id,
                key=order.key,
                attempt=order.attempt,
                reference=scan.booking_reference,
                tracking_number=scan.tracking_number,
                confirmed=False,
            )
            self._placed(found)
        return True

    def _learn(self, scan: Scan) -> None:
        """What a report says beside the status: when, where, proof, and that the carrier is not silent."""
        now = workflow.now()
        self.state.heard_at, self.state.polls = now, 0
        self.state.poll_at = now + self.state.policy.poll_first
        known: dict[str, object] = {}
        if scan.delivery_eta_at is not None:
            known["eta_at"] = scan.delivery_eta_at
        courier = self.delivery.courier
        if (
            scan.latitude is not None
            and scan.longitude is not None
            and (courier is None or courier.at <= scan.occurred_at)
        ):
            known["courier"] = Courier(latitude=scan.latitude, longitude=scan.longitude, at=scan.occurred_at)
        if scan.proof is not None:
            known["proof"] = scan.proof
        booking = self.delivery.booking
        if booking is not None and scan.cost is not None:
            known["booking"] = booking.model_copy(update={"cost": scan.cost})
        self.state.delivery = self.delivery.model_copy(update=known)
        if self.delivery.booking is not None:
            self._post(self._books.correct_cost(self.delivery.booking))
        if self.delivery.attention is Attention.SILENT_CARRIER:
            self._attend(Attention.NONE, actor=Actor.CARRIER)

    def _catch_up(self, reason: str | None = None) -> None:
        """Where all reports together say it stands; booked first, if this is how we learn of the yes."""
        if self.delivery.status is DeliveryStatus.BOOKING:
            if self.delivery.booking is None or self.delivery.cancel_requested:
                return
            self._confirm()
        status = standing(self.state.marks)
        if self.delivery.status is DeliveryStatus.BOOKING or not may_move(self.delivery.status, status):
            return
        attention = self.delivery.attention
        if status is DeliveryStatus.ATTEMPT_FAILED:
            attention = Attention.DECISION_NEEDED
        elif attention is Attention.DECISION_NEEDED:
            attention = Attention.NONE
        at = self._first(status)
        told: dict[str, JsonValue] = {"occurred_at": at.isoformat()} if at else {}
        self._move_to(status, actor=Actor.CARRIER, reason=reason, data=told, attention=attention)

    def _given_back(self, scan: Scan) -> None:
        """The carrier will not go on. Before pickup another may; afterwards a human must ask where the thing is."""
        if self.delivery.status in (DeliveryStatus.BOOKING, DeliveryStatus.BOOKED):
            self.state.refusal = scan.reason or f"carrier_{scan.kind}"
        elif self.delivery.status in UNDERWAY or self.delivery.status is DeliveryStatus.RETURNING:
            self._attend(Attention.DECISION_NEEDED, reason=f"carrier_{scan.kind}", actor=Actor.CARRIER)

    def _after_the_end(self) -> None:
        """A late report changes nothing that ended; when it contradicts the end, the story says so."""
        status = standing(self.state.marks)
        if status in _HANDED_OVER and status is not self.delivery.status:
            self._attend(Attention.CONFLICTING_SCANS, reason=str(status), actor=Actor.CARRIER)

    def _paid_back(self, scan: Scan) -> bool:
        """Whether it tells of a refund that is awaited, of whichever attempt. What is paid back is reversed; what the
        carrier keeps stays our cost, and a human is told in the end."""
        state = self.state
        due = next((r for r in state.refunds if r.booking.reference == scan.booking_reference), None)
        if due is None or due.booking.ref != scan.ref:
            return False
        state.refunds.remove(due)
        if scan.kind is ScanKind.REFUND_REJECTED:
            state.refunds.append(due.model_copy(update={"rejected": True, "by": workflow.now()}))
            return True
        self._post(self._books.refund(due.step))
        if not state.refunds and self.delivery.attention is Attention.REFUND_MISSING:
            self._attend(Attention.NONE, actor=Actor.CARRIER)
        return True


def _told(scan: Scan) -> dict[str, JsonValue]:
    """What the journal may hold of a scan: ids and codes."""
    return {
        "scan_id": scan.id,
        "carrier": scan.carrier,
        "account": scan.carrier_account,
        "code": scan.carrier_code,
        "reason": scan.reason,
        "source": str(scan.source),
        "occurred_at": scan.occurred_at.isoformat(),
    }
