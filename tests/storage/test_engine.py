"""Reaching the database: what it says becomes what the domain knows."""

import asyncio

import pytest
from making import fresh
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from domain.errors import Unavailable
from storage._engine import connect, reading, transaction


async def test_a_database_that_is_away_is_unavailable():
    engine = connect("postgresql://nobody@127.0.0.1:9/none", application_name="t")
    for way in (reading, transaction):
        with pytest.raises(Unavailable):
            async with way(engine):
                pass


async def test_a_connection_cut_in_the_middle_is_unavailable_and_the_next_one_works(engines):
    engine = engines["users"]

    async def unlucky() -> None:
        async with transaction(engine) as connection:
            await _cut(engines["owner"], await connection.scalar(text("SELECT pg_backend_pid()")))
            await connection.execute(text("SELECT 1"))

    with pytest.raises(Unavailable):
        await unlucky()
    async with reading(engine) as connection:
        assert await connection.scalar(text("SELECT 1")) == 1


async def test_connections_cut_while_they_rest_are_not_noticed(engines):
    engine = engines["tracking"]
    async with reading(engine) as connection:
        pid = await connection.scalar(text("SELECT pg_backend_pid()"))
    await _cut(engines["owner"], pid)
    async with reading(engine) as connection:
        assert await connection.scalar(text("SELECT 1")) == 1


async def _cut(owner, pid: int) -> None:
    async with owner.connect() as connection:
        await connection.execute(text("SELECT pg_terminate_backend(:pid, 2000)"), {"pid": pid})


async def test_a_mistake_of_ours_stays_one(engines):
    with pytest.raises(ProgrammingError):
        async with reading(engines["users"]) as connection:
            await connection.execute(text("SELECT nonsense"))


async def test_errors_name_no_values(engines):
    with pytest.raises(ProgrammingError) as caught:
        async with reading(engines["users"]) as connection:
            await connection.execute(text("SELECT nonsense WHERE 'x' = :name"), {"name": "Ana Pessoa"})
    assert "Ana" not in str(caught.value)


async def test_every_session_has_its_limits_and_its_name(engines, postgres):
    async with reading(engines["deliveries"]) as connection:
        for name in ("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout"):
            assert await connection.scalar(text(f"SHOW {name}")) not in ("0", None)
        assert await connection.scalar(text("SHOW application_name")) == "deliveries"


async def test_too_many_at_once_are_unavailable(postgres, monkeypatch):
    monkeypatch.setattr("storage._engine._POOL_TIMEOUT_S", 0.1)
    engine = connect(postgres.url("users"), application_name=fresh("t"), pool_size=1, max_overflow=0)
    async with reading(engine):
        with pytest.raises(Unavailable):
            async with reading(engine):
                pass
    await asyncio.gather(*(_one(engine) for _ in range(3)))
    await engine.dispose()


async def _one(engine) -> None:
    async with reading(engine) as connection:
        await connection.execute(text("SELECT 1"))
