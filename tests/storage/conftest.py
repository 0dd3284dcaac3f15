"""Every store twice: in memory and on real servers. A test that asks for `stores` runs on both."""

from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import fakes
import psycopg
import pytest
from making import fresh
from old import Old
from pydantic import SecretStr
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import AsyncEngine

from domain import ledger_ports, notification_ports, ports
from domain.figure_ports import ContractStore, FigureStore
from domain.imports import ImportStore
from domain.replays import ReplayStore
from domain.views import ViewStore
from runtime.backup.vault import make_identity
from runtime.settings import Settings
from runtime.wiring import identity
from storage import audit
from storage._crypto import BlindIndex
from storage._engine import connect
from storage._seals import Seals
from storage.adjustments import SqlAdjustmentStore
from storage.api_keys import SqlApiKeyStore, SqlServiceAccountStore
from storage.availability import SqlAvailabilityStore
from storage.carriers import SqlAccountStore
from storage.contracts import SqlContractStore
from storage.deliveries import SqlDeliveryStore
from storage.endpoints import SqlEndpointStore
from storage.figures import SqlFigureStore
from storage.imports import SqlImportStore
from storage.invitations import SqlInvitationStore
from storage.journal import SqlJournal
from storage.keys import KeyRing
from storage.ledger import SqlLedgerStore
from storage.limits import SqlRateLimit
from storage.messages import SqlMessageStore
from storage.migrations import upgrade
from storage.notifications import SqlSubscribers
from storage.organisations import SqlOrganisationStore
from storage.policies import SqlPolicyStore
from storage.privacy import SqlPrivacyStore
from storage.proofs import SqlProofStore
from storage.reconciliations import SqlReconciliationStore
from storage.replays import SqlReplayStore
from storage.routing import SqlRoutingStore
from storage.second_factors import SqlSecondFactorStore
from storage.sessions import SqlSessionStore
from storage.terms import SqlTermsStore
from storage.tracking import SqlScanStore
from storage.users import SqlUserStore
from storage.views import SqlViewStore

SERVICES = ("users", "quotes", "availability", "deliveries", "tracking", "notifications", "relay", "codec", "keys")


@dataclass
class Stores:
    """One of each, telling one journal."""

    journal: ports.Journal
    hints: ports.Hints | None
    deliveries: ports.DeliveryStore
    policies: ports.PolicyStore
    figures: FigureStore
    contracts: ContractStore
    terms: ports.TermsStore
    ledger: ledger_ports.LedgerStore
    adjustments: ledger_ports.AdjustmentStore
    reconciliations: ledger_ports.ReconciliationStore
    views: ViewStore
    imports: ImportStore
    accounts: ports.AccountStore
    routing: ports.RoutingStore
    availability: ports.AvailabilityStore
    scans: ports.ScanStore
    subscribers: notification_ports.Subscribers
    endpoints: notification_ports.EndpointStore
    messages: notification_ports.MessageStore
    replays: ReplayStore


def created(postgres, more: str = "") -> str:
    """The URL of a new database of its own, as its owner."""
    name = fresh("db")
    with psycopg.connect(postgres.owner, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} {more}")
    return make_url(postgres.owner).set(database=name).render_as_string(hide_password=False)


