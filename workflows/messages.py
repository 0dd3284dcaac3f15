"""What goes in and out of a DeliveryWorkflow: one model per message, every later field optional."""

from typing import Any, Literal

from pydantic import Field

from domain._values import Code, Line, Value
from domain.bookings import Decision
from domain.deliveries import CancelReason, DeliveryPolicy, DeliveryRequest, DeliveryStatus
from domain.places import Points
from domain.quotes import WITHIN_PERCENT, AccountRef, Decline
from domain.routing import Asking
from domain.sla import SlaTerms
from domain.terms import Margin
from domain.tracking import Scan


class Asked(Value):
    """An account to ask for an offer, without its credentials, and whether a rule prefers it."""

    carrier: Code
    account: Code
    name: str = ""
    preferred: bool = False
    within_percent: int = WITHIN_PERCENT

    @property
    def ref(self) -> AccountRef:
        """The account alone."""
        return AccountRef(carrier=self.carrier, account=self.account)

    @classmethod
    def all_of(cls, asking: Asking) -> "tuple[Asked, ...]":
        """The part of each account that may stand in a workflow's history."""
        return tuple(
            cls(
                carrier=account.carrier,
                account=account.account,
                name=account.name,
                preferred=account.ref in asking.preferred,
                within_percent=asking.preferred.get(account.ref, WITHIN_PERCENT),
            )
            for account in asking.accounts
        )


class DeliveryStart(Value):
    """What a delivery begins with. `state` alone is filled when it goes on from where it was."""

    delivery_id: str
    organisation_id: str = ""
    actor: str = ""
    request: DeliveryRequest | None = None
    points: Points | None = None
    accounts: tuple[Asked, ...] = ()
    left_out: tuple[Decline, ...] = ()
    policy: DeliveryPolicy = Field(default_factory=DeliveryPolicy)
    terms: SlaTerms | None = None
    margin: Margin | None = None
    state: dict[str, Any] | None = None


class DeliveryEnd(Value):
    """How a delivery ended."""

    delivery_id: str
    status: DeliveryStatus
    reason: str | None = None


class Quoted(Value):
    """Wait for the carriers' answers."""

    actor: str


class QuoteAgain(Value):
    """Ask the carriers once more: these, or the same as before where none is named or left out."""

    kind: Literal["quote_again"] = "quote_again"
    actor: str
    accounts: tuple[Asked, ...] = ()
    left_out: tuple[Decline, ...] = ()


class Accept(Value):
    """Take this offer; `fallback` overrides the request's when given."""

    kind: Literal["accept"] = "accept"
    actor: str
    offer_id: str
    fallback: bool | None = None


class Cancel(Value):
    """Undo everything, if it has not been picked up."""

    kind: Literal["cancel"] = "cancel"
    actor: str
    reason: CancelReason = CancelReason.CUSTOMER_REQUEST


class Decide(Value):
    """Answer the carrier's question, or say what to do after a failed attempt."""

    kind: Literal["decide"] = "decide"
    actor: str
    decision: Decision
    note: Line | None = None


class RetryBooking(Value):
    """Book again: this offer, or the best that is left. `found_reference` says that staff found the unknown
    booking at the carrier; `nothing_booked` that there is none."""

    kind: Literal["retry_booking"] = "retry_booking"
    actor: str
    offer_id: str | None = None
    found_reference: str | None = None
    nothing_booked: bool = False


class ChangeCarrier(Value):
    """Undo what is booked and book this offer instead; without one, ask these carriers anew, or the same as before
    where none is named or left out."""

    kind: Literal["change_carrier"] = "change_carrier"
    actor: str
    offer_id: str | None = None
    reason: Code = "staff_choice"
    accounts: tuple[Asked, ...] = ()
    left_out: tuple[Decline, ...] = ()


class ForceStatus(Value):
    """Set a status by hand, for a reason."""

    kind: Literal["force_status"] = "force_status"
    actor: str
    status: DeliveryStatus
    reason: Code


class ClearAttention(Value):
    """A human has looked."""

    kind: Literal["clear_attention"] = "clear_attention"
    actor: str
    reason: Code = "looked_at"


class CarrierReport(Value):
    """Scans a carrier reported, by webhook or found by the sweep."""

    scans: tuple[Scan, ...]
