"""Availability checks, and the service areas behind them."""

import asyncio
from datetime import UTC, datetime
from typing import Annotated

import uuid_utils.compat as uuid
from fastapi import APIRouter, Depends, Path, Response

from api.auth import Checker, requires
from api.availability.schemas import AreaBody, AvailabilityAnswer, AvailabilityCheck, CarrierAnswer
from api.deps import Parts, PartsDep
from api.errors import problems
from api.paging import Page
from domain import errors
from domain.availability import Refusal, ServiceArea, by_the_book
from domain.deliveries import DeliveryPolicy
from domain.quotes import CarrierAccount, QuoteRequest, Service
from domain.users import Principal, may_keep_areas
from runtime.locating import locate

router = APIRouter(tags=["availability"])

AreaId = Annotated[str, Path(pattern=r"^area_[0-9a-z_]{1,64}$")]
Keeper = Annotated[Principal, Depends(requires(may_keep_areas))]


@router.post("/availability", responses=problems(400, 401, 403, 413, 422, 503))
async def check_availability(body: AvailabilityCheck, parts: PartsDep, caller: Checker) -> AvailabilityAnswer:
    """What accepting an express offer would ask: the areas, the clock, the window's capacity, and the carriers."""
    request = body.for_carriers(await locate(parts.geocoder, body)).model_copy(update={"service": Service.EXPRESS})
    at = body.ready_at or datetime.now(UTC)
    areas = {area.id: area for area in await parts.availability.areas()}
    verdict = by_the_book(areas.values(), request.pickup.address, request.dropoff.address, at)
    if verdict.area_id is None or verdict.window is None:
        return AvailabilityAnswer(available=False, reason=verdict.reason, area_id=verdict.area_id)
    taken = await parts.availability.taken(verdict.area_id, verdict.window)
    left = max(0, areas[verdict.area_id].capacity - taken)
    asking = await parts.carriers.asked(request, caller.organisation_id)
    answers = [CarrierAnswer.of(decline) for decline in asking.declined]
    answers += await asyncio.gather(*(_ask(parts, account, request) for account in asking.accounts))
    reason = Refusal.NO_CAPACITY if not left else None
    if not reason and not any(answer.available for answer in answers):
        reason = Refusal.CARRIER_REFUSED
    return AvailabilityAnswer(
        available=reason is None,
        reason=reason,
        area_id=verdict.area_id,
        window=verdict.window,
        places_left=left,
        carriers=tuple(answers),
    )


async def _ask(parts: Parts, account: CarrierAccount, request: QuoteRequest) -> CarrierAnswer:
    named = {"carrier": account.carrier, "carrier_account": account.account}
    deadline = DeliveryPolicy.model_validate(parts.settings.policy).quote_deadline
    try:
        async with asyncio.timeout(deadline.total_seconds()):
            carrier = await parts.carriers.reach(account.ref)
            offers = await carrier.quote(request)
    except TimeoutError:
        return CarrierAnswer(**named, available=False, reason="timeout")
    except errors.DomainError as error:
        return CarrierAnswer(**named, available=False, reason=str(error.data.get("reason") or error.code))
    return CarrierAnswer(**named, available=bool(offers))


@router.get("/areas", responses=problems(401, 403, 503))
async def list_areas(parts: PartsDep, caller: Keeper) -> Page[ServiceArea]:  # noqa: ARG001
    """Every service area, by name."""
    return Page[ServiceArea](items=list(await parts.availability.areas()))


@router.post("/areas", status_code=201, responses=problems(400, 401, 403, 413, 422, 503))
async def create_area(body: AreaBody, parts: PartsDep, caller: Keeper, response: Response) -> ServiceArea:
    """A new area, in force at once."""
    area = body.area(f"area_{uuid.uuid7().hex}")
    await parts.availability.put_area(area, caller.actor)
    response.headers["Location"] = f"/v1/areas/{area.id}"
    return area


@router.get("/areas/{area_id}", responses=problems(401, 403, 404, 422, 503))
async def get_area(area_id: AreaId, parts: PartsDep, caller: Keeper) -> ServiceArea:  # noqa: ARG001
    """One area."""
    return await _area(parts, area_id)


@router.put("/areas/{area_id}", responses=problems(400, 401, 403, 404, 413, 422, 503))
async def put_area(area_id: AreaId, body: AreaBody, parts: PartsDep, caller: Keeper) -> ServiceArea:
    """Replaces an area; slots held in it stay held."""
    await _area(parts, area_id)
    area = body.area(area_id)
    await parts.availability.put_area(area, caller.actor)
    return area


@router.delete("/areas/{area_id}", status_code=204, responses=problems(401, 403, 404, 422, 503))
async def delete_area(area_id: AreaId, parts: PartsDep, caller: Keeper) -> None:
    """No new express there; slots held in it stay held."""
    if not await parts.availability.delete_area(area_id, caller.actor):
        raise errors.NotFound("no such area")


async def _area(parts: Parts, area_id: str) -> ServiceArea:
    found = next((area for area in await parts.availability.areas() if area.id == area_id), None)
    if found is None:
        raise errors.NotFound("no such area")
    return found
