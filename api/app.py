"""The HTTP application: the services that were asked for, under /v1, with what all of them share around them."""

import json
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from importlib import import_module
from typing import Any

from fastapi import Depends, FastAPI
from fastapi.telemetry import TelemetryConfig
from prometheus_fastapi_instrumentator import Instrumentator
from starlette.middleware.cors import CORSMiddleware
from starlette.middleware.gzip import GZipMiddleware

from api import errors, health
from api.deps import Parts
from api.description import DESCRIPTION, OPENAPI_URL, describe
from api.later import Later
from api.limiting import ClientLimits
from api.pages import Pages
from api.request_ids import RequestIds
from api.safe_headers import SafeHeaders
from api.sizes import MOST_BYTES, Sizes
from api.tokens import KeySet
from api.unexpected import Unexpected
from runtime.parts import check, open_parts
from runtime.serving import Leaving
from runtime.settings import Settings
from runtime.traces import on_http, process_name, traced

_MOST_PAYLOAD_BYTES = 4 << 20  # of the codec server, which is served alone: a page of the Temporal UI
_WORTH_PACKING_BYTES = 1 << 10
_FILES = {"/v1/reconciliations": 2 << 20, "/v1/imports": 2 << 20}  # carriers' invoices, and many deliveries


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
        # Here and not around the server, which at its end dies by the signal that it was sent.
        with traced(settings, process_name("api", names), outermost=True):
            async with open_parts(settings, names) as opened:
                app.state.parts = Parts(**opened)
                yield
                await app.state.later.drain()

    app = _routed(names, lifespan, on_http(settings))
    if settings.api_description_file is not None and "codec" not in names:
        app.openapi_schema = json.loads(settings.api_description_file.read_bytes())
    app.state.keys = KeySet(settings)
    app.state.later = Later()
    app.state.leaving = Leaving()
    if settings.web_dir is not None:
        app.router.default = Pages(
            settings.web_dir, app.router.not_found, settings.map_tiles_url, settings.map_tiles_credit
        )
    _surround(app, settings, decoding="codec" in names)
    return app


def description(names: Sequence[str]) -> dict[str, Any]:
    """The OpenAPI of these services, as they serve it; it takes neither settings nor servers."""
    return _routed(names).openapi()


def _routed(
    names: Sequence[str],
    lifespan: Callable[[FastAPI], AbstractAsyncContextManager[None]] | None = None,
    telemetry: TelemetryConfig | None = None,
) -> FastAPI:
    app = FastAPI(
        title="Entrega",
        version="1",
        description=DESCRIPTION,
        lifespan=lifespan,
        openapi_url=OPENAPI_URL,
        docs_url=None,
        redoc_url=None,
        generate_unique_id_function=lambda route: route.name,
        redirect_slashes=False,
        telemetry=telemetry,
    )
    for name in names:
        service = import_module(f"api.{name}")
        app.include_router(service.router, prefix="/v1")
        if hasattr(service, "outgoing"):
            app.webhooks.include_router(service.outgoing)
    app.include_router(health.router)
    errors.install(app)
    describe(app)
    return app


def _surround(app: FastAPI, settings: Settings, *, decoding: bool) -> None:
    """What every request passes, from the innermost to the first."""
    app.add_middleware(Unexpected)
    # Pages of deliveries are mostly names of fields. What BREACH needs is not there: a secret beside what a stranger
    # can put there, and a browser that asks by itself in another's name.
    app.add_middleware(GZipMiddleware, minimum_size=_WORTH_PACKING_BYTES, compresslevel=4)
    app.add_middleware(Sizes, most=_MOST_PAYLOAD_BYTES if decoding else MOST_BYTES, files=_FILES)
    app.add_middleware(ClientLimits, settings=settings)
    origins = [settings.temporal_ui_origin] if decoding else settings.allowed_origins.split(",")
    app.add_middleware(
        CORSMiddleware,
        allow_origins=[origin for origin in origins if origin],
        allow_credentials=True,
        allow_methods=["GET", "POST", "PUT", "PATCH", "DELETE"],
        allow_headers=[
            "Authorization",
            "Content-Type",
            "Idempotency-Key",
            "If-None-Match",
            "Last-Event-ID",
            "Traceparent",
            "X-Access-Ticket",
            "X-Namespace",
            "X-Request-Id",
        ],
        expose_headers=[
            "ETag",
            "Idempotency-Replayed",
            "Location",
            "RateLimit",
            "RateLimit-Policy",
            "Retry-After",
            "X-Request-Id",
        ],
        max_age=600,
    )
    app.add_middleware(SafeHeaders)
    counted = Instrumentator(excluded_handlers=["/metrics", "/healthz/.*"]).instrument(app)
    if settings.metrics_address is None:
        counted.expose(app, include_in_schema=False, dependencies=[Depends(health.near)])
    app.add_middleware(RequestIds)
