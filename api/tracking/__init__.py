"""Tracking: what carriers report, and how it is followed."""

from fastapi import APIRouter

from api.tracking import privacy, routes, stream, webhooks

router = APIRouter()
for part in (routes, privacy, stream, webhooks):
    router.include_router(part.router)

__all__ = ["router"]
