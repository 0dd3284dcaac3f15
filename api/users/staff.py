"""What staff do about other users."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Depends

from api.auth import requires
from api.deps import PartsDep
from api.errors import problems
from api.later import LaterDep
from api.looks import Watched
from api.paging import Page
from api.users.admission import myself
from api.users.letters import send_notice
from api.users.organisations import UserId
from api.users.schemas import EmailOnly, RoleBody, UserView
from domain import errors
from domain.letters import Occasion
from domain.users import Principal, may_keep_users, may_see_users

router = APIRouter(prefix="/users", tags=["users"], route_class=Watched)

Staff = Annotated[Principal, Depends(requires(may_see_users))]
Admin = Annotated[Principal, Depends(requires(may_keep_users))]
_STANDING = problems(401, 403, 404, 409, 422, 503)


async def _about_another(user_id: UserId, parts: PartsDep, caller: Admin) -> Principal:
    """An admin who is one still, and does it to another: nobody loses the last administrator by mistake."""
    await myself(parts, caller)
    if caller.user_id == user_id:
        raise errors.Conflict("ask another administrator to do this to you")
    return caller


Keeper = Annotated[Principal, Depends(_about_another)]


@router.post("/find", responses=problems(400, 401, 403, 413, 422, 503))
async def find_user(body: EmailOnly, parts: PartsDep, caller: Staff) -> Page[UserView]:
    """The user of an address, if there is one. The address is no part of a URL, which others may log."""
    await myself(parts, caller)
    known = await parts.users.by_email(body.email)
    if known is None:
        return Page[UserView](items=[])
    return Page[UserView](items=[UserView.of(known[0])])


@router.put("/{user_id}/role", responses=problems(400, 401, 403, 404, 409, 413, 422, 503))
async def change_role(user_id: UserId, body: RoleBody, parts: PartsDep, caller: Keeper) -> UserView:
    """What a user is to Entrega. They sign in anew, by the rules of what they are then."""
    return UserView.of(await parts.users.set_standing(user_id, caller.actor, role=body.role))


@router.post("/{user_id}/disable", responses=_STANDING)
async def disable_user(user_id: UserId, parts: PartsDep, caller: Keeper) -> UserView:
    """No signing in and no refreshing any more; access tokens run out within ten minutes."""
    return UserView.of(await parts.users.set_standing(user_id, caller.actor, disabled=True))


@router.post("/{user_id}/enable", responses=_STANDING)
async def enable_user(user_id: UserId, parts: PartsDep, caller: Keeper) -> UserView:
    """May sign in again."""
    return UserView.of(await parts.users.set_standing(user_id, caller.actor, disabled=False))


@router.post("/{user_id}/remove-second-factor", responses=_STANDING)
async def remove_users_second_factor(user_id: UserId, parts: PartsDep, caller: Keeper, later: LaterDep) -> UserView:
    """For somebody who lost it, and the recovery codes too, once it is certain that it is they."""
    user = await parts.users.get(user_id)
    if user is None:
        raise errors.NotFound("no such user")
    if not await parts.second_factors.remove(user_id, caller.actor, datetime.now(UTC)):
        raise errors.SecondFactorMissing
    later("second factor off", send_notice(parts, user, Occasion.SECOND_FACTOR_OFF))
    return UserView.of(user)
