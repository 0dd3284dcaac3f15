"""Somebody at a browser, with a mailbox and perhaps an authenticator."""

import re
import secrets
import time
from typing import Any

import httpx
import pyotp
from fastapi import FastAPI
from hands import Letters

from api.deps import Parts
from domain.letters import Letter


class Person:
    """`http` carries their cookies, and the access token once they have signed in."""

    def __init__(self, http: httpx.AsyncClient, app: FastAPI, parts: Parts, **more: Any) -> None:
        self.http, self._app, self._parts = http, app, parts
        self.email = more.get("email") or f"ana.{secrets.token_hex(6)}@example.com"
        self.password = more.get("password") or f"a long secret {secrets.token_hex(4)}"
        self.name = more.get("name", "Bia Prado")
        self.locale = more.get("locale", "en")
        self.totp: pyotp.TOTP | None = None
        self.codes: list[str] = []
        self._step = 0

    async def ask(self, method: str, path: str, **more: Any) -> httpx.Response:
        """One request; what is to be done afterwards is done when it returns."""
        answer = await self.http.request(method, f"/v1{path}", **more)
        await self._app.state.later.drain()
        return answer

    async def register(self) -> httpx.Response:
        body = {"email": self.email, "password": self.password, "name": self.name, "locale": self.locale}
        return await self.ask("POST", "/users", json=body)

    async def verify(self) -> None:
        answer = await self.ask("POST", "/users/verify-email", json={"token": self.token()})
        assert answer.status_code == 204, answer.text

    async def sign_in(self, **more: Any) -> httpx.Response:
        body = {"email": self.email, "password": self.password, **more}
        answer = await self.ask("POST", "/users/sign-in", json=body)
        self._take(answer)
        return answer

    async def refresh(self, **more: Any) -> httpx.Response:
        answer = await self.ask("POST", "/users/refresh", **more)
        self._take(answer)
        return answer

    async def me(self) -> dict[str, Any]:
        answer = await self.ask("GET", "/users/me")
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def second_factor(self) -> None:
        """Sets one up."""
        proposed = await self.ask("POST", "/users/me/second-factor", json={"password": self.password})
        assert proposed.status_code == 201, proposed.text
        self.totp = pyotp.TOTP(proposed.json()["secret"])
        confirmed = await self.ask("POST", "/users/me/second-factor/confirm", json={"code": self.code()})
        assert confirmed.status_code == 200, confirmed.text
        self.codes = confirmed.json()["codes"]

    def code(self) -> str:
        """A code that was not shown before: of the earliest step that still counts."""
        assert self.totp is not None
        self._step = max(self._step + 1, int(time.time() // 30) - 1)
        return self.totp.generate_otp(self._step)

    def letters(self) -> list[Letter]:
        mailer: Letters = self._parts.mailer  # type: ignore[assignment]
        return mailer.to(self.email)

    def token(self) -> str:
        """The one in the last letter's link."""
        found = re.search(r"#token=([\w-]+)", self.letters()[-1].text)
        assert found is not None
        return found[1]

    def _take(self, answer: httpx.Response) -> None:
        if answer.status_code == 200:
            self.http.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"


def code_of(answer: httpx.Response) -> tuple[int, str]:
    """Status and code of a problem."""
    return answer.status_code, answer.json()["code"]
