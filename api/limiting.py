"""How often each client may ask, whatever it asks: counted before anything else is done for it."""

import asyncio
import time
from datetime import timedelta
from math import ceil

import structlog

from api import errors
from api.addresses import address_of
from api.asgi import App, Receive, Scope, Send, with_headers
from api.auth import who
from api.deps import Parts
from domain.errors import TooMany, Unauthenticated, Unavailable
from domain.limits import Left, Limit
from domain.user_ports import RateLimit
from runtime.settings import Settings

log = structlog.get_logger(__name__)
_UNCOUNTED = ("/healthz/", "/metrics", "/assets/")
_WEBHOOKS = "/v1/webhooks/"
_WITHIN_S = 0.5
_LEFT_ALONE_S = 1.0
_MOST_REMEMBERED = 10_000
_MINUTE = timedelta(minutes=1)


class ClientLimits:
    """Counts a request for the user or service account whose token it shows, else for its address; carriers' webhooks
    apart. While nobody can count, everybody passes: what must not (signing in) counts for itself."""

    def __init__(self, app: App, settings: Settings) -> None:
        self._app, self._settings = app, settings
        self._client = Limit("client", settings.client_rate, _MINUTE)
        self._address = Limit("address", settings.address_rate, _MINUTE)
        self._webhook = Limit("webhook", settings.webhook_rate, _MINUTE)
        # Who was refused is refused until then without being counted: asking on costs them nothing, and us less.
        self._refused: dict[tuple[str, str], float] = {}
        self._away_until = 0.0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].startswith(_UNCOUNTED):
            await self._app(scope, receive, send)
            return
        limit, key = await self._counted(scope)
        parts: Parts = scope["app"].state.parts
        try:
            left = await self._take(parts.client_limits, limit, key)
        except TooMany as error:
            wait = error.data["retry_after"]
            detail = f"at most {limit.most} requests a minute; come again in {wait} s"
            response = errors.answer(429, error.code, error.title, detail, {"retry_after": wait, "limit": limit.name})
            await response(scope, receive, with_headers(send, _told(limit, Left(0, wait))))
            return
        await self._app(scope, receive, with_headers(send, _told(limit, left)) if left else send)

    async def _counted(self, scope: Scope) -> tuple[Limit, str]:
        address = address_of(scope["client"][0] if scope.get("client") else "")
        if scope["path"].startswith(_WEBHOOKS):
            return self._webhook, address
        try:
            principal = await who(scope, self._settings)
        except (Unauthenticated, Unavailable):
            return self._address, address
        return self._client, principal.user_id

    async def _take(self, limits: RateLimit, limit: Limit, key: str) -> Left | None:
        now = time.monotonic()
        if (until := self._refused.get((limit.name, key), 0.0)) > now:
            raise TooMany(retry_after=ceil(until - now))
        if now < self._away_until:
            return None
        try:
            async with asyncio.timeout(_WITHIN_S):
                return await limits.take(limit, key)
        except (Unavailable, TimeoutError) as error:
            self._away_until = now + _LEFT_ALONE_S
            log.warning("clients not counted", error=type(error).__name__)
            return None
        except TooMany as error:
            if len(self._refused) >= _MOST_REMEMBERED:
                self._refused = {who: until for who, until in self._refused.items() if until > now}
            if len(self._refused) < _MOST_REMEMBERED:
                self._refused[limit.name, key] = now + error.data["retry_after"]
            raise


def _told(limit: Limit, left: Left) -> list[tuple[bytes, bytes]]:
    """As the IETF's draft on RateLimit header fields writes it."""
    window = int(limit.per.total_seconds())
    return [
        (b"ratelimit-policy", f'"{limit.name}";q={limit.most};w={window}'.encode()),
        (b"ratelimit", f'"{limit.name}";r={left.tries};t={ceil(left.full_in_s)}'.encode()),
    ]
