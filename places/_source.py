"""The base of whoever knows places: one question at a time on the wire, within a deadline, a rate and a breaker."""

import asyncio
import time
from collections.abc import Callable, Mapping
from typing import ClassVar, TypeVar

import httpx
from prometheus_client import Counter, Histogram

from domain import errors
from wire import BadAnswer, Breaker, Bucket, HeldBack, NoAnswer, Progress, Reply, WireError, exchange

CALLS = Counter("entrega_places_calls_total", "Questions to geocoders and postal code look-ups", ["source", "outcome"])
SECONDS = Histogram("entrega_places_call_seconds", "How long they take to answer", ["source"])

_OWN_FAULT_S = 0.1
# It did not like this question; others it may answer.
_REFUSALS = frozenset({400, 404, 414, 422})

T = TypeVar("T")


class _Refused(WireError):
    """It lives, and will not answer this."""


class _Breaker(Breaker):
    answers = (_Refused,)


class Source:
    """One server at `url`, called at most `rate` times a second by this process.

    The first failure opens the breaker: nobody needs coordinates so much that a second customer should wait for a
    server which left the first one waiting.
    """

    name: ClassVar[str]

    def __init__(
        self, http: httpx.AsyncClient, url: str, *, deadline_s: float, cool_down_s: float, rate: float, agent: str
    ) -> None:
        self.url = url.rstrip("/")
        self._http, self._deadline_s, self._agent = http, deadline_s, agent
        self._bucket = Bucket(rate)
        self._breaker = _Breaker(threshold=1, cool_down_s=cool_down_s)
        self._quiet_until = 0.0

    async def ask(self, path: str, params: Mapping[str, str], read: Callable[[Reply], T]) -> T:
        """What `read` makes of the answer; raises Unavailable, whose words never repeat what was asked."""
        began, outcome = time.monotonic(), "cancelled"
        try:
            with self._breaker.guard():
                answer = read(await self._in_time(path, params))
            outcome = "ok"
            return answer
        except WireError as error:
            outcome = error.reason
            raise errors.Unavailable("this cannot be looked up now; try again", reason=outcome) from error
        finally:
            CALLS.labels(self.name, outcome).inc()
            SECONDS.labels(self.name).observe(time.monotonic() - began)

    async def _in_time(self, path: str, params: Mapping[str, str]) -> Reply:
        if (wait := self._quiet_until - time.monotonic()) > 0:
            raise HeldBack("it asked us to wait", "throttled", sent=False, wait=wait)
        progress, began, waited = Progress(), time.monotonic(), 0.0
        try:
            async with asyncio.timeout(self._deadline_s) as deadline:
                await self._bucket.take(deadline.when() or 0)
                waited = time.monotonic() - began
                headers = {"user-agent": self._agent}
                request = self._http.build_request("GET", self.url + path, params=params, headers=headers)
                reply = await exchange(self._http, request, progress)
        except TimeoutError as error:
            # What our own limit left too little time for is not the other side's failure.
            kind = HeldBack if waited > _OWN_FAULT_S else NoAnswer
            raise kind("no answer in time", "timeout", sent=progress.sent) from error
        if reply.status in _REFUSALS:
            raise _Refused(f"answered with status {reply.status}", f"http_{reply.status}")
        if not reply.ok:
            self._quiet_until = time.monotonic() + (reply.retry_after or 0)
            raise BadAnswer(f"answered with status {reply.status}", f"http_{reply.status}")
        return reply
