"""What a user knows and changes of themselves."""

from fastapi import APIRouter

from api.auth import Person
from api.deps import PartsDep
from api.errors import problems
from api.later import LaterDep
from api.looks import Watched
from api.users.admission import PasswordsDep, myself, prove
from api.users.attempts import Address, take_letter
from api.users.letters import send_change
from api.users.schemas import Asked, ChangeEmail, ChangeProfile, UserView

router = APIRouter(tags=["users"], route_class=Watched)


@router.get("/users/me", responses=problems(401, 403, 422, 503))
async def me(parts: PartsDep, caller: Person) -> UserView:
    """Who is asking."""
    return UserView.of(await myself(parts, caller))


@router.patch("/users/me", responses=problems(400, 401, 403, 413, 422, 503))
async def change_profile(body: ChangeProfile, parts: PartsDep, caller: Person) -> UserView:
    """A name, or the language letters are written in."""
    await myself(parts, caller)
    return UserView.of(await parts.users.change(caller.user_id, name=body.name, locale=body.locale))


@router.post("/users/me/email", status_code=202, responses=problems(400, 401, 403, 413, 422, 429, 503))
async def change_email(
    body: ChangeEmail, parts: PartsDep, passwords: PasswordsDep, later: LaterDep, caller: Person, address: Address
) -> Asked:
    """Sends a link to the new address, and a word to the old one; it changes when the link is followed."""
    user = await prove(parts, passwords, caller, body.password.get_secret_value())
    await take_letter(parts, body.email, address)
    later("change email", send_change(parts, user, body.email))
    return Asked(sent_to=body.email)
