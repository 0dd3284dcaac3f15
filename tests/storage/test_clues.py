"""Deliveries by whatever is at hand: a code, an id's end, a name, a postal code, a phone; and not once erased."""

from datetime import timedelta

import pytest
from making import NOW, booking, delivery, fresh, move, stop
from sqlalchemy import text

from domain.deliveries import Attention, DeliveryStatus
from domain.ports import DeliveryFilter
from storage import deliveries as stored
from storage.keys import KeyRing


def going_to(name: str, postal_code: str = "04538133", phone: str = "+5511987654321", **more):
    it = delivery(**more)
    there = stop()
    there["contact"] = {"name": name, "phone": phone}
    there["address"] = {**there["address"], "postal_code": postal_code}
    asked = it.request.model_copy(update={"dropoff": type(it.request.dropoff).model_validate(there)})
    return it.model_copy(update={"request": asked})


async def ids(stores, organisation, **where):
    page, _ = await stores.deliveries.page(DeliveryFilter(organisation_id=organisation, **where), 50, None)
    return [it.id for it in page]


@pytest.fixture
async def two(stores):
    organisation = fresh("org")
    first = going_to("João D'Ávila-Souza", reference="NF-2026/77", booking=booking(), organisation_id=organisation)
    other = going_to(
        "Maria", "20040002", "+5521912340000", organisation_id=organisation, created_at=NOW - timedelta(days=1)
    )
    for it in (first, other):
        await stores.deliveries.record(move(it))
    return organisation, first, other


async def test_whatever_is_at_hand_finds_it(stores, two):
    organisation, it, _ = two
    there = it.booking
    hits = (
        it.id, it.id[:12], it.id.removeprefix("del_")[-6:], it.id[-10:].upper(), "nf-2026/77", "NF 2026", "nf202677",
        there.tracking_number, there.reference, "joao souza", "SOUZA JOÃO", "d'avila", "04538-133",
        "04538", "04.538-133", "+55 11 98765-4321", "98765-4321", "87654321",
    )  # fmt: skip
    for words in hits:
        assert await ids(stores, organisation, q=words) == [it.id], words


async def test_what_is_only_nearly_so_does_not(stores, two):
    organisation, *_ = two
    for words in ("joa", "souza lima", "453813", "0453813", "77/2026/nf/9", "9876-4321", "&|!", "'", "\\", "💥", ":*"):
        assert await ids(stores, organisation, q=words) == [], words


async def test_each_field_by_itself(stores, two):
    organisation, it, other = two
    assert await ids(stores, organisation, recipient="ávila joao") == [it.id]
    assert await ids(stores, organisation, sender="joao") == []
    assert await ids(stores, organisation, sender="ana pessoa") == [it.id, other.id]
    assert await ids(stores, organisation, postal_code="20040") == [other.id]
    assert await ids(stores, organisation, postal_code="01310200") == [it.id, other.id]
    assert await ids(stores, organisation, phone="11 98765 4321") == [it.id]
    assert await ids(stores, organisation, tracking_number=it.booking.tracking_number) == [it.id]
    assert await ids(stores, organisation, q="ana", recipient="maria") == [other.id]
    assert await ids(stores, organisation, q="ana", recipient="joao", status=["delivered"]) == []
    assert await ids(stores, fresh("org"), q="joao souza") == []
    assert it.id in await ids(stores, None, q=it.id)


async def test_states_and_dates(stores):
    organisation, day = fresh("org"), timedelta(days=1)
    more = {"organisation_id": organisation}
    ended = delivery(status="delivered", ended_at=NOW, promised_at=NOW - day, **more)
    late = delivery(status="booked", attention="silent_carrier", promised_at=NOW + day, created_at=NOW - day, **more)
    for it in (ended, late):
        await stores.deliveries.record(move(it))
    either = [DeliveryStatus.DELIVERED, DeliveryStatus.BOOKED]
    assert await ids(stores, organisation, status=either) == [ended.id, late.id]
    assert await ids(stores, organisation, attention=[Attention.SILENT_CARRIER, Attention.PAUSED]) == [late.id]
    assert await ids(stores, organisation, ended_from=NOW) == [ended.id]
    assert await ids(stores, organisation, ended_to=NOW) == []
    assert await ids(stores, organisation, promised_from=NOW) == [late.id]
    assert await ids(stores, organisation, promised_to=NOW + day) == [ended.id]
    assert await ids(stores, organisation, service="express") == [ended.id, late.id]
    assert await ids(stores, organisation, service="standard") == []


async def test_a_number_that_comes_later_is_found_then(stores):
    it = delivery()
    await stores.deliveries.record(move(it))
    booked = it.model_copy(update={"booking": booking(), "seq": 2})
    await stores.deliveries.record(move(booked))
    assert await ids(stores, it.organisation_id, q=booked.booking.tracking_number) == [it.id]


@pytest.mark.parametrize("few", [2000, 3])
async def test_many_that_fit_are_paged_through_once_newest_first(stores, monkeypatch, few):
    """Whether they are looked up or, being many, walked to."""
    monkeypatch.setattr(stored, "FEW", few)
    organisation = fresh("org")
    made = [
        going_to("Bruno Reis", organisation_id=organisation, created_at=NOW + timedelta(seconds=n // 2))
        for n in range(9)
    ]
    for it in made:
        await stores.deliveries.record(move(it))
    for searched in (organisation, None):
        where = DeliveryFilter(organisation_id=searched, q="bruno reis", created_from=NOW)
        seen, cursor = [], None
        while cursor or not seen:
            page, cursor = await stores.deliveries.page(where, 4, cursor)
            seen += page
        ours = [it.id for it in seen if it.organisation_id == organisation]
        assert ours == [it.id for it in sorted(made, key=lambda it: (it.created_at, it.id), reverse=True)]


async def test_who_is_erased_is_found_by_number_and_no_longer_by_name(sql, engines, keks):
    it = going_to("Epaminondas Raro", reference="NF-erased")
    await sql.deliveries.record(move(it))
    assert await ids(sql, it.organisation_id, q="epaminondas raro") == [it.id]
    assert await KeyRing(engines["deliveries"], keks).erase(it.id, "usr_1")
    for gone in ("epaminondas raro", "04538-133", "04538", "98765-4321", "ana"):
        assert await ids(sql, it.organisation_id, q=gone) == [], gone
    assert await ids(sql, it.organisation_id, q="NF-erased") == [it.id]
    assert await ids(sql, it.organisation_id, q=it.id) == [it.id]
    # Another process may know the key for a minute yet: what it writes brings nothing back.
    await sql.deliveries.record(move(it.model_copy(update={"seq": 2, "booking": booking()})))
    assert await ids(sql, it.organisation_id, q="epaminondas raro") == []


async def test_nothing_personal_lies_in_the_index(sql, engines):
    it = going_to("Epaminondas Raro", reference="NF-7")
    await sql.deliveries.record(move(it))
    async with engines["owner"].connect() as connection:
        query = text("SELECT words::text FROM deliveries.clues WHERE delivery_id = :id")
        held = await connection.scalar(query, {"id": it.id})
    assert "'cnf7'" in held
    assert not [word for word in ("epaminondas", "raro", "04538", "87654321") if word in held]
