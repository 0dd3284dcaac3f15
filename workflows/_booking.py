"""Getting a carrier: the order, its outcome in every shape, undoing it, and the next best offer."""

from datetime import datetime, timedelta
from typing import Any
from uuid import NAMESPACE_OID, uuid5

from pydantic import JsonValue
from temporalio import workflow
from temporalio.exceptions import ActivityError
from temporalio.workflow import ActivityHandle

from workflows._holding import PAUSED, Holding
from workflows._promising import agreed

with workflow.unsafe.imports_passed_through():
    from domain.bookings import Booking, BookingOrder, Cancellation
    from domain.deliveries import RANK, Actor, Attention, DeliveryStatus
    from domain.ledger import Holder
    from domain.postings import cost_of, holder_of
    from domain.quotes import Choice, Decline, Offer, Rule, next_best
    from domain.tracking import Scan, ScanKind, standing
    from workflows import effects
    from workflows.state import Refund

_CHEAPEST = Choice(rule=Rule.CHEAPEST)
_NO = frozenset({"carrier_rejected", "not_found"})
PRICE_DRIFT = "price_drift"


class Getting(Holding):
    """The effects that can leave a courier on the way, each undone by what stands beside it."""

    def _hear_all(self) -> None:
        """Takes the scans that wait; how they are heard is told in `_tracking`."""
        raise NotImplementedError

    def _reported(self) -> bool:
        return any(happening.scan for happening in self.state.inbox)

    def _cancel_wanted(self) -> bool:
        return any(happening.intent and happening.intent.ask.kind == "cancel" for happening in self.state.inbox)

    def _order(self, offer: Offer, actor: str) -> None:
        """A new attempt. The order, with the key under which it can be undone, is recorded before the effect."""
        state = self.state
        state.attempt += 1
        state.order = BookingOrder(
            key=str(uuid5(NAMESPACE_OID, f"{self.delivery.id}/{state.attempt}")),
            delivery_id=self.delivery.id,
            attempt=state.attempt,
            offer=offer,
            request=self.delivery.for_carriers(),
            reference=self.delivery.request.reference,
            price_drift_percent=state.policy.price_drift_percent,
        )
        state.maybe_booked, state.marks, state.refusal, state.accept_by = False, [], None, None
        state.hold = None
        self._post(self._books.reserve(state.attempt, offer.price))
        data: dict[str, JsonValue] = {
            "offer_id": offer.id,
            "carrier": offer.carrier,
            "account": offer.carrier_account,
            "attempt": state.attempt,
            "booking_key": state.order.key,
        }
        changes: dict[str, Any] = {
            "accepted_offer_id": offer.id,
            "booking": None,
            "attention": Attention.NONE,
            "promised_at": offer.delivery_eta_at,
            "eta_at": offer.delivery_eta_at,
        }
        if self.delivery.status is DeliveryStatus.BOOKING:
            self._tell("delivery.rebooking", actor, data, **changes)
        else:
            self._move_to(DeliveryStatus.BOOKING, actor=actor, data=data, **changes)

    async def _place(self, order: BookingOrder) -> None:
        """Books, and takes the outcome for what it is: yes, not yet, no, or nobody knows."""
        handle = effects.book_carrier(self.state, order)
        self.state.maybe_booked = True
        await workflow.wait_condition(lambda: handle.done() or self._cancel_wanted())
        if not handle.done():
            handle.cancel()
        try:
            booking = await handle
        except ActivityError as error:
            await self._not_placed(order, effects.why(error))
            return
        self._end_hold()
        if booking.closed:
            await self._refused("rejected")
        else:
            self._placed(booking)
            await self._consequences()

    async def _not_placed(self, order: BookingOrder, failure: effects.Failure) -> None:
        if failure.code == "carrier_paused":
            self.state.maybe_booked = False
            if self._hold(order):
                await self._record()
            else:
                await self._refused(PAUSED)
            return
        self._end_hold()
        match failure.code:
            case "cancelled":
                return  # the cancel that stopped it undoes it, whatever it did
            case "booking_unknown":
                self._attend(Attention.BOOKING_UNKNOWN, reason=failure.code)
                await self._record()
            case code if code in _NO:
                self.state.maybe_booked = False
                await self._refused(failure.reason)
            case _:  # out of tries or time: it may have happened, so it is undone before another is asked
                if await self._void(order, failure.code):
                    await self._refused(failure.reason)
                else:
                    self._attend(Attention.BOOKING_UNKNOWN, reason=failure.reason)
                    await self._record()

    def _placed(self, booking: Booking) -> None:
        """The carrier holds it; whether it has said yes is another matter."""
        self.state.placed.append(booking.reference)
        limit = workflow.now() + self.state.policy.accept_within
        self.state.accept_by = min(booking.accept_by or limit, limit)
        data: dict[str, JsonValue] = {
            "carrier": booking.carrier,
            "account": booking.carrier_account,
            "booking_reference": booking.reference,
            "attempt": booking.attempt,
        }
        self._tell(
            "delivery.placed",
            Actor.CARRIER,
            data,
            booking=booking.model_copy(update={"confirmed": False}),
            eta_at=booking.delivery_eta_at or self.delivery.eta_at,
            attention=Attention.NONE,
        )
        if booking.confirmed and not self.delivery.cancel_requested:
            self._confirm()

    def _confirm(self, *, at_any_price: bool = False) -> None:
        """The carrier said yes: booked, and the money with it; or, dearer than agreed, the customer is asked."""
        booking, offer = self.delivery.booking, self.delivery.accepted_offer
        assert booking is not None
        assert offer is not None
        cost = cost_of(offer, booking)
        limit = offer.cost.amount * (100 + self.state.policy.price_drift_percent)
        if cost.amount * 100 > limit and not at_any_price:
            self.state.refusal = PRICE_DRIFT
            return
        now = workflow.now()
        self.state.heard_at, self.state.poll_at = now, now + self.state.policy.poll_first
        self._charge()
        self._move_to(
            DeliveryStatus.BOOKED,
            actor=Actor.CARRIER,
            data={
                "carrier": booking.carrier,
                "account": booking.carrier_account,
                "attempt": booking.attempt,
                **agreed(offer, booking),
            },
            booking=booking.model_copy(update={"confirmed": True}),
        )
        self._promise_at_booking(booking, offer)

    def _charge(self) -> None:
        """The money that goes with a booking."""
        booking, offer = self.delivery.booking, self.delivery.accepted_offer
        assert booking is not None
        assert offer is not None
        self._post(self._books.book(offer, booking))

    async def _void(self, order: BookingOrder, reason: str) -> bool:
        """Undoes an order, for days if need be, hearing scans meanwhile. False when the courier already has it,
        or when nobody can tell."""
        stuck_at = workflow.now() + self.state.policy.stuck_after
        self._voiding = True
        try:
            while True:
                handle = effects.cancel_booking(self.state, order, reason)
                if await self._picked_up_before(handle, stuck_at):
                    handle.cancel()
                    await workflow.wait([handle])
                    return False
                try:
                    undone = await handle
                except ActivityError as error:
                    failure = effects.why(error)
                    if failure.code == "booking_unknown":
                        self._attend(Attention.BOOKING_UNKNOWN, reason=failure.code)
                        return False
                    if failure.code in _NO:
                        return False
                    continue  # out of time after days: a human has been asked, and it goes on trying
                self.state.maybe_booked = False
                self._expect_refund(undone)
                self._pay_fee(order, undone)
                return True
        finally:
            self._voiding = False
            if self.delivery.attention is Attention.COMPENSATION_STUCK:
                self._attend(Attention.NONE)

    def _expect_refund(self, undone: Cancellation) -> None:
        """It may have told what became of it before it answered; and without a booking by which it would be known
        for ours, nothing it tells would reach us."""
        booking, told = self.delivery.booking, {mark.kind for mark in self.state.marks}
        if undone.refund_pending and booking is not None and ScanKind.REFUNDED not in told:
            rejected, now = ScanKind.REFUND_REJECTED in told, workflow.now()
            by = now if rejected else now + self.state.policy.refund_within
            self.state.refunds.append(Refund(booking=booking, by=by, rejected=rejected))

    def _pay_fee(self, order: BookingOrder, undone: Cancellation) -> None:
        """What the carrier keeps for having been called off."""
        if undone.fee is None or undone.fee.amount <= 0:
            return
        booking, offer = self.delivery.booking, order.offer
        holder = Holder(carrier=offer.carrier, carrier_account=offer.carrier_account)
        if booking is not None and booking.key == order.key:
            holder = holder_of(booking)
        self._post(self._books.cancellation_fee(order.attempt, undone.fee, holder))

    async def _picked_up_before(self, undone: "ActivityHandle[Cancellation]", stuck_at: datetime) -> bool:
        """Waits until it is undone, asking a human when that takes long; true if the courier was faster."""
        while not undone.done():
            stuck = self.delivery.attention is Attention.COMPENSATION_STUCK
            await self._wait(lambda: undone.done() or self._reported(), None if stuck else stuck_at)
            self._hear_all()
            if RANK[standing(self.state.marks)] > RANK[DeliveryStatus.BOOKED]:
                return True
            if not undone.done() and workflow.now() >= stuck_at:
                self._attend(Attention.COMPENSATION_STUCK, reason="carrier_silent")
            await self._record()
        return False

    async def _refused(self, reason: str) -> None:
        """A carrier will not do it, or gave it back: the next best offer, or whoever can decide."""
        offer, now = self.delivery.accepted_offer, workflow.now()
        assert offer is not None
        self.state.tried.append(offer.id)
        self.state.order, self.state.maybe_booked, self.state.refusal = None, False, None
        self._reverse(f"refused/{self.state.attempt}")
        no = Decline(carrier=offer.carrier, carrier_account=offer.carrier_account, reason=reason)
        declined = (*self.delivery.declined, no)
        data: dict[str, JsonValue] = {"carrier": no.carrier, "account": no.carrier_account, "reason": reason}
        self._tell("delivery.refused", Actor.CARRIER, data, declined=declined, booking=None)
        rule = self.delivery.request.choice or _CHEAPEST
        following = next_best(self.delivery.offers, self.state.tried, rule, now) if self.state.fallback else None
        if following is not None:
            self._order(following, Actor.SYSTEM)
        elif self.delivery.status is DeliveryStatus.BOOKED:
            self._release()
            self._move_to(DeliveryStatus.CANCELLED, actor=Actor.CARRIER, reason=reason)
        elif next_best(self.delivery.offers, self.state.tried, _CHEAPEST, now) is not None:
            self._release()
            self._move_to(DeliveryStatus.QUOTED, reason=reason, accepted_offer_id=None)
        else:
            self.state.unbookable_until = now + self.state.policy.unbookable_for
            self._attend(Attention.UNBOOKABLE, reason=reason)
        await self._record()

    async def _too_dear(self, order: BookingOrder) -> None:
        """The price drifted: undone, offered anew at what the carrier asks, and the customer chooses."""
        booking, offer = self.delivery.booking, self.delivery.accepted_offer
        assert booking is not None
        assert booking.cost is not None
        assert offer is not None
        data: dict[str, JsonValue] = {"carrier": booking.carrier, "account": booking.carrier_account}
        self._tell("delivery.price_drift", Actor.CARRIER, {**data, "cost": booking.cost.amount})
        self.state.refusal = None
        await self._record()
        if not await self._void(order, PRICE_DRIFT):
            self._confirm(at_any_price=True)  # the courier is on its way: what exceeds the offer is ours to bear
            await self._record()
            return
        raised = offer.model_copy(
            update={
                "cost": booking.cost,
                "price": offer.price + (booking.cost - offer.cost),
                "expires_at": workflow.now() + self.state.policy.offer_ttl,
            }
        )
        offers = tuple(raised if known.id == offer.id else known for known in self.delivery.offers)
        self.state.order = None
        self._release()
        self._move_to(DeliveryStatus.QUOTED, reason=PRICE_DRIFT, offers=offers, booking=None, accepted_offer_id=None)
        await self._record()

    async def _consequences(self) -> None:
        """What a yes or a report has set going: a carrier that gave it back, or that asks more than agreed."""
        refusal, order = self.state.refusal, self.state.order
        if refusal == PRICE_DRIFT and order is not None:
            await self._too_dear(order)
        elif refusal is not None:
            await self._refused(refusal)
        else:
            await self._record()

    def _reverse(self, step: str) -> None:
        """All that stands, but for what carriers have yet to pay back."""
        self._post(self._books.reverse(step, awaited=[refund.step for refund in self.state.refunds]))

    def _release(self) -> None:
        """The slot goes back on every way out; nobody waits for it but the end of the run."""
        if self.delivery.slot is not None:
            self.state.delivery = self.delivery.model_copy(update={"slot": None})
            self._releases.append(effects.release_slot(self.delivery.id))

    async def _poll(self, booking: Booking | None = None) -> list[Scan]:
        """What the carrier says when asked, of what it holds now or of an earlier booking; nothing when it does not
        answer."""
        booking = booking or self.delivery.booking
        if booking is None:
            return []
        policy = self.state.policy
        self.state.polls += 1
        pause: timedelta = min(policy.poll_first * 2**self.state.polls, policy.poll_longest)
        try:
            polled = await effects.poll_carrier(self.state, booking)
        except ActivityError as error:
            workflow.logger.info("poll unanswered: %s", effects.why(error).code)
            return []
        finally:
            self.state.poll_at = workflow.now() + pause
        return list(polled.scans)
