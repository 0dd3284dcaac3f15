"""Second factors: no code is taken twice, whoever is faster."""

import asyncio

import pytest
from making import NOW, fresh, session, user

from domain.errors import SecondFactorSet


@pytest.fixture
async def person(people):
    made, organisation = user()
    await people.users.add(made, organisation, "x")
    return made


async def test_a_secret_is_in_force_once_confirmed_and_then_cannot_be_replaced(people, person):
    await people.second_factors.propose(person.id, b"first")
    await people.second_factors.propose(person.id, b"second")
    proposed = await people.second_factors.get(person.id)
    assert proposed is not None
    assert (proposed.secret, proposed.confirmed) == (b"second", False)
    assert not await people.second_factors.use(person.id, 5)
    await people.second_factors.confirm(person.id, 7, ["a", "b"])
    confirmed = await people.second_factors.get(person.id)
    assert confirmed is not None
    assert (confirmed.secret, confirmed.confirmed, confirmed.codes_left) == (b"second", True, 2)
    with pytest.raises(SecondFactorSet):
        await people.second_factors.propose(person.id, b"third")
    with pytest.raises(SecondFactorSet):
        await people.second_factors.confirm(person.id, 8, ["c"])


async def test_a_step_is_used_once_and_none_before_it(people, person):
    await people.second_factors.propose(person.id, b"secret")
    await people.second_factors.confirm(person.id, 7, ["a"])
    assert not await people.second_factors.use(person.id, 7)  # it confirmed
    used = await asyncio.gather(*(people.second_factors.use(person.id, 9) for _ in range(6)))
    assert sum(used) == 1
    assert not await people.second_factors.use(person.id, 8)
    assert await people.second_factors.use(person.id, 10)


async def test_a_recovery_code_is_used_once_and_new_ones_replace_all(people, person):
    await people.second_factors.propose(person.id, b"secret")
    await people.second_factors.confirm(person.id, 7, ["a", "b"])
    used = await asyncio.gather(*(people.second_factors.use(person.id, "a") for _ in range(6)))
    assert sum(used) == 1
    await people.second_factors.renew(person.id, ["c"])
    assert not await people.second_factors.use(person.id, "b")
    assert await people.second_factors.use(person.id, "c")


async def test_on_and_off_end_sessions_and_are_told(people, person):
    await people.second_factors.propose(person.id, b"secret")
    await people.sessions.begin(session(person), fresh("f"), "t", person.password_set_at)
    await people.second_factors.confirm(person.id, 7, ["a"])
    assert await people.sessions.of(person.id, NOW) == []
    await people.sessions.begin(session(person), fresh("f"), "t", person.password_set_at)
    assert await people.second_factors.remove(person.id, "usr_admin", NOW)
    assert not await people.second_factors.remove(person.id, "usr_admin", NOW)
    assert await people.sessions.of(person.id, NOW) == []
    told = [(line.kind, line.actor) for line in await people.journal.of(person.id)]
    assert ("user.second_factor_on", person.id) in told
    assert told[-1] == ("user.second_factor_off", "usr_admin")
    assert await people.second_factors.get(person.id) is None
