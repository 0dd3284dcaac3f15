"""How large a request may be, and how deep: looked at before anything is made of it."""

import asyncio
import re
from collections.abc import Mapping
from types import MappingProxyType

from api import errors
from api.asgi import App, Message, Receive, Scope, Send, header

MOST_BYTES = 65_536
MOST_DEPTH = 32
MOST_ELEMENTS = 10_000
"""Values in a body, keys counted with them: the largest honest ones have some three thousand."""
MOST_HEADER_BYTES = 16_384
MOST_HEADERS = 100
MOST_TARGET_BYTES = 8_192
_WITHIN_S = 15.0
_FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")

# Strings as a whole, ended or not, so that what they hold is not counted; possessive, so that none is read twice.
_TOKEN = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+(?:"|\\?\Z)|[\[{]|[\]}]|[,:]', re.DOTALL)


class TooComplex(Exception):
    """A body deeper, or of more parts, than any honest one."""


def measure(body: bytes) -> None:
    """Raises TooComplex; whether it is JSON at all is for others to say."""
    depth = elements = 0
    for found in _TOKEN.finditer(body):
        match body[found.start()]:
            case 0x5B | 0x7B:  # [ {
                depth += 1
                elements += 1
            case 0x5D | 0x7D:  # ] }
                depth -= 1
            case 0x2C | 0x3A:  # , :
                elements += 1
        if depth > MOST_DEPTH:
            raise TooComplex(f"a body is nested at most {MOST_DEPTH} levels deep")
        if elements > MOST_ELEMENTS:
            raise TooComplex(f"a body has at most {MOST_ELEMENTS} elements")


class Sizes:
    """Reads each body to its end, within the limits, and hands it on. `files` are paths that take a file, and how many
    bytes of it; what they take is never read as JSON."""

    def __init__(self, app: App, most: int = MOST_BYTES, files: Mapping[str, int] = MappingProxyType({})) -> None:
        self._app, self._most, self._files = app, most, files

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = scope["headers"]
        if len(headers) > MOST_HEADERS or sum(len(n) + len(v) for n, v in headers) > MOST_HEADER_BYTES:
            await errors.answer(431, "too_large", "Too large", "the headers are too large")(scope, receive, send)
            return
        if len(scope.get("raw_path") or b"") + len(scope["query_string"]) > MOST_TARGET_BYTES:
            await errors.answer(414, "too_large", "Too large", "the address is too long")(scope, receive, send)
            return
        most = self._files.get(scope["path"], self._most)
        declared = header(scope, b"content-length")
        if declared in ("", "0") and not header(scope, b"transfer-encoding") and scope["method"] in ("GET", "HEAD"):
            await self._app(scope, receive, send)
            return
        if declared.isdigit() and int(declared[:20]) > most:
            await errors.too_large(most)(scope, receive, send)
            return
        try:
            async with asyncio.timeout(_WITHIN_S):
                body = await _read(receive, most)
            if body is None:
                return  # who asked has gone
            if len(body) > most:
                await errors.too_large(most)(scope, receive, send)
                return
            if scope["path"] not in self._files and not header(scope, b"content-type").lower().startswith(_FORMS):
                measure(body)
        except TimeoutError:
            await errors.answer(408, "too_slow", "Too slow", "the body did not come in time")(scope, receive, send)
            return
        except TooComplex as error:
            await errors.answer(400, "too_complex", "Too complex", str(error))(scope, receive, send)
            return
        await self._app(scope, _again(body, receive), send)


async def _read(receive: Receive, most: int) -> bytes | None:
    """The body, or a little more than what is allowed of it; None when nobody waits for an answer."""
    body = bytearray()
    while len(body) <= most:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        body += message.get("body", b"")
        if not message.get("more_body", False):
            break
    return bytes(body)


def _again(body: bytes, receive: Receive) -> Receive:
    given = False

    async def replay() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return replay
