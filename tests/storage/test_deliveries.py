"""Deliveries at rest: every move once, whole or not at all, and the pages people read."""

import asyncio
from datetime import timedelta

import pytest
from making import NOW, booking, brl, charge, delivery, fresh, line, move

from domain import audit, ledger
from domain.deliveries import Attention, DeliveryStatus
from domain.errors import DeliveryDiverged, Invalid
from domain.ports import DeliveryFilter


async def test_a_recorded_delivery_reads_as_it_was_written(stores):
    written = delivery(booking=booking(), reference="NF-7", promised_at=NOW, courier=None)
    await stores.deliveries.record(move(written, state={"attempt": 1, "seen": ["a"], "ratio": 0.1}))
    assert await stores.deliveries.get(written.id) == written
    assert await stores.deliveries.state(written.id) == {"attempt": 1, "seen": ["a"], "ratio": 0.1}
    assert await stores.deliveries.request_hash(written.id) == written.request.fingerprint()


async def test_nobody_knows_a_delivery_that_was_never_recorded(stores):
    assert await stores.deliveries.get("del_none") is None
    assert await stores.deliveries.state("del_none") is None
    assert await stores.deliveries.request_hash("del_none") is None
    assert await stores.deliveries.entries("del_none") == []


async def test_moves_follow_each_other_and_the_chain_holds(stores):
    it = delivery()
    await stores.deliveries.record(move(it, line(1)))
    later = it.model_copy(update={"status": DeliveryStatus.QUOTED, "updated_at": NOW + timedelta(minutes=1)})
    await stores.deliveries.record(move(later, line(2, kind="delivery.quoted"), line(3)))
    lines = await stores.journal.of(it.id)
    assert [told.seq for told in lines] == [1, 2, 3]
    assert (await stores.deliveries.get(it.id)).status is DeliveryStatus.QUOTED
    prev_hash = audit.GENESIS
    for told in lines:
        assert (told.organisation_id, told.prev_hash) == (it.organisation_id, prev_hash)
        assert told.hash == audit.chained(prev_hash, it.id, told)
        prev_hash = told.hash


async def test_a_move_told_again_writes_nothing_twice_even_at_a_later_time(stores):
    it = delivery()
    first = move(it, line(1), entries=charge(it))
    await stores.deliveries.record(first)
    await stores.deliveries.record(first)
    await stores.deliveries.record(move(it, line(1, at=NOW + timedelta(hours=1)), entries=charge(it)))
    assert len(await stores.journal.of(it.id)) == 1
    assert len(await stores.deliveries.entries(it.id)) == 4


async def test_a_move_told_again_with_more_behind_it_writes_the_rest(stores):
    it = delivery()
    await stores.deliveries.record(move(it, line(1)))
    await stores.deliveries.record(move(it, line(2), entries=charge(it)))
    again = it.model_copy(update={"attention": Attention.SILENT_CARRIER})
    entries = (*charge(it), *charge(it, "booked/2"))
    await stores.deliveries.record(move(again, line(2), line(3), entries=entries))
    assert [told.seq for told in await stores.journal.of(it.id)] == [1, 2, 3]
    assert (await stores.deliveries.get(it.id)).attention is Attention.SILENT_CARRIER
    assert len(await stores.deliveries.entries(it.id)) == 8


@pytest.mark.parametrize("told", [
    pytest.param([line(1, kind="delivery.other")], id="another line 1"),
    pytest.param([line(1, data={"status": "lost"}), line(2)], id="another line 1, and more"),
    pytest.param([line(4)], id="a gap before"),
    pytest.param([line(2), line(4)], id="a gap inside"),
    pytest.param([line(0), line(1), line(2)], id="a line before the first"),
])  # fmt: skip
async def test_another_story_is_refused_and_nothing_of_it_is_kept(stores, told):
    it = delivery()
    await stores.deliveries.record(move(it, line(1)))
    other = it.model_copy(update={"status": DeliveryStatus.LOST})
    with pytest.raises(DeliveryDiverged):
        await stores.deliveries.record(move(other, *told, entries=charge(it)))
    assert await stores.deliveries.get(it.id) == it
    assert len(await stores.journal.of(it.id)) == 1
    assert await stores.deliveries.entries(it.id) == []


async def test_a_story_that_begins_in_the_middle_is_refused(stores):
    with pytest.raises(DeliveryDiverged):
        await stores.deliveries.record(move(delivery(), line(2)))


async def test_the_delivery_must_be_at_its_last_line(stores):
    it = delivery()
    wrong = move(it, line(1)).model_copy(update={"delivery": it.model_copy(update={"seq": 7})})
    with pytest.raises(DeliveryDiverged):
        await stores.deliveries.record(wrong)


async def test_entries_come_back_as_posted_and_in_order(stores):
    it = delivery()
    booked = charge(it)
    back = ledger.reversal(booked, step="cancelled", at=NOW + timedelta(hours=1))
    await stores.deliveries.record(move(it, line(1), entries=booked))
    await stores.deliveries.record(move(it, line(2), entries=back))
    assert await stores.deliveries.entries(it.id) == [*booked, *back]


async def test_entries_that_do_not_balance_undo_the_whole_move(stores):
    it = delivery()
    await stores.deliveries.record(move(it, line(1)))
    with pytest.raises(DeliveryDiverged):
        await stores.deliveries.record(move(it, line(2), entries=charge(it)[:3]))
    assert len(await stores.journal.of(it.id)) == 1
    assert await stores.deliveries.entries(it.id) == []


