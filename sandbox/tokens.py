"""Bearer tokens that say until when and are signed: nothing to remember, so they outlive a restart."""

import hashlib
import hmac
import time
from typing import Annotated, Any

from fastapi import Depends, Request

from sandbox.couriers import Refusal
from sandbox.providers import Provider
from sandbox.wire import provider_of

_LIVES_S = 3600


def signature(secret: str, body: bytes) -> str:
    """The lower-case hexadecimal HMAC-SHA256 of a body."""
    return hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def grant(provider: Provider, client_id: str, client_secret: str, grant_type: str) -> dict[str, Any]:
    """A token for client credentials; raises a 401 Refusal."""
    known = (provider.credentials["client_id"], provider.credentials["client_secret"], "client_credentials")
    if (client_id, client_secret, grant_type) != known:
        raise Refusal(401, "Unauthorized")
    until = str(int(time.time()) + _LIVES_S)
    token = f"{until}.{_mac(provider, until)}"
    return {"access_token": token, "token_type": "bearer", "expires_in": _LIVES_S}


def _authorised(request: Request) -> Provider:
    provider = provider_of(request)
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    until, _, mac = token.partition(".")
    right = scheme.lower() == "bearer" and until.isdecimal() and hmac.compare_digest(mac, _mac(provider, until))
    if not right or int(until) < time.time():
        raise Refusal(401, "Unauthorized")
    return provider


def _mac(provider: Provider, until: str) -> str:
    return signature(provider.credentials["client_secret"], until.encode())


Caller = Annotated[Provider, Depends(_authorised)]
"""The provider that is spoken to, by somebody with a good token; raises a 401 Refusal."""
