"""Limits: exactly so many pass, however many processes count."""

import asyncio
from datetime import timedelta

import pytest
from making import fresh
from sqlalchemy import text

from domain.errors import TooMany, Unavailable
from domain.limits import Left, Limit
from storage._engine import connect
from storage.limits import TIDY_EVERY, TIDY_MOST, SqlRateLimit

HOURLY = Limit("test", 100, timedelta(hours=1))


AT_ONCE = 12
"""Below what a pool holds: who waits for a connection on a slow machine would be told that nobody can count."""


async def passes(limits, limit, key, tries):
    places = asyncio.Semaphore(AT_ONCE)

    async def one():
        async with places:
            return await limits.take(limit, key)

    taken = await asyncio.gather(*(one() for _ in range(tries)), return_exceptions=True)
    assert {type(one) for one in taken} <= {Left, TooMany}
    return sum(isinstance(one, Left) for one in taken)


@pytest.mark.parametrize("most", [1, 7, 100])
async def test_of_any_number_at_once_exactly_so_many_pass(people, most):
    limit = Limit("test", most, timedelta(hours=1))
    assert await passes(people.limits, limit, fresh("k"), 150) == most


async def test_several_processes_count_together(people, postgres):
    key, engine = fresh("k"), connect(postgres.url("users"), application_name="another", pool_size=10)
    both = await asyncio.gather(passes(people.limits, HOURLY, key, 80), passes(SqlRateLimit(engine), HOURLY, key, 80))
    assert sum(both) == 100
    await engine.dispose()


async def test_a_try_says_how_many_are_left_and_when_all_are_again(people):
    limit, key = Limit("test", 10, timedelta(hours=1)), fresh("k")
    left = [await people.limits.take(limit, key) for _ in range(10)]
    assert [one.tries for one in left] == list(range(9, -1, -1))
    assert [round(one.full_in_s / 360) for one in left] == list(range(1, 11))


@pytest.mark.parametrize("role", ["users", "quotes", "availability", "deliveries", "tracking", "notifications"])
async def test_every_service_counts_clients_in_the_same_buckets(engines, role):
    limit, key = Limit("test", 3, timedelta(hours=1)), fresh("k")
    both = SqlRateLimit(engines[role], "limits"), SqlRateLimit(engines["users"], "limits")
    assert await passes(both[0], limit, key, 2) == 2
    assert await passes(both[1], limit, key, 20) == 1
    with pytest.raises(TooMany):
        await both[0].take(limit, key)


async def test_who_is_refused_is_told_how_long_to_wait_and_is_let_in_then(people, engines):
    limit, key = Limit("test", 2, timedelta(minutes=1)), fresh("k")
    assert await passes(people.limits, limit, key, 2) == 2
    with pytest.raises(TooMany) as refused:
        await people.limits.take(limit, key)
    wait = refused.value.data["retry_after"]
    assert 1 <= wait <= 30
    earlier = text("UPDATE users.limits SET full_at = full_at - make_interval(secs => :wait) WHERE key LIKE :key")
    async with engines["owner"].begin() as connection:
        await connection.execute(earlier, {"wait": wait, "key": "test/%"})
    assert await passes(people.limits, limit, key, 5) == 1


async def test_keys_and_limits_count_apart_and_a_try_given_back_counts_not(people):
    key = fresh("k")
    one = Limit("one", 1, timedelta(hours=1))
    await people.limits.take(one, key)
    await people.limits.take(one, fresh("k"))
    await people.limits.take(one._replace(name="two"), key)
    with pytest.raises(TooMany):
        await people.limits.take(one, key)
    await people.limits.give_back(one, key)
    await people.limits.take(one, key)


async def test_nobody_is_named_and_what_is_full_again_goes(people, engines):
    key = f"{fresh('ana')}@example.com"
    await people.limits.take(HOURLY, key)
    async with engines["owner"].begin() as connection:
        assert not await connection.scalar(text("SELECT count(*) FROM users.limits WHERE key LIKE '%@%'"))
        await connection.execute(text("UPDATE users.limits SET full_at = now() - interval '1 day'"))
        before = await connection.scalar(text("SELECT count(*) FROM users.limits"))
    for _ in range(TIDY_EVERY * (before // TIDY_MOST + 1)):
        await people.limits.take(HOURLY._replace(most=10_000), "somebody else")
    async with engines["owner"].begin() as connection:
        old = text("SELECT count(*) FROM users.limits WHERE full_at < now() - interval '1 hour'")
        assert not await connection.scalar(old)


async def test_when_nobody_can_count_nobody_is_told_yes():
    engine = connect("postgresql://nobody@127.0.0.1:9/x", application_name="nowhere")
    with pytest.raises(Unavailable):
        await SqlRateLimit(engine).take(HOURLY, "k")
    await engine.dispose()
