"""What can go wrong, named for what happened.

    DomainError
    ├── Invalid              the request cannot be carried out as written
    │   ├── IdempotencyKeyReused, QuoteExpired … see below
    ├── NotFound             there is no such thing for whoever asks
    ├── Erased               there was, and it was erased for good
    ├── Archived             there was, and it lies in the archive, out of reach from here
    ├── Forbidden            whoever asks may not do this
    ├── Conflict             not now: the delivery or resource is in another state
    ├── Unauthenticated      who asks is not known
    ├── TooMany              tried too often: wait `retry_after` seconds      (retryable)
    ├── Unavailable          try again: something we need is down            (retryable)
    ├── NotTaken             a subscriber has not taken a message yet        (retryable)
    │   └── SubscriberBusy       it was not even tried: wait `retry_after` seconds
    ├── LetterRefused        the mail server said no for good, whatever is tried
    └── CarrierError         a carrier said no, or nothing
        ├── CarrierRejected      it will not, and asking again will not help
        ├── CarrierPaused        staff hold it back: nothing was sent, and the delivery waits by itself
        ├── CarrierUnavailable   it could not now: another try may mend it    (retryable)
        ├── CarrierThrottled     it asked us to slow down                     (retryable)
        ├── CarrierMisbehaved    its answer makes no sense                    (retryable)
        └── BookingUnknown       it may or may not have booked: nobody may try again

`code` is the stable name on the wire; `retryable` is the one bit that Temporal and callers act on.
"""

import re
from typing import Any, ClassVar


class DomainError(Exception):
    """The root; `detail` is for people, `data` for programs (ids, codes and values, nothing personal)."""

    retryable: ClassVar[bool] = False
    title: ClassVar[str] = "Something went wrong"
    code: ClassVar[str] = "domain_error"
    by_code: ClassVar[dict[str, type["DomainError"]]] = {}

    def __init__(self, detail: str = "", **data: Any) -> None:
        self.detail = detail or self.title
        self.data = data
        super().__init__(self.detail)

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        cls.code = re.sub(r"(?<!^)(?=[A-Z])", "_", cls.__name__).lower()
        DomainError.by_code[cls.code] = cls
        cls.title = (cls.__doc__ or cls.__name__).strip().splitlines()[0].rstrip(".")

    @classmethod
    def revive(cls, code: str, detail: str, data: dict[str, Any]) -> "DomainError":
        """The error that crossed a process boundary by its code; an unknown code stays a plain `DomainError`."""
        return cls.by_code.get(code, DomainError)(detail, **data)


class Invalid(DomainError):
    """The request cannot be carried out as written."""


class NotFound(DomainError):
    """There is no such thing here."""


class Erased(DomainError):
    """This was erased."""


class Archived(DomainError):
    """This lies in the archive; support can look it up there."""


class Forbidden(DomainError):
    """You may not do this."""


class Unauthenticated(DomainError):
    """Sign in first."""


class Conflict(DomainError):
    """Not in this state."""


class TooMany(DomainError):
    """Tried too often; wait a while."""

    retryable = True


class Unavailable(DomainError):
    """Something we need does not answer; try again."""

    retryable = True


# Deliveries


class IdempotencyKeyMissing(Invalid):
    """Send an Idempotency-Key header, so that this can safely be tried again."""


class IdempotencyKeyReused(Invalid):
    """This Idempotency-Key was used with another request."""


class OfferNotFound(Invalid):
    """This delivery has no such offer."""


class QuoteExpired(Conflict):
    """The offer has expired; ask for new ones with quote_again."""


class NotAllowedNow(Conflict):
    """The delivery's status does not allow this."""


class AlreadyChosen(Conflict):
    """Another offer has already been accepted."""


class NotAvailable(Conflict):
    """The offer is not available for this delivery now."""


class TooLateToCancel(Conflict):
    """The courier already has it."""


class CancelRefused(Conflict):
    """The carrier refused to cancel."""


class Busy(Conflict):
    """The delivery is moving house; try again in a moment."""

    retryable = True


class DeliveryClosed(Conflict):
    """The delivery has ended."""


class DeliveriesUnderway(Conflict):
    """Not before these deliveries have ended: cancel them, or wait."""


class TooManyViews(Conflict):
    """There are as many saved views as there may be; delete one first."""


class LinesWrong(Invalid):
    """Some lines of the file cannot be carried out; nothing was begun."""


class TooManyImports(Conflict):
    """As many imports run as may at once; wait for one to end."""


class ImportEnded(Conflict):
    """The import is over."""


class DeliveryDiverged(DomainError):
    """The journal holds another story for this step; a human must look."""


# The ledger


class OwnProposal(Forbidden):
    """Another of staff must decide about this adjustment."""


class AlreadyDecided(Conflict):
    """This was decided before."""


class AdjustmentPending(Conflict):
    """Another adjustment of this booking waits for a decision."""


class CostChanged(Conflict):
    """The carrier has named another price since; reject this, and look anew."""


class NothingBooked(Conflict):
    """There is no such booking whose cost could be corrected."""


class FileInvalid(Invalid):
    """The file cannot be read."""


class StatementTooLong(Invalid):
    """Too many entries for a page to be printed; take a shorter period, or CSV."""


# Users


class EmailTaken(Conflict):
    """There is an account with this e-mail."""


class EmailUnverified(Forbidden):
    """Verify your e-mail address first; the link is in your mail."""


class ScopeMissing(Forbidden):
    """This API key is not meant for that."""


class UserDisabled(Forbidden):
    """This account is disabled."""


class SecondFactorRequired(Unauthenticated):
    """Send the code of your second factor too."""


class SecondFactorWrong(Unauthenticated):
    """The code is wrong, or was used."""


class SecondFactorSet(Conflict):
    """A second factor is on already."""


class SecondFactorMissing(Conflict):
    """There is no second factor."""


class PasswordTooShort(Invalid):
    """This password is too short."""


class PasswordTooCommon(Invalid):
    """Others would try this password first; choose another."""


class LinkSpent(Invalid):
    """This link was used, has expired, or is not for you; ask for another."""


class LastOwner(Conflict):
    """An organisation always has an owner; make somebody else one first."""


# Notifications


class AddressForbidden(Invalid):
    """This address may not be called."""


class ReplayRunning(Conflict):
    """Another replay of this endpoint still runs."""


class ReplayTooLong(Invalid):
    """Too much happened in that time for one replay."""


class NotTaken(DomainError):
    """The subscriber has not taken the message; it is tried again."""

    retryable = True


class SubscriberBusy(NotTaken):
    """The subscriber is left alone for a moment; nothing was sent."""


class LetterRefused(DomainError):
    """The mail server will never take this letter."""


# Carriers


class CarrierError(DomainError):
    """A carrier said no, or nothing."""


class CarrierRejected(CarrierError):
    """The carrier will not do it."""


class CarrierPaused(CarrierError):
    """Staff have paused the carrier; nothing was sent."""


class CarrierUnavailable(CarrierError):
    """The carrier could not answer."""

    retryable = True


class CarrierThrottled(CarrierUnavailable):
    """The carrier asked us to slow down."""


class CarrierMisbehaved(CarrierUnavailable):
    """The carrier's answer makes no sense."""


class BookingUnknown(CarrierError):
    """The carrier may or may not have booked; nobody may try again."""


class SignatureInvalid(Unauthenticated):
    """The webhook's signature is missing or wrong."""


class PayloadInvalid(Invalid):
    """The webhook's body cannot be read."""
