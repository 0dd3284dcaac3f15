"""Access tokens: signed by the users service, verified by every service for itself (RFC 9068, RFC 8725)."""

import asyncio
import base64
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import jwt
import structlog
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from pydantic import ValidationError

from domain.errors import Unauthenticated, Unavailable
from domain.sessions import ACCESS_LIFETIME
from domain.users import Principal
from runtime.settings import Settings
from runtime.signing import current, signing_keys
from runtime.tls import inside_trust

log = structlog.get_logger(__name__)

AUDIENCE = "entrega"
_TYPE = "at+jwt"
_REQUIRED = ["exp", "iat", "iss", "aud", "sub"]
_LEEWAY_S = 30
_LONGEST = 4096
_FRESH_S = 300.0
_COOL_DOWN_S = 30.0
_SOON_S = 1.0
_FETCH_S = 3.0
_MOST_BYTES = 65_536


class KeySet:
    """Public keys by `kid`: from the folder of private keys where there is one, else from the users service's JWKS.

    Fetched keys are kept while that service is down; an unknown `kid` asks again, at most every half minute.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings, self._folder, self._url = settings, settings.keys_dir, settings.jwks_url
        self._keys: dict[str, Ed25519PublicKey] = {}
        self._read_at = self._asked_at = float("-inf")
        self._asking = asyncio.Lock()

    async def key(self, kid: str) -> Ed25519PublicKey:
        """The key of that id. Raises Unauthenticated, or Unavailable before any keys could be had."""
        if self._due(kid) or (kid not in self._keys and self._asking.locked()):
            async with self._asking:
                if self._due(kid):  # else another request has asked meanwhile
                    await self._refresh()
        if not self._keys:
            raise Unavailable("the keys that verify tokens cannot be had")
        if kid not in self._keys:
            raise Unauthenticated
        return self._keys[kid]

    def _due(self, kid: str) -> bool:
        now = time.monotonic()
        stale = now - self._read_at > _FRESH_S
        return (stale or kid not in self._keys) and now - self._asked_at > (_COOL_DOWN_S if self._keys else _SOON_S)

    async def _refresh(self) -> None:
        self._asked_at = time.monotonic()
        try:
            self._keys = self._from_folder(self._folder) if self._folder else await self._fetched()
            self._read_at = time.monotonic()
        except (OSError, ValueError, TimeoutError, httpx.HTTPError) as error:
            log.warning("keys not refreshed", error=type(error).__name__, known=len(self._keys))

    @staticmethod
    def _from_folder(folder: Path) -> dict[str, Ed25519PublicKey]:
        return {key.kid: key.private.public_key() for key in signing_keys(folder)}

    async def _fetched(self) -> dict[str, Ed25519PublicKey]:
        if self._url is None:
            return {}
        async with (
            asyncio.timeout(_FETCH_S),
            httpx.AsyncClient(verify=inside_trust(self._settings), trust_env=False) as client,
            client.stream("GET", self._url) as response,
        ):
            response.raise_for_status()
            body = b""
            async for chunk in response.aiter_bytes():
                body += chunk
                if len(body) > _MOST_BYTES:
                    raise ValueError("the key set is too large")
        found = jwt.PyJWKSet.from_json(body.decode())
        return {key.key_id: key.key for key in found.keys if key.key_id and isinstance(key.key, Ed25519PublicKey)}


def public_keys(folder: Path) -> dict[str, list[dict[str, str]]]:
    """The keys of a folder as RFC 8037 writes them: the next, the one that signs, and those on their way out."""
    keys = []
    for key in signing_keys(folder):
        raw = key.private.public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
        x = base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
        keys.append({"kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "use": "sig", "kid": key.kid, "x": x})
    return {"keys": keys}


def issue(settings: Settings, principal: Principal) -> str:
    """An access token for this principal, signed with the current key; valid for ten minutes."""
    key = current(signing_keys(settings.need("keys_dir")))
    if key is None:
        raise Unavailable("there is no key to sign tokens with")
    now = datetime.now(UTC)
    claims = {
        "iss": settings.jwt_issuer,
        "aud": AUDIENCE,
        "sub": principal.user_id,
        "org": principal.organisation_id,
        "role": str(principal.role),
        "org_role": str(principal.org_role),
        "amr": list(principal.amr),
        "verified": principal.verified,
        "iat": now,
        "exp": now + ACCESS_LIFETIME,
    }
    if principal.scopes is not None:
        claims["scope"] = " ".join(sorted(principal.scopes))
    return jwt.encode(claims, key.private, algorithm="EdDSA", headers={"typ": _TYPE, "kid": key.kid})


async def verify(token: str, keys: KeySet, issuer: str) -> Principal:
    """Who a token speaks for. Raises Unauthenticated for anything that is not exactly ours and valid now."""
    try:
        if len(token) > _LONGEST:
            raise Unauthenticated
        header = jwt.get_unverified_header(token)
        kid = header.get("kid")
        # PyJWT looks neither at the type nor at what else a header may bring.
        if header.get("typ") != _TYPE or header.get("alg") != "EdDSA" or not isinstance(kid, str) or "crit" in header:
            raise Unauthenticated
        claims: dict[str, Any] = jwt.decode(
            token,
            await keys.key(kid),
            algorithms=["EdDSA"],
            audience=AUDIENCE,
            issuer=issuer,
            leeway=_LEEWAY_S,
            options={"require": _REQUIRED, "strict_aud": True},
        )
        return Principal(
            user_id=claims["sub"],
            organisation_id=claims["org"],
            role=claims["role"],
            org_role=claims["org_role"],
            amr=claims["amr"],
            verified=claims["verified"],
            scopes=frozenset(claims["scope"].split()) if "scope" in claims else None,
        )
    except (jwt.PyJWTError, ValidationError, KeyError, ValueError, TypeError, AttributeError) as error:
        raise Unauthenticated("the access token is not valid; sign in again") from error
