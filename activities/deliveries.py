"""What a delivery does to the world: book, find, cancel, instruct, and record each move."""

import asyncio

from temporalio import activity

from domain import errors
from domain._values import Value
from domain.bookings import Booking, BookingOrder, BookingSafety, Cancellation, Instruction
from domain.deliveries import RecordMove
from domain.pauses import PauseMode
from domain.ports import Carrier, Carriers, DeliveryStore
from domain.quotes import AccountRef, CarrierOffer

_RENEWAL_S = 5


class BookCarrier(Value):
    """Book this order; `maybe_booked` when an earlier activity with the same key may have done it, `renew` when its
    offer has expired while it waited."""

    order: BookingOrder
    maybe_booked: bool = False
    renew: bool = False


class CancelBooking(Value):
    """Undo whatever came of an order; `booking` when its outcome is known."""

    order: BookingOrder
    booking: Booking | None = None
    reason: str = "customer_request"


class DeliveryActivities:
    """Runs on the deliveries queue; `record_move` as a local activity in the workflow's own worker."""

    def __init__(self, store: DeliveryStore, carriers: Carriers) -> None:
        self._store = store
        self._carriers = carriers

    @activity.defn
    async def record_move(self, move: RecordMove) -> None:
        """One transaction; the same move again writes nothing twice. Raises DeliveryDiverged."""
        await self._store.record(move)

    @activity.defn
    async def book_carrier(self, ask: BookCarrier) -> Booking:
        """Books once. Before any second try it asks the carrier whether the first one happened; where it cannot
        be asked, raises BookingUnknown and nobody tries again.

        A pause holds back what has certainly not been sent, and only that: CarrierPaused, or CarrierRejected
        (`paused`) where bookings go elsewhere. What has waited longer than its offer stood is offered anew first.
        """
        order = ask.order
        second_try = ask.maybe_booked or activity.info().attempt > 1
        carrier = await (self._still_reach(order.offer.ref) if second_try else self._carriers.reach(order.offer.ref))
        if not second_try:
            await self._check_not_paused(order.offer.ref)
        if second_try and carrier.safety is BookingSafety.NEITHER:
            raise errors.BookingUnknown(key=order.key)
        if second_try and carrier.safety is BookingSafety.FINDABLE:
            found = await _found(carrier, order)
            if found is not None:
                return found
        # The same key again answers with what the first try booked; a fresh refusal would hide that.
        renewing = ask.renew and not (second_try and carrier.safety is BookingSafety.IDEMPOTENT)
        if renewing:
            order = await _renewed(carrier, order)
        try:
            booking = await carrier.book(order)
        except errors.CarrierUnavailable as error:
            if carrier.safety is not BookingSafety.NEITHER:
                raise
            if error.data.get("sent", True):
                raise errors.BookingUnknown(key=order.key) from error
            # It certainly did not get it, but a retry could not tell this from a crash: the next offer, then.
            raise errors.CarrierRejected("the carrier could not be reached", reason="unreachable") from error
        return _at_the_new_price(booking, order) if renewing else booking

    @activity.defn
    async def cancel_booking(self, ask: CancelBooking) -> Cancellation:
        """Lets go of a booking, looked up by its key when its outcome is unknown; nothing booked is success.

        Raises CarrierRejected when the courier already has it, BookingUnknown when nobody can tell.
        """
        carrier = await self._still_reach(ask.order.offer.ref)
        booking = ask.booking
        if booking is None and carrier.safety is BookingSafety.NEITHER:
            raise errors.BookingUnknown(key=ask.order.key)
        if booking is None:
            booking = await _found(carrier, ask.order)
        if booking is None or booking.closed:
            return Cancellation(nothing_booked=True)
        return await carrier.cancel(booking, ask.reason)

    @activity.defn
    async def instruct_carrier(self, instruction: Instruction) -> None:
        """Tells the carrier what was decided; raises CarrierRejected when it takes no instructions."""
        carrier = await self._carriers.reach(instruction.booking.ref)
        await carrier.decide(instruction)

    async def _check_not_paused(self, ref: AccountRef) -> None:
        pause = await self._carriers.pause(ref)
        if pause is not None and pause.mode is PauseMode.ELSEWHERE:
            raise errors.CarrierRejected(reason="paused", sent=False)
        if pause is not None:
            raise errors.CarrierPaused(reason="paused", sent=False)

    async def _still_reach(self, ref: AccountRef) -> Carrier:
        """Where something may be booked, an account that was taken away is missed until somebody brings it back."""
        try:
            return await self._carriers.reach(ref)
        except errors.NotFound as error:
            raise errors.CarrierUnavailable(error.detail, reason="account_missing", sent=False) from error


async def _renewed(carrier: Carrier, order: BookingOrder) -> BookingOrder:
    """The order with its offer asked for anew: the same service, at most as much dearer as a price may drift.

    Raises CarrierRejected when there is none, whatever the cause: nothing of the order was sent.
    """
    try:
        async with asyncio.timeout(_RENEWAL_S):
            answers = await carrier.quote(order.request)
    except (TimeoutError, errors.CarrierError) as error:
        raise errors.CarrierRejected("the offer expired and was not renewed", reason="quote_expired") from error
    before = order.offer
    fresh = next((answer for answer in answers if answer.service == before.service), None)
    if fresh is None or fresh.cost.currency is not before.cost.currency:
        raise errors.CarrierRejected("the offer expired and there is no such one now", reason="quote_expired")
    if fresh.cost.amount * 100 > before.cost.amount * (100 + order.price_drift_percent):
        raise errors.CarrierRejected("the offer expired and is dearer now", reason="price_drift")
    told = {name: getattr(fresh, name) for name in CarrierOffer.model_fields if name != "expires_at"}
    return order.model_copy(update={"offer": before.model_copy(update=told)})


def _at_the_new_price(booking: Booking, order: BookingOrder) -> Booking:
    """Where the carrier does not say what it costs and when it comes, the renewed offer does."""
    offer = order.offer
    said = {"cost": booking.cost or offer.cost, "delivery_eta_at": booking.delivery_eta_at or offer.delivery_eta_at}
    return booking.model_copy(update=said)


async def _found(carrier: Carrier, order: BookingOrder) -> Booking | None:
    """A refusal to tell is not a no: it is asked again."""
    try:
        return await carrier.find_booking(order)
    except errors.CarrierRejected as error:
        raise errors.CarrierUnavailable(error.detail, **error.data) from error
