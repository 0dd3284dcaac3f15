"""Writing to an organisation's owners: their addresses stay with the users service."""

from temporalio import activity

from domain._values import Value
from domain.letters import Occasion, letter
from domain.user_ports import Mailer, OrganisationStore, UserStore
from domain.users import OrgRole


class FindOwners(Value):
    """Of this organisation."""

    organisation_id: str


class Owners(Value):
    """By their ids."""

    user_ids: tuple[str, ...] = ()


class WriteOfPause(Value):
    """Tell this user that a webhook endpoint was paused."""

    user_id: str
    endpoint_id: str


class OwnerActivities:
    """Runs on the users queue. `pages` is the address that our pages are under."""

    def __init__(self, organisations: OrganisationStore, users: UserStore, mailer: Mailer, pages: str) -> None:
        self._organisations, self._users, self._mailer, self._pages = organisations, users, mailer, pages

    @activity.defn
    async def find_owners(self, ask: FindOwners) -> Owners:
        """Everybody who may do something about it."""
        members = await self._organisations.members(ask.organisation_id)
        return Owners(user_ids=tuple(one.user_id for one in members if one.role is OrgRole.OWNER))

    @activity.defn
    async def write_of_pause(self, ask: WriteOfPause) -> None:
        """In their language; whoever is gone by now is not written to. Raises Unavailable,
        LetterRefused."""
        user = await self._users.get(ask.user_id)
        if user is None or user.erased or user.disabled_at is not None:
            return
        link = f"{self._pages}/webhook-endpoints/{ask.endpoint_id}"
        words = letter(Occasion.WEBHOOK_PAUSED, user.locale, user.email, link, endpoint=ask.endpoint_id)
        await self._mailer.send(words)
