"""The stores, in memory: they keep the same promises as the real ones, and the contract tests in tests/storage hold
both to them. Give several the same journal to make a small world."""

from fakes.access import InMemoryAccessLog
from fakes.adjustments import InMemoryAdjustmentStore
from fakes.audit import InMemoryAuditLog
from fakes.availability import InMemoryAvailabilityStore
from fakes.carriers import InMemoryAccountStore
from fakes.deliveries import InMemoryDeliveryStore
from fakes.erasure import InMemoryDeliveryErasure
from fakes.exchanges import InMemoryExchangeLog
from fakes.figures import InMemoryContractStore, InMemoryFigureStore
from fakes.imports import InMemoryImportStore
from fakes.journal import InMemoryJournal
from fakes.keys import InMemoryKeys
from fakes.ledger import InMemoryLedgerStore
from fakes.notifications import InMemoryNotifications
from fakes.places import InMemoryPlaces
from fakes.policies import InMemoryPolicyStore
from fakes.reconciliations import InMemoryReconciliationStore
from fakes.routing import InMemoryRoutingStore
from fakes.terms import InMemoryTermsStore
from fakes.tracking import InMemoryScanStore
from fakes.views import InMemoryViewStore

__all__ = [
    "InMemoryAccessLog",
    "InMemoryAccountStore",
    "InMemoryAdjustmentStore",
    "InMemoryAuditLog",
    "InMemoryAvailabilityStore",
    "InMemoryContractStore",
    "InMemoryDeliveryErasure",
    "InMemoryDeliveryStore",
    "InMemoryExchangeLog",
    "InMemoryFigureStore",
    "InMemoryImportStore",
    "InMemoryJournal",
    "InMemoryKeys",
    "InMemoryLedgerStore",
    "InMemoryNotifications",
    "InMemoryPlaces",
    "InMemoryPolicyStore",
    "InMemoryReconciliationStore",
    "InMemoryRoutingStore",
    "InMemoryScanStore",
    "InMemoryTermsStore",
    "InMemoryViewStore",
]