async def test_a_step_posts_once_whatever_its_entries_are_called(stores):
    it = delivery()
    await stores.deliveries.record(move(it, line(1), entries=charge(it)))
    renamed = tuple(entry.model_copy(update={"id": fresh("ent")}) for entry in charge(it))
    with pytest.raises(DeliveryDiverged):
        await stores.deliveries.record(move(it, line(2), entries=renamed))


async def test_a_step_told_again_with_another_amount_is_refused(stores):
    it = delivery()
    await stores.deliveries.record(move(it, line(1), entries=charge(it)))
    with pytest.raises(DeliveryDiverged):
        await stores.deliveries.record(move(it, line(1), line(2), entries=charge(it, price=9999)))


async def test_the_same_move_from_many_at_once_is_written_once(sql):
    it = delivery()
    same = move(it, line(1), line(2), entries=charge(it))
    await asyncio.gather(*(sql.deliveries.record(same) for _ in range(8)))
    assert len(await sql.journal.of(it.id)) == 2


async def test_of_two_stories_told_at_once_one_is_refused(sql):
    it = delivery()
    await sql.deliveries.record(move(it, line(1)))
    two = (move(it, line(2, kind="delivery.quoted")), move(it, line(2, kind="delivery.failed")))
    results = await asyncio.gather(*map(sql.deliveries.record, two), return_exceptions=True)
    assert sorted(type(result) for result in results if result) == [DeliveryDiverged]
    assert len(await sql.journal.of(it.id)) == 2


async def test_nothing_personal_is_searched_or_told(sql, engines):
    it = delivery()
    await sql.deliveries.record(move(it, entries=charge(it)))
    async with engines["owner"].connect() as connection:
        found = await connection.exec_driver_sql(
            "SELECT search_text FROM deliveries.deliveries WHERE id = %s"
            " UNION ALL SELECT to_jsonb(j)::text FROM journal.journal j WHERE subject = %s", (it.id, it.id),
        )  # fmt: skip
        text = " ".join(found.scalars())
    assert it.id in text
    assert not any(secret in text.lower() for secret in ("ana", "+5511", "paulista", "1578"))


# ── pages ─────────────────────────────────────────────────────────────────────────────────────────────────


async def record_many(stores, count: int, **more):
    organisation = fresh("org")
    made = [
        delivery(organisation_id=organisation, created_at=NOW + timedelta(seconds=i // 2), **more) for i in range(count)
    ]
    for it in made:
        await stores.deliveries.record(move(it))
    return organisation, sorted(made, key=lambda it: (it.created_at, it.id), reverse=True)


async def test_pages_go_through_everything_once_newest_first(stores):
    organisation, newest_first = await record_many(stores, 7)
    seen, cursor = [], None
    while True:
        page, cursor = await stores.deliveries.page(DeliveryFilter(organisation_id=organisation), 3, cursor)
        seen += page
        if cursor is None:
            break
        assert len(page) == 3
        await stores.deliveries.record(move(delivery(organisation_id=organisation, created_at=NOW + timedelta(days=1))))
    assert seen == newest_first


async def test_a_full_last_page_has_no_next(stores):
    organisation, _ = await record_many(stores, 4)
    page, cursor = await stores.deliveries.page(DeliveryFilter(organisation_id=organisation), 4, None)
    assert (len(page), cursor) == (4, None)
    assert await stores.deliveries.page(DeliveryFilter(organisation_id=fresh("org")), 4, None) == ([], None)


@pytest.mark.parametrize("cursor", ["", "x", "é", "bnVsbA", "WzEsMl0", "WyJub3QgYSB0aW1lIiwiZGVsXzEiXQ", "a" * 5000])
async def test_a_strange_cursor_is_invalid(stores, cursor):
    with pytest.raises(Invalid):
        await stores.deliveries.page(DeliveryFilter(), 3, cursor)


async def test_a_page_is_narrowed_by_what_is_asked(stores):
    organisation = fresh("org")
    held = booking(carrier="moto")
    told = delivery(organisation_id=organisation, booking=held, reference="NF_100%", attention="silent_carrier")
    other = delivery(
        organisation_id=organisation, created_at=NOW - timedelta(days=1), status="quoted", created_by="svc_1"
    )
    for it in (told, other):
        await stores.deliveries.record(move(it))

    async def found(**where):
        page, _ = await stores.deliveries.page(DeliveryFilter(organisation_id=organisation, **where), 10, None)
        return [it.id for it in page]

    assert await found() == [told.id, other.id]
    assert await found(created_by="svc_1") == [other.id]
    assert await found(status=["quoted"]) == [other.id]
    assert await found(attention=["silent_carrier"]) == [told.id]
    assert await found(carrier="moto") == [told.id]
    assert await found(reference="NF_100%") == [told.id]
    assert await found(created_from=NOW) == [told.id]
    assert await found(created_to=NOW) == [other.id]
    for text in (told.id, held.tracking_number, held.reference.upper(), "nf_100%"):
        assert await found(text=text) == [told.id]
    assert await found(text="sao PAULO") == [told.id, other.id]
    assert await found(text="nf%100") == await found(text="nf 100_") == await found(text="Ana") == []


async def test_a_price_fits_whatever_its_size(stores):
    it = delivery()
    await stores.deliveries.record(move(it, entries=charge(it, price=10**12, cost=0)))
    assert (await stores.deliveries.entries(it.id))[0].money == brl(10**12)
