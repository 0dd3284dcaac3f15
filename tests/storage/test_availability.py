"""Areas, and slots that no window has more of than its capacity."""

import asyncio
from datetime import timedelta

from making import NOW, fresh

from domain.availability import Hours, PostalRange, Radius, ServiceArea, Slot, Window


def area(**more) -> ServiceArea:
    span = PostalRange(first="01000000", last="05999999")
    hours = tuple(Hours.model_validate({"weekday": day, "opens": "08:00", "closes": "22:00"}) for day in range(7))
    values = {"id": fresh("area"), "name": "Centro", "postal_ranges": (span,), "hours": hours}
    return ServiceArea.model_validate({**values, "cut_off": "20:30", **more})


def slot(area_id: str, delivery_id: str | None = None, hour: int = 0) -> Slot:
    starts_at = NOW.replace(minute=0, microsecond=0) + timedelta(hours=hour)
    window = Window(starts_at=starts_at, ends_at=starts_at + timedelta(hours=1))
    return Slot(id=fresh("slot"), area_id=area_id, delivery_id=delivery_id or fresh("del"), window=window)


async def test_areas_are_kept_replaced_and_deleted_and_the_journal_knows(stores):
    one = area(radius=Radius(latitude=-23.55, longitude=-46.63, metres=5000))
    await stores.availability.put_area(one, "usr_1")
    assert one in await stores.availability.areas()
    closed = one.model_copy(update={"enabled": False, "name": "Aclimação"})
    await stores.availability.put_area(closed, "usr_2")
    assert [known for known in await stores.availability.areas() if known.id == one.id] == [closed]
    assert await stores.availability.delete_area(one.id, "usr_3") is True
    assert await stores.availability.delete_area(one.id, "usr_3") is False
    told = [(line.seq, line.kind, line.actor) for line in await stores.journal.of(one.id)]
    assert told == [(1, "area.put", "usr_1"), (2, "area.put", "usr_2"), (3, "area.deleted", "usr_3")]


async def test_areas_come_by_name(stores):
    for name in ("Zona Sul", "Aeroporto", "Mooca"):
        await stores.availability.put_area(area(name=name), "usr_1")
    names = [known.name for known in await stores.availability.areas()]
    assert names == sorted(names)


async def test_a_window_holds_as_many_as_its_capacity(stores):
    here = fresh("area")
    first, second, third = (slot(here) for _ in range(3))
    assert await stores.availability.reserve(first, 2) == first
    assert await stores.availability.reserve(second, 2) == second
    assert await stores.availability.reserve(third, 2) is None
    await stores.availability.release(first.delivery_id)
    await stores.availability.release(first.delivery_id)
    assert await stores.availability.reserve(third, 2) == third
    assert await stores.availability.reserve(first, 2) is None
    assert await stores.availability.reserve(slot(here, hour=1), 1) is not None
    assert await stores.availability.reserve(slot(fresh("area")), 0) is None


async def test_a_delivery_that_asks_again_gets_its_slot_again(stores):
    mine = slot(fresh("area"))
    again = slot(mine.area_id, mine.delivery_id)
    assert await stores.availability.reserve(mine, 1) == mine
    assert await stores.availability.reserve(again, 1) == mine


async def test_another_window_gives_the_first_one_back(stores):
    mine, neighbour = slot(fresh("area")), None
    await stores.availability.reserve(mine, 1)
    later = slot(mine.area_id, mine.delivery_id, hour=1)
    assert await stores.availability.reserve(later, 1) == later
    neighbour = slot(mine.area_id)
    assert await stores.availability.reserve(neighbour, 1) == neighbour
    assert await stores.availability.reserve(slot(mine.area_id, hour=1), 1) is None


async def test_the_same_slot_may_be_held_released_and_held_again(stores):
    mine = slot(fresh("area"))
    for _ in range(3):
        assert await stores.availability.reserve(mine, 1) == mine
        await stores.availability.release(mine.delivery_id)


async def test_twenty_at_once_for_five_places(sql):
    here = fresh("area")
    got = await asyncio.gather(*(sql.availability.reserve(slot(here), 5) for _ in range(20)))
    assert sum(held is not None for held in got) == 5


async def test_one_delivery_asking_ten_times_at_once_holds_one_slot(sql):
    here, me = fresh("area"), fresh("del")
    got = await asyncio.gather(*(sql.availability.reserve(slot(here, me), 2) for _ in range(10)))
    assert len({held.id for held in got}) == 1
    assert await sql.availability.reserve(slot(here), 2) is not None
    assert await sql.availability.reserve(slot(here), 2) is None


async def test_deliveries_changing_windows_crosswise_lose_no_count(sql):
    here = fresh("area")
    mine = [fresh("del") for _ in range(6)]
    for hour in (0, 1, 0, 1):
        await asyncio.gather(
            *(sql.availability.reserve(slot(here, me, hour=(hour + n) % 2), 6) for n, me in enumerate(mine))
        )
    for me in mine:
        await sql.availability.release(me)
    for hour in (0, 1):
        got = [await sql.availability.reserve(slot(here, hour=hour), 6) for _ in range(7)]
        assert [held is not None for held in got] == [True] * 6 + [False]
