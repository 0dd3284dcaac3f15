"""Quotes: what carriers would charge, which carriers there are and are asked, and what a postal code tells."""

from fastapi import APIRouter

from api.quotes import carriers, pauses, places, routes, rules, terms

router = APIRouter()
for part in (routes, carriers, pauses, rules, terms, places):
    router.include_router(part.router)

__all__ = ["router"]
