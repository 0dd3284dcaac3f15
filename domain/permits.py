"""What may be asked of a delivery now: one check per request, each raising the error that says why not."""

from collections.abc import Callable
from datetime import datetime

from domain import errors
from domain.bookings import Decision
from domain.deliveries import CANCELLABLE, FINAL, UNDERWAY, Attention, Delivery, DeliveryStatus, may_move


def check_accept(delivery: Delivery, offer_id: str, now: datetime) -> None:
    """Only a standing offer of a quoted delivery, and only one."""
    _open(delivery)
    if delivery.status is DeliveryStatus.BOOKING:
        raise errors.AlreadyChosen(accepted_offer_id=delivery.accepted_offer_id)
    _in(delivery, DeliveryStatus.QUOTED)
    _standing(delivery, offer_id, now)


def check_quote_again(delivery: Delivery) -> None:
    """While the customer may still choose, or when nobody would book."""
    _open(delivery)
    if not _unbookable(delivery):
        _in(delivery, DeliveryStatus.QUOTED)


def check_cancel(delivery: Delivery) -> None:
    """Until pickup; afterwards `decide` with `return` is what is left."""
    _open(delivery)
    if delivery.status not in CANCELLABLE:
        raise errors.TooLateToCancel(delivery_status=delivery.status, possible=_possible_after_pickup(delivery))


def check_decide(delivery: Delivery, decision: Decision) -> None:
    """When the carrier has it, or an attempt failed, or it asks."""
    _open(delivery)
    if delivery.status not in UNDERWAY and delivery.attention is not Attention.DECISION_NEEDED:
        raise errors.NotAllowedNow(delivery_status=delivery.status, decision=decision)


def check_retry_booking(delivery: Delivery, offer_id: str | None) -> None:
    """When nobody would book, or nobody knows whether it is booked."""
    _open(delivery)
    if not (_unbookable(delivery) or delivery.attention is Attention.BOOKING_UNKNOWN):
        raise errors.NotAllowedNow(delivery_status=delivery.status, attention=delivery.attention)
    if offer_id is not None and delivery.offer(offer_id) is None:
        raise errors.OfferNotFound(offer_id=offer_id)


def check_change_carrier(delivery: Delivery, offer_id: str | None, now: datetime) -> None:
    """Between the choice and pickup, unless nobody knows whether it is booked; to an offer that still stands."""
    _open(delivery)
    placed = delivery.status in (DeliveryStatus.BOOKING, DeliveryStatus.BOOKED)
    if not placed or delivery.attention is Attention.BOOKING_UNKNOWN:
        raise errors.NotAllowedNow(delivery_status=delivery.status, attention=delivery.attention)
    if offer_id is not None:
        _standing(delivery, offer_id, now)
        if delivery.booking is not None and delivery.booking.offer_id == offer_id:
            raise errors.AlreadyChosen(accepted_offer_id=offer_id)


def check_force_status(delivery: Delivery, status: DeliveryStatus) -> None:
    """Forward, or to an end: what a human may set is what the story could have told."""
    _open(delivery)
    ends = status in FINAL and status is not DeliveryStatus.EXPIRED
    if delivery.booking is None and status not in (DeliveryStatus.CANCELLED, DeliveryStatus.FAILED):
        raise errors.NotAllowedNow("nothing is booked yet", delivery_status=delivery.status)
    if not (ends or may_move(delivery.status, status)) or status is DeliveryStatus.BOOKING:
        raise errors.NotAllowedNow(delivery_status=delivery.status, to=status)


def check_clear_attention(delivery: Delivery) -> None:
    """When there is any; what has ended may still have some."""
    if delivery.attention is Attention.NONE:
        raise errors.NotAllowedNow("nothing asks for attention", delivery_status=delivery.status)


def permitted(delivery: Delivery, now: datetime) -> list[str]:
    """The names of what may be asked now, for whoever draws the buttons."""
    standing = next((offer.id for offer in delivery.offers if offer.stands(now)), "")
    checks: dict[str, Callable[[], None]] = {
        "accept": lambda: check_accept(delivery, standing, now),
        "quote_again": lambda: check_quote_again(delivery),
        "cancel": lambda: check_cancel(delivery),
        "decide": lambda: check_decide(delivery, Decision.RETRY),
        "retry_booking": lambda: check_retry_booking(delivery, None),
        "change_carrier": lambda: check_change_carrier(delivery, None, now),
        "force_status": lambda: check_force_status(delivery, DeliveryStatus.CANCELLED),
        "clear_attention": lambda: check_clear_attention(delivery),
    }
    return [name for name, check in checks.items() if _passes(check)]


def _passes(check: Callable[[], None]) -> bool:
    try:
        check()
    except errors.DomainError:
        return False
    return True


def _open(delivery: Delivery) -> None:
    if delivery.status in FINAL:
        raise errors.DeliveryClosed(delivery_status=delivery.status)


def _standing(delivery: Delivery, offer_id: str, now: datetime) -> None:
    offer = delivery.offer(offer_id)
    if offer is None:
        raise errors.OfferNotFound(offer_id=offer_id)
    if not offer.stands(now):
        raise errors.QuoteExpired(offer_id=offer_id, expires_at=offer.expires_at.isoformat())


def _in(delivery: Delivery, status: DeliveryStatus) -> None:
    if delivery.status is not status:
        raise errors.NotAllowedNow(delivery_status=delivery.status, needs=status)


def _unbookable(delivery: Delivery) -> bool:
    return delivery.status is DeliveryStatus.BOOKING and delivery.attention is Attention.UNBOOKABLE


def _possible_after_pickup(delivery: Delivery) -> list[str]:
    return ["decide"] if delivery.status in UNDERWAY else []
