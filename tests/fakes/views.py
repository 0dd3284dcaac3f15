"""Saved views, in memory."""

from domain.errors import TooManyViews
from domain.views import MOST_OWN, MOST_SHARED, SavedView
from fakes.journal import InMemoryJournal


class InMemoryViewStore:
    """Views by id."""

    def __init__(self, journal: InMemoryJournal | None = None) -> None:
        self.journal = journal or InMemoryJournal()
        self.views: dict[str, SavedView] = {}

    async def visible(self, organisation_id: str, user_id: str) -> list[SavedView]:
        ours = [view for view in self.views.values() if view.organisation_id == organisation_id]
        seen = [view for view in ours if view.shared or view.created_by == user_id]
        return sorted(seen, key=lambda view: (view.name.casefold(), view.id))

    async def get(self, view_id: str) -> SavedView | None:
        return self.views.get(view_id)

    async def put(self, view: SavedView, actor: str) -> None:
        others = [v for v in self.views.values() if v.organisation_id == view.organisation_id and v.id != view.id]
        own = sum(v.created_by == view.created_by for v in others)
        if own >= MOST_OWN or (view.shared and sum(v.shared for v in others) >= MOST_SHARED):
            raise TooManyViews
        self.views[view.id] = view
        await self.journal.append(view.id, "view.put", actor, {"shared": view.shared}, view.organisation_id)

    async def delete(self, view_id: str, actor: str) -> bool:
        view = self.views.pop(view_id, None)
        if view is not None:
            await self.journal.append(view_id, "view.deleted", actor, {}, view.organisation_id)
        return view is not None
