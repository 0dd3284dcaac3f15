"""The users queue: how long people's data is kept, and letters to people, whose addresses only this service has."""

from temporalio.client import Client
from temporalio.worker import Interceptor, Worker

from activities.letters import MemberActivities
from activities.owners import OwnerActivities
from activities.privacy import PeoplePrivacyActivities
from runtime.temporal import make_worker
from runtime.wiring import Wiring
from workflows import addressing


def worker(client: Client, wiring: Wiring, interceptors: list[Interceptor]) -> Worker:
    """As the users role."""
    people = PeoplePrivacyActivities(wiring.privacy(), wiring.tidying("users"))
    identity, mailer, settings = wiring.identity(), wiring.mailer(), wiring.settings
    letters = MemberActivities(identity["users"], identity["organisations"], mailer)
    pages = settings.app_url or settings.public_url or ""
    owners = OwnerActivities(identity["organisations"], identity["users"], mailer, pages)
    return make_worker(
        client,
        addressing.USERS,
        activities=[
            people.erase_unverified,
            people.tidy_users,
            letters.write_to_member,
            owners.find_owners,
            owners.write_of_pause,
        ],
        interceptors=interceptors,
    )
