"""Who is asking, and whether they may: one dependency per route."""

from collections.abc import Callable
from typing import Annotated

import structlog
from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from fastapi.security.utils import get_authorization_scheme_param

from api import asgi
from api.deps import PartsDep
from api.tokens import KeySet, verify
from domain.errors import EmailUnverified, Forbidden, ScopeMissing, Unauthenticated, Unavailable
from domain.users import Principal, Scope, is_person, may_check, may_follow, may_read, may_request
from runtime.settings import Settings

_VERIFIED = "entrega.caller"
_bearer = HTTPBearer(
    auto_error=False,
    bearerFormat="JWT",
    description="from `POST /v1/users/sign-in`, or, for systems, `POST /v1/users/token`",
)


async def who(scope: asgi.Scope, settings: Settings) -> Principal:
    """Whom the bearer token of a request speaks for; verified once. Raises Unauthenticated, Unavailable."""
    if _VERIFIED not in scope:
        scheme, token = get_authorization_scheme_param(asgi.header(scope, b"authorization"))
        try:
            if scheme.lower() != "bearer" or not token:
                raise Unauthenticated("send an access token: Authorization: Bearer …")
            keys: KeySet = scope["app"].state.keys
            scope[_VERIFIED] = await verify(token, keys, settings.jwt_issuer)
        except (Unauthenticated, Unavailable) as error:
            scope[_VERIFIED] = error
    found: Principal | Exception = scope[_VERIFIED]
    if isinstance(found, Exception):
        raise found
    return found


def known(scope: asgi.Scope) -> Principal | None:
    """Whom the request's token was found to speak for, if it was asked for and is good."""
    found = scope.get(_VERIFIED)
    return found if isinstance(found, Principal) else None


async def _caller(
    request: Request,
    parts: PartsDep,
    _: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)],  # for the description
) -> Principal:
    principal = await who(request.scope, parts.settings)
    structlog.contextvars.bind_contextvars(actor=principal.actor)
    return principal


Caller = Annotated[Principal, Depends(_caller)]


def requires(allowed: Callable[[Principal], bool]) -> Callable[[Principal], Principal]:
    """A dependency that lets in only whom the named predicate of `domain.users` allows."""

    def check(caller: Caller) -> Principal:
        return admitted(caller, allowed)

    return check


def admitted(caller: Principal, allowed: Callable[[Principal], bool]) -> Principal:
    """The caller, if the predicate allows them; else raises Forbidden, or what of it they can do something about."""
    if allowed(caller):
        return caller
    if not caller.verified and allowed(caller.model_copy(update={"verified": True})):
        raise EmailUnverified
    if caller.scopes is not None and allowed(caller.model_copy(update={"scopes": frozenset(Scope)})):
        raise ScopeMissing
    raise Forbidden


Person = Annotated[Principal, Depends(requires(is_person))]
Reader = Annotated[Principal, Depends(requires(may_read))]
Requester = Annotated[Principal, Depends(requires(may_request))]
Checker = Annotated[Principal, Depends(requires(may_check))]
Follower = Annotated[Principal, Depends(requires(may_follow))]
