"""Users: who may come in."""

from api.users.routes import router

__all__ = ["router"]
