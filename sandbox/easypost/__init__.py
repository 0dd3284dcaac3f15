"""EasyPost v2 as it answers for the carriers behind one account: https://docs.easypost.com."""

import hashlib
from collections.abc import Mapping

from fastapi import APIRouter

from sandbox.bookings import Booking, Happening
from sandbox.easypost.routes import recall, routes
from sandbox.easypost.telling import STATUSES, callback, error
from sandbox.faults import Operation
from sandbox.providers import Callback, Documented, Means, Provider
from sandbox.world import World

NAME = "easypost"
# Made from names: the sandbox guards nothing, but keys are checked and signatures real. The accent is there because it
# must be decomposed before it signs.
_SECRET = f"ségredo-{hashlib.sha256(b'sandbox/postal').hexdigest()[:32]}"

_PROVIDERS = (
    Provider(
        name="postal",
        protocol=NAME,
        description="the mail: several services, bought first and refunded later",
        base_cents=900,
        cents_per_km=40,
        kmh=30.0,
        accepts_after_s=30.0,
        vehicles=("VAN",),
        credentials={"api_key": "EZTKsandboxpostal", "webhook_secret": _SECRET},
        reach_km=4500,
        services=("standard",),
        refunds_after_s=900.0,
    ),
)

_QUOTE, _BOOK, _CANCEL = (Operation.QUOTE,), (Operation.BOOK,), (Operation.CANCEL,)
_ASKED, _ALL = (*_QUOTE, *_BOOK), (*_QUOTE, *_BOOK, Operation.FIND, *_CANCEL)


def _documented(means: Means, operations: tuple[str, ...], codes: str, status: int = 422) -> tuple[Documented, ...]:
    return tuple(Documented(code, status, means, error(code, code.lower()), operations) for code in codes.split())


_ERRORS = (
    *_documented(Means.NO, _ASKED, "BAD_REQUEST", 400),
    *_documented(Means.NO, _ASKED, "UNAUTHORIZED", 401),
    *_documented(Means.NO, _ASKED, "PAYMENT_REQUIRED", 402),
    *_documented(Means.NO, _ASKED, "FORBIDDEN", 403),
    *_documented(Means.NO, _ASKED, "NOT_FOUND", 404),
    *_documented(Means.NO, _ASKED, "NOT_ACCEPTABLE", 406),
    *_documented(Means.AGAIN, _ALL, "RATE_LIMITED", 429),
    *_documented(Means.AGAIN, _ALL, "INTERNAL_SERVER_ERROR", 500),
    *_documented(Means.AGAIN, _QUOTE, "ADDRESS.VERIFY.UNAVAILABLE ADDRESS.VERIFY.UPSTREAM_UNAVAILABLE", 503),
    *_documented(Means.NO, _ASKED, "MODE.UNAUTHORIZED MODE.CONFLICT PARAMETER.REQUIRED PARAMETER.FORBIDDEN"),
    *_documented(Means.NO, _QUOTE, "ADDRESS.PARAMETERS.INVALID ADDRESS.PARAMETERS.INVALID_CHARACTER"),
    *_documented(Means.NO, _QUOTE, "DATE.PARSE.FAILURE ADDRESS.COUNTRY.INVALID ADDRESS.VERIFICATION.NOT_FOUND"),
    *_documented(Means.NO, _QUOTE, "ADDRESS.VERIFICATION.FAILURE ADDRESS.VERIFICATION.INVALID ADDRESS.VERIFY.FAILURE"),
    *_documented(Means.NO, _QUOTE, "ADDRESS.VERIFY.CARRIER_INVALID ADDRESS.VERIFY.ONLY_US"),
    *_documented(Means.NO, _QUOTE, "ADDRESS.VERIFY.INTL_NOT_ENABLED ADDRESS.VERIFY.MISSING_STREET"),
    *_documented(Means.NO, _QUOTE, "ADDRESS.VERIFY.MISSING_CITY_STATE_ZIP"),
    *_documented(Means.NO, _QUOTE, "PARCEL.PARAMETERS.INVALID PARCEL.PREDEFINED_PACKAGE.INVALID"),
    *_documented(Means.NO, _QUOTE, "SHIPMENT.INVALID SHIPMENT.INVALID_PARAMS SHIPMENT.CARRIER_ACCOUNTS.CONFLICT"),
    *_documented(Means.NO, _ASKED, "SHIPMENT.OPTIONS.INVALID SHIPMENT.RATES.UNAVAILABLE SHIPMENT.MISSING_INFORMATION"),
    *_documented(Means.NO, _ASKED, "SHIPMENT.CUSTOMS_INFO.REQUIRED SHIPMENT.CUSTOMS_INFO.DESCRIPTION_REQUIRED"),
    *_documented(Means.NO, _BOOK, "SHIPMENT.MISSING_RATE SHIPMENT.RATE.CARRIER_ACCOUNT_INVALID"),
    *_documented(Means.NO, _BOOK, "SHIPMENT.RATE.STAMP_UNAVAILABLE SHIPMENT.RATE.BARCODE_UNAVAILABLE"),
    *_documented(Means.NO, _BOOK, "SHIPMENT.PURCHASE.FAILURE SHIPMENT.POSTAGE.FAILURE SHIPMENT.POSTAGE.ASCII"),
    *_documented(Means.NO, _BOOK, "SHIPMENT.POSTAGE.INVALID_FORMAT SHIPMENT.POSTAGE.FORMAT_UNAVAILABLE"),
    *_documented(Means.NO, _BOOK, "CREDIT_CARD.CHARGE.FAILURE BANK_ACCOUNT.CHARGE.FAILURE"),
    *_documented(Means.AGAIN, _BOOK, "SHIPMENT.PURCHASE.IN_PROGRESS SHIPMENT.POSTAGE.NO_RESPONSE"),
    *_documented(Means.AGAIN, _BOOK, "SHIPMENT.POSTAGE.TIMED_OUT PAYMENT_GATEWAY.ERROR"),
    *_documented(Means.DONE, _BOOK, "SHIPMENT.POSTAGE.EXISTS"),
    *_documented(Means.AGAIN, _CANCEL, "REFUND.NO_RESPONSE"),
    *_documented(Means.NO, _CANCEL, "SHIPMENT.REFUND.UNAVAILABLE SHIPMENT.REFUND.FAILURE REFUND.FAILURE"),
    # Only of a shipment that was never bought, which leaves nothing to refuse.
    *_documented(Means.DONE, (), "SHIPMENT.POSTAGE.REQUIRED"),
)


class EasyPost:
    """The protocol, as the sandbox finds it."""

    name = NAME
    providers = _PROVIDERS
    statuses = STATUSES
    errors = _ERRORS

    def routes(self) -> APIRouter:
        """Under /easypost/{provider}."""
        return routes()

    def callback(self, world: World, booking: Booking, happening: Happening) -> Callback | None:
        """An event, of a tracker or of a refund."""
        kept = recall(world, world.providers[booking.provider], booking.errand.order_id)
        return callback(world, kept, booking, happening)

    def settings(self, provider: Provider) -> Mapping[str, str]:  # noqa: ARG002
        """It is reached with a key alone."""
        return {}


PROTOCOL = EasyPost()
