"""A price check: what carriers would charge, without any commitment and without a workflow."""

import asyncio
import hashlib
from datetime import UTC, datetime

from fastapi import APIRouter
from pydantic import ValidationError

from activities.quotes import AskCarrier, QuoteActivities, decline
from api.auth import Checker
from api.deps import Parts, PartsDep
from api.errors import problems
from api.quotes.schemas import PriceCheck, Prices
from api.views import PriceView
from domain.deliveries import DeliveryPolicy, Shipment
from domain.errors import DomainError
from domain.quotes import CarrierAccount, Choice, Quote, QuoteRequest, Rule, ranked
from domain.routing import Asking
from domain.terms import Margin
from runtime.locating import locate

router = APIRouter(tags=["quotes"])
_REMEMBERED_S = 20


@router.post("/quotes", responses=problems(400, 401, 403, 413, 422, 503))
async def check_prices(body: PriceCheck, parts: PartsDep, caller: Checker) -> Prices:
    """Asks every carrier within the quote deadline. However many ask the same of the same carriers at once, carriers
    are asked once, and not again for a short while."""
    asking = await parts.carriers.asked(body.for_carriers(), caller.organisation_id)
    margin = (await parts.terms.terms(caller.organisation_id)).margin

    async def asked() -> str:
        return (await ask_everybody(parts, asking, body, margin)).model_dump_json()

    question = f"prices:{_fingerprint(body, asking, margin)}"
    try:
        quote = Quote.model_validate_json(await parts.once(question, asked, _REMEMBERED_S, _worth_remembering))
    except ValidationError:  # what another version of ours remembered
        quote = await ask_everybody(parts, asking, body, margin)
    offers = ranked(quote.offers, Choice(rule=Rule.CHEAPEST), datetime.now(UTC))
    return Prices(offers=tuple(PriceView.of(offer) for offer in offers), declined=(*asking.declined, *quote.declined))


def _fingerprint(body: PriceCheck, asking: Asking, margin: Margin | None) -> str:
    whom = " ".join(str(account.ref) for account in asking.accounts)
    ours = margin.model_dump_json() if margin else ""
    return hashlib.sha256(f"{whom}\n{ours}\n{body.model_dump_json()}".encode()).hexdigest()


def _worth_remembering(answer: str) -> bool:
    return bool(Quote.model_validate_json(answer).offers)


async def ask_everybody(parts: Parts, asking: Asking, shipment: Shipment, margin: Margin | None = None) -> Quote:
    """Every asked account's answer, each within the deadline and none waiting for another."""
    policy = DeliveryPolicy.model_validate(parts.settings.policy)
    request = shipment.for_carriers(await locate(parts.geocoder, shipment))
    answers = await asyncio.gather(*(_ask(parts, account, request, policy, margin) for account in asking.accounts))
    return Quote(
        offers=tuple(offer for answer in answers for offer in answer.offers),
        declined=tuple(refusal for answer in answers for refusal in answer.declined),
    )


async def _ask(
    parts: Parts, account: CarrierAccount, request: QuoteRequest, policy: DeliveryPolicy, margin: Margin | None
) -> Quote:
    deadline, ttl = policy.quote_deadline, policy.offer_ttl
    ask = AskCarrier(account=account.ref, request=request, deadline=deadline, offer_ttl=ttl, margin=margin)
    try:
        return await QuoteActivities(parts.carriers).ask_carrier(ask)
    except DomainError as error:
        return Quote(declined=(decline(account.ref, error.code, error.data, error.detail),))
