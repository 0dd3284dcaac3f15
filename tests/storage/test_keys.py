"""Data keys: one a subject, whoever asks first; wrapped at rest; and once erased, gone for good."""

import asyncio
import base64
import os

import pytest
from making import fresh
from sqlalchemy import text

from domain.errors import Erased, Unavailable
from storage._crypto import Key, Unreadable
from storage._engine import transaction
from storage._keks import Keks, KeyFileUnusable, make_kek
from storage.keys import KeyRing

PLACE = "a.place/of-its-own"


def same(one: Key, other: Key) -> bool:
    return other.open(one.seal(b"Ana", PLACE), PLACE) == b"Ana"


@pytest.fixture
def ring(engines, keks):
    """A ring of its own each time it is called, as another process would have."""
    return lambda role="deliveries", **more: KeyRing(engines[role], keks, **more)


async def row(engines, subject):
    query = text("SELECT wrapped, kek_id, erased_at FROM keys.data_keys WHERE subject = :subject")
    async with engines["owner"].connect() as connection:
        return (await connection.execute(query, {"subject": subject})).one_or_none()


async def test_a_subject_has_one_key_for_every_service_that_may_have_it(ring):
    subject = fresh("del")
    made = await ring().get(subject)
    for role in ("deliveries", "quotes", "availability", "tracking", "codec"):
        assert same(made, (await ring(role).known([subject]))[subject])
    assert not (await ring("users").known([subject]))


async def test_of_many_who_ask_at_once_all_get_the_same(ring):
    subject = fresh("del")
    keys = await asyncio.gather(*(ring().get(subject) for _ in range(10)))
    assert all(same(keys[0], key) for key in keys)


async def test_a_key_belongs_to_the_transaction_that_made_it(ring, engines):
    subject, one = fresh("del"), ring()
    async with engines["deliveries"].connect() as connection:
        lost = await one.within(connection, subject)
        await connection.rollback()
    assert await row(engines, subject) is None
    with pytest.raises(Unreadable):
        same(lost, await one.get(subject))
    async with transaction(engines["deliveries"]) as connection:
        kept = await one.within(connection, subject)
    assert same(kept, await ring().get(subject))


async def test_many_keys_are_asked_for_by_one_statement_and_kept(ring, engines):
    subjects, maker = [fresh("del") for _ in range(20)], ring()
    for subject in subjects:
        await maker.get(subject)
    asked = []
    from sqlalchemy import event

    count = lambda *told: asked.append(told[2])  # noqa: E731
    event.listen(engines["tracking"].sync_engine, "before_cursor_execute", count)
    one = ring("tracking")
    assert len(await one.known([*subjects, fresh("del")])) == 20
    assert len(await one.known(subjects)) == 20
    event.remove(engines["tracking"].sync_engine, "before_cursor_execute", count)
    assert len([statement for statement in asked if "data_keys" in statement]) == 1


async def test_what_is_kept_is_bounded_in_number_and_age(ring):
    subjects, small, old = [fresh("del") for _ in range(5)], ring(most=3), ring(max_age_s=0)
    for subject in subjects:
        await small.get(subject)
        await old.get(subject)
    assert list(small._kept) == subjects[2:]
    assert all(old._remembered(subject) is None for subject in subjects)


async def test_at_rest_a_key_is_wrapped_and_bound_to_its_subject(ring, engines, keks):
    subject, other = fresh("del"), fresh("del")
    await ring().get(subject)
    await ring().get(other)
    wrapped, kek_id, _ = await row(engines, subject)
    assert (len(wrapped), kek_id) == (32 + 33, keks.names()[-1])
    swap = text("UPDATE keys.data_keys SET wrapped = :wrapped WHERE subject = :subject")
    async with engines["owner"].begin() as connection:
        await connection.execute(swap, {"wrapped": wrapped, "subject": other})
    with pytest.raises(Unreadable):
        await ring().known([other])


async def test_an_erased_subject_never_gets_another_key(ring, engines, sql):
    subject, elsewhere = fresh("del"), ring(max_age_s=0)
    one = ring()
    await one.get(subject)
    assert await one.erase(subject, "usr_1")
    assert not await one.erase(subject, "usr_1")
    wrapped, kek_id, erased_at = await row(engines, subject)
    assert (wrapped, kek_id) == (None, None)
    assert erased_at is not None
    for each in (one, elsewhere):
        assert await each.known([subject]) == {}
        with pytest.raises(Erased):
            await each.get(subject)
        async with engines["deliveries"].connect() as connection:
            with pytest.raises(Erased):
                await each.within(connection, subject)
    [line] = await sql.journal.of(f"key/{subject}")
    assert (line.kind, line.actor, line.data) == ("key.erased", "usr_1", {"subject": subject})


async def test_nothing_is_told_of_a_key_that_never_was(ring, sql):
    subject = fresh("del")
    assert not await ring().erase(subject, "usr_1")
    assert await sql.journal.of(f"key/{subject}") == []


# ── the keys that wrap them ───────────────────────────────────────────────────────────────────────────────


async def test_a_new_kek_is_taken_up_without_a_restart_and_the_old_one_still_opens(engines, tmp_path):
    first = make_kek(tmp_path)
    running, subject, later = KeyRing(engines["deliveries"], Keks(tmp_path)), fresh("del"), fresh("del")
    made = await running.get(subject)
    second = make_kek(tmp_path)
    await running.get(later)
    assert [(await row(engines, one)).kek_id for one in (subject, later)] == [first, second]
    restarted = KeyRing(engines["tracking"], Keks(tmp_path))
    assert same(made, (await restarted.known([subject, later]))[subject])


async def test_a_kek_that_is_not_here_makes_its_keys_unavailable_until_it_is(engines, tmp_path):
    kid, subject = make_kek(tmp_path), fresh("del")
    made = await KeyRing(engines["deliveries"], Keks(tmp_path)).get(subject)
    file = tmp_path / f"{kid}.kek"
    away = file.rename(tmp_path / "elsewhere")
    make_kek(tmp_path)
    other = KeyRing(engines["deliveries"], Keks(tmp_path))
    with pytest.raises(Unavailable):
        await other.get(subject)
    away.rename(file)
    assert same(made, await other.get(subject))


def test_a_folder_without_keys_or_with_something_else_is_named_with_the_next_step(tmp_path):
    with pytest.raises(KeyFileUnusable, match=r"holds no key-encryption key.*openssl rand"):
        Keks(tmp_path)
    with pytest.raises(KeyFileUnusable, match="holds no key-encryption key"):
        Keks(tmp_path / "nowhere")
    for strange in (b"", b"not base64!", base64.b64encode(os.urandom(16))):
        (tmp_path / "a.kek").write_bytes(strange)
        with pytest.raises(KeyFileUnusable, match=r"a\.kek holds no key"):
            Keks(tmp_path)


def test_a_kek_is_for_its_owner_alone(tmp_path):
    kid = make_kek(tmp_path / "keks")
    assert (tmp_path / "keks").stat().st_mode & 0o777 == 0o700
    assert (tmp_path / "keks" / f"{kid}.kek").stat().st_mode & 0o777 == 0o600
