"""The codec server: Temporal's UI and CLI read sealed payloads through it, for those who may."""

from fastapi import APIRouter

from api.codec import routes, session

router = APIRouter()
for part in (routes, session):
    router.include_router(part.router)

__all__ = ["router"]
