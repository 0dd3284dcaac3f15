"""A bearer token by OAuth client credentials (RFC 6749 §4.4): cached, fetched by one caller for all."""

import asyncio
import time
from collections.abc import Mapping
from typing import Annotated, Any, TypeVar

import httpx
from pydantic import BaseModel, Field, SecretStr

from carriers._base.adapter import AdapterCredentials, AdapterSettings, BaseUrl, CarrierAdapter
from domain import errors
from domain.quotes import CarrierAccount

_ASSUMED_LIFE_S = 300
_EARLY_S = 30.0


class _Granted(BaseModel):
    access_token: Annotated[str, Field(pattern=r"^[\x21-\x7e]{1,8192}$")]
    expires_in: Annotated[int, Field(ge=0, le=10**9)] = _ASSUMED_LIFE_S


class BearerSettings(AdapterSettings):
    """An account that is reached with a token."""

    auth_url: Annotated[BaseUrl | None, Field(description="where tokens are asked for, if not at base_url")] = None


class ClientCredentials(AdapterCredentials):
    """What the carrier's OAuth knows us by."""

    client_id: Annotated[SecretStr, Field(min_length=1)]
    client_secret: Annotated[SecretStr, Field(min_length=1)]


S = TypeVar("S", bound=BearerSettings)
C = TypeVar("C", bound=ClientCredentials)


class BearerAdapter(CarrierAdapter[S, C]):
    """An adapter whose requests carry such a token; its subclass says how one is asked for."""

    def __init__(self, account: CarrierAccount, http: httpx.AsyncClient) -> None:
        super().__init__(account, http)
        self._token = ""
        self._good_until = 0.0
        self._asking = asyncio.Lock()

    def token_request(self) -> tuple[str, Mapping[str, Any]]:
        """The token endpoint's path, and the content of the request: `{"json": …}`, or `{"data": …}` for a form."""
        raise NotImplementedError

    def grant(self) -> dict[str, str]:
        """What proves who we are, as every token endpoint takes it, whatever its form."""
        known = {name: getattr(self.credentials, name).get_secret_value() for name in ("client_id", "client_secret")}
        return {**known, "grant_type": "client_credentials"}

    async def authorise(self, request: httpx.Request) -> None:
        """Puts the token on a request. What goes wrong raises with `sent=False`, since the request itself stays
        here; refused credentials raise CarrierRejected."""
        # A lock and not a shared task: whoever is cancelled while asking leaves the question to the next.
        async with self._asking:
            if not self._token or time.monotonic() >= self._good_until:
                await self._ask()
            request.headers["authorization"] = f"Bearer {self._token}"

    def renew(self, request: httpx.Request) -> bool:
        """Forgets the token that this request carried, unless somebody has renewed it already."""
        if request.headers.get("authorization") == f"Bearer {self._token}":
            self._token = ""
        return True

    async def _ask(self) -> None:
        asked_at = time.monotonic()
        path, content = self.token_request()
        url = (self.settings.auth_url or self.settings.base_url) + path
        try:
            granted = (await self.post_for_token(url, **content)).read(_Granted)
        except errors.CarrierUnavailable as error:
            error.data["sent"] = False
            raise
        early = min(_EARLY_S, granted.expires_in / 10)
        self._token, self._good_until = granted.access_token, asked_at + granted.expires_in - early
