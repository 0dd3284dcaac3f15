"""Calling where a customer says, and nowhere that only we can reach: every address is checked, and that one called."""

import asyncio
import socket
import ssl
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any

import httpcore
import httpx

from wire.addresses import Network, is_public, parsed
from wire.errors import HeldBack, NoAnswer
from wire.exchange import Progress, Reply, exchange
from wire.spans import answered, spanned

Resolve = Callable[[str, int], Awaitable[Sequence[str]]]
FORBIDDEN = "forbidden_address"
_RESOLVED_WITHIN_S = 5.0
_CONNECTED_WITHIN_S = 5.0
_MOST_ADDRESSES = 16
_USER_PORTS = 1024


async def system_resolve(host: str, port: int) -> Sequence[str]:
    """All addresses of a name, as this machine resolves it. Raises OSError, UnicodeError."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


@dataclass(frozen=True)
class Rules:
    """Where calls may go: public addresses, over HTTPS, at 443. What is wider is said here.

    `allowed` networks may be called although they are not public, as on one's own machine; `denied` ones may not
    although they are, as one's own addresses seen from outside.
    """

    plain_http: bool = False
    ports: frozenset[int] = frozenset({443})
    user_ports: bool = False
    """Also every port from 1024 on."""
    allowed: tuple[Network, ...] = ()
    denied: tuple[Network, ...] = ()

    def look(self, url: httpx.URL) -> None:
        """Raises HeldBack for what no answer of a resolver could make right."""
        if url.scheme != "https" and not (url.scheme == "http" and self.plain_http):
            raise _held("only https may be called" if not self.plain_http else "only http and https may be called")
        if url.userinfo:
            raise _held("an address to call holds no name or password")
        try:
            named = bool(url.host)
        except UnicodeError:  # of punycode that stands for nothing
            named = False
        if not named:
            raise _held("an address to call names a host")
        self.look_at_port(url.port or (443 if url.scheme == "https" else 80))

    def look_at_port(self, port: int) -> None:
        """Raises HeldBack."""
        if port not in self.ports and not (self.user_ports and port >= _USER_PORTS):
            raise _held("this port may not be called")

    async def addresses(self, host: str, port: int, resolve: Resolve) -> Sequence[str]:
        """Where a name leads, all of it allowed. Raises HeldBack when any is not, NoAnswer when there is none."""
        try:
            async with asyncio.timeout(_RESOLVED_WITHIN_S):
                found = list(await resolve(host, port))[:_MOST_ADDRESSES]
        except (OSError, UnicodeError, TimeoutError) as error:
            raise NoAnswer("the name is not known", "unreachable", sent=False) from error
        if not found:
            raise NoAnswer("the name is not known", "unreachable", sent=False)
        for address in found:
            if not is_public(parsed(address), self.allowed, self.denied):
                raise _held("not an address of the public Internet")  # which one, is not for who asks to learn
        return found


class _Backend(httpcore.AsyncNetworkBackend):
    """Resolves by itself and connects to the address that was checked: nobody resolves a second time."""

    def __init__(self, rules: Rules, resolve: Resolve) -> None:
        self._rules, self._resolve, self._wire = rules, resolve, httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """TLS, which comes after, still asks for the name."""
        self._rules.look_at_port(port)
        failure: Exception = httpcore.ConnectError("no address")
        for address in await self._rules.addresses(host, port, self._resolve):
            try:
                return await self._wire.connect_tcp(
                    address,
                    port,
                    min(timeout or _CONNECTED_WITHIN_S, _CONNECTED_WITHIN_S),
                    local_address,
                    socket_options,
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
        raise failure

    async def connect_unix_socket(self, *_: Any, **__: Any) -> httpcore.AsyncNetworkStream:
        """Never."""
        raise _held("only the Internet may be called")

    async def sleep(self, seconds: float) -> None:
        """As httpcore wants it."""
        await self._wire.sleep(seconds)


class _Transport(httpx.AsyncHTTPTransport):
    """httpx's own, over the guarded backend."""

    def __init__(self, rules: Rules, resolve: Resolve, tls: ssl.SSLContext | None) -> None:
        super().__init__(trust_env=False)
        self._rules = rules
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=tls or httpx.create_ssl_context(trust_env=False),
            max_connections=100,
            max_keepalive_connections=20,
            keepalive_expiry=5.0,
            network_backend=_Backend(rules, resolve),
        )

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Raises HeldBack, as well as what httpx does."""
        self._rules.look(request.url)
        return await super().handle_async_request(request)


def guarded(
    rules: Rules = Rules(), *, resolve: Resolve = system_resolve, tls: ssl.SSLContext | None = None
) -> httpx.AsyncClient:
    """A client for addresses that customers give: no redirects, no proxies, no cookies, no unpacking. Use it by `ask`,
    which sets the deadline; whoever makes it closes it."""
    return httpx.AsyncClient(
        transport=_Transport(rules, resolve, tls),
        timeout=_CONNECTED_WITHIN_S,
        follow_redirects=False,
        trust_env=False,
        headers={"user-agent": "entrega", "accept-encoding": "identity"},
        cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
    )


async def ask(http: httpx.AsyncClient, request: httpx.Request, *, deadline_s: float, cap: int = 65_536) -> Reply:
    """One exchange within the deadline, at most `cap` bytes of answer.

    Raises HeldBack (`forbidden_address`: nothing was sent), NoAnswer or BadAnswer.
    """
    progress = Progress()
    try:
        async with asyncio.timeout(deadline_s):
            return await exchange(http, request, progress, cap)
    except TimeoutError as error:
        reason = "broken" if progress.sent else "unreachable"
        raise NoAnswer("no answer in time", reason, sent=progress.sent) from error


async def knock(http: httpx.AsyncClient, request: httpx.Request, *, deadline_s: float) -> Reply:
    """One exchange of which the head alone counts, within the deadline: the body is left unread, so that none is too
    long or too slow, and its connection ends there.

    Raises HeldBack (`forbidden_address`: nothing was sent), NoAnswer.
    """
    progress = Progress()
    request.extensions["trace"] = progress.trace
    try:
        async with asyncio.timeout(deadline_s):
            with spanned(request, {}) as span:
                response = await http.send(request, stream=True)
                await response.aclose()
                answered(span, response.status_code)
            return Reply(response.status_code, response.headers, b"")
    except TimeoutError as error:
        reason = "timeout" if progress.sent else "unreachable"
        raise NoAnswer("no answer in time", reason, sent=progress.sent) from error
    except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, UnicodeError) as error:
        reason = "broken" if progress.sent else "unreachable"
        raise NoAnswer(type(error).__name__, reason, sent=progress.sent) from error


async def check(url: str, rules: Rules = Rules(), *, resolve: Resolve = system_resolve) -> None:
    """Whether an address that somebody wants called may be, as its name resolves now; it is checked again at each
    call. Raises HeldBack, or NoAnswer for a name that nobody knows."""
    try:
        parts = httpx.URL(url)
    except (httpx.InvalidURL, UnicodeError, ValueError):
        raise _held("this is not an address") from None
    rules.look(parts)
    await rules.addresses(parts.host, parts.port or 443, resolve)


def _held(words: str) -> HeldBack:
    return HeldBack(words, FORBIDDEN, sent=False)
