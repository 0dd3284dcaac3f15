"""Deliveries: request, choose, follow, steer, forget."""

from fastapi import APIRouter

from api.deliveries import privacy, routes

router = APIRouter()
for part in (routes, privacy):
    router.include_router(part.router)

__all__ = ["router"]
