"""The services in one process, over stores in memory, and over PostgreSQL for the users service: what is asked, allowed
and answered, without a server."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any, cast

import fakes
import httpx
import pytest
from cashews import Cache
from fastapi import FastAPI
from hands import ACCOUNT, SERVICES, Letters, Looked, Notified, Replayed, Told, write_key
from making import user
from sqlalchemy.ext.asyncio import AsyncEngine

from api.app import create_app
from api.deps import Parts
from api.later import Later
from api.tokens import KeySet, issue
from carriers import CarrierBook
from channels.webhook import WebhookChannel, rules
from domain.users import OrgRole, Principal, Role
from runtime.caching import Once
from runtime.codec import SealingCodec
from runtime.hints import Bell
from runtime.serving import Leaving
from runtime.settings import Settings
from runtime.temporal import connect
from runtime.wiring import identity
from storage._crypto import BlindIndex
from storage._engine import connect as connect_postgres
from storage._keks import Keks
from storage._seals import Seals
from storage.keys import KeyRing
from storage.letters import SqlTemplates
from storage.limits import SqlRateLimit
from storage.notices import SqlNotices
from storage.telling import SqlMembers


@pytest.fixture(scope="session")
def keys_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("keys")
    write_key(folder, "first")
    return folder


@pytest.fixture(scope="session")
def settings(keys_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    token_key = tmp_path_factory.mktemp("tokens") / "tracking"
    token_key.write_bytes(b"0123456789abcdef0123456789abcdef")
    return Settings(
        keys_dir=keys_dir,
        tracking_token_key_file=token_key,
        public_url="https://entrega.example",
        address_rate=1_000_000,  # all tests are one address
    )


@pytest.fixture(scope="session")
async def people(postgres) -> AsyncIterator[AsyncEngine]:
    """As the users role."""
    engine = connect_postgres(postgres.url("users"), application_name="tests-api", pool_size=20)
    yield engine
    await engine.dispose()


@pytest.fixture(scope="session")
async def telling(postgres) -> AsyncIterator[AsyncEngine]:
    """As the notifications role."""
    engine = connect_postgres(postgres.url("notifications"), application_name="tests-api", pool_size=20)
    yield engine
    await engine.dispose()


@pytest.fixture
async def parts(settings: Settings, people: AsyncEngine, telling: AsyncEngine, keks: Keks) -> AsyncIterator[Parts]:
    journal = fakes.InMemoryJournal()
    deliveries = fakes.InMemoryDeliveryStore(journal)
    adjustments = fakes.InMemoryAdjustmentStore(deliveries)
    accounts = fakes.InMemoryAccountStore(ACCOUNT, journal=journal)
    routing = fakes.InMemoryRoutingStore(journal)
    book = CarrierBook(accounts, routing)
    cache = Cache()
    cache.setup("mem://")
    places = fakes.InMemoryPlaces()
    notifications = fakes.InMemoryNotifications(journal)
    webhooks = WebhookChannel(notifications.endpoints, rules(this_machine=True, tls_required=False), deadline_s=5)
    yield Parts(
        settings=settings,
        client_limits=SqlRateLimit(people, "limits"),
        deliveries=deliveries,
        erasure=fakes.InMemoryDeliveryErasure(deliveries),
        policies=fakes.InMemoryPolicyStore(journal),
        figures=fakes.InMemoryFigureStore(journal),
        contracts=fakes.InMemoryContractStore(journal),
        terms=fakes.InMemoryTermsStore(journal),
        ledger=fakes.InMemoryLedgerStore(deliveries),
        adjustments=adjustments,
        reconciliations=fakes.InMemoryReconciliationStore(adjustments),
        views=fakes.InMemoryViewStore(journal),
        imports=fakes.InMemoryImportStore(journal),
        accounts=accounts,
        routing=routing,
        carriers=book,
        availability=fakes.InMemoryAvailabilityStore(journal=journal),
        scans=fakes.InMemoryScanStore(journal),
        **identity(people, Seals(KeyRing(people, keks), BlindIndex(bytes(32)))),
        mailer=Letters(),
        journal=journal,
        accesses=fakes.InMemoryAccessLog(journal),
        audit=fakes.InMemoryAuditLog(),
        exchanges=fakes.InMemoryExchangeLog(),
        deliverer=Told(),
        notifier=Notified(),
        endpoints=notifications.endpoints,
        messages=notifications.messages,
        replays=notifications.replays,
        replayer=Replayed(notifications.replays),
        webhooks=webhooks,
        members=SqlMembers(telling),
        notices=SqlNotices(telling),
        templates=SqlTemplates(telling),
        letter_writer=Looked(),
        bell=Bell(journal),
        temporal=await connect("127.0.0.1:9", lazy=True),
        codec=SealingCodec(fakes.InMemoryKeys()),
        once=Once(cache),
        geocoder=places,
        postal_codes=places,
    )
    await book.close()
    await webhooks.close()
    await cache.close()


@pytest.fixture(scope="session")
def routed(settings: Settings) -> FastAPI:
    """Made once, since its routes are half a second of thought at the first request; with one that is broken."""
    made = create_app(SERVICES, settings, cast(Parts, object()))

    @made.get("/v1/broken", include_in_schema=False)
    async def broken() -> None:
        raise RuntimeError("Ana Pessoa, +5511999990000") from ValueError("the password is 1234")

    return made


@pytest.fixture
def app(routed: FastAPI, settings: Settings, parts: Parts) -> FastAPI:
    routed.state.parts = parts  # ASGITransport runs no lifespan
    routed.state.keys, routed.state.later, routed.state.leaving = KeySet(settings), Later(), Leaving()
    return routed


@pytest.fixture
async def http(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """Nobody in particular; our own failures come as answers, as they would over a socket."""
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://api") as client:
        yield client


Signed = Callable[..., Awaitable[dict[str, str]]]


@pytest.fixture
def signed(parts: Parts) -> Signed:
    """Headers of a new user of a role, who owns their organisation; `more` is what else the token says."""

    async def sign(role: Role = Role.CUSTOMER, **more: Any) -> dict[str, str]:
        person, organisation = user(role=role)
        await parts.users.add(person, organisation, "no hash")
        told = {"user_id": person.id, "organisation_id": organisation.id, "role": role, "org_role": OrgRole.OWNER}
        principal = Principal.model_validate(told | more)
        return {"Authorization": f"Bearer {await asyncio.to_thread(issue, parts.settings, principal)}"}

    return sign
