"""Entries across deliveries, and what they add up to."""

from fastapi import APIRouter

from api.auth import Reader
from api.deps import PartsDep
from api.errors import problems
from api.ledger.scope import DeliveryParam, OrganisationParam, visible
from api.paging import CursorParam, Limit, Page
from domain._values import Timestamp, Value
from domain.ledger import Account, Entry, EntryKind
from domain.money import Currency
from domain.statements import Balance

router = APIRouter(tags=["ledger"])


class Balances(Value):
    """By currency and account; those of one currency sum to zero."""

    items: tuple[Balance, ...]


@router.get("/entries", responses=problems(400, 401, 403, 404, 422, 503))
async def search_entries(
    parts: PartsDep,
    caller: Reader,
    organisation_id: OrganisationParam = None,
    delivery_id: DeliveryParam = None,
    kind: EntryKind | None = None,
    account: Account | None = None,
    currency: Currency | None = None,
    since: Timestamp | None = None,
    until: Timestamp | None = None,
    limit: Limit = 50,
    cursor: CursorParam = None,
) -> Page[Entry]:
    """Lançamentos, newest first; staff see every organisation's, and what carriers are paid."""
    asked = {"delivery_id": delivery_id, "kind": kind, "account": account, "currency": currency}
    where = visible(caller, organisation_id).model_copy(update={**asked, "since": since, "until": until})
    items, following = await parts.ledger.page(where, limit, cursor)
    return Page[Entry](items=list(items), next=following)


@router.get("/balances", responses=problems(401, 403, 404, 422, 503))
async def list_balances(
    parts: PartsDep,
    caller: Reader,
    organisation_id: OrganisationParam = None,
    at: Timestamp | None = None,
) -> Balances:
    """What stands on each account now, or stood at an instant: `customer_receivable` is what is owed to us."""
    where = visible(caller, organisation_id).model_copy(update={"until": at})
    return Balances(items=tuple(await parts.ledger.balances(where)))
