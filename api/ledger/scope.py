"""Whose entries somebody sees, and what the ledger's routes ask alike."""

from datetime import UTC, date, datetime
from typing import Annotated

from fastapi import Depends, Header, Query

from api.auth import requires
from api.deps import Parts
from domain.errors import NotFound
from domain.ledger import OURS
from domain.statements import EntryFilter, Period
from domain.users import Principal, is_staff, may_adjust, sees_only_own

OrganisationParam = Annotated[
    str | None, Query(pattern=r"^org_[0-9a-z]{1,64}$", description="staff name any; everybody else sees their own")
]
FromParam = Annotated[date | None, Query(alias="from", description="the first day; of this month if absent")]
ToParam = Annotated[date | None, Query(alias="to", description="the first day after the period; a month if absent")]
DeliveryParam = Annotated[str | None, Query(pattern=r"^del_[0-9a-f]{32}$")]
Key = Annotated[str | None, Header(alias="Idempotency-Key", min_length=1, max_length=255, pattern=r"^[\x21-\x7e]+$")]
Adjuster = Annotated[Principal, Depends(requires(may_adjust))]


def visible(caller: Principal, organisation_id: str | None) -> EntryFilter:
    """The organisation's entries as far as the caller sees them: customers not what we pay carriers, partners only
    what is about their own deliveries. Raises NotFound for another's organisation, whether it is there or not."""
    if not is_staff(caller):
        if organisation_id not in (None, caller.organisation_id):
            raise NotFound("no such organisation")
        organisation_id = caller.organisation_id
    return EntryFilter(
        organisation_id=organisation_id,
        created_by=caller.user_id if sees_only_own(caller) else None,
        hidden=frozenset() if is_staff(caller) else OURS,
    )


async def period_of(parts: Parts, organisation_id: str, first: date | None, end: date | None) -> Period:
    """The period by the organisation's clock. Raises Invalid."""
    terms = await parts.terms.terms(organisation_id)
    return Period.between(first, end, terms.time_zone, datetime.now(UTC))
