"""What routes are given: the adapters of their service, who is asking, and one way to ask a delivery's workflow."""

from dataclasses import dataclass
from typing import Annotated, cast

from fastapi import Depends, Request
from temporalio.client import Client

from domain.figure_ports import ContractStore, FigureStore
from domain.imports import ImportStore
from domain.ledger_ports import AdjustmentStore, LedgerStore, ReconciliationStore
from domain.notification_ports import AddressChannel, EndpointStore, MessageStore, Notifier
from domain.place_ports import Geocoder, PostalCodes
from domain.ports import (
    AccountStore,
    AuditLog,
    AvailabilityStore,
    Carriers,
    Deliverer,
    DeliveryErasure,
    DeliveryStore,
    ExchangeLog,
    Journal,
    PolicyStore,
    RoutingStore,
    ScanStore,
    TermsStore,
)
from domain.privacy import Privacy
from domain.replays import Replayer, ReplayStore
from domain.telling_ports import LetterWriter, Members, Notices, Templates
from domain.user_ports import (
    AccessLog,
    ApiKeyStore,
    InvitationStore,
    Mailer,
    OrganisationStore,
    ProofStore,
    RateLimit,
    SecondFactorStore,
    ServiceAccountStore,
    SessionStore,
    UserStore,
)
from domain.views import ViewStore
from runtime.caching import Once
from runtime.codec import SealingCodec
from runtime.hints import Bell
from runtime.settings import Settings


@dataclass
class Parts:
    """Every adapter the services use; a process that runs one service only touches its own."""

    settings: Settings
    client_limits: RateLimit
    deliveries: DeliveryStore
    policies: PolicyStore
    erasure: DeliveryErasure
    figures: FigureStore
    contracts: ContractStore
    terms: TermsStore
    ledger: LedgerStore
    adjustments: AdjustmentStore
    reconciliations: ReconciliationStore
    views: ViewStore
    imports: ImportStore
    accounts: AccountStore
    routing: RoutingStore
    carriers: Carriers
    availability: AvailabilityStore
    scans: ScanStore
    users: UserStore
    proofs: ProofStore
    sessions: SessionStore
    second_factors: SecondFactorStore
    organisations: OrganisationStore
    invitations: InvitationStore
    service_accounts: ServiceAccountStore
    api_keys: ApiKeyStore
    limits: RateLimit
    privacy: Privacy
    mailer: Mailer
    journal: Journal
    accesses: AccessLog
    audit: AuditLog
    exchanges: ExchangeLog
    deliverer: Deliverer
    notifier: Notifier
    endpoints: EndpointStore
    messages: MessageStore
    replays: ReplayStore
    replayer: Replayer
    webhooks: AddressChannel
    members: Members
    notices: Notices
    templates: Templates
    letter_writer: LetterWriter
    bell: Bell
    temporal: Client
    codec: SealingCodec
    once: Once
    geocoder: Geocoder
    postal_codes: PostalCodes


def _parts(request: Request) -> Parts:
    return cast(Parts, request.app.state.parts)


PartsDep = Annotated[Parts, Depends(_parts)]
