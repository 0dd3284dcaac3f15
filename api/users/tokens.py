"""Tokens for systems, and the keys that verify everybody's."""

import base64
import binascii
from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Form, Request, Response

from api.deps import PartsDep
from api.errors import problems
from api.tokens import public_keys
from api.users.admission import token_for
from api.users.attempts import Address, attempt
from api.users.fingerprints import fingerprint
from api.users.key_schemas import ScopedToken, TokenRequest
from api.users.schemas import Jwks
from domain import errors
from domain.limits import KEY_ADDRESS
from domain.users import Principal, Role, Scope

router = APIRouter(tags=["users"])
_KEYS_FRESH = "public, max-age=300"


@router.post("/users/token", responses=problems(400, 401, 403, 413, 422, 429, 503))
async def exchange_key(
    form: Annotated[TokenRequest, Form()], request: Request, parts: PartsDep, address: Address
) -> ScopedToken:
    """An access token for an API key, by the client credentials grant of OAuth 2.0 (RFC 6749 §4.4): the key is the
    client's secret, in the form or as HTTP Basic. Good for ten minutes; ask again when it expires."""
    client_id, secret = _credentials(request, form)
    async with attempt(parts, (KEY_ADDRESS, address)):
        found = await parts.api_keys.use(fingerprint(secret), datetime.now(UTC))
        if found is None or client_id not in (None, found[0].id):
            raise errors.Unauthenticated("this key is not good", error="invalid_client")
    key, account = found
    granted = frozenset(key.scopes)
    if form.scope is not None:
        asked = frozenset(form.scope.split())
        if not asked or not asked <= granted:
            raise errors.Invalid("the key has no such scope", error="invalid_scope")
        granted = frozenset(Scope(name) for name in asked)
    principal = Principal(
        user_id=account.id,
        organisation_id=account.organisation_id,
        role=Role.CUSTOMER,
        org_role=account.role,
        scopes=granted,
        amr=("api_key",),
    )
    return ScopedToken(**token_for(parts, principal).model_dump(), scope=" ".join(sorted(granted)))


def _credentials(request: Request, form: TokenRequest) -> tuple[str | None, str]:
    """Who and the secret: in one place, not two (RFC 6749 §2.3)."""
    scheme, _, encoded = request.headers.get("authorization", "").partition(" ")
    basic = scheme.lower() == "basic"
    if basic == (form.client_secret is not None):
        raise errors.Unauthenticated("send the key once: as client_secret, or as HTTP Basic", error="invalid_client")
    if form.client_secret is not None:
        return form.client_id, form.client_secret.get_secret_value()
    try:
        client_id, _, secret = base64.b64decode(encoded, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        raise errors.Unauthenticated("this is not HTTP Basic", error="invalid_client") from None
    return client_id or None, secret


@router.get("/users/jwks", responses=problems(503))
async def get_jwks(parts: PartsDep, response: Response) -> Jwks:
    """The public keys by which every service verifies access tokens for itself."""
    response.headers["Cache-Control"] = _KEYS_FRESH
    return Jwks.model_validate(public_keys(parts.settings.need("keys_dir")))
