"""The users queue: how long people's data is kept."""

from temporalio.client import Client
from temporalio.worker import Interceptor, Worker

from activities.privacy import PeoplePrivacyActivities
from runtime.temporal import make_worker
from runtime.wiring import Wiring
from workflows import addressing


def worker(client: Client, wiring: Wiring, interceptors: list[Interceptor]) -> Worker:
    """As the users role."""
    people = PeoplePrivacyActivities(wiring.privacy(), wiring.tidying("users"))
    return make_worker(
        client, addressing.USERS, activities=[people.erase_unverified, people.tidy_users], interceptors=interceptors
    )
