"""Saved views: a name for what somebody looks for again and again."""

from typing import Protocol

from pydantic import Field, JsonValue

from domain._values import Line, Timestamp, Value

MOST_OWN, MOST_SHARED = 50, 100
"""Of a user; shared in an organisation."""


class SavedView(Value):
    """Whose it is, and what it narrows the list of deliveries by; shared ones are for the whole organisation."""

    id: str = Field(examples=["view_0197…"])
    organisation_id: str
    created_by: str
    name: Line
    shared: bool = False
    narrowing: dict[str, JsonValue] = Field(default_factory=dict, description="as the list of deliveries takes it")
    created_at: Timestamp
    updated_at: Timestamp


class ViewStore(Protocol):
    """Saved views at rest; what they look for may name somebody, so it is sealed."""

    async def visible(self, organisation_id: str, user_id: str) -> list[SavedView]:
        """One's own and those shared in the organisation, by name."""

    async def get(self, view_id: str) -> SavedView | None:
        """One view."""

    async def put(self, view: SavedView, actor: str) -> None:
        """Creates or replaces one, with a journal line; raises TooManyViews."""

    async def delete(self, view_id: str, actor: str) -> bool:
        """Whether there was one to delete."""
