"""Notifications: who is told what happens, and what was sent to them."""

from fastapi import APIRouter

from api.notifications import endpoints, messages, notices, preferences, privacy, replays, templates, unsubscribing
from api.notifications.events import outgoing

router = APIRouter()
for _each in (endpoints, messages, replays, preferences, notices, templates, privacy, unsubscribing):
    router.include_router(_each.router)

__all__ = ["outgoing", "router"]
