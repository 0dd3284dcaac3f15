"""The HTTP application: the services that were asked for, under /v1, with what all of them share around them."""

import asyncio
import re
import time
from collections.abc import AsyncIterator, Awaitable, Callable, MutableMapping, Sequence
from contextlib import asynccontextmanager
from importlib import import_module
from typing import Any

import structlog
import uuid_utils.compat as uuid
from fastapi import APIRouter, FastAPI
from fastapi.openapi.utils import get_openapi
from prometheus_fastapi_instrumentator import Instrumentator
from starlette.middleware.body_limit import RequestBodyLimitMiddleware
from starlette.middleware.cors import CORSMiddleware

from api import errors
from api.deps import Parts, PartsDep
from api.later import Later
from api.tokens import KeySet
from domain._values import Value
from domain.audit import Cursor
from domain.errors import Unavailable
from runtime.parts import check, open_parts
from runtime.request_ids import REQUEST_ID
from runtime.settings import Settings

log = structlog.get_logger("api")
_MOST_BYTES = 65_536
_MOST_PAYLOAD_BYTES = 4 << 20  # of the codec server, which is served alone: a page of the Temporal UI
_READY_WITHIN_S = 3.0
_REQUEST_ID = re.compile(r"[A-Za-z0-9_.-]{1,64}")

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

_DESCRIPTION = """\
Something is taken from A to B: carriers are asked, an offer is chosen, and the parcel is followed to the doorstep.

Errors are RFC 9457 problems with a stable `code`. Writes that start or steer a delivery take an `Idempotency-Key`:
the same key and request again answer with the same outcome. Lists are read by `cursor`.
"""


def create_app(names: Sequence[str], settings: Settings, parts: Parts | None = None) -> FastAPI:
    """The application of these services; `parts` are opened with it unless they are given. Raises SettingMissing."""
    if parts is None:
        check(settings, names)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        if parts is not None:
            app.state.parts = parts
            yield
            return
        async with open_parts(settings, names) as opened:
            app.state.parts = Parts(**opened)
            yield
            await app.state.later.drain()

    app = FastAPI(
        title="Entrega",
        version="1",
        description=_DESCRIPTION,
        lifespan=lifespan,
        openapi_url="/v1/openapi.json",
        docs_url="/v1/docs",
        redoc_url=None,
        generate_unique_id_function=lambda route: route.name,
        redirect_slashes=False,
    )
    app.state.keys = KeySet(settings)
    app.state.later = Later()
    for name in names:
        app.include_router(import_module(f"api.{name}").router, prefix="/v1")
    app.include_router(_health)
    errors.install(app)
    Instrumentator(excluded_handlers=["/metrics", "/healthz/.*"]).instrument(app).expose(app, include_in_schema=False)
    decoding = "codec" in names
    most = _MOST_PAYLOAD_BYTES if decoding else _MOST_BYTES
    app.add_middleware(RequestBodyLimitMiddleware, max_body_size=most)
    if decoding and (origin := settings.temporal_ui_origin):
        told = ["authorization", "content-type", "x-namespace"]
        app.add_middleware(
            CORSMiddleware, allow_origins=[origin], allow_methods=["POST"], allow_headers=told, allow_credentials=True
        )
    app.add_middleware(RequestIds, most=most)
    app.openapi = lambda: _openapi(app)  # type: ignore[method-assign]
    return app


_health = APIRouter(prefix="/healthz", include_in_schema=False)


class Health(Value):
    """A probe's answer."""

    status: str


@_health.get("/live")
async def live() -> Health:
    """The process answers."""
    return Health(status="ok")


@_health.get("/ready")
async def ready(parts: PartsDep) -> Health:
    """The database answers; Temporal and MongoDB may be away for a while without anything being lost."""
    try:
        async with asyncio.timeout(_READY_WITHIN_S):
            await parts.journal.after(Cursor(), 1)
    except TimeoutError as error:
        raise Unavailable("the database does not answer") from error
    return Health(status="ok")


def _openapi(app: FastAPI) -> dict[str, Any]:
    """FastAPI's own, with the problem's schema and without its stand-in for validation errors."""
    if app.openapi_schema is None:
        made = get_openapi(title=app.title, version=app.version, description=app.description, routes=app.routes)
        schemas = made.setdefault("components", {}).setdefault("schemas", {})
        schemas.pop("HTTPValidationError", None)
        schemas.pop("ValidationError", None)
        problem = errors.Problem.model_json_schema(ref_template="#/components/schemas/{model}")
        schemas.update(problem.pop("$defs"))
        schemas["Problem"] = problem
        app.openapi_schema = made
    return app.openapi_schema


class RequestIds:
    """Gives each request an id (the caller's `X-Request-Id` where it is a plain one), in its answer and in every log
    line, and logs the request itself: route and outcome, never its content."""

    def __init__(self, app: Callable[[Scope, Receive, Send], Awaitable[None]], most: int = _MOST_BYTES) -> None:
        self._app = app
        self._most = most

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        given = next((value.decode("latin-1") for name, value in scope["headers"] if name == b"x-request-id"), "")
        request_id = given if _REQUEST_ID.fullmatch(given) else uuid.uuid7().hex
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=request_id)
        token = REQUEST_ID.set(request_id)
        began, status = time.perf_counter(), 0

        async def answer(message: MutableMapping[str, Any]) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                own = [(b"x-request-id", request_id.encode()), (b"x-content-type-options", b"nosniff")]
                names = {name.lower() for name, _ in message["headers"]}
                if b"cache-control" not in names:
                    own.append((b"cache-control", b"no-store"))
                message["headers"] = [*message["headers"], *own]
            await send(message)

        declared = next((value for name, value in scope["headers"] if name == b"content-length"), b"0")
        too_large = declared.isdigit() and int(declared[:20]) > self._most
        try:
            if too_large:  # told before the framework tells it in plain text
                await errors.too_large(self._most)(scope, receive, answer)
            else:
                await self._app(scope, receive, answer)
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
