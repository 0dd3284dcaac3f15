"""Every error that Uber Direct documents, and how it is raised."""

from typing import Any

from sandbox.couriers import Refusal
from sandbox.faults import Operation
from sandbox.providers import Documented, Means

_AGAIN, _NO = Means.AGAIN, Means.NO
_QUOTE, _BOOK, _FIND, _CANCEL = Operation.QUOTE, Operation.BOOK, Operation.FIND, Operation.CANCEL
_ANY = (_QUOTE, _BOOK, _FIND, _CANCEL)


def _error(
    code: str, status: int, means: Means, message: str, *operations: Operation, kind: bool = True, **metadata: str
) -> Documented:
    body: dict[str, Any] = {"code": code, "message": message}
    body |= {"kind": "error"} if kind else {}
    return Documented(code, status, means, {**body, "metadata": metadata} if metadata else body, operations)


_ASKED = (_QUOTE, _BOOK)
ERRORS = (
    _error("invalid_params", 400, _NO, "The parameters of your request were invalid.", *_ASKED),
    _error("unknown_location", 400, _NO, "The specified location was not understood.", *_ASKED),
    _error("address_undeliverable", 400, _NO, "The specified location is not in a deliverable area.", *_ASKED),
    _error(
        "address_undeliverable_limited_couriers", 400, _AGAIN,
        "The specified location is not in a deliverable area while couriers are few.", *_ASKED,
    ),
    _error("pickup_window_too_small", 400, _NO, "The pickup window is shorter than 10 minutes.", *_ASKED),
    _error("pickup_ready_too_early", 400, _NO, "The pickup ready time is in the past.", *_ASKED),
    _error("pickup_ready_too_late", 400, _NO, "The pickup ready time is more than 30 days away.", *_ASKED),
    _error("pickup_deadline_too_early", 400, _NO, "The pickup deadline is less than 20 minutes away.", *_ASKED),
    _error("dropoff_deadline_too_early", 400, _NO, "The dropoff deadline leaves less than 20 minutes.", *_ASKED),
    _error("dropoff_deadline_before_pickup_deadline", 400, _NO, "The dropoff deadline comes first.", *_ASKED),
    _error("dropoff_ready_after_pickup_deadline", 400, _NO, "The dropoff ready time comes too late.", *_ASKED),
    _error("not_allowed", 400, _NO, "The parameters of your request were invalid.", *_ASKED),
    _error("expired_quote", 400, _NO, "The price quote specified has expired.", _BOOK),
    _error("used_quote", 400, _NO, "The price quote specified has been used.", _BOOK),
    _error("mismatched_price_quote", 400, _NO, "The quote does not match.", _BOOK),
    _error("missing_payment", 400, _NO, "The organization has no billing policy.", _BOOK),
    # Its own duplicate is a success; this one names a delivery that nobody can find.
    _error(
        "duplicate_delivery", 409, _AGAIN, "An active delivery like this already exists.", _BOOK,
        delivery_id="del_AAAAAAAAAAAAAAAAAAAAAA",
    ),
    _error("unauthorized", 401, _NO, "Invalid OAuth 2.0 credentials provided.", *_ASKED, kind=False),
    _error("customer_suspended", 402, _NO, "Payment is required.", *_ASKED),
    _error("customer_blocked", 403, _NO, "The account is not allowed to create deliveries.", *_ASKED),
    _error("customer_not_found", 404, _NO, "Customer does not exist.", *_ASKED),
    _error("customer_limited", 429, _AGAIN, "The account's limits have been exceeded.", *_ASKED),
    _error("couriers_busy", 503, _AGAIN, "All couriers are currently busy.", *_ASKED),
    _error("robo_couriers_busy", 503, _AGAIN, "All robo couriers are currently busy.", *_ASKED),
    _error("request_timeout", 408, _AGAIN, "The request timed out.", *_ANY),
    _error("internal_server_error", 500, _AGAIN, "A problem was experienced.", *_ANY, kind=False),
    _error("service_unavailable", 503, _AGAIN, "Service is currently unavailable.", *_ANY),
    _error("unknown_error", 500, _AGAIN, "Internal server error", _CANCEL),
    _error("noncancelable_delivery", 400, _NO, "Delivery cannot be cancelled", _CANCEL),
    # No error to whoever looks for a delivery or lets go of it: then there is none.
    _error("delivery_not_found", 404, _NO, "The requested delivery does not exist."),
    # Of updating a delivery, which nobody does here.
    _error("max_tip_exceeded", 400, _NO, "Max tip exceeded."),
    _error("tip_already_recorded_error", 400, _NO, "Tip already updated."),
    _error("no_tip", 400, _NO, "There is no tip."),
    _error("invalid_tipping_state", 400, _NO, "Tip cannot be updated in the current job state."),
)  # fmt: skip
_BY_CODE = {error.code: error for error in ERRORS}


class Refused(Refusal):
    """One of them, with what it says beside its code."""

    def __init__(self, code: str, **metadata: str) -> None:
        error = _BY_CODE[code]
        super().__init__(error.status, code)
        self.body = {**error.body, **({"metadata": metadata} if metadata else {})}
