"""Quotes: what carriers would charge, and which carriers there are."""

from fastapi import APIRouter

from api.quotes import carriers, routes

router = APIRouter()
for part in (routes, carriers):
    router.include_router(part.router)

__all__ = ["router"]
