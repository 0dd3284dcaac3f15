"""What people ask of a delivery: each request checked twice, carried out by `run`, and answered once committed."""

from temporalio import workflow
from temporalio.exceptions import ActivityError

from workflows._tracking import Tracking

with workflow.unsafe.imports_passed_through():
    from domain import permits
    from domain.bookings import Booking, BookingOrder
    from domain.deliveries import Actor, Attention, DeliveryStatus
    from domain.errors import BookingUnknown, CancelRefused, DomainError, NotAllowedNow, NotAvailable
    from domain.quotes import Offer
    from workflows import effects, messages
    from workflows.state import Ask, Intent

_AREA_WIDE = frozenset({"region_not_served", "outside_hours", "after_cut_off", "no_capacity"})


class Asking(Tracking):
    """Carries out intents; an update's handler only leaves them and waits."""

    async def _quote(self) -> None:
        """Asks every account; the story in `deliveries` tells how."""
        raise NotImplementedError

    def _check(self, ask: Ask) -> None:
        """Why not, if not: before it enters history, and again when its turn has come."""
        match ask:
            case messages.Accept():
                permits.check_accept(self.delivery, ask.offer_id, workflow.now())
            case messages.QuoteAgain():
                permits.check_quote_again(self.delivery)
            case messages.Cancel():
                permits.check_cancel(self.delivery)
            case messages.Decide():
                permits.check_decide(self.delivery, ask.decision)
            case messages.RetryBooking():
                permits.check_retry_booking(self.delivery, ask.offer_id)
            case messages.ChangeCarrier():
                permits.check_change_carrier(self.delivery, ask.offer_id, workflow.now())
            case messages.ForceStatus():
                permits.check_force_status(self.delivery, ask.status)
            case messages.ClearAttention():
                permits.check_clear_attention(self.delivery)

    async def _obey(self, intent: Intent) -> None:
        """Carries out what was asked, unless what came before has made it impossible."""
        try:
            self._check(intent.ask)
            refusal = await self._carry_out(intent.ask)
        except DomainError as error:
            refusal = error
        await self._answer(intent, refusal)

    async def _carry_out(self, ask: Ask) -> DomainError | effects.Failure | None:
        match ask:
            case messages.Accept():
                return await self._accept(ask)
            case messages.QuoteAgain():
                await self._quote_again(ask)
            case messages.Cancel():
                return await self._cancel(ask)
            case messages.Decide():
                return await self._decide(ask)
            case messages.RetryBooking():
                await self._retry_booking(ask)
            case messages.ChangeCarrier():
                return await self._change_carrier(ask)
            case messages.ForceStatus():
                self._force_status(ask)
            case messages.ClearAttention():
                self._attend(Attention.NONE, reason=ask.reason, actor=ask.actor)
        return None

    async def _accept(self, ask: messages.Accept) -> DomainError | None:
        offer = self.delivery.offer(ask.offer_id)
        assert offer is not None
        refusal = await self._take(offer, ask.actor)
        if refusal is None and ask.fallback is not None:
            self.state.fallback = ask.fallback
        return refusal

    async def _take(self, offer: Offer, actor: str) -> DomainError | None:
        """Takes an offer, if it is available: slot held, order made. Else says what is still possible."""
        slot = None
        if self.delivery.request.service == "express":
            handle = effects.reserve_slot(self.state, offer)
            await workflow.wait_condition(lambda: handle.done() or self._cancel_wanted())
            if not handle.done():
                handle.cancel()
            try:
                answer = await handle
            except ActivityError as error:
                self._releases.append(effects.release_slot(self.delivery.id))  # it may have been held
                return NotAvailable(reason=effects.why(error).reason, alternatives=self._alternatives(offer))
            if not answer.available:
                others = [] if answer.reason in _AREA_WIDE else self._alternatives(offer)
                return NotAvailable(answer.detail, reason=str(answer.reason), alternatives=others)
            slot = answer.slot
        self.state.delivery = self.delivery.model_copy(update={"slot": slot})
        self._order(offer, actor)
        await self._record()
        return None

    def _alternatives(self, refused: Offer) -> list[str]:
        now = workflow.now()
        return [offer.id for offer in self.delivery.offers if offer.id != refused.id and offer.stands(now)]

    async def _quote_again(self, ask: messages.QuoteAgain) -> None:
        if ask.accounts or ask.left_out:
            self.state.accounts, self.state.left_out = ask.accounts, ask.left_out
        self.state.tried.clear()
        if self.delivery.status is DeliveryStatus.BOOKING:
            self._release()
            self._move_to(DeliveryStatus.QUOTED, actor=ask.actor, attention=Attention.NONE)
        self._move_to(DeliveryStatus.QUOTING, actor=ask.actor, accepted_offer_id=None)
        await self._record()
        await self._quote()

    async def _cancel(self, ask: messages.Cancel) -> DomainError | None:
        self._tell("delivery.cancel_requested", ask.actor, {"reason": str(ask.reason)}, cancel_requested=True)
        await self._record()
        return await self._undo_all(ask.actor, str(ask.reason))

    async def _undo_all(self, actor: str, reason: str) -> DomainError | None:
        """The carrier, the slot, the money. If the courier has it already nothing is undone; if nobody knows
        whether it is booked, it is undone as soon as somebody does."""
        order = self.state.order
        if not await self._let_go(reason):
            if self.delivery.attention is Attention.BOOKING_UNKNOWN:
                return BookingUnknown("cancelled as soon as it is known whether a carrier has it")
            return await self._not_let_go()
        self._release()
        self._reverse("cancelled")
        if order is not None:  # a fee of an earlier attempt was for reasons of our own
            self._post(self._books.pass_on_fee(order.attempt))
        self._move_to(DeliveryStatus.CANCELLED, actor=actor, reason=reason)
        await self._record()
        return None

    async def _let_go(self, reason: str) -> bool:
        """Undoes what a carrier may hold for us; nothing held is done already."""
        order = self.state.order
        maybe = self.state.maybe_booked or self.delivery.booking is not None
        return order is None or not maybe or await self._void(order, reason)

    async def _not_let_go(self) -> CancelRefused:
        self._tell("delivery.cancel_refused", Actor.CARRIER, cancel_requested=False)
        self._catch_up()
        await self._record()
        return CancelRefused(delivery_status=self.delivery.status, possible=["decide"])

    async def _change_carrier(self, ask: messages.ChangeCarrier) -> DomainError | None:
        """Before pickup: the carrier lets go, its money is reversed, and another has the order, or all are asked."""
        if not await self._let_go(str(ask.reason)):
            if self.delivery.attention is Attention.BOOKING_UNKNOWN:
                return BookingUnknown("another is booked when it is known whether this one has it")
            return await self._not_let_go()
        self._reverse(f"changed/{self.state.attempt}")
        self.state.order, self.state.maybe_booked, self.state.refusal, self.state.hold = None, False, None, None
        offer = self.delivery.offer(ask.offer_id)
        if offer is not None:
            self._order(offer, ask.actor)
            return None
        self._release()
        self._move_to(DeliveryStatus.QUOTED, actor=ask.actor, reason=ask.reason, booking=None, attention=Attention.NONE)
        await self._quote_again(messages.QuoteAgain(actor=ask.actor, accounts=ask.accounts, left_out=ask.left_out))
        return None

    async def _decide(self, ask: messages.Decide) -> DomainError | effects.Failure | None:
        """Tells the carrier; it stays a human's matter until the carrier has taken it."""
        booking, why_asked = self.delivery.booking, self.delivery.reason
        if booking is None:
            return NotAllowedNow(delivery_status=self.delivery.status)
        self._tell("delivery.decided", ask.actor, {"decision": str(ask.decision)})
        await self._record()
        try:
            await effects.instruct_carrier(self.state, booking, ask.decision, why_asked, ask.note)
        except ActivityError as error:
            return effects.why(error)
        if self.delivery.attention is Attention.DECISION_NEEDED:
            self._attend(Attention.NONE, reason=str(ask.decision), actor=ask.actor)
        return None

    async def _retry_booking(self, ask: messages.RetryBooking) -> None:
        """Another try, or what staff found out about one that nobody could confirm: whether the carrier has said yes to
        what it holds is asked at once, and waited for like any other's."""
        order = self.state.order
        if self.delivery.attention is Attention.BOOKING_UNKNOWN and order is not None:
            if ask.found_reference:
                self._placed(_found(order, ask.found_reference))
                await self._take_in(await self._poll())
                return
            if not ask.nothing_booked:
                raise NotAllowedNow("say found_reference or nothing_booked", attention=self.delivery.attention)
            self.state.maybe_booked = False
            if self.delivery.cancel_requested:
                self._attend(Attention.NONE, actor=ask.actor)
                return
        offer = self.delivery.offer(ask.offer_id) or self.delivery.accepted_offer
        if offer is None:
            raise NotAllowedNow(delivery_status=self.delivery.status)
        self.state.tried.clear()
        self._order(offer, ask.actor)

    def _force_status(self, ask: messages.ForceStatus) -> None:
        if ask.status in (DeliveryStatus.CANCELLED, DeliveryStatus.FAILED):
            self._release()
            self._reverse("forced")
        elif self.delivery.status is DeliveryStatus.BOOKING:
            self._charge()
        self._move_to(ask.status, actor=ask.actor, reason=ask.reason, forced=True)


def _found(order: BookingOrder, reference: str) -> Booking:
    return Booking(
        carrier=order.offer.carrier,
        carrier_account=order.offer.carrier_account,
        offer_id=order.offer.id,
        key=order.key,
        attempt=order.attempt,
        reference=reference,
        confirmed=False,
    )
