"""Users, in memory."""

from domain import errors
from domain.users import Organisation, User
from fakes.journal import InMemoryJournal


class InMemoryUserStore:
    """Users by id."""

    def __init__(self, journal: InMemoryJournal | None = None) -> None:
        self.journal = journal or InMemoryJournal()
        self.users: dict[str, tuple[User, str]] = {}
        self.organisations: dict[str, Organisation] = {}

    async def add(self, user: User, organisation: Organisation, password_hash: str) -> None:
        if await self.by_email(user.email):
            raise errors.EmailTaken
        self.users[user.id] = (user, password_hash)
        self.organisations[organisation.id] = organisation
        told = {"role": str(user.role), "organisation_id": organisation.id}
        await self.journal.append(user.id, "user.registered", user.id, told, organisation.id)

    async def by_email(self, email: str) -> tuple[User, str] | None:
        return next((known for known in self.users.values() if known[0].email.lower() == email.lower()), None)

    async def get(self, user_id: str) -> User | None:
        return self.users[user_id][0] if user_id in self.users else None
