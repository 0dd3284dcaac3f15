"""The composition root: adapters built once, each with the database role of the service it serves."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from types import TracebackType
from typing import TYPE_CHECKING, Any

from carriers import CarrierBook
from channels.email import SmtpMailer
from channels.webhook import PREFIX, WebhookChannel, rules
from domain.notification_ports import Channel
from places import Atlas
from runtime.codec import SealingCodec
from runtime.exchanges import Attributed
from runtime.settings import SettingMissing
from runtime.tls import outside_trust
from storage._crypto import BlindIndex
from storage._engine import connect
from storage._keks import Keks, read_key
from storage._seals import Seals
from storage.access import SqlAccessLog
from storage.adjustments import SqlAdjustmentStore
from storage.api_keys import SqlApiKeyStore, SqlServiceAccountStore
from storage.audit import MongoAuditLog
from storage.audit import connect as connect_mongo
from storage.audit_check import AuditCheck
from storage.availability import SqlAvailabilityStore
from storage.carriers import SqlAccountStore
from storage.contracts import SqlContractStore
from storage.deliveries import SqlDeliveryStore
from storage.endpoints import SqlEndpointStore
from storage.erasure import SqlDeliveryErasure
from storage.exchanges import MongoExchangeLog
from storage.figures import SqlFigureStore
from storage.imports import SqlImportStore
from storage.invitations import SqlInvitationStore
from storage.journal import SqlJournal
from storage.keys import KeyRing
from storage.ledger import SqlLedgerStore
from storage.letters import SqlLetterQueue, SqlTemplates
from storage.limits import SqlRateLimit
from storage.listening import Listener
from storage.messages import SqlMessageStore
from storage.notices import SqlNotices
from storage.notifications import SqlSubscribers
from storage.organisations import SqlOrganisationStore
from storage.partitions import SqlPartitions
from storage.policies import SqlPolicyStore
from storage.privacy import SqlPrivacyStore
from storage.proofs import SqlProofStore
from storage.reconciliations import SqlReconciliationStore
from storage.replays import SqlReplayStore
from storage.retention import SqlTidying
from storage.returning import SqlReturning
from storage.rewrapping import Rewrapping
from storage.routing import SqlRoutingStore
from storage.second_factors import SqlSecondFactorStore
from storage.sessions import SqlSessionStore
from storage.standing import SqlDeliveriesWatch, SqlInboxWatch
from storage.telling import SqlMembers
from storage.terms import SqlTermsStore
from storage.tracking import SqlScanStore
from storage.users import SqlUserStore
from storage.views import SqlViewStore

if TYPE_CHECKING:
    from cashews import Cache
    from pymongo import AsyncMongoClient
    from pymongo.asynchronous.database import AsyncDatabase
    from sqlalchemy.ext.asyncio import AsyncEngine

    from runtime.settings import Settings


def identity(engine: AsyncEngine, seals: Seals) -> dict[str, Any]:
    """What the users service keeps, by the name of the part."""
    return {
        "users": SqlUserStore(engine, seals),
        "proofs": SqlProofStore(engine, seals),
        "sessions": SqlSessionStore(engine),
        "second_factors": SqlSecondFactorStore(engine, seals),
        "organisations": SqlOrganisationStore(engine, seals),
        "invitations": SqlInvitationStore(engine, seals),
        "service_accounts": SqlServiceAccountStore(engine),
        "api_keys": SqlApiKeyStore(engine),
        "limits": SqlRateLimit(engine),
        "privacy": SqlPrivacyStore(engine, seals),
    }


IDENTITY = (
    *("users", "proofs", "sessions", "second_factors", "organisations", "invitations"),
    *("service_accounts", "api_keys", "limits", "privacy"),
)


class Wiring:
    """Opens what is asked for and nothing else; everything is closed at the end of the `async with`."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._stack = AsyncExitStack()
        self._engines: dict[str, AsyncEngine] = {}
        self._books: dict[str, CarrierBook] = {}
        self._keks: Keks | None = None
        self._rings: dict[str, KeyRing] = {}
        self._mongo: dict[str, AsyncMongoClient[dict[str, Any]]] = {}
        self._exchanges: Attributed | None = None
        self._webhooks: WebhookChannel | None = None

    async def __aenter__(self) -> Wiring:
        await self._stack.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stack.__aexit__(kind, error, trace)

    def engine(self, service: str) -> AsyncEngine:
        """The service's own role; one pool per process and role."""
        if service not in self._engines:
            engine = connect(self.settings.database_url_for(service), application_name=f"entrega-{service}")
            self._stack.push_async_callback(engine.dispose)
            self._engines[service] = engine
        return self._engines[service]

    def keks(self) -> Keks:
        """The keys that wrap data keys. Raises SettingMissing, KeyFileUnusable."""
        if self._keks is None:
            self._keks = Keks(self.settings.need("keks_dir"))
        return self._keks

    def keys(self, service: str) -> KeyRing:
        """Data keys as this service's role may have them; one memory of them per process and role."""
        if service not in self._rings:
            self._rings[service] = KeyRing(self.engine(service), self.keks())
        return self._rings[service]

    def owners_keys(self) -> KeyRing:
        """Data keys as the database's owner: whoever restores a backup. Raises SettingMissing."""
        return KeyRing(self._owners_engine(), self.keks())

    def returning(self) -> SqlReturning:
        """As the database's owner. Raises SettingMissing, KeyFileUnusable."""
        engine = self._owners_engine()
        return SqlReturning(engine, KeyRing(engine, self.keks()), self._index())

    def _owners_engine(self) -> AsyncEngine:
        engine = connect(self.settings.need("database_url"), application_name="entrega-owner")
        self._stack.push_async_callback(engine.dispose)
        return engine

    def rewrapping(self) -> Rewrapping:
        """Wraps data keys anew, as the role that may."""
        return Rewrapping(self.engine("keys"), self.keks())

    def codec(self, names: Sequence[str]) -> SealingCodec:
        """Seals Temporal's payloads, for a process that runs these services: as deliveries where it may make keys."""
        return SealingCodec(self.keys("deliveries" if "deliveries" in names else names[0]))

    def carriers(self, service: str) -> CarrierBook:
        """Carriers as this service's role reads their accounts; breakers and limits are per process. What is said to
        them is noted where there is a MongoDB."""
        if service not in self._books:
            log = self.exchanges() if self.settings.mongo_url else None
            book = CarrierBook(
                self.accounts(service), self.routing(service), log=log, trust=outside_trust(self.settings)
            )
            self._stack.push_async_callback(book.close)
            self._books[service] = book
        return self._books[service]

    def accounts(self, service: str) -> SqlAccountStore:
        """Only the quotes role may write them."""
        return SqlAccountStore(self.engine(service), self.keys(service))

    def routing(self, service: str) -> SqlRoutingStore:
        """Only the quotes role may write rules and pauses."""
        return SqlRoutingStore(self.engine(service))

    def deliveries(self) -> SqlDeliveryStore:
        """As the deliveries role. Raises SettingMissing, KeyFileUnusable."""
        return SqlDeliveryStore(self.engine("deliveries"), self.keys("deliveries"), self._index())

    def _index(self) -> BlindIndex:
        return BlindIndex.derived(read_key(self.settings.need("index_key_file")), "deliveries")

    def erasure(self) -> SqlDeliveryErasure:
        """As the deliveries role."""
        return SqlDeliveryErasure(self.engine("deliveries"), self.keys("deliveries"))

    def privacy(self) -> SqlPrivacyStore:
        """As the users role."""
        return SqlPrivacyStore(self.engine("users"), self.seals())

    def tidying(self, service: str) -> SqlTidying:
        """What this service's role may tidy away."""
        return SqlTidying(self.engine(service), service)

    def policies(self) -> SqlPolicyStore:
        """As the deliveries role."""
        return SqlPolicyStore(self.engine("deliveries"))

    def figures(self) -> SqlFigureStore:
        """As the deliveries role."""
        return SqlFigureStore(self.engine("deliveries"))

    def contracts(self) -> SqlContractStore:
        """As the deliveries role."""
        return SqlContractStore(self.engine("deliveries"))

    def ledger(self) -> SqlLedgerStore:
        """As the deliveries role."""
        return SqlLedgerStore(self.engine("deliveries"))

    def adjustments(self) -> SqlAdjustmentStore:
        """As the deliveries role."""
        return SqlAdjustmentStore(self.engine("deliveries"))

    def reconciliations(self) -> SqlReconciliationStore:
        """As the deliveries role."""
        return SqlReconciliationStore(self.engine("deliveries"))

    def terms(self, service: str) -> SqlTermsStore:
        """Only the quotes role may write them; deliveries reads."""
        return SqlTermsStore(self.engine(service))

    def deliveries_watch(self) -> SqlDeliveriesWatch:
        """As the deliveries role."""
        return SqlDeliveriesWatch(self.engine("deliveries"))

    def partitions(self) -> SqlPartitions:
        """As the deliveries role."""
        return SqlPartitions(self.engine("deliveries"))

    def inbox_watch(self) -> SqlInboxWatch:
        """As the tracking role."""
        return SqlInboxWatch(self.engine("tracking"))

    def views(self) -> SqlViewStore:
        """As the deliveries role."""
        return SqlViewStore(self.engine("deliveries"), self.keys("deliveries"))

    def imports(self) -> SqlImportStore:
        """As the deliveries role."""
        return SqlImportStore(self.engine("deliveries"), self.keys("deliveries"))

    def availability(self) -> SqlAvailabilityStore:
        """As the availability role."""
        return SqlAvailabilityStore(self.engine("availability"))

    def scans(self) -> SqlScanStore:
        """As the tracking role."""
        return SqlScanStore(self.engine("tracking"), self.keys("tracking"))

    def subscribers(self) -> SqlSubscribers:
        """As the notifications role."""
        return SqlSubscribers(self.engine("notifications"))

    def endpoints(self) -> SqlEndpointStore:
        """As the notifications role."""
        return SqlEndpointStore(self.engine("notifications"), self.keys("notifications"))

    def messages(self) -> SqlMessageStore:
        """As the notifications role."""
        return SqlMessageStore(self.engine("notifications"))

    def replays(self) -> SqlReplayStore:
        """As the notifications role."""
        return SqlReplayStore(self.engine("notifications"))

    def members(self) -> SqlMembers:
        """As the notifications role."""
        return SqlMembers(self.engine("notifications"))

    def letter_queue(self) -> SqlLetterQueue:
        """As the notifications role."""
        return SqlLetterQueue(self.engine("notifications"))

    def templates(self) -> SqlTemplates:
        """As the notifications role."""
        return SqlTemplates(self.engine("notifications"))

    def notices(self) -> SqlNotices:
        """As the notifications role."""
        return SqlNotices(self.engine("notifications"))

    def recipient_index(self) -> Callable[[str], bytes]:
        """By which a recipient's address is known again; users' addresses have another. Raises SettingMissing,
        KeyFileUnusable."""
        index = BlindIndex(read_key(self.settings.need("index_key_file")))
        return lambda email: index.of("recipient", email.lower())

    def webhooks(self) -> WebhookChannel:
        """To customers' endpoints; one per process, so that it knows what is under way."""
        if self._webhooks is None:
            settings = self.settings
            where = rules(this_machine=settings.webhooks_to_this_machine, tls_required=settings.tls_required)
            trust, pause = outside_trust(settings), settings.webhooks_pause
            self._webhooks = WebhookChannel(self.endpoints(), where, tls=trust, pause=pause)
            self._stack.push_async_callback(self._webhooks.close)
        return self._webhooks

    def channels(self) -> Mapping[str, Channel]:
        """Every channel, by what its subscribers' ids begin with."""
        return {PREFIX: self.webhooks()}

    def users(self) -> SqlUserStore:
        """As the users role."""
        return SqlUserStore(self.engine("users"), self.seals())

    def atlas(self, cache: Cache) -> Atlas:
        """Where addresses lie, as far as the settings name somebody to ask."""
        settings = self.settings
        atlas = Atlas(
            cache,
            geocoder_url=settings.geocoder_url,
            cep_url=settings.cep_url,
            deadline_s=settings.places_deadline,
            geocoder_rate=settings.geocoder_rate,
            agent=f"entrega (+{settings.public_url})" if settings.public_url else "entrega",
            trust=outside_trust(settings),
        )
        self._stack.push_async_callback(atlas.close)
        return atlas

    def identity(self) -> dict[str, Any]:
        """Everything in `IDENTITY`, as the users role."""
        return identity(self.engine("users"), self.seals())

    def seals(self) -> Seals:
        """What people and organisations are sealed with. Raises SettingMissing, KeyFileUnusable."""
        return Seals(self.keys("users"), BlindIndex(read_key(self.settings.need("index_key_file"))))

    def client_limits(self, service: str) -> SqlRateLimit:
        """How often clients ask; every service's role counts in the same table."""
        return SqlRateLimit(self.engine(service), "limits")

    def mailer(self) -> SmtpMailer:
        """Letters by SMTP. Raises SettingMissing."""
        try:
            return SmtpMailer(self.settings.need("smtp_url"), self.settings.mail_from, outside_trust(self.settings))
        except ValueError as error:
            raise SettingMissing(f"ENTREGA_SMTP_URL: {error}") from None

    def journal(self, service: str) -> SqlJournal:
        """Every role may read it and append to it."""
        return SqlJournal(self.engine(service))

    def accesses(self, service: str) -> SqlAccessLog:
        """Who of staff looked; as any role that appends to the journal."""
        return SqlAccessLog(self.engine(service))

    def listener(self, service: str) -> Listener:
        """Hints of new lines, by one connection of this role."""
        return Listener(self.settings.database_url_for(service), application_name=f"entrega-{service}-listen")

    def audit(self, *, copies: bool = False) -> MongoAuditLog:
        """The copy in MongoDB; to read, or as the relay's user, who copies."""
        own = self.settings.relay_mongo_url if copies else None
        return MongoAuditLog(self._database(own.get_secret_value() if own else None))

    def audit_check(self) -> AuditCheck:
        """The copy against the journal, as those who may only read both."""
        return AuditCheck(self.audit(), self.journal("relay"))

    def exchanges(self) -> Attributed:
        """The log of what is said to carriers, each note with whose it is; one per process."""
        if self._exchanges is None:
            log = MongoExchangeLog(self._database())
            log.open()
            self._stack.push_async_exit(log)
            self._exchanges = Attributed(log)
        return self._exchanges

    def _database(self, url: str | None = None) -> AsyncDatabase[dict[str, Any]]:
        url = url or str(self.settings.need("mongo_url"))
        if url not in self._mongo:
            self._mongo[url] = connect_mongo(url)
            self._stack.push_async_callback(self._mongo[url].close)
        return self._mongo[url][self.settings.mongo_database]
