"""What organisations are promised of each service, and credited when it is not kept."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query

from api.auth import Reader, requires
from api.deliveries.routes import OrganisationId
from api.deps import PartsDep
from api.errors import problems
from api.paging import Page
from domain import errors
from domain.quotes import Service
from domain.sla import Contract, SlaTerms
from domain.users import Principal, is_staff, may_keep_contracts

router = APIRouter(tags=["contracts"])

Keeper = Annotated[Principal, Depends(requires(may_keep_contracts))]
ServiceName = Annotated[Service, Path(description="one contract for each")]


@router.get("/contracts", responses=problems(401, 403, 404, 422, 503))
async def list_contracts(
    parts: PartsDep,
    caller: Reader,
    organisation_id: Annotated[
        str | None, Query(pattern=r"^org_[0-9a-z]{1,64}$", description="staff: one instead of all")
    ] = None,
) -> Page[Contract]:
    """A customer's own; staff see any organisation's, or all."""
    if not is_staff(caller):
        if organisation_id not in (None, caller.organisation_id):
            raise errors.NotFound("no such organisation")
        organisation_id = caller.organisation_id
    return Page[Contract](items=list(await parts.contracts.contracts(organisation_id)))


@router.put("/contracts/{organisation_id}/{service}", responses=problems(400, 401, 403, 413, 422, 503))
async def put_contract(
    organisation_id: OrganisationId, service: ServiceName, body: SlaTerms, parts: PartsDep, caller: Keeper
) -> Contract:
    """For deliveries requested from now on; those under way keep what they began with."""
    contract = Contract(organisation_id=organisation_id, service=service, terms=body)
    await parts.contracts.put(contract, caller.actor)
    return contract


@router.delete("/contracts/{organisation_id}/{service}", status_code=204, responses=problems(401, 403, 404, 422, 503))
async def end_contract(organisation_id: OrganisationId, service: ServiceName, parts: PartsDep, caller: Keeper) -> None:
    """Deliveries requested from now on are promised nothing."""
    if not await parts.contracts.delete(organisation_id, service, caller.actor):
        raise errors.NotFound("no such contract")
