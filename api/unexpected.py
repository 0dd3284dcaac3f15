"""Errors of ours: told as a problem that says nothing, logged by where they happened and not by what they say."""

import structlog
from fastapi import Request

from api.asgi import App, Message, Receive, Scope, Send
from api.errors import answer, route_of
from runtime.logs import places

log = structlog.get_logger(__name__)


class Unexpected:
    """An error of ours is a problem too, and passes everything around it as other answers do."""

    def __init__(self, app: App) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        begun = False

        async def noting(message: Message) -> None:
            nonlocal begun
            begun = begun or message["type"] == "http.response.start"
            await send(message)

        try:
            await self._app(scope, receive, noting)
        except Exception as error:  # noqa: BLE001
            # What an error says may be somebody's: where it happened is enough.
            log.error("unexpected", route=route_of(Request(scope)), error=type(error).__name__, at=places(error))
            if begun:
                raise _BrokenOff from None
            response = answer(500, "internal_error", "Something went wrong", "an error of ours; it has been logged")
            await response(scope, receive, send)


class _BrokenOff(Exception):
    """The answer cannot be finished, so the connection is."""
