"""Which accounts are asked for a delivery, and which of them staff would rather have: rules, countries, pauses."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Self

from pydantic import Field, model_validator

from domain._values import Closed, Flag, Line, Request, Value
from domain.availability import PostalRange
from domain.parcels import Grams
from domain.pauses import Pause, PauseMode, pause_of
from domain.places import Country
from domain.quotes import WITHIN_PERCENT, AccountRef, CarrierAccount, Decline, QuoteRequest, Service, WithinPercent


class Effect(StrEnum):
    """What a rule does with its accounts."""

    ALLOW = "allow"  # where any allows, only what some rule allows is asked
    DENY = "deny"  # not asked, whatever allows it
    PREFER = "prefer"  # asked, and chosen before others while not much worse


AccountPattern = Annotated[
    str,
    Field(
        pattern=r"^[a-z0-9][a-z0-9_.-]{0,63}/(\*|[a-z0-9][a-z0-9_.-]{0,63})$",
        description="an account, or all of a carrier's",
        examples=["open_delivery/ligeiro", "lalamove/*"],
    ),
]
_Ranges = Annotated[tuple[Annotated[PostalRange, Closed()], ...], Field(max_length=200)]


class When(Request):
    """Which deliveries a rule is for: all that is given must hold; nothing given: every delivery."""

    organisation_id: Annotated[str, Field(pattern=r"^org_[0-9a-z]{1,64}$")] | None = None
    service: Service | None = None
    country: Country | None = Field(default=None, description="either end lies in it")
    pickup_postal_ranges: _Ranges = Field(default=(), description="the pickup lies in one of them")
    dropoff_postal_ranges: _Ranges = Field(default=(), description="the dropoff lies in one of them")
    min_weight_g: Grams | None = Field(default=None, description="all parcels together, at least")
    max_weight_g: Grams | None = Field(default=None, description="all parcels together, at most")

    @model_validator(mode="after")
    def _some_weight_fits(self) -> Self:
        if self.min_weight_g and self.max_weight_g and self.min_weight_g > self.max_weight_g:
            raise ValueError("min_weight_g: not more than max_weight_g")
        return self

    def holds(self, request: QuoteRequest, organisation_id: str) -> bool:
        """Whether it speaks of this request of this organisation."""
        pickup, dropoff = request.pickup.address, request.dropoff.address
        return (
            self.organisation_id in (None, organisation_id)
            and self.service in (None, request.service)
            and self.country in (None, pickup.country, dropoff.country)
            and _within(pickup.postal_code, self.pickup_postal_ranges)
            and _within(dropoff.postal_code, self.dropoff_postal_ranges)
            and request.weight_g >= (self.min_weight_g or 0)
            and (self.max_weight_g is None or request.weight_g <= self.max_weight_g)
        )


def _within(postal_code: str, ranges: tuple[PostalRange, ...]) -> bool:
    return not ranges or any(postal_code in span for span in ranges)


class AccountRule(Value):
    """What staff say about some accounts, for some deliveries."""

    id: str = Field(examples=["rule_0197…"])
    name: Line
    enabled: Flag = True
    effect: Effect
    accounts: Annotated[tuple[AccountPattern, ...], Field(min_length=1, max_length=100)]
    when: When = Field(default_factory=When)
    within_percent: WithinPercent = WITHIN_PERCENT

    def names(self, ref: AccountRef) -> bool:
        """Whether the account is one of the rule's."""
        return str(ref) in self.accounts or f"{ref.carrier}/*" in self.accounts


class LeftOut(StrEnum):
    """Why an account is not asked at all."""

    NOT_SERVING_COUNTRY = "not_serving_country"
    DENIED_BY_RULE = "denied_by_rule"
    PAUSED = "paused"


class Asking(Value):
    """Who is asked, in the order given; who is left out and why; and how far each preferred account is preferred."""

    accounts: tuple[CarrierAccount, ...] = ()
    declined: tuple[Decline, ...] = ()
    preferred: Mapping[AccountRef, int] = Field(default_factory=dict)


def asking(
    accounts: Iterable[CarrierAccount],
    rules: Iterable[AccountRule],
    pauses: Iterable[Pause],
    request: QuoteRequest,
    organisation_id: str,
    now: datetime,
) -> Asking:
    """Who is asked for this request. Rules have no order: any denial counts, and the widest preference.

    An account that does not sell the service is no candidate; every other one left out is declined with a reason.
    """
    rules = [rule for rule in rules if rule.enabled and rule.when.holds(request, organisation_id)]
    pauses = list(pauses)
    candidates = [account for account in accounts if request.service in account.services]
    reasons = {account.ref: _left_out(account, rules, pauses, request, now) for account in candidates}
    asked = tuple(account for account in candidates if reasons[account.ref] is None)
    prefer = [rule for rule in rules if rule.effect is Effect.PREFER]
    preferring = {account.ref: [rule.within_percent for rule in prefer if rule.names(account.ref)] for account in asked}
    return Asking(
        accounts=asked,
        declined=tuple(
            Decline(carrier=ref.carrier, carrier_account=ref.account, reason=reason)
            for ref, reason in reasons.items()
            if reason is not None
        ),
        preferred={ref: max(percents) for ref, percents in preferring.items() if percents},
    )


def _left_out(
    account: CarrierAccount, rules: list[AccountRule], pauses: list[Pause], request: QuoteRequest, now: datetime
) -> LeftOut | None:
    ends = {request.pickup.address.country, request.dropoff.address.country}
    if account.countries and not ends <= set(account.countries):
        return LeftOut.NOT_SERVING_COUNTRY
    allowing = [rule for rule in rules if rule.effect is Effect.ALLOW]
    denied = any(rule.effect is Effect.DENY and rule.names(account.ref) for rule in rules)
    if denied or (allowing and not any(rule.names(account.ref) for rule in allowing)):
        return LeftOut.DENIED_BY_RULE
    pause = pause_of(pauses, account.ref, now)
    return LeftOut.PAUSED if pause is not None and pause.mode is PauseMode.ELSEWHERE else None
