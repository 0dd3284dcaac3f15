"""A customer's side of the public HTTP API: patient, idempotent, and hearing everything by one live stream."""

import asyncio
import json
import ssl
from collections.abc import AsyncIterator
from typing import Any

import httpx

_PATIENCE = 120.0


class Refused(Exception):
    """The API answered with a problem that trying again would not change."""

    def __init__(self, status: int, problem: dict[str, Any]) -> None:
        self.status, self.problem = status, problem
        super().__init__(f"{status} {problem.get('code')}: {problem.get('detail')}")


class Customer:
    """Signs up, asks, follows. Every write carries a key, so a connection that breaks is simply tried again."""

    def __init__(self, base_url: str, trust: ssl.SSLContext | None = None) -> None:
        patience = httpx.Timeout(20, read=30)
        self._http = httpx.AsyncClient(base_url=base_url, timeout=patience, trust_env=False, verify=trust or True)
        self._credentials: dict[str, str] = {}

    async def close(self) -> None:
        await self._http.aclose()

    async def register(self, email: str, password: str, name: str) -> None:
        """A new account, signed in; registering again, after an answer that was lost, changes nothing."""
        body = {"email": email, "password": password, "name": name}
        await self.call("POST", "/v1/users", json=body)
        await self.sign_in(email, password)

    async def sign_in(self, email: str, password: str) -> None:
        """A fresh token; remembered, since tokens are short-lived."""
        self._credentials = {"email": email, "password": password}
        answer = await self.call("POST", "/v1/users/sign-in", json=self._credentials)
        self._http.headers["Authorization"] = f"Bearer {answer['access_token']}"

    async def call(self, method: str, path: str, key: str | None = None, **more: Any) -> Any:
        """One request, tried until it is answered: what is down for a moment is no reason to lose a delivery."""
        headers = {"Idempotency-Key": key} if key else {}
        deadline = asyncio.get_running_loop().time() + _PATIENCE
        while True:
            try:
                answer = await self._http.request(method, path, headers=headers, **more)
            except httpx.TransportError:
                if asyncio.get_running_loop().time() > deadline:
                    raise
                await asyncio.sleep(0.5)
                continue
            if answer.status_code == 401 and self._credentials and "sign-in" not in path:
                await self.sign_in(**self._credentials)
                continue
            problem = _json(answer)
            busy = answer.status_code in (429, 503) or problem.get("code") == "busy"
            if busy and asyncio.get_running_loop().time() < deadline:
                await asyncio.sleep(float(answer.headers.get("Retry-After", 0.5)))
                continue
            if answer.status_code >= 400:
                raise Refused(answer.status_code, problem)
            return problem

    async def lines(self) -> AsyncIterator[dict[str, Any]]:
        """Every journal line of this organisation, live; a broken stream resumes where it stood."""
        last = "0.0"
        while True:
            headers = {"Last-Event-ID": last, "Accept": "text/event-stream"}
            try:
                async with self._http.stream("GET", "/v1/stream", headers=headers, timeout=30) as answer:
                    if answer.status_code == 401:
                        await self.sign_in(**self._credentials)
                        continue
                    if answer.status_code != 200:
                        await asyncio.sleep(0.5)
                        continue
                    async for text in answer.aiter_lines():
                        if text.startswith("id:"):
                            last = text[3:].strip()
                        elif text.startswith("data:"):
                            yield json.loads(text[5:])
            except httpx.TransportError:
                await asyncio.sleep(0.5)


def _json(answer: httpx.Response) -> Any:
    try:
        return answer.json()
    except ValueError:
        return {"detail": answer.text[:200]}
