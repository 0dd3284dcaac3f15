"""Notifications: who is told what happens, and what was sent to them."""

from fastapi import APIRouter

from api.notifications import endpoints, messages, notices, preferences, templates, unsubscribing
from api.notifications.events import outgoing

router = APIRouter()
router.include_router(endpoints.router)
router.include_router(messages.router)
for _each in (preferences, notices, templates, unsubscribing):
    router.include_router(_each.router)

__all__ = ["outgoing", "router"]
