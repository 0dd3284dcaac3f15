"""Tracking: what carriers report, and how it is followed."""

from fastapi import APIRouter

from api.tracking import routes, stream, webhooks

router = APIRouter()
for part in (routes, stream, webhooks):
    router.include_router(part.router)

__all__ = ["router"]
