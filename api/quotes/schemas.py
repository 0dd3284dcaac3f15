"""What the quotes service takes and shows."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Annotated, Any, Self

from pydantic import Field, field_validator

from api.views import PriceView
from domain._values import Code, Flag, Line, Request, Timestamp, Value, Whole
from domain.deliveries import Shipment
from domain.pauses import Pause, PauseMode
from domain.places import Country
from domain.ports import CarrierProfile
from domain.quotes import WITHIN_PERCENT, CarrierAccount, Decline, Service, WithinPercent
from domain.routing import AccountPattern, AccountRule, Effect, When


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
    countries: Annotated[tuple[Country, ...], Field(max_length=250)] = Field(
        default=(), description="where both ends must lie; empty: anywhere"
    )
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
    countries: tuple[Country, ...]
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


class CarrierView(CarrierProfile):
    """A carrier, and what holds new bookings back from it or from one of its accounts now."""

    pauses: tuple[Pause, ...] = ()

    @classmethod
    def of(cls, profile: CarrierProfile, pauses: Iterable[Pause], now: datetime) -> Self:
        """With the pauses that stand."""
        standing = tuple(pause for pause in pauses if pause.carrier == profile.code and pause.stands(now))
        return cls(**profile.model_dump(), pauses=standing)


class PauseBody(Request):
    """How new bookings are held back, why, and until when; without `until`, until it is lifted."""

    mode: PauseMode
    reason: Code = Field(examples=["carrier_outage"])
    until: Timestamp | None = None

    @field_validator("until")
    @classmethod
    def _in_the_future(cls, until: datetime | None) -> datetime | None:
        if until is not None and until <= datetime.now(UTC):
            raise ValueError("until: in the future")
        return until

    def pause(self, carrier: str, account: str | None, actor: str) -> Pause:
        """The pause, from now on."""
        return Pause(carrier=carrier, account=account, actor=actor, created_at=datetime.now(UTC), **self.model_dump())


class RuleBody(Request):
    """What is said about some accounts, for some deliveries.

    `deny`: they are not asked. `allow`: where any rule allows, only what some rule allows is asked. `prefer`: they are
    asked, and chosen before others while at most `within_percent` worse.
    """

    name: Line
    enabled: Flag = True
    effect: Effect
    accounts: Annotated[tuple[AccountPattern, ...], Field(min_length=1, max_length=100)]
    when: When = Field(default_factory=When)
    within_percent: WithinPercent = WITHIN_PERCENT

    def rule(self, rule_id: str) -> AccountRule:
        """The rule of that id."""
        return AccountRule(id=rule_id, **{name: getattr(self, name) for name in type(self).model_fields})
