"""What was agreed with an organisation."""

from typing import Annotated

from fastapi import APIRouter, Depends
from fastapi import Path as PathParam
from pydantic import Field

from api.auth import requires
from api.deps import PartsDep
from api.errors import problems
from domain._values import Closed
from domain.money import Currency, Money
from domain.terms import Margin, Terms
from domain.users import Principal, may_keep_terms

router = APIRouter(tags=["quotes"])

OrganisationId = Annotated[str, PathParam(pattern=r"^org_[0-9a-z]{1,64}$")]
Keeper = Annotated[Principal, Depends(requires(may_keep_terms))]


class MarginPut(Margin):
    """A part of a carrier's price, and an amount."""

    fixed: Annotated[tuple[Annotated[Money, Closed()], ...], Field(max_length=len(Currency))] = Field(
        default=(), description="added to each price in its currency; prices in others get none"
    )


class TermsPut(Terms):
    """An organisation's own margin, or none of its own, and the clock of its statements."""

    margin: Annotated[MarginPut, Closed()] | None = None


@router.get("/terms/{organisation_id}", responses=problems(401, 403, 422, 503))
async def get_terms(organisation_id: OrganisationId, parts: PartsDep, caller: Keeper) -> Terms:  # noqa: ARG001
    """What was agreed; the usual terms where nothing was."""
    return await parts.terms.terms(organisation_id)


@router.put("/terms/{organisation_id}", responses=problems(400, 401, 403, 413, 422, 503))
async def put_terms(
    organisation_id: OrganisationId, body: Annotated[TermsPut, Closed()], parts: PartsDep, caller: Keeper
) -> Terms:
    """For what is requested from now on."""
    agreed = Terms.model_validate(body.model_dump())
    await parts.terms.put_terms(organisation_id, agreed, caller.actor)
    return agreed
