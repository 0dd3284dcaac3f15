"""What the quotes service takes and shows."""

from typing import Annotated, Any

from pydantic import Field

from api.views import PriceView
from domain._values import Flag, Line, Request, Value, Whole
from domain.deliveries import Shipment
from domain.quotes import CarrierAccount, Decline, Service


class PriceCheck(Shipment):
    """What a price is wanted for."""


class Prices(Value):
    """Who would take it for how much, cheapest first, and who would not and why. Nothing is promised."""

    offers: tuple[PriceView, ...]
    declined: tuple[Decline, ...]


class AccountPut(Request):
    """An account at a carrier; `settings` and `credentials` are as the carrier's schemas describe them."""

    name: Line
    enabled: Flag = True
    services: tuple[Service, ...] = (Service.EXPRESS, Service.STANDARD)
    margin_percent: Annotated[Whole, Field(ge=0, le=1000)] = 0
    settings: Annotated[dict[str, Any], Field(max_length=50)] = Field(default_factory=dict)
    credentials: Annotated[dict[str, Annotated[str, Field(max_length=4096)]] | None, Field(max_length=20)] = Field(
        default=None, description="absent: those it has stay"
    )


class AccountView(Value):
    """An account without its secrets."""

    carrier: str
    account: str
    name: str
    enabled: bool
    services: tuple[Service, ...]
    margin_percent: int
    settings: dict[str, Any]
    credentials_set: tuple[str, ...] = Field(description="names of the credentials it has")
    problems: tuple[str, ...] = Field(default=(), description="why it cannot be used as it is")
    webhook_url: str = Field(description="what to register at the carrier")

    @classmethod
    def of(cls, account: CarrierAccount, problems: tuple[str, ...], public_url: str) -> "AccountView":
        """Names of secrets, never their values."""
        return cls(
            **account.model_dump(exclude={"credentials"}),
            credentials_set=tuple(sorted(account.credentials)),
            problems=problems,
            webhook_url=f"{public_url}/v1/webhooks/{account.carrier}/{account.account}",
        )


class Accounts(Value):
    """A carrier's accounts."""

    items: tuple[AccountView, ...]
