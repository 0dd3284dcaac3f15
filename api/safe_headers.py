"""What every answer tells browsers: to run nothing in it, show it nowhere, keep it nowhere, and tell nobody."""

from api.asgi import App, Receive, Scope, Send, with_headers

CSP = "default-src 'none'; object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
"""For what is not a page at all."""
HSTS = "max-age=63072000; includeSubDomains"

_ALWAYS = (
    ("cache-control", "no-store"),
    ("content-security-policy", CSP),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
    ("permissions-policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
    ("referrer-policy", "no-referrer"),
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "DENY"),
)
_PLAIN = tuple((name.encode(), value.encode()) for name, value in _ALWAYS)
_TLS = (*_PLAIN, (b"strict-transport-security", HSTS.encode()))


class SafeHeaders:
    """Adds them to every answer that does not say otherwise itself; HSTS only where the request came by TLS."""

    def __init__(self, app: App) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            send = with_headers(send, _TLS if scope.get("scheme") == "https" else _PLAIN)
        await self._app(scope, receive, send)
