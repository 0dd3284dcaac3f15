"""Webhooks to customers' endpoints, as Standard Webhooks 1.0.0 has them: signed, guarded, one call for each try."""

import base64
import hashlib
import hmac
import ipaddress
import math
import ssl
import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import httpx
import prometheus_client as metrics
from pydantic_core import to_json

from domain.errors import AddressForbidden, SubscriberBusy
from domain.events import Event
from domain.notification_ports import EndpointStore
from domain.notifications import FAILING, LONGEST_WAIT, Answer, KeptEndpoint, Outcome, PauseRule, fares
from wire import Rules, WireError, check, guarded, knock

PREFIX = "whe_"
"""What the ids of its subscribers begin with."""
_DEADLINE_S = 20.0
_PLACES = 8
_APART = timedelta(milliseconds=100)  # those that were not tried come back in turns, or they would all come at once
_GONE = "gone"
CALLS = metrics.Counter(
    "entrega_webhook_calls_total", "Calls of customers' endpoints by what came of them", ["outcome"]
)
SECONDS = metrics.Histogram("entrega_webhook_call_seconds", "How long customers' endpoints take to answer")


def rules(*, this_machine: bool, tls_required: bool) -> Rules:
    """Where endpoints may be: on the public Internet, over HTTPS; for development also on this machine."""
    if not this_machine:
        return Rules()
    here = (ipaddress.ip_network("127.0.0.0/8"), ipaddress.ip_network("::1/128"))
    return Rules(plain_http=not tls_required, user_ports=True, allowed=here)


def signature(secret: str, message_id: str, timestamp: int, body: bytes) -> str:
    """`v1,` and the HMAC-SHA256 over `id.timestamp.body`."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = f"{message_id}.{timestamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()


class WebhookChannel:
    """Calls endpoints over HTTPS on the public Internet, or where `rules` say.

    Of one endpoint's messages so many are under way at once in this process, and none while it is held; the rest come
    back later without having counted as tries, so no endpoint takes up the worker.
    """

    def __init__(
        self,
        endpoints: EndpointStore,
        rules: Rules,
        *,
        tls: ssl.SSLContext | None = None,
        http: httpx.AsyncClient | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        deadline_s: float = _DEADLINE_S,
        pause: PauseRule | None = None,
    ) -> None:
        self._endpoints, self._rules, self._now, self._deadline_s = endpoints, rules, now, deadline_s
        self._http = http or guarded(rules, tls=tls)
        self._pause = pause or PauseRule()
        self._under_way: Counter[str] = Counter()
        self._turns: dict[str, datetime] = {}

    async def close(self) -> None:
        """Ends its connections."""
        await self._http.aclose()

    async def check(self, url: str) -> None:
        """See `domain.notification_ports.AddressChannel`."""
        try:
            await check(url, self._rules)
        except WireError as error:
            raise AddressForbidden(error.words, field="url") from None

    async def send(self, subscriber: str, message_id: str, event: Event, *, probe: bool = False) -> Answer:
        """See `domain.notification_ports.Channel`."""
        kept = await self._endpoints.get(subscriber)
        if kept is None or not (kept.endpoint.enabled or probe):
            return Answer(error="disabled", ends=Outcome.DROPPED)
        now, held = self._now(), kept.health.held_until
        if held is not None and held > now and not probe:
            raise SubscriberBusy(retry_after=self._next_turn(subscriber, now, held))
        if self._under_way[subscriber] >= _PLACES:
            raise SubscriberBusy(retry_after=self._next_turn(subscriber, now, now + timedelta(seconds=1)))
        self._under_way[subscriber] += 1
        try:
            answer = await self._call(kept, message_id, event)
        finally:
            self._under_way[subscriber] -= 1
            if not self._under_way[subscriber]:
                del self._under_way[subscriber]
        await self._note(kept, answer)
        return answer

    def _next_turn(self, subscriber: str, now: datetime, earliest: datetime) -> int:
        """In how many seconds the next of an endpoint's messages may come back; each gets a turn of its own."""
        self._turns[subscriber] = max(self._turns.get(subscriber, earliest), earliest) + _APART
        return math.ceil((self._turns[subscriber] - now).total_seconds())

    async def _call(self, kept: KeptEndpoint, message_id: str, event: Event) -> Answer:
        now, started = self._now(), time.monotonic()
        body, timestamp = to_json(event.model_dump(mode="json", exclude_none=True)), int(now.timestamp())
        signed = (signature(secret, message_id, timestamp, body) for secret in kept.secrets.in_force(now))
        headers = {
            "content-type": "application/json",
            "webhook-id": message_id,
            "webhook-timestamp": str(timestamp),
            "webhook-signature": " ".join(signed),
        }
        status = wait = error = None
        try:
            request = self._http.build_request("POST", kept.endpoint.url, content=body, headers=headers)
            reply = await knock(self._http, request, deadline_s=self._deadline_s)
        except WireError as failure:
            error = failure.reason
        except (httpx.InvalidURL, UnicodeError):
            error = "forbidden_address"
        else:
            status = reply.status
            wait = None if reply.ok else reply.asked_to_wait(LONGEST_WAIT.total_seconds())
        taken = time.monotonic() - started
        CALLS.labels(error or f"{(status or 0) // 100}xx").inc()
        SECONDS.observe(taken)
        return Answer(status=status, error=error, wait_s=wait, latency_ms=round(taken * 1000))

    async def _note(self, kept: KeptEndpoint, answer: Answer) -> None:
        """How the endpoint fares from now on; nothing is written while it fares well."""
        if answer.gone:
            await self._endpoints.fare(kept.endpoint.id, kept.health, _GONE)
        elif not answer.taken or kept.health.failures:
            now = self._now()
            health = fares(kept.health, answer, now, kept.endpoint.id)
            await self._endpoints.fare(kept.endpoint.id, health, FAILING if self._pause.met(health, now) else None)
