"""The quotes queue: asking carriers for their offers."""

from temporalio.client import Client
from temporalio.worker import Interceptor, Worker

from activities.quotes import QuoteActivities
from runtime.temporal import make_worker
from runtime.wiring import Wiring
from workflows import addressing


def worker(client: Client, wiring: Wiring, interceptors: list[Interceptor]) -> Worker:
    """Reads carrier accounts as the quotes role."""
    quotes = QuoteActivities(wiring.carriers("quotes"))
    return make_worker(client, addressing.QUOTES, activities=[quotes.ask_carrier], interceptors=interceptors)
