"""Organisations and who belongs to them."""

from collections.abc import Callable, Coroutine
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path

from api.auth import Person, admitted
from api.deps import PartsDep
from api.errors import problems
from api.looks import Watched
from api.paging import CursorParam, Limit, Page
from api.users.admission import myself
from api.users.key_schemas import MemberRole, Rename, Transfer
from domain import errors
from domain.access import Access
from domain.organisations import Member, Membership
from domain.users import OrgRole, Principal, is_staff, may_keep_members, may_see_accesses, may_see_members

router = APIRouter(prefix="/organisations", tags=["organisations"], route_class=Watched)

OrganisationId = Annotated[str, Path(pattern=r"^org_[0-9a-z]{1,64}$")]
UserId = Annotated[str, Path(pattern=r"^usr_[0-9a-z]{1,64}$")]
_WRITES = problems(400, 401, 403, 404, 409, 413, 422, 503)


def inside(allowed: Callable[[Principal], bool]) -> Callable[..., Coroutine[Any, Any, Principal]]:
    """A dependency that lets in whom the predicate allows inside the organisation of the path, as what they are there
    by now, not when their token was made. To who does not belong there it does not exist."""

    async def check(organisation_id: OrganisationId, parts: PartsDep, caller: Person) -> Principal:
        await myself(parts, caller)
        membership = await parts.organisations.membership(organisation_id, caller.user_id)
        if membership is None and not (is_staff(caller) and await parts.organisations.members(organisation_id)):
            raise errors.NotFound("no such organisation")
        role = membership.role if membership else OrgRole.VIEWER
        there = {"organisation_id": organisation_id, "org_role": role}
        return admitted(caller.model_copy(update=there), allowed)

    return check


Inside = Annotated[Principal, Depends(inside(may_see_members))]
Witness = Annotated[Principal, Depends(inside(may_see_accesses))]
Owner = Annotated[Principal, Depends(inside(may_keep_members))]


@router.get("", responses=problems(401, 403, 503))
async def list_organisations(parts: PartsDep, caller: Person) -> Page[Membership]:
    """Where this user belongs, and as what."""
    await myself(parts, caller)
    return Page[Membership](items=list(await parts.organisations.of(caller.user_id)))


@router.patch("/{organisation_id}", status_code=204, responses=_WRITES)
async def rename_organisation(organisation_id: OrganisationId, body: Rename, parts: PartsDep, caller: Owner) -> None:
    """Another name."""
    await parts.organisations.rename(organisation_id, body.name, caller.actor)


@router.get("/{organisation_id}/members", responses=problems(401, 403, 404, 422, 503))
async def list_members(organisation_id: OrganisationId, parts: PartsDep, caller: Inside) -> Page[Member]:  # noqa: ARG001
    """Everybody who belongs there."""
    return Page[Member](items=list(await parts.organisations.members(organisation_id)))


@router.get("/{organisation_id}/access", responses=problems(400, 401, 403, 404, 422, 503))
async def list_accesses(
    organisation_id: OrganisationId,
    parts: PartsDep,
    caller: Witness,  # noqa: ARG001
    limit: Limit = 50,
    cursor: CursorParam = None,
) -> Page[Access]:
    """Who of Entrega's staff looked at personal data of this organisation, newest first; told once in ten minutes for
    each person and thing."""
    items, following = await parts.accesses.of(organisation_id, limit, cursor)
    return Page[Access](items=list(items), next=following)


@router.put("/{organisation_id}/members/{user_id}", status_code=204, responses=_WRITES)
async def change_member(
    organisation_id: OrganisationId, user_id: UserId, body: MemberRole, parts: PartsDep, caller: Owner
) -> None:
    """Another role for a member; there is always an owner."""
    await parts.organisations.set_roles(organisation_id, {user_id: body.role}, caller.actor)


@router.delete(
    "/{organisation_id}/members/{user_id}", status_code=204, responses=problems(401, 403, 404, 409, 422, 503)
)
async def remove_member(organisation_id: OrganisationId, user_id: UserId, parts: PartsDep, caller: Owner) -> None:
    """Out: their tokens for this organisation run out within ten minutes."""
    await parts.organisations.remove(organisation_id, user_id, caller.actor)


@router.post("/{organisation_id}/leave", status_code=204, responses=problems(401, 403, 404, 409, 422, 503))
async def leave_organisation(organisation_id: OrganisationId, parts: PartsDep, caller: Inside) -> None:
    """Whoever belongs nowhere then gets an organisation of their own; the last owner hands over first."""
    await parts.organisations.remove(organisation_id, caller.user_id, caller.actor)


@router.post("/{organisation_id}/transfer", status_code=204, responses=_WRITES)
async def transfer_organisation(
    organisation_id: OrganisationId, body: Transfer, parts: PartsDep, caller: Owner
) -> None:
    """Makes a member its owner, and whoever asks a member; an admin who does not belong there only does the former."""
    roles = {body.user_id: OrgRole.OWNER}
    if body.user_id != caller.user_id and caller.org_role is OrgRole.OWNER:
        roles[caller.user_id] = OrgRole.MEMBER
    await parts.organisations.set_roles(organisation_id, roles, caller.actor)
