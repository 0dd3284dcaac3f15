"""Quotes: what carriers would charge, which carriers there are, and what a postal code tells."""

from fastapi import APIRouter

from api.quotes import carriers, places, routes

router = APIRouter()
for part in (routes, carriers, places):
    router.include_router(part.router)

__all__ = ["router"]
