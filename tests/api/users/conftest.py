"""People who use the users service as a browser would: with cookies, and a mailbox."""

import itertools
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from hands import Letters
from persons import Person

from api.deps import Parts

# All tests count in one database, where an address registers only so many.
_ADDRESSES = (f"10.{n >> 8}.{n & 255}.1" for n in itertools.count(256 * 16))


@pytest.fixture
def client(app: FastAPI) -> Callable[..., httpx.AsyncClient]:
    """A browser: it keeps cookies, and says where its pages come from."""

    def open_one(address: str = "127.0.0.1") -> httpx.AsyncClient:
        transport = httpx.ASGITransport(app=app, raise_app_exceptions=False, client=(address, 1))
        return httpx.AsyncClient(
            transport=transport, base_url="https://entrega.example", headers={"Sec-Fetch-Site": "same-origin"}
        )

    return open_one


@pytest.fixture
async def person(
    client: Callable[..., httpx.AsyncClient], app: FastAPI, parts: Parts
) -> AsyncIterator[Callable[..., Awaitable[Person]]]:
    """Somebody new who has registered, verified the address and signed in, each from an address of their own."""
    made: list[Person] = []

    async def register(*, verify: bool = True, sign_in: bool = True, **more: Any) -> Person:
        one = Person(client(next(_ADDRESSES)), app, parts, **more)
        made.append(one)
        await one.register()
        if verify:
            await one.verify()
        if sign_in:
            await one.sign_in()
        return one

    yield register
    for one in made:
        await one.http.aclose()


@pytest.fixture
def letters(parts: Parts) -> Letters:
    mailer: Any = parts.mailer
    return mailer
