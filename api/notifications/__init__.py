"""Notifications: who is told what happens, and what was sent to them."""

from fastapi import APIRouter

from api.notifications import endpoints, messages, replays
from api.notifications.events import outgoing

router = APIRouter()
router.include_router(endpoints.router)
router.include_router(messages.router)
router.include_router(replays.router)

__all__ = ["outgoing", "router"]
