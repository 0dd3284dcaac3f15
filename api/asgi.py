"""The types that middlewares speak: ASGI's, and how headers are read and added."""

from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from typing import Any

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]


def header(scope: Scope, name: bytes) -> str:
    """The first header of that name (in small letters), or nothing."""
    return next((value.decode("latin-1") for given, value in scope["headers"] if given == name), "")


def with_headers(send: Send, more: Iterable[tuple[bytes, bytes]]) -> Send:
    """Sends as before, with these headers wherever the answer does not have them itself."""

    async def answer(message: Message) -> None:
        if message["type"] == "http.response.start":
            there = {name.lower() for name, _ in message.get("headers", ())}
            message["headers"] = [*message.get("headers", ()), *((n, v) for n, v in more if n not in there)]
        await send(message)

    return answer
