"""Wrapping anew under load: nothing becomes unreadable, nothing erased comes back, and old keys can go."""

import asyncio
import itertools

import psycopg
import pytest
from making import delivery, fresh, move
from sqlalchemy.engine import make_url

from domain.errors import Erased, Unavailable
from storage._crypto import BlindIndex
from storage._engine import connect
from storage._keks import Keks, make_kek
from storage.deliveries import SqlDeliveryStore
from storage.journal import SqlJournal
from storage.keys import KeyRing
from storage.migrations import upgrade
from storage.rewrapping import Rewrapping


@pytest.fixture
async def engines(postgres):
    """On a database of its own: a rotation looks at every key there is."""
    name = fresh("db")
    with psycopg.connect(postgres.owner, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    owner = make_url(postgres.owner).set(database=name)
    await asyncio.to_thread(upgrade, owner.render_as_string(hide_password=False))
    made = {
        role: connect(
            owner.set(username=f"entrega_{role}").render_as_string(hide_password=False), application_name=role
        )
        for role in ("deliveries", "tracking", "keys")
    }
    yield made
    for engine in made.values():
        await engine.dispose()
    with psycopg.connect(postgres.owner, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def keks(tmp_path):
    """Their keks, with one in it."""
    make_kek(tmp_path)
    return tmp_path


def ring(engines, keks, role="deliveries", **more) -> KeyRing:
    return KeyRing(engines[role], Keks(keks), **more)


async def test_every_key_is_wrapped_anew_and_stays_what_it_is(engines, keks):
    old, subjects = ring(engines, keks), [fresh("del") for _ in range(25)]
    made = {subject: await old.get(subject) for subject in subjects}
    await old.erase(subjects[0], "usr_1")
    newest = make_kek(keks)
    rewrapping, seen = Rewrapping(engines["keys"], Keks(keks), batch=10), []
    assert await rewrapping.run("operator", lambda done, total: seen.append((done, total))) == 24
    assert seen == [(10, 24), (20, 24), (24, 24)]
    assert await rewrapping.wrapped_by() == {newest: 24}
    assert await rewrapping.erased() == 1
    for file in sorted(keks.glob("*.kek"))[:-1]:
        file.unlink()
    known = await ring(engines, keks, "tracking").known(subjects)
    assert known.keys() == set(subjects[1:])
    assert all(known[subject].open(made[subject].seal(b"Ana", "x"), "x") == b"Ana" for subject in known)
    [line] = await SqlJournal(engines["deliveries"]).of("keys")
    assert (line.kind, line.actor, line.data) == ("keys.rotated", "operator", {"kek_id": newest, "wrapped": 24})
    assert await rewrapping.run("operator") == 0


async def test_stopped_anywhere_it_goes_on_when_run_again(engines, keks):
    old, subjects = ring(engines, keks), [fresh("del") for _ in range(30)]
    for subject in subjects:
        await old.get(subject)
    newest = make_kek(keks)
    rewrapping = Rewrapping(engines["keys"], Keks(keks), batch=7)

    def die(done: int, _: int) -> None:
        if done >= 14:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        await rewrapping.run("operator", die)
    assert (await rewrapping.wrapped_by())[newest] == 14
    assert await rewrapping.run("operator") == 16
    assert await rewrapping.wrapped_by() == {newest: 30}


async def test_a_missing_key_stops_it_and_costs_nothing(engines, keks):
    subject = fresh("del")
    await ring(engines, keks).get(subject)
    [old] = keks.glob("*.kek")
    make_kek(keks)
    away = old.rename(keks / "away")
    with pytest.raises(Unavailable):
        await Rewrapping(engines["keys"], Keks(keks)).run("operator")
    away.rename(old)
    assert subject in await ring(engines, keks).known([subject])


async def test_under_load_nothing_is_unreadable_and_nothing_erased_comes_back(engines, keks):
    """Deliveries are recorded, read and erased by services that never remember a key, while it rotates five times."""
    recorded, erased, rotated, counts = [], set(), asyncio.Event(), [0, 0]

    async def record(who: int) -> None:
        store = SqlDeliveryStore(engines["deliveries"], ring(engines, keks), BlindIndex(bytes(32)))
        while not rotated.is_set():
            it = delivery()
            await store.record(move(it, state={"of": it.id}))
            recorded.append(it)
            counts[who] += 1

    async def each_records(more: int) -> None:
        """So that none is still at work with a key of before."""
        wanted = [count + more for count in counts]
        while any(count < want for count, want in zip(counts, wanted, strict=True)):
            await asyncio.sleep(0.01)

    async def read() -> None:
        store = SqlDeliveryStore(engines["deliveries"], ring(engines, keks, max_age_s=0), BlindIndex(bytes(32)))
        for n in itertools.count():
            if rotated.is_set():
                break
            await asyncio.sleep(0)
            if recorded:
                it = recorded[n % len(recorded)]
                found = await store.get(it.id)
                assert found == it or (found.erased and it.id in erased)

    async def erase() -> None:
        keys = ring(engines, keks, max_age_s=0)
        while not rotated.is_set():
            await asyncio.sleep(0.02)
            if recorded:
                it = recorded[len(erased) % len(recorded)]
                erased.add(it.id)
                await keys.erase(it.id, "usr_1")

    async def rotate() -> None:
        try:
            for _ in range(5):
                await each_records(10)
                newest = make_kek(keks)
                await Rewrapping(engines["keys"], Keks(keks), batch=10).run("operator")
                await each_records(2)
                await Rewrapping(engines["keys"], Keks(keks), batch=10).run("operator")
                for file in keks.glob("*.kek"):
                    if file.stem != newest:
                        file.unlink()
        finally:
            rotated.set()

    await asyncio.gather(record(0), record(1), read(), read(), erase(), rotate())
    store = SqlDeliveryStore(engines["deliveries"], keys := ring(engines, keks), BlindIndex(bytes(32)))
    assert len(recorded) >= 100
    assert 1 < len(erased) < len(recorded)
    for it in recorded:
        found = await store.get(it.id)
        assert (found.erased and await store.state(it.id) is None) if it.id in erased else found == it
        if it.id in erased:
            with pytest.raises(Erased):
                await keys.get(it.id)
