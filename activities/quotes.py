"""Asking one carrier account for its offers."""

import asyncio
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from temporalio import activity

from domain import errors
from domain._values import Value, as_code
from domain.ports import Carriers
from domain.quotes import (
    LEFT_ALONE,
    WITHIN_PERCENT,
    AccountRef,
    CarrierAccount,
    CarrierOffer,
    Decline,
    Offer,
    Quote,
    QuoteRequest,
)
from domain.terms import Margin


class AskCarrier(Value):
    """Which account to ask for what, until when, how long an offer stands at most, whether it is preferred, and the
    margin agreed with who asks; the account's own if there is none."""

    account: AccountRef
    request: QuoteRequest
    deadline: timedelta
    offer_ttl: timedelta
    preferred: bool = False
    within_percent: int = WITHIN_PERCENT
    margin: Margin | None = None


class QuoteActivities:
    """Runs on the quotes queue, and in the quotes API for price checks."""

    def __init__(self, carriers: Carriers) -> None:
        self._carriers = carriers

    @activity.defn
    async def ask_carrier(self, ask: AskCarrier) -> Quote:
        """The account's offers, or a decline; raises CarrierError when another try might help or none will. An
        account that is left alone declines at once: nobody waits for its next trial."""
        try:
            async with asyncio.timeout(ask.deadline.total_seconds()):
                account = await self._carriers.account(ask.account)
                carrier = await self._carriers.reach(ask.account)
                answers = await carrier.quote(ask.request)
        except TimeoutError as error:
            raise errors.CarrierUnavailable("no answer in time", reason="timeout") from error
        except errors.CarrierUnavailable as error:
            if error.data.get("reason") != LEFT_ALONE:
                raise
            return Quote(declined=(decline(ask.account, error.code, error.data, error.detail),))
        now = datetime.now(UTC)
        offers = tuple(_priced(answer, account, now, ask) for answer in answers)
        standing = tuple(offer for offer in offers if offer.stands(now) and offer.cost.currency == ask.request.currency)
        if not standing:
            return Quote(declined=(decline(ask.account, "no_offer", {}),))
        return Quote(offers=standing)


def _priced(answer: CarrierOffer, account: CarrierAccount, now: datetime, ask: AskCarrier) -> Offer:
    ours = now + ask.offer_ttl
    fields = {name: getattr(answer, name) for name in CarrierOffer.model_fields}
    return Offer(
        **{**fields, "expires_at": min(answer.expires_at, ours) if answer.expires_at else ours},
        id=f"off_{uuid.uuid4().hex}",
        carrier=account.carrier,
        carrier_account=account.account,
        carrier_name=account.name,
        price=ask.margin.on(answer.cost) if ask.margin else answer.cost.plus_percent(Decimal(account.margin_percent)),
        preferred=ask.preferred,
        within_percent=ask.within_percent,
    )


def decline(account: AccountRef, code: str, data: Mapping[str, Any], detail: str = "") -> Decline:
    """How a carrier's error reads beside the offers: its own reason where it gave one, else the error's code."""
    reason = as_code(str(data.get("reason") or code))
    return Decline(carrier=account.carrier, carrier_account=account.account, reason=reason, detail=detail[:200])
