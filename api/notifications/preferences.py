"""How the caller wants to be told in this organisation: by what way of which event, when not, and how often."""

from datetime import UTC, datetime

from fastapi import APIRouter

from api.auth import Person
from api.deps import Parts, PartsDep
from api.errors import problems
from api.notifications.schemas import Wishes
from domain.telling import Preferences, member_id
from domain.telling_ports import ToldMember
from domain.users import Principal

router = APIRouter(prefix="/notification-preferences", tags=["notifications"])

_EVER = datetime(1970, 1, 1, tzinfo=UTC)


async def as_told(parts: Parts, caller: Principal) -> ToldMember:
    """The caller, told as usual as long as the relay has not heard of them."""
    known = await parts.members.get(caller.organisation_id, caller.user_id)
    return known or ToldMember(
        subscriber=member_id(caller.organisation_id, caller.user_id),
        organisation_id=caller.organisation_id,
        user_id=caller.user_id,
        preferences=Preferences(),
        since=_EVER,
    )


async def as_kept(parts: Parts, caller: Principal) -> ToldMember:
    """The same, kept from now on, for whoever notes something of them."""
    if await parts.members.get(caller.organisation_id, caller.user_id) is None:
        await parts.members.put(caller.organisation_id, caller.user_id, Preferences())
    return await as_told(parts, caller)


@router.get("", responses=problems(401, 403, 503))
async def get_notification_preferences(parts: PartsDep, caller: Person) -> Wishes:
    """Yours in this organisation, each event with its ways."""
    return Wishes.of((await as_told(parts, caller)).preferences)


@router.put("", responses=problems(400, 401, 403, 413, 422, 503))
async def put_notification_preferences(body: Preferences, parts: PartsDep, caller: Person) -> Wishes:
    """Replaces all of them; what waits for a letter is told by the new ones. Events that are not named are told as
    usual."""
    await parts.members.put(caller.organisation_id, caller.user_id, body)
    await parts.letter_writer.look(member_id(caller.organisation_id, caller.user_id), None, anew=True)
    return Wishes.of(body)
