"""Deliveries: request, choose, follow, steer, forget; figures of many, what is promised of them, and the ledger."""

from fastapi import APIRouter

from api import ledger
from api.deliveries import contracts, figures, privacy, routes

router = APIRouter()
for part in (routes, privacy, figures, contracts, ledger):
    router.include_router(part.router)

__all__ = ["router"]
