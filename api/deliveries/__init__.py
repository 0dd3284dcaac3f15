"""Deliveries: request, choose, follow, steer, forget; figures of many, and what is promised of them."""

from fastapi import APIRouter

from api.deliveries import contracts, figures, privacy, routes

router = APIRouter()
for part in (routes, privacy, figures, contracts):
    router.include_router(part.router)

__all__ = ["router"]
