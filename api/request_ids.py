"""Each request's id, in its answer and its log lines, and the one line about the request itself."""

import re
import time

import structlog
import uuid_utils.compat as uuid

from api.asgi import App, Message, Receive, Scope, Send, header, with_headers
from runtime.request_ids import REQUEST_ID

log = structlog.get_logger("api")
_REQUEST_ID = re.compile(r"[A-Za-z0-9_.-]{1,64}")


class RequestIds:
    """Gives each request an id (the caller's `X-Request-Id` where it is a plain one), in its answer and in every log
    line, and logs the request itself: route and outcome, never its content."""

    def __init__(self, app: App) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        given = header(scope, b"x-request-id")
        request_id = given if _REQUEST_ID.fullmatch(given) else uuid.uuid7().hex
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=request_id)
        token = REQUEST_ID.set(request_id)
        began, status = time.perf_counter(), 0

        async def noting(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, with_headers(noting, [(b"x-request-id", request_id.encode())]))
        finally:
            REQUEST_ID.reset(token)
            route = scope.get("route")
            if not scope["path"].startswith(("/healthz", "/metrics")):
                log.info(
                    "request",
                    method=scope["method"],
                    route=getattr(route, "path", "-"),
                    status=status,
                    ms=round((time.perf_counter() - began) * 1000, 1),
                )
