"""Saved views at rest: whose they are, how many, and sealed."""

import pytest
from making import fresh, view
from sqlalchemy import text

from domain.errors import TooManyViews
from domain.views import MOST_OWN, MOST_SHARED


async def test_one_sees_ones_own_and_those_shared_by_name(stores):
    organisation = fresh("org")
    mine, theirs = view(organisation, "usr_1", name="b"), view(organisation, "usr_2", name="c")
    shared, elsewhere = view(organisation, "usr_2", name="A", shared=True), view(fresh("org"), "usr_1", shared=True)
    for it in (mine, theirs, shared, elsewhere):
        await stores.views.put(it, it.created_by)
    assert await stores.views.visible(organisation, "usr_1") == [shared, mine]
    renamed = mine.model_copy(update={"name": "z", "narrowing": {"q": "x"}})
    await stores.views.put(renamed, "usr_1")
    assert await stores.views.get(mine.id) == renamed
    assert await stores.views.delete(mine.id, "usr_1")
    assert not await stores.views.delete(mine.id, "usr_1")
    assert await stores.views.get(mine.id) is None
    told = [(line.kind, line.data) for line in await stores.journal.of(mine.id)]
    assert told == [("view.put", {"shared": False}), ("view.put", {"shared": False}), ("view.deleted", {})]


@pytest.mark.parametrize(("most", "shared"), [(MOST_OWN, False), (MOST_SHARED, True)])
async def test_there_are_so_many_and_no_more(stores, most, shared):
    organisation = fresh("org")
    kept = [view(organisation, f"usr_{n // MOST_OWN}", shared=shared) for n in range(most)]
    for it in kept:
        await stores.views.put(it, it.created_by)
    with pytest.raises(TooManyViews):
        await stores.views.put(view(organisation, "usr_0" if not shared else "usr_9", shared=shared), "usr_0")
    await stores.views.put(kept[0].model_copy(update={"name": "still"}), "usr_0")
    assert len(await stores.views.visible(organisation, "usr_0")) == most


async def test_what_is_looked_for_is_sealed(sql, engines):
    it = view(fresh("org"), "usr_1")
    await sql.views.put(it, "usr_1")
    async with engines["owner"].connect() as connection:
        query = text("SELECT encode(document, 'escape') FROM deliveries.views WHERE id = :id")
        held = await connection.scalar(query, {"id": it.id})
    assert "Zulmira" not in held
    assert it.name not in held
