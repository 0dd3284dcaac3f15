"""The inbox: every report once, found its delivery by the journal, and handed over whatever happens."""

import asyncio
from datetime import timedelta

import pytest
from making import NOW, delivery, fresh, line, move, scan

from domain.audit import Origin
from domain.errors import Invalid


async def booked(stores, *, carrier: str = "moto", account: str = "rapido"):
    """A delivery ordered under a key and placed under the carrier's reference."""
    it, key, reference = delivery(), fresh("key"), fresh("ref")
    ordered = {"carrier": carrier, "account": account, "booking_key": key}
    placed = {"carrier": carrier, "account": account, "booking_reference": reference}
    await stores.deliveries.record(
        move(it, line(1, kind="delivery.booking", data=ordered), line(2, kind="delivery.placed", data=placed))
    )
    return it, key, reference


async def test_a_scan_finds_its_delivery_by_the_carriers_reference(stores):
    it, _, reference = await booked(stores)
    told = scan(booking_reference=reference)
    [item] = await stores.scans.keep([told])
    assert (item.delivery_id, item.signalled) == (it.id, False)
    assert item.scan.received_at is not None
    assert item.scan.model_copy(update={"received_at": None}) == told


async def test_a_scan_finds_its_delivery_by_our_key_before_the_reference_is_known(stores):
    it, key, _ = await booked(stores)
    [item] = await stores.scans.keep([scan(booking_key=key)])
    assert item.delivery_id == it.id


async def test_another_account_cannot_speak_of_this_booking(stores):
    _, key, reference = await booked(stores)
    for other in ({"carrier_account": "lento"}, {"carrier": "carro"}):
        [item] = await stores.scans.keep([scan(booking_reference=reference, booking_key=key, **other)])
        assert item.delivery_id is None


async def test_a_reference_used_again_means_the_newest_booking(stores):
    reference = fresh("ref")
    placed = {"carrier": "moto", "account": "rapido", "booking_reference": reference}
    older, newer = delivery(), delivery()
    for it in (older, newer):
        await stores.deliveries.record(move(it, line(1, kind="delivery.placed", data=placed)))
    [item] = await stores.scans.keep([scan(booking_reference=reference)])
    assert item.delivery_id == newer.id


async def test_the_same_scan_again_is_kept_once_and_answered_until_it_is_signalled(stores):
    it, _, reference = await booked(stores)
    told = scan(booking_reference=reference)
    again = told.model_copy(update={"description": "said otherwise"})
    await stores.scans.keep([told])
    [item] = await stores.scans.keep([told, again])
    assert item.scan.description == ""
    await stores.scans.signalled([told])
    assert await stores.scans.keep([again]) == []
    assert len(await stores.scans.of(it.id)) == 1


async def test_one_id_at_two_accounts_is_two_scans(stores):
    told = scan()
    other = told.model_copy(update={"carrier_account": "lento"})
    assert len(await stores.scans.keep([told, other])) == 2


async def test_what_came_too_early_is_matched_later(stores):
    it, reference = delivery(), fresh("ref")
    early = scan(booking_reference=reference)
    [item] = await stores.scans.keep([early])
    assert item.delivery_id is None
    placed = {"carrier": "moto", "account": "rapido", "booking_reference": reference}
    await stores.deliveries.record(move(it, line(1, kind="delivery.placed", data=placed)))
    waiting = {item.scan.id: item.delivery_id for item in await stores.scans.waiting(1000)}
    assert waiting[early.id] == it.id
    await stores.scans.signalled([early], after_close=True)
    assert early.id not in {item.scan.id for item in await stores.scans.waiting(1000)}
    assert [known.id for known in await stores.scans.of(it.id)] == [early.id]


async def test_strangers_hide_nobody_who_waits(stores):
    strangers = [scan() for _ in range(30)]
    it, reference = delivery(), fresh("ref")
    await stores.scans.keep(strangers)
    await stores.scans.keep([scan(booking_reference=reference)])
    placed = {"carrier": "moto", "account": "rapido", "booking_reference": reference}
    await stores.deliveries.record(move(it, line(1, kind="delivery.placed", data=placed)))
    for _ in range(40):
        if it.id in {item.delivery_id for item in await stores.scans.waiting(5)}:
            break
    else:
        raise AssertionError("never looked at")
    await stores.scans.signalled([*strangers, *await stores.scans.of(it.id)])


async def test_a_deliverys_scans_come_by_when_they_occurred(stores):
    it, _, reference = await booked(stores)
    scans = [scan(booking_reference=reference, occurred_at=NOW + timedelta(minutes=m)) for m in (3, 1, 2)]
    await stores.scans.keep(scans)
    assert [known.id for known in await stores.scans.of(it.id)] == [scans[i].id for i in (1, 2, 0)]
    assert await stores.scans.of(fresh("del")) == []


async def test_the_journal_says_whose_a_delivery_is(stores):
    it, _, _ = await booked(stores)
    assert await stores.scans.origin(it.id) == Origin(organisation_id=it.organisation_id, created_by=it.created_by)
    assert await stores.scans.origin(fresh("del")) is None


async def test_nothing_is_asked_and_nothing_answered(stores):
    assert await stores.scans.keep([]) == []
    await stores.scans.signalled([])


async def test_many_calls_with_the_same_scans_keep_each_once(sql):
    it, _, reference = await booked(sql)
    scans = [scan(booking_reference=reference) for _ in range(10)]
    await asyncio.gather(*(sql.scans.keep(scans if n % 2 else scans[::-1]) for n in range(8)))
    assert len(await sql.scans.of(it.id)) == 10


async def test_a_scan_that_cannot_be_stored_is_invalid(sql):
    for strange in ({"booking_reference": "a\x00b"}, {"id": "".join(fresh("x") for _ in range(200))}):
        with pytest.raises(Invalid):
            await sql.scans.keep([scan(**strange)])


async def test_a_match_uses_the_indexes(engines):
    from sqlalchemy import text

    for name in ("booking_key", "booking_reference"):
        question = text(f"""
            EXPLAIN SELECT subject FROM journal.journal WHERE data->>'{name}' = 'x' AND data->>'carrier' = 'y'
        """)
        async with engines["tracking"].connect() as connection:
            await connection.execute(text("SET enable_seqscan = off"))
            plan = " ".join((await connection.scalars(question)).all())
        assert f"(data ->> '{name}'::text) = 'x'::text" in plan.split("Filter", 1)[0]  # in the index's condition
        assert f"journal_start_{name}" in plan
        assert "Seq Scan" not in plan
