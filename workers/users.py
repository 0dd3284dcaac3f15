"""The users queue: how long people's data is kept, and writing to people, whose addresses no other service has."""

from temporalio.client import Client
from temporalio.worker import Interceptor, Worker

from activities.owners import OwnerActivities
from activities.privacy import PeoplePrivacyActivities
from runtime.temporal import make_worker
from runtime.wiring import Wiring
from workflows import addressing


def worker(client: Client, wiring: Wiring, interceptors: list[Interceptor]) -> Worker:
    """As the users role."""
    people = PeoplePrivacyActivities(wiring.privacy(), wiring.tidying("users"))
    kept, settings = wiring.identity(), wiring.settings
    pages = settings.app_url or settings.public_url or ""
    owners = OwnerActivities(kept["organisations"], kept["users"], wiring.mailer(), pages)
    return make_worker(
        client,
        addressing.USERS,
        activities=[people.erase_unverified, people.tidy_users, owners.find_owners, owners.write_of_pause],
        interceptors=interceptors,
    )
