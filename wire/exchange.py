"""One HTTP exchange with a stranger that may be hostile: bounded in bytes, honest about what was sent."""

import math
import ssl
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http.cookiejar import CookieJar, DefaultCookiePolicy
from types import MappingProxyType
from typing import Any, TypeVar

import httpx
from pydantic import BaseModel, ValidationError

from wire.errors import BadAnswer, NoAnswer
from wire.reading import strict_json, unreadable
from wire.spans import answered, spanned

CAP = 1024 * 1024
"""Bytes of an answer's body, unpacked: the largest honest one is a few kilobytes."""
_LONGEST_WAIT_S = 900.0
_PACKED = frozenset({"gzip", "x-gzip", "deflate"})
_GZIP_OR_ZLIB = 47  # zlib's wbits that tell the two apart by themselves

M = TypeVar("M", bound=BaseModel)


def client(trust: ssl.SSLContext | None = None) -> httpx.AsyncClient:
    """A client to be shared by all who ask: no redirects, no proxies from the environment, no cookies. It believes
    the public authorities, or those of `trust`.

    It has no clock of its own, since httpx times each step apart and a drip outlives them all: whoever calls
    sets one deadline over everything.
    """
    return httpx.AsyncClient(
        verify=trust or True,
        timeout=None,  # noqa: S113
        limits=httpx.Limits(max_connections=500, max_keepalive_connections=100, keepalive_expiry=15),
        follow_redirects=False,
        trust_env=False,
        headers={"user-agent": "entrega", "accept": "application/json", "accept-encoding": "gzip"},
        cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
    )


@dataclass
class Progress:
    """How far a call has come: `sent` from the first byte that may have left."""

    sent: bool = False

    async def trace(self, event: str, _info: dict[str, Any]) -> None:
        """httpcore's hook."""
        if event.endswith("send_request_headers.started"):
            self.sent = True


@dataclass(frozen=True)
class Reply:
    """What was answered, read to its end."""

    status: int
    headers: httpx.Headers
    body: bytes

    @property
    def ok(self) -> bool:
        """Whether its status says so."""
        return 200 <= self.status <= 299

    def json(self) -> Any:
        """The object or array it holds; raises BadAnswer."""
        try:
            return strict_json(self.body)
        except ValueError as error:
            raise BadAnswer("not the JSON that was due", "not_json") from error

    def read(self, model: type[M], *path: str) -> M:
        """Its JSON, or what lies at a path in it, as this model; raises BadAnswer, naming the fields and none of
        their values."""
        found = self.json()
        for step in path:
            found = found.get(step) if isinstance(found, dict) else None
        try:
            return model.model_validate(found)
        except ValidationError as error:
            raise BadAnswer(f"unreadable: {unreadable(error)}", "schema") from None

    @property
    def retry_after(self) -> float | None:
        """Seconds it asked us to wait, at most 15 minutes."""
        return self.asked_to_wait(_LONGEST_WAIT_S)

    def asked_to_wait(self, longest: float) -> float | None:
        """Seconds it asked us to wait (RFC 9110 §10.2.3, both forms), at most so many."""
        said = self.headers.get("retry-after", "").strip()
        try:
            wait = float(said) if said.isdecimal() else _seconds_until(parsedate_to_datetime(said))
        except (ValueError, TypeError, OverflowError):
            return None
        return min(max(wait, 0.0), longest) if math.isfinite(wait) else None


def _seconds_until(moment: datetime) -> float:
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return (aware - datetime.now(UTC)).total_seconds()


async def exchange(
    http: httpx.AsyncClient,
    request: httpx.Request,
    progress: Progress,
    cap: int = CAP,
    about: Mapping[str, str] = MappingProxyType({}),
) -> Reply:
    """Sends and reads to the end, at most `cap` bytes; `about` is what traces say of it.

    Raises NoAnswer (`unreachable` when not a byte left, else `broken`) or BadAnswer.
    """
    with spanned(request, about) as span:
        reply = await _exchange(http, request, progress, cap)
        answered(span, reply.status)
        return reply


async def _exchange(http: httpx.AsyncClient, request: httpx.Request, progress: Progress, cap: int) -> Reply:
    request.extensions["trace"] = progress.trace
    try:
        response = await http.send(request, stream=True)
        try:
            return Reply(response.status_code, response.headers, await _body(response, cap))
        finally:
            await response.aclose()
    except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, UnicodeError) as error:
        reason = "broken" if progress.sent else "unreachable"
        raise NoAnswer(type(error).__name__, reason, sent=progress.sent) from error


async def _body(response: httpx.Response, cap: int) -> bytes:
    """Unpacked here and not by httpx, whose decoders inflate a whole chunk, and layer upon layer, before anybody
    can count."""
    encoding = response.headers.get("content-encoding", "identity").strip().lower()
    if encoding not in _PACKED and encoding != "identity":
        raise BadAnswer("an encoding we did not ask for", "encoding")
    inflater = zlib.decompressobj(_GZIP_OR_ZLIB) if encoding in _PACKED else None
    body, received = bytearray(), 0
    async for chunk in response.aiter_raw():
        received += len(chunk)
        try:
            body += inflater.decompress(chunk, cap - len(body) + 1) if inflater else chunk
        except zlib.error as error:
            raise BadAnswer("cannot be unpacked", "encoding") from error
        if max(len(body), received) > cap:
            raise BadAnswer("too long an answer", "too_long")
    if inflater and received and not inflater.eof:
        raise NoAnswer("the answer broke off", "broken")
    return bytes(body)
