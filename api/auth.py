"""Who is asking, and whether they may: one dependency per route."""

from collections.abc import Callable
from typing import Annotated

import structlog
from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from api.deps import PartsDep
from api.tokens import KeySet, verify
from domain.errors import Forbidden, Unauthenticated
from domain.users import Principal

_bearer = HTTPBearer(auto_error=False, bearerFormat="JWT", description="from `POST /v1/users/sign-in`")


async def _caller(
    request: Request,
    parts: PartsDep,
    credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)],
) -> Principal:
    if credentials is None:
        raise Unauthenticated("send an access token: Authorization: Bearer …")
    keys: KeySet = request.app.state.keys
    principal = await verify(credentials.credentials, keys, parts.settings.jwt_issuer)
    structlog.contextvars.bind_contextvars(actor=principal.actor)
    return principal


Caller = Annotated[Principal, Depends(_caller)]


def requires(allowed: Callable[[Principal], bool]) -> Callable[[Principal], Principal]:
    """A dependency that lets in only whom the named predicate of `domain.users` allows."""

    def check(caller: Caller) -> Principal:
        if not allowed(caller):
            raise Forbidden
        return caller

    return check
