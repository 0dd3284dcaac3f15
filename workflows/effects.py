"""The activities of a delivery, each under its options and with a summary that names whom it calls."""

from typing import Any

from pydantic import Field
from temporalio import workflow
from temporalio.exceptions import ActivityError, ApplicationError, is_cancelled_exception
from temporalio.exceptions import TimeoutError as ActivityTimeout
from temporalio.workflow import ActivityHandle

from domain._values import Value, as_code
from workflows import options

with workflow.unsafe.imports_passed_through():
    from activities.availability import AvailabilityActivities, ReleaseSlot, ReserveSlot
    from activities.deliveries import BookCarrier, CancelBooking, DeliveryActivities
    from activities.quotes import AskCarrier, QuoteActivities
    from activities.tracking import PollCarrier, Polled, TrackingActivities
    from domain.availability import Availability
    from domain.bookings import Booking, BookingOrder, Cancellation, Decision, Instruction
    from domain.deliveries import RecordMove
    from domain.errors import DomainError
    from domain.quotes import AccountRef, Offer, Quote
    from workflows.messages import Asked
    from workflows.state import DeliveryState


class Failure(Value):
    """Why an activity did not succeed: the error's code, its own words, and what it carried."""

    code: str
    detail: str = ""
    data: dict[str, Any] = Field(default_factory=dict)

    @property
    def passing(self) -> bool:
        """Whether nobody answered, so that asking again may help."""
        return self.code == "timeout" or DomainError.by_code.get(self.code, DomainError).retryable

    @property
    def reason(self) -> str:
        """The carrier's own reason where it gave one, else the code."""
        return as_code(str(self.data.get("reason") or self.code))


def why(error: BaseException) -> Failure:
    """What stands behind an ActivityError: Temporal wraps it, only the cause is ours."""
    cause = error.cause if isinstance(error, ActivityError) else error
    if is_cancelled_exception(error):
        return Failure(code="cancelled")
    if isinstance(cause, ActivityTimeout):
        # The last try's own error says more than that time ran out.
        return why(cause.cause) if isinstance(cause.cause, ApplicationError) else Failure(code="timeout")
    if isinstance(cause, ApplicationError):
        data = cause.details[0] if cause.details and isinstance(cause.details[0], dict) else {}
        return Failure(code=cause.type or "unknown", detail=cause.message, data=data)
    return Failure(code="unknown", detail=str(cause))


async def record(move: RecordMove) -> None:
    """Commits a move."""
    kinds = ", ".join(line.kind for line in move.lines)
    await workflow.execute_local_activity_method(
        DeliveryActivities.record_move, move, summary=kinds[:200], **options.RECORD
    )


def ask_carrier(state: DeliveryState, account: Asked) -> ActivityHandle[Quote]:
    """Asks one account."""
    request, policy = state.delivery.for_carriers(), state.policy
    ref = AccountRef(carrier=account.carrier, account=account.account)
    ask = AskCarrier(
        account=ref,
        request=request,
        deadline=policy.quote_deadline,
        offer_ttl=policy.offer_ttl,
        preferred=account.preferred,
        within_percent=account.within_percent,
        margin=state.margin,
    )
    return workflow.start_activity_method(
        QuoteActivities.ask_carrier, ask, summary=str(ref), **options.ask_carrier(policy)
    )


def reserve_slot(state: DeliveryState, offer: Offer) -> ActivityHandle[Availability]:
    """Asks the areas and the carrier, and holds a slot."""
    ask = ReserveSlot(
        delivery_id=state.delivery.id,
        request=state.delivery.for_carriers(),
        offer=offer,
        deadline=state.policy.availability_deadline * 0.8,
    )
    return workflow.start_activity_method(
        AvailabilityActivities.reserve_slot, ask, summary=str(offer.ref), **options.reserve_slot(state.policy)
    )


def release_slot(delivery_id: str) -> ActivityHandle[None]:
    """Gives the slot back."""
    return workflow.start_activity_method(
        AvailabilityActivities.release_slot, ReleaseSlot(delivery_id=delivery_id), **options.RELEASE_SLOT
    )


def book_carrier(state: DeliveryState, order: BookingOrder) -> ActivityHandle[Booking]:
    """Books, once."""
    return workflow.start_activity_method(
        DeliveryActivities.book_carrier,
        BookCarrier(order=order, maybe_booked=state.maybe_booked, renew=not order.offer.stands(workflow.now())),
        summary=f"{order.offer.ref} · attempt {order.attempt}",
        **options.book_carrier(state.policy),
    )


def cancel_booking(state: DeliveryState, order: BookingOrder, reason: str) -> ActivityHandle[Cancellation]:
    """Undoes whatever came of an order."""
    booking = state.delivery.booking
    return workflow.start_activity_method(
        DeliveryActivities.cancel_booking,
        CancelBooking(order=order, booking=booking if booking and booking.key == order.key else None, reason=reason),
        summary=f"{order.offer.ref} · attempt {order.attempt}",
        **options.cancel_booking(state.policy),
    )


async def instruct_carrier(
    state: DeliveryState, booking: Booking, decision: Decision, reason: str | None, note: str | None
) -> None:
    """Passes a decision on."""
    await workflow.execute_activity_method(
        DeliveryActivities.instruct_carrier,
        Instruction(booking=booking, decision=decision, reason=reason, note=note),
        summary=f"{booking.ref} · {decision}",
        **options.instruct_carrier(state.policy),
    )


async def poll_carrier(state: DeliveryState, booking: Booking) -> Polled:
    """Asks where it stands."""
    return await workflow.execute_activity_method(
        TrackingActivities.poll_carrier,
        PollCarrier(delivery_id=state.delivery.id, booking=booking, known=tuple(state.seen)),
        summary=str(booking.ref),
        **options.POLL_CARRIER,
    )
