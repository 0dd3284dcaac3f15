"""How deliveries are found: one by its id, and what the list is narrowed by; exports and saved views take the same."""

from collections.abc import Iterable
from typing import Annotated, Literal

from fastapi import Depends, Query
from pydantic import Field

from api.auth import Reader
from api.deps import Parts
from domain import errors
from domain._values import Timestamp, Value
from domain.deliveries import Attention, Delivery, DeliveryStatus
from domain.ports import DeliveryFilter
from domain.quotes import Service
from domain.users import Principal, is_staff, may_see, sees_only_own

Word = Annotated[str, Field(max_length=64)]


Why = Literal["any"] | Attention
"""Any reason to look, or a particular one."""


class Narrowing(Value):
    """What deliveries are looked for; several values of one field are alternatives."""

    q: Annotated[str, Field(min_length=2, max_length=100)] | None = Field(
        default=None,
        description="whatever is at hand: the beginning of a reference, tracking number or id, the end of an id, a "
        "name, a postal code or its first five digits, a phone",
        examples=["Maria Souza"],
    )
    status: Annotated[tuple[DeliveryStatus, ...], Field(max_length=20)] = ()
    attention: Annotated[tuple[Why, ...], Field(max_length=20)] = ()
    carrier: Word | None = None
    service: Service | None = None
    reference: Word | None = None
    tracking_number: Annotated[str, Field(max_length=100)] | None = None
    recipient: Annotated[str, Field(min_length=2, max_length=100)] | None = Field(
        default=None, description="whole words of the name, in any order"
    )
    sender: Annotated[str, Field(min_length=2, max_length=100)] | None = None
    postal_code: Annotated[str, Field(min_length=4, max_length=12)] | None = Field(
        default=None, description="of either end; of a CEP also the first five digits"
    )
    phone: Annotated[str, Field(min_length=8, max_length=24)] | None = None
    created_by: Annotated[str, Field(max_length=64, pattern=r"^[a-z]{3}_[0-9a-z_]+$")] | None = None
    organisation_id: Annotated[str, Field(max_length=68, pattern=r"^org_[0-9a-z]+$")] | None = Field(
        default=None, description="for staff, who else see every organisation's"
    )
    created_from: Timestamp | None = None
    created_to: Timestamp | None = None
    promised_from: Timestamp | None = None
    promised_to: Timestamp | None = None
    ended_from: Timestamp | None = None
    ended_to: Timestamp | None = None

    def of(self, caller: Principal) -> DeliveryFilter:
        """The same among what the caller may see."""
        told = self.model_dump(exclude={"attention", "organisation_id", "created_by"})
        return DeliveryFilter(
            **told,
            attention=tuple(_reasons(self.attention)),
            organisation_id=self.organisation_id if is_staff(caller) else caller.organisation_id,
            created_by=caller.user_id if sees_only_own(caller) else self.created_by,
        )


def _reasons(wanted: Iterable[Why]) -> Iterable[Attention]:
    if "any" in wanted:
        return (why for why in Attention if why is not Attention.NONE or why in wanted)
    return (Attention(why) for why in wanted)


def _narrowing(
    caller: Reader,
    narrowing: Annotated[Narrowing, Query()],
    text: Annotated[str | None, Query(min_length=2, max_length=64, deprecated=True, description="use `q`")] = None,
) -> DeliveryFilter:
    where = narrowing.of(caller)
    return where if text is None else where.model_copy(update={"text": text})


Narrowed = Annotated[DeliveryFilter, Depends(_narrowing)]


async def found(parts: Parts, caller: Principal, delivery_id: str) -> Delivery:
    """One that the caller may see. Another's is not there, archived or not. Raises NotFound, Archived."""
    try:
        delivery = await parts.deliveries.get(delivery_id)
    except errors.Archived as archived:
        if may_see(caller, **archived.data):
            raise
        delivery = None
    if delivery is None or not may_see(caller, delivery.organisation_id, delivery.created_by):
        raise errors.NotFound("no such delivery")
    return delivery
