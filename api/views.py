"""What several services show alike."""

from typing import Self

from domain._values import Timestamp, Value
from domain.money import Money
from domain.quotes import Offer


class PriceView(Value):
    """What a carrier would do it for, as a customer sees it: our price, not our cost."""

    carrier: str
    carrier_account: str
    carrier_name: str
    service: str
    price: Money
    pickup_eta_at: Timestamp | None = None
    delivery_eta_at: Timestamp | None = None
    delivery_days: int | None = None
    guaranteed: bool = False
    vehicle: str | None = None

    @classmethod
    def of(cls, offer: Offer) -> Self:
        """Leaves out what we pay."""
        return cls.model_validate(offer.model_dump())


class OfferView(PriceView):
    """A price that can be accepted until it expires."""

    id: str
    expires_at: Timestamp
