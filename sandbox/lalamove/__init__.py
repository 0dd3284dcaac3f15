"""Lalamove v3, market BR, as the company's own sandbox and production speak it: https://developers.lalamove.com."""

import hashlib
from collections.abc import Mapping

from fastapi import APIRouter

from sandbox.bookings import Booking, Happening
from sandbox.faults import Operation
from sandbox.lalamove.routes import routes
from sandbox.lalamove.shapes import LANGUAGES, MARKET
from sandbox.lalamove.telling import PODS, STATUSES, callback
from sandbox.providers import Callback, Documented, Means, Provider
from sandbox.world import World

NAME = "lalamove"

_PROVIDERS = (
    Provider(
        name="veloz", protocol=NAME, description="quick and a bit dear, by motorbike, car or van",
        base_cents=1550, cents_per_km=320, kmh=35.0, accepts_after_s=40.0,
        vehicles=("LALAGO", "LALAPRO", "HATCHBACK", "CAR", "UV_FIORINO", "VAN", "TRUCK330"),
        credentials={"api_key": "pk_test_veloz", "api_secret": hashlib.sha256(b"sandbox/veloz").hexdigest()},
    ),
)  # fmt: skip

_QUOTE, _BOOK, _CANCEL = (Operation.QUOTE,), (Operation.BOOK,), (Operation.CANCEL,)
_ASKED = (*_QUOTE, *_BOOK)


def _error(status: int, means: Means, operations: tuple[str, ...], *ids: str) -> tuple[Documented, ...]:
    return tuple(Documented(i, status, means, {"errors": [{"id": i}]}, operations) for i in ids)


def _plain(status: int, means: Means, operations: tuple[str, ...], words: str) -> Documented:
    return Documented(str(status), status, means, {"message": words}, operations)


_ERRORS = (
    *_error(
        422, Means.NO, _QUOTE,
        "ERR_INSUFFICIENT_STOPS", "ERR_TOO_MANY_STOPS", "ERR_INVALID_MARKET", "ERR_INVALID_SCHEDULE_TIME",
        "ERR_INVALID_SERVICE_TYPE", "ERR_INVALID_SPECIAL_REQUEST", "ERR_OUT_OF_SERVICE_AREA",
        "ERR_REVERSE_GEOCODE_FAILURE", "ERR_INCORRECT_ADDRESS",
    ),
    *_error(
        422, Means.NO, _ASKED,
        "ERR_INVALID_PHONE_NUMBER", "ERR_INVALID_FIELD", "ERR_MISSING_FIELD", "ERR_REQUIRED_FIELD",
    ),
    *_error(422, Means.NO, _BOOK, "ERR_INVALID_QUOTATION_ID", "ERR_PRICE_MISMATCH"),
    *_error(402, Means.NO, _BOOK, "ERR_INSUFFICIENT_CREDIT"),
    *_error(429, Means.AGAIN, _ASKED, "ERR_RATE_LIMIT_EXCEEDED", "ERR_TOO_MANY_REQUESTS"),
    *_error(409, Means.NO, _CANCEL, "ERR_CANCELLATION_FORBIDDEN"),
    *_error(422, Means.NO, _CANCEL, "ERR_CANCELLATION"),
    # Answers to a look at what is not there, and to what no careful customer asks: to tip, to edit, to change the
    # driver, to register a webhook.
    *_error(404, Means.NO, (), "ERR_ORDER_NOT_FOUND", "ERR_DRIVER_NOT_FOUND"),
    *_error(
        422, Means.NO, (),
        "ERR_INVALID_ORDER_STATUS", "ERR_ORDER_EDIT", "ERR_CHANGE_DRIVER", "ERR_INVALID_TIPS", "ERR_EXCEED_MIN_TIPS",
        "ERR_EXCEED_MAX_TIPS", "ERR_INVALID_RESPONSE",
    ),
    _plain(400, Means.NO, _ASKED, "Bad Request"), _plain(401, Means.NO, _ASKED, "Unauthorized"),
    _plain(402, Means.NO, _BOOK, "Payment Required"), _plain(403, Means.NO, _ASKED, "Forbidden"),
    _plain(404, Means.NO, _ASKED, "Not Found"), _plain(422, Means.NO, _ASKED, "Unprocessable Entity"),
    _plain(429, Means.AGAIN, _ASKED, "Too Many Requests"), _plain(500, Means.AGAIN, _ASKED, "Internal Server Error"),
)  # fmt: skip


class Lalamove:
    """The protocol, as the sandbox finds it."""

    name = NAME
    providers = _PROVIDERS
    statuses = (*STATUSES, *PODS)
    errors = _ERRORS

    def routes(self) -> APIRouter:
        """Under /lalamove/{provider}."""
        return routes()

    def callback(self, world: World, booking: Booking, happening: Happening) -> Callback | None:
        """One of its events."""
        return callback(world, booking, happening)

    def settings(self, provider: Provider) -> Mapping[str, str]:  # noqa: ARG002
        """What the other side must be told of a provider, beside its address and credentials."""
        return {"market": MARKET, "language": LANGUAGES[0]}


PROTOCOL = Lalamove()
