"""Deliveries: request, choose, follow, steer."""

from api.deliveries.routes import router

__all__ = ["router"]
