"""The built web app at `/`: files that never change, the one page that may, and nothing under the API's own paths."""

import mimetypes
import os
from pathlib import Path
from urllib.parse import urlsplit

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, PlainTextResponse, Response
from starlette.staticfiles import NotModifiedResponse, StaticFiles

from api.asgi import App, Receive, Scope, Send, header

CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:{tiles}; font-src 'self'; "
    "connect-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
"""Nothing inline, nothing from elsewhere but the pictures of a map, if there is one."""
CONFIG = "config.json"
"""What the app asks on arrival: where its map is from."""
NOT_BUILT = "The web app is not built: run `make web`, then load this page again. The API is at /v1/docs.\n"

_OURS = ("/v1/", "/healthz/", "/metrics")
_FOR_EVER, _ASK = "public, max-age=31536000, immutable", "no-cache"
_ENCODINGS = (("br", ".br"), ("gzip", ".gz"))  # made by the build, the smaller first


class Pages:
    """Answers what no route does: a file of the app, or its page, which finds its own way by the address."""

    def __init__(self, folder: Path, otherwise: App, tiles_url: str | None = None, tiles_credit: str = "") -> None:
        self._otherwise = otherwise
        self._csp = CSP.format(tiles=f" {_origin(tiles_url)}" if tiles_url else "")
        self._config = {"tiles": {"url": tiles_url, "credit": tiles_credit} if tiles_url else None}
        self._files = StaticFiles(directory=folder, check_dir=False)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] not in ("GET", "HEAD") or f"{scope['path']}/".startswith(_OURS):
            await self._otherwise(scope, receive, send)
            return
        await self._answer(scope)(scope, receive, send)

    def _answer(self, scope: Scope) -> Response:
        path = scope["path"].strip("/")
        if path == CONFIG:
            return JSONResponse(self._config, headers={"Cache-Control": _ASK})
        full, found = self._lookup(path)
        if found is None and path.startswith("assets/"):
            raise HTTPException(404)  # of an older build: a page in its place would be taken for a script
        if found is None:
            path = "index.html"
            full, found = self._lookup(path)
        if found is None:
            return PlainTextResponse(NOT_BUILT, 503, {"Retry-After": "30"})
        headers = {
            "Content-Security-Policy": self._csp,
            "Cache-Control": _FOR_EVER if path.startswith("assets/") else _ASK,
            "Vary": "Accept-Encoding",
        }
        accepted = {each.partition(";")[0].strip() for each in header(scope, b"accept-encoding").split(",")}
        for encoding, suffix in _ENCODINGS:
            packed, smaller = self._lookup(path + suffix)
            if encoding in accepted and smaller is not None:
                full, found = packed, smaller
                headers["Content-Encoding"] = encoding
                break
        kind = mimetypes.guess_type(path)[0] or "application/octet-stream"
        response = FileResponse(full, headers=headers, media_type=kind, stat_result=found)
        if self._files.is_not_modified(response.headers, Request(scope).headers):
            # What it says of a page replaces what the browser kept, the policy of things that are no page included.
            unchanged = NotModifiedResponse(response.headers)
            unchanged.headers["Content-Security-Policy"] = self._csp
            return unchanged
        return response

    def _lookup(self, path: str) -> tuple[str, os.stat_result | None]:
        """A file of the app's own folder, never of one beside it; nothing for folders."""
        try:
            full, found = self._files.lookup_path(path)
        except (OSError, ValueError):  # a name too long, or no name at all
            return "", None
        return full, found if found is not None and os.path.isfile(full) else None


def _origin(url: str) -> str:
    """Where pictures come from, for the policy; `{s}` is Leaflet's for any of several hosts."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.replace('{s}', '*')}"
