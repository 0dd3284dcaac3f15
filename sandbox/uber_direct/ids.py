"""Its ids: each says whose it is, so that nothing need be remembered to read it again."""

import base64
import uuid

from sandbox.bookings import Booking
from sandbox.providers import Provider
from sandbox.tokens import signature
from sandbox.uber_direct.refusals import Refused


def customer_id(provider: Provider) -> str:
    """The organisation's id, in every path."""
    return str(uuid.uuid5(uuid.NAMESPACE_DNS, f"{provider.name}.sandbox.example"))


def token(of: uuid.UUID) -> str:
    """A UUID as its ids carry it."""
    return base64.urlsafe_b64encode(of.bytes).decode().rstrip("=")


def delivery_id(booking: Booking, *, back: bool = False) -> str:
    """A delivery's id, made of the booking's; of its way back if asked."""
    return ("ret_" if back else "del_") + token(uuid.UUID(booking.delivery_id))


def read_id(text: str) -> tuple[str, bool]:
    """The booking's id in a delivery's, and whether it means the way back; raises Refused."""
    kind, _, rest = text.partition("_")
    try:
        booking_id = str(uuid.UUID(bytes=base64.urlsafe_b64decode(rest + "==")))
    except ValueError:
        raise Refused("delivery_not_found") from None
    if kind not in ("del", "ret"):
        raise Refused("delivery_not_found")
    return booking_id, kind == "ret"


def quote_id(provider: Provider, price_cents: int, expires_at: float) -> str:
    """A quote's id says what it promises, and is signed: nothing to remember until it is used."""
    promise = f"{price_cents}.{int(expires_at)}.{uuid.uuid4().hex[:8]}"
    text = f"{promise}.{signature(provider.credentials['client_secret'], promise.encode())[:16]}"
    return "dqt_" + base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def read_quote(provider: Provider, text: str) -> tuple[int, float]:
    """The price and the expiry that a quote promised; raises Refused."""
    try:
        promise, _, mac = base64.urlsafe_b64decode(text.removeprefix("dqt_") + "==").decode().rpartition(".")
    except ValueError:
        promise, mac = "", ""
    if mac != signature(provider.credentials["client_secret"], promise.encode())[:16]:
        raise Refused("invalid_params", quote_id="quote is not valid.")
    price_cents, expires_at, _ = promise.split(".")
    return int(price_cents), float(expires_at)
