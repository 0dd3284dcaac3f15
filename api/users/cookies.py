"""The refresh token's cookie: never read by scripts, never sent from another site, looked at by three routes alone.

Over https it is `__Host-entrega`, which a browser takes from this very host only. On the loopback without TLS, where
browsers refuse that, it is `entrega_refresh`.
"""

import ipaddress
from datetime import UTC, datetime
from urllib.parse import urlsplit

from fastapi import Request, Response

from api.deps import PartsDep
from domain.errors import Forbidden, Unauthenticated
from runtime.settings import Settings

SECURE, PLAIN = "__Host-entrega", "entrega_refresh"


def put(response: Response, settings: Settings, family: str, token: str, expires_at: datetime) -> None:
    """Hands out a refresh token: the part that names its session, and the part that changes with each use."""
    plain = _plain(settings)
    response.set_cookie(
        PLAIN if plain else SECURE,
        f"{family}.{token}",
        max_age=int((expires_at - datetime.now(UTC)).total_seconds()),
        path="/",
        secure=not plain,
        httponly=True,
        samesite="strict",
    )


def clear(response: Response, settings: Settings) -> None:
    """Takes it back."""
    plain = _plain(settings)
    response.delete_cookie(PLAIN if plain else SECURE, path="/", secure=not plain, httponly=True, samesite="strict")


def read(request: Request, settings: Settings) -> tuple[str, str]:
    """Both parts; raises Unauthenticated without a cookie of ours."""
    family, _, token = request.cookies.get(PLAIN if _plain(settings) else SECURE, "").partition(".")
    if not family or not token or len(family) + len(token) > 200:
        raise Unauthenticated("sign in first")
    return family, token


def same_site(request: Request, parts: PartsDep) -> None:
    """A dependency of routes that act on the cookie alone: other sites' pages get Forbidden.

    SameSite=Strict keeps the cookie from them already; this holds where a browser does not know it, and against pages
    of neighbouring subdomains. A page cannot forge these headers; a program that sends neither carries no
    cookies of others.
    """
    origin, site = request.headers.get("origin"), request.headers.get("sec-fetch-site")
    ours = {_origin(url) for url in (parts.settings.public_url, parts.settings.app_url) if url}
    if origin in ours or site == "same-origin" or (origin is None and site in (None, "none")):
        return
    raise Forbidden("this is for our own pages")


def _plain(settings: Settings) -> bool:
    parts = urlsplit(settings.public_url or "")
    if parts.scheme != "http" or not parts.hostname:
        return False
    try:
        return parts.hostname == "localhost" or ipaddress.ip_address(parts.hostname).is_loopback
    except ValueError:
        return False


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
