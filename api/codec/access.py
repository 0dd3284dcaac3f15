"""Who looked at whose payloads: a line in the journal, like everything else."""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Iterable
from typing import Annotated, cast

from fastapi import Depends, Request

from api.deps import PartsDep
from domain.ports import Journal

_AGAIN_AFTER_S, _MOST_REMEMBERED = 600.0, 10_000


class Reads:
    """Who has read whose payloads lately: a page of the UI asks dozens of times, and is one line."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._told: OrderedDict[tuple[str, str], float] = OrderedDict()
        self._telling = asyncio.Lock()

    async def tell(self, actor: str, subjects: Iterable[str]) -> None:
        """One line under `access/…` for each subject, unless there was one within ten minutes. Raises Unavailable."""
        async with self._telling:
            for subject in sorted(subjects):
                if time.monotonic() < self._told.get((actor, subject), 0.0):
                    continue
                await self._journal.append(f"access/{subject}", "payload.decoded", actor, {"subject": subject})
                self._told[actor, subject] = time.monotonic() + _AGAIN_AFTER_S
                self._told.move_to_end((actor, subject))
                while len(self._told) > _MOST_REMEMBERED:
                    self._told.popitem(last=False)


def _reads(request: Request, parts: PartsDep) -> Reads:
    state = request.app.state
    if not hasattr(state, "reads"):
        state.reads = Reads(parts.journal)
    return cast(Reads, state.reads)


ReadsDep = Annotated[Reads, Depends(_reads)]
