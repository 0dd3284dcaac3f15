"""The ledger: entries and balances, statements, corrections by hand, and carriers' invoices. Served with deliveries."""

from fastapi import APIRouter

from api.ledger import adjustments, entries, reconciliations, statements

router = APIRouter()
for part in (entries, statements, adjustments, reconciliations):
    router.include_router(part.router)

__all__ = ["router"]