@contextmanager
def lent(postgres, more: str = "") -> Iterator[str]:
    """One that is dropped afterwards, whoever is still in it."""
    url = created(postgres, more)
    yield url
    with psycopg.connect(postgres.owner, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {make_url(url).database} WITH (FORCE)")


@pytest.fixture
def empty(postgres) -> Iterator[str]:
    """A database of its own, with nothing in it."""
    with lent(postgres) as url:
        yield url


@pytest.fixture(scope="session")
def template(postgres) -> str:
    """The name of a migrated database that nobody writes to."""
    url = created(postgres)
    upgrade(url)
    return str(make_url(url).database)


@pytest.fixture
def unwritten(postgres, template) -> Iterator[str]:
    """A database of its own, migrated."""
    with lent(postgres, f"TEMPLATE {template}") as url:
        yield url


@pytest.fixture(scope="session")
async def engines(postgres) -> AsyncIterator[dict[str, AsyncEngine]]:
    """One per service, each as its own role, and the owner's."""
    made = {role: connect(postgres.url(role), application_name=role, pool_size=20) for role in SERVICES}
    made["owner"] = connect(postgres.owner, application_name="owner")
    yield made
    for engine in made.values():
        await engine.dispose()


@pytest.fixture
def rings(engines, keks) -> dict[str, KeyRing]:
    """Each service's, as they are in processes of their own."""
    return {role: KeyRing(engine, keks) for role, engine in engines.items()}


@pytest.fixture
def sql(engines, rings) -> Stores:
    """Each store as the role that runs it; the journal as a role that only appends and reads."""
    return Stores(
        journal=SqlJournal(engines["users"]),
        hints=None,
        deliveries=SqlDeliveryStore(engines["deliveries"], rings["deliveries"], BlindIndex(bytes(32))),
        policies=SqlPolicyStore(engines["deliveries"]),
        figures=SqlFigureStore(engines["deliveries"]),
        contracts=SqlContractStore(engines["deliveries"]),
        terms=SqlTermsStore(engines["quotes"]),
        ledger=SqlLedgerStore(engines["deliveries"]),
        adjustments=SqlAdjustmentStore(engines["deliveries"]),
        reconciliations=SqlReconciliationStore(engines["deliveries"]),
        views=SqlViewStore(engines["deliveries"], rings["deliveries"]),
        imports=SqlImportStore(engines["deliveries"], rings["deliveries"]),
        accounts=SqlAccountStore(engines["quotes"], rings["quotes"]),
        routing=SqlRoutingStore(engines["quotes"]),
        availability=SqlAvailabilityStore(engines["availability"]),
        scans=SqlScanStore(engines["tracking"], rings["tracking"]),
        subscribers=SqlSubscribers(engines["notifications"]),
        endpoints=SqlEndpointStore(engines["notifications"], rings["notifications"]),
        messages=SqlMessageStore(engines["notifications"]),
        replays=SqlReplayStore(engines["notifications"]),
    )


@dataclass
class People:
    """What the users service keeps, as its role."""

    journal: SqlJournal
    users: SqlUserStore
    proofs: SqlProofStore
    sessions: SqlSessionStore
    second_factors: SqlSecondFactorStore
    organisations: SqlOrganisationStore
    invitations: SqlInvitationStore
    service_accounts: SqlServiceAccountStore
    api_keys: SqlApiKeyStore
    limits: SqlRateLimit
    privacy: SqlPrivacyStore


@pytest.fixture
def people(engines, rings) -> People:
    engine, seals = engines["users"], Seals(rings["users"], BlindIndex(bytes(32)))
    return People(journal=SqlJournal(engine), **identity(engine, seals))


@pytest.fixture
def memory() -> Stores:
    journal = fakes.InMemoryJournal()
    notifications = fakes.InMemoryNotifications(journal)
    deliveries = fakes.InMemoryDeliveryStore(journal)
    adjustments = fakes.InMemoryAdjustmentStore(deliveries)
    return Stores(
        journal=journal,
        hints=journal,
        deliveries=deliveries,
        policies=fakes.InMemoryPolicyStore(journal),
        figures=fakes.InMemoryFigureStore(journal),
        contracts=fakes.InMemoryContractStore(journal),
        terms=fakes.InMemoryTermsStore(journal),
        ledger=fakes.InMemoryLedgerStore(deliveries),
        adjustments=adjustments,
        reconciliations=fakes.InMemoryReconciliationStore(adjustments),
        views=fakes.InMemoryViewStore(journal),
        imports=fakes.InMemoryImportStore(journal),
        accounts=fakes.InMemoryAccountStore(journal=journal),
        routing=fakes.InMemoryRoutingStore(journal),
        availability=fakes.InMemoryAvailabilityStore(journal=journal),
        scans=fakes.InMemoryScanStore(journal),
        subscribers=notifications.subscribers,
        endpoints=notifications.endpoints,
        messages=notifications.messages,
        replays=notifications.replays,
    )


@pytest.fixture(params=["memory", "sql"])
def stores(request: pytest.FixtureRequest) -> Stores:
    return request.getfixturevalue(request.param)


@pytest.fixture
async def mongo_log(mongo) -> AsyncIterator[audit.MongoAuditLog]:
    """On a database of its own: its cursor looks at everything there is."""
    client = audit.connect(mongo.url)
    name = fresh("audit")
    yield audit.MongoAuditLog(client[name])
    await client.drop_database(name)
    await client.close()


@pytest.fixture
def memory_log() -> fakes.InMemoryAuditLog:
    return fakes.InMemoryAuditLog()


@pytest.fixture(params=["memory_log", "mongo_log"])
def audit_log(request: pytest.FixtureRequest) -> ports.AuditLog:
    return request.getfixturevalue(request.param)


@pytest.fixture
async def old(unwritten, mongo, tmp_path, keks):
    identity, recipients = make_identity(tmp_path / "age")
    client = audit.connect(mongo.url)
    name = fresh("audit")
    settings = Settings(
        database_url=SecretStr(unwritten), mongo_url=SecretStr(mongo.url), mongo_database=name,
        backup_url=str(tmp_path / "vault"), backup_recipients_file=recipients, backup_identity_file=identity,
    )  # fmt: skip
    made = Old(unwritten, audit.MongoAuditLog(client[name]), settings, keks)
    await made.live()
    yield made
    await made.engine.dispose()
    await client.drop_database(name)
    await client.close()
