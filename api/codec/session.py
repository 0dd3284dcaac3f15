"""Who may decode: an access token in the header, as the CLI sends it, or in a cookie, which is all the UI can send.

Temporal's UI knows no tokens of ours, but lets cookies of the codec server go along (`include cross-origin
credentials`). So a token is given here once, by a form, and lives in a cookie for as long as it is valid.
"""

import html
from typing import Annotated
from urllib.parse import parse_qs

from fastapi import APIRouter, Depends, Header, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from api.deps import Parts, PartsDep
from api.errors import problems
from api.tokens import verify
from domain.errors import Forbidden, Unauthenticated
from domain.users import Principal, may_decode

router = APIRouter(tags=["codec"])

_LIFETIME_S = 600
_bearer = HTTPBearer(auto_error=False, bearerFormat="JWT", description="from `POST /v1/users/sign-in`")
_PAGE = """<!doctype html>
<html lang="en"><title>Decode payloads</title>
<h1>Decode payloads</h1>
<p>Paste an access token of support or an administrator (<code>POST /v1/users/sign-in</code>).
It is good for ten minutes.</p>
<form method="post"><input name="token" type="password" autocomplete="off" required autofocus size="40">
<button>Decode</button></form>
<p>Once, in the Temporal UI, under the glasses icon: use the browser's setting, <code>{endpoint}</code>,
and include cross-origin credentials.</p>
"""


def _cookie(request: Request) -> str:
    return "__Host-entrega_codec" if request.url.scheme == "https" else "entrega_codec"


async def _verified(token: str, request: Request, parts: Parts) -> Principal:
    principal = await verify(token, request.app.state.keys, parts.settings.jwt_issuer)
    if not may_decode(principal):
        raise Forbidden
    return principal


async def _decoder(
    request: Request,
    parts: PartsDep,
    credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)],
) -> Principal:
    token = credentials.credentials if credentials else request.cookies.get(_cookie(request))
    if not token:
        raise Unauthenticated("send an access token: Authorization: Bearer …, or open /v1/codec/session in the browser")
    return await _verified(token, request, parts)


Decoder = Annotated[Principal, Depends(_decoder)]


@router.get("/codec/session", response_class=HTMLResponse)
async def codec_session_page(request: Request, parts: PartsDep) -> HTMLResponse:
    """A form that takes an access token."""
    allowed = " ".join(
        filter(None, ("'self'", parts.settings.temporal_ui_origin))
    )  # where the form goes, and then on to
    policy = f"default-src 'none'; object-src 'none'; form-action {allowed}; base-uri 'none'; frame-ancestors 'none'"
    endpoint = html.escape(str(request.url.replace(path="/v1/codec", query="")))
    return HTMLResponse(_PAGE.format(endpoint=endpoint), headers={"Content-Security-Policy": policy})


@router.post("/codec/session", status_code=303, responses=problems(401, 403, 413, 422, 503))
async def open_codec_session(
    request: Request, parts: PartsDep, sec_fetch_site: Annotated[str | None, Header(max_length=40)] = None
) -> Response:
    """Keeps the token of the form (`token=…`) in a cookie for this server alone, then leads to the Temporal UI."""
    if sec_fetch_site == "cross-site":
        raise Forbidden("another site may not sign you in here")
    token = parse_qs((await request.body()).decode(errors="replace"), max_num_fields=5).get("token", [""])[0].strip()
    if not token:
        raise Unauthenticated("send an access token as `token`")
    await _verified(token, request, parts)
    response = RedirectResponse(parts.settings.temporal_ui_url or "/v1/codec/session", status_code=303)
    secure = request.url.scheme == "https"
    # Another port of the same host is the same site: the UI's requests carry it, other sites' do not.
    response.set_cookie(
        _cookie(request), token, max_age=_LIFETIME_S, path="/", secure=secure, httponly=True, samesite="strict"
    )
    return response
