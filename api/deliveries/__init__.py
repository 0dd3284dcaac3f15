"""Deliveries: request, find, choose, follow, steer, forget; figures of many, and what is promised of them."""

from fastapi import APIRouter

from api.deliveries import contracts, exports, figures, imports, privacy, routes, views

router = APIRouter()
for part in (
    exports,
    imports,
    routes,
    privacy,
    views,
    figures,
    contracts,
):  # the export's address looks like a delivery's
    router.include_router(part.router)

__all__ = ["router"]
