"""Availability: where and when express goes."""

from api.availability.routes import router

__all__ = ["router"]
