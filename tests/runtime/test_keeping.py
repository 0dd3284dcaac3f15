"""What is done again and again: an outage is waited out, a mistake of ours ends what is vital and nothing else."""

import asyncio

import pytest
from prometheus_client import REGISTRY

from domain.errors import Unavailable
from workers import keeping
from workers.keeping import keep


class Doing:
    """Fails as it is told, once each, then says to stop."""

    def __init__(self, *errors: Exception) -> None:
        self.errors, self.done, self.stop = list(errors), 0, asyncio.Event()

    async def once(self) -> int:
        if self.errors:
            raise self.errors.pop(0)
        self.done += 1
        self.stop.set()
        return 0


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeping, "_PAUSE_S", 0.0)


def succeeded(what: str) -> float | None:
    return REGISTRY.get_sample_value("entrega_last_success_timestamp_seconds", {"what": what})


async def test_what_is_down_is_asked_again() -> None:
    doing = Doing(Unavailable(), OSError())
    await keep("again", doing.once, doing.stop, idle_s=0)
    assert doing.done == 1
    assert succeeded("again")


async def test_a_mistake_ends_what_is_vital() -> None:
    doing = Doing(KeyError())
    with pytest.raises(KeyError):
        await keep("vital", doing.once, doing.stop, idle_s=0)
    assert succeeded("vital") is None


async def test_a_mistake_does_not_end_what_only_looks() -> None:
    doing = Doing(KeyError())
    await keep("looks", doing.once, doing.stop, idle_s=0, vital=False)
    assert doing.done == 1
