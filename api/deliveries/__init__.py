"""Deliveries: request, find, choose, follow, steer, forget; figures, promises, and the ledger."""

from fastapi import APIRouter

from api import ledger
from api.deliveries import contracts, exports, figures, imports, privacy, routes, views

router = APIRouter()
# The export first: its address looks like a delivery's.
for part in (exports, imports, routes, privacy, views, figures, contracts, ledger):
    router.include_router(part.router)

__all__ = ["router"]
