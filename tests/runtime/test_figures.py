"""Figures as they are counted while Entrega runs, and anew by whoever runs it."""

import asyncio

import pytest
from making import NOW, delivery, line, move
from sqlalchemy.ext.asyncio import AsyncEngine
from typer.testing import CliRunner

from domain.figures import FigureFilter, Figures, Grouping
from entrega import app
from storage._crypto import BlindIndex
from storage._engine import connect
from storage.deliveries import SqlDeliveryStore
from storage.figures import SqlFigureStore
from storage.keys import KeyRing
from workers.figures import count_figures


@pytest.fixture
async def engine(postgres):
    engine = connect(postgres.url("deliveries"), application_name="tests-figures")
    yield engine
    await engine.dispose()


class Once(SqlFigureStore):
    """Fails at first, and says when all is counted."""

    def __init__(self, engine: AsyncEngine) -> None:
        super().__init__(engine)
        self.stop, self.failed = asyncio.Event(), False

    async def fold(self, limit: int) -> int:
        if not self.failed:
            self.failed = True
            raise ValueError("a line that cannot be counted")
        counted = await super().fold(limit)
        if not counted:
            self.stop.set()
        return counted


async def test_what_happens_is_counted_and_the_command_counts_the_same(postgres, engine, keks, monkeypatch):
    monkeypatch.setattr("workers.figures._IDLE_S", 0.0)
    monkeypatch.setattr("workers.keeping._PAUSE_S", 0.0)
    it = delivery()
    deliveries = SqlDeliveryStore(engine, KeyRing(engine, keks), BlindIndex(bytes(32)))
    await deliveries.record(move(it, line(data={"service": "express"})))
    store = Once(engine)
    await count_figures(store, store.stop)
    where = FigureFilter(first=NOW.date(), last=NOW.date(), organisation_id=it.organisation_id)
    before = await store.read(where, Grouping.DAY)
    assert Figures.of(before).requested == 1
    env = {"ENTREGA_DELIVERIES_DATABASE_URL": postgres.url("deliveries")}
    done = await asyncio.to_thread(CliRunner().invoke, app, ["figures", "rebuild"], env=env)
    assert done.exit_code == 0, done.output
    assert "lines counted anew" in done.output
    assert await store.read(where, Grouping.DAY) == before
