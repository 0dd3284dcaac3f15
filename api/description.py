"""The API's description of itself: OpenAPI, and a page to read and try it by."""

import base64
import hashlib
import re
from importlib.resources import files
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.docs import get_swagger_ui_html
from fastapi.openapi.utils import get_openapi
from fastapi.responses import HTMLResponse
from fastapi.staticfiles import StaticFiles

from api import errors

OPENAPI_URL = "/v1/openapi.json"
_PAGE, _FILES = "/v1/docs", "/v1/docs/files"
DESCRIPTION = """\
Something is taken from A to B: carriers are asked, an offer is chosen, and the parcel is followed to the doorstep.

Errors are RFC 9457 problems with a stable `code`. Writes that start or steer a delivery take an `Idempotency-Key`:
the same key and request again answer with the same outcome. Lists are read by `cursor`. Every client may ask so often
(`RateLimit-Policy`, `RateLimit`); beyond, the answer is 429 with `Retry-After`. Single deliveries and what belongs to
them carry an `ETag`: keep the answer, ask again with `If-None-Match`, and 304 says that it is still so.
"""


def describe(app: FastAPI) -> None:
    """The description under `/v1/openapi.json`, the page under `/v1/docs`."""
    app.openapi = lambda: _openapi(app)  # type: ignore[method-assign]
    page = get_swagger_ui_html(
        openapi_url=OPENAPI_URL,
        title=app.title,
        swagger_js_url=f"{_FILES}/swagger-ui-bundle.js",
        swagger_css_url=f"{_FILES}/swagger-ui.css",
        swagger_favicon_url=f"{_FILES}/favicon.png",
    )
    page.headers["Content-Security-Policy"] = _policy(bytes(page.body).decode())

    @app.get(_PAGE, include_in_schema=False)
    async def docs() -> HTMLResponse:
        return page

    # From the machine itself: a script from elsewhere would run where the refresh cookie is sent.
    app.mount(_FILES, StaticFiles(directory=str(files("fastapi_offline") / "static")))


def _policy(page: str) -> str:
    """What the page may do: run its own one script and ours, and ask this API."""
    [script] = re.findall(r"<script>(.*?)</script>", page, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return (
        f"default-src 'none'; script-src 'self' 'sha256-{digest}'; style-src 'self' 'unsafe-inline'; "
        "img-src 'self' data:; connect-src 'self'; object-src 'none'; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'none'"
    )


def _openapi(app: FastAPI) -> dict[str, Any]:
    """FastAPI's own, with the problem's schema, without its stand-in for validation errors, and with the answer that
    every route may give."""
    if app.openapi_schema is None:
        made = get_openapi(
            title=app.title,
            version=app.version,
            description=app.description,
            routes=app.routes,
            webhooks=app.webhooks.routes,
        )
        schemas = made.setdefault("components", {}).setdefault("schemas", {})
        schemas.pop("HTTPValidationError", None)
        schemas.pop("ValidationError", None)
        problem = errors.Problem.model_json_schema(ref_template="#/components/schemas/{model}")
        schemas.update(problem.pop("$defs"))
        schemas["Problem"] = problem
        too_many = {str(status): told for status, told in errors.problems(429).items()}
        for operations in made.get("paths", {}).values():
            for operation in operations.values():
                operation["responses"] = {**too_many, **operation["responses"]}
        for told in made.get("webhooks", {}).values():
            for operation in told.values():
                operation["responses"].pop("422", None)  # ours to send: its problem is nobody's here
        app.openapi_schema = made
    return app.openapi_schema
