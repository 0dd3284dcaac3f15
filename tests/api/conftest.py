"""The services in one process, over stores in memory: what is asked, allowed and answered, without a server."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path

import fakes
import httpx
import pytest
from cashews import Cache
from fastapi import FastAPI
from hands import ACCOUNT, SERVICES, Told, write_key

from api.app import create_app
from api.deps import Parts
from api.tokens import issue
from carriers import CarrierBook
from domain.users import Organisation, Role, User
from runtime.hints import Bell
from runtime.settings import Settings
from runtime.temporal import connect


@pytest.fixture(scope="session")
def keys_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("keys")
    write_key(folder, "first")
    return folder


@pytest.fixture
def settings(keys_dir: Path, tmp_path: Path) -> Settings:
    token_key = tmp_path / "tracking"
    token_key.write_bytes(b"0123456789abcdef0123456789abcdef")
    return Settings(keys_dir=keys_dir, tracking_token_key_file=token_key, public_url="https://entrega.example")


@pytest.fixture
async def parts(settings: Settings) -> AsyncIterator[Parts]:
    journal = fakes.InMemoryJournal()
    accounts = fakes.InMemoryAccountStore(ACCOUNT, journal=journal)
    routing = fakes.InMemoryRoutingStore(journal)
    book = CarrierBook(accounts, routing)
    cache = Cache()
    cache.setup("mem://")
    places = fakes.InMemoryPlaces()
    yield Parts(
        settings=settings,
        deliveries=fakes.InMemoryDeliveryStore(journal),
        policies=fakes.InMemoryPolicyStore(journal),
        accounts=accounts,
        routing=routing,
        carriers=book,
        availability=fakes.InMemoryAvailabilityStore(journal=journal),
        scans=fakes.InMemoryScanStore(journal),
        users=fakes.InMemoryUserStore(journal),
        journal=journal,
        audit=fakes.InMemoryAuditLog(),
        exchanges=fakes.InMemoryExchangeLog(),
        deliverer=Told(),
        bell=Bell(journal),
        temporal=await connect("127.0.0.1:9", lazy=True),
        cache=cache,
        geocoder=places,
        postal_codes=places,
    )
    await book.close()
    await cache.close()


@pytest.fixture
def app(settings: Settings, parts: Parts) -> FastAPI:
    made = create_app(SERVICES, settings, parts)
    made.state.parts = parts  # ASGITransport runs no lifespan
    return made


@pytest.fixture
async def http(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """Nobody in particular; our own failures come as answers, as they would over a socket."""
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://api") as client:
        yield client


Signed = Callable[..., Awaitable[dict[str, str]]]
_numbers = itertools.count(1)


@pytest.fixture
def signed(parts: Parts) -> Signed:
    """Headers of a new user of a role."""

    async def sign(role: Role = Role.CUSTOMER) -> dict[str, str]:
        number, now = next(_numbers), datetime.now(UTC)
        organisation = Organisation(id=f"org_{number}", name="Organisation", created_at=now)
        user = User(
            id=f"usr_{number}",
            organisation_id=organisation.id,
            email=f"user{number}@example.com",
            name="User",
            role=role,
            created_at=now,
        )
        await parts.users.add(user, organisation, "no hash")
        return {"Authorization": f"Bearer {await asyncio.to_thread(issue, parts.settings, user)}"}

    return sign
