"""The journal, in memory."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from datetime import UTC, datetime

from domain import audit
from domain.ports import Hint


class InMemoryJournal:
    """A list; every call is a transaction of its own."""

    def __init__(self) -> None:
        self.lines: list[audit.JournalLine] = []
        self.ends: dict[str, audit.Origin] = {}
        self._bells: list[asyncio.Queue[Hint]] = []

    def write(self, subject: str, organisation_id: str | None, lines: Iterable[audit.Line]) -> None:
        """Chains lines behind the subject's last."""
        txid = len(self.lines) + 1
        for line in lines:
            told = [known for known in self.lines if known.subject == subject]
            prev_hash = told[-1].hash if told else audit.GENESIS
            self.lines.append(
                audit.JournalLine(
                    **line.model_dump(), id=len(self.lines) + 1, txid=txid, subject=subject,
                    organisation_id=organisation_id, prev_hash=prev_hash, hash=audit.chained(prev_hash, subject, line),
                )
            )  # fmt: skip
            for bell in self._bells:
                bell.put_nowait(Hint(id=len(self.lines), subject=subject, organisation_id=organisation_id))

    async def append(
        self, subject: str, kind: str, actor: str, data: Mapping[str, object], organisation_id: str | None = None
    ) -> None:
        if subject.startswith("del_"):
            raise ValueError("a delivery's lines are numbered by its workflow alone")
        seq = sum(line.subject == subject for line in self.lines) + 1
        line = {"seq": seq, "kind": kind, "actor": actor, "at": datetime.now(UTC), "data": dict(data)}
        self.write(subject, organisation_id, [audit.Line.model_validate(line)])

    async def after(
        self, cursor: audit.Cursor, limit: int, organisation_id: str | None = None, subject: str | None = None
    ) -> Sequence[audit.JournalLine]:
        found = (
            line
            for line in self.lines
            if (line.txid, line.id) > (cursor.txid, cursor.id)
            and organisation_id in (None, line.organisation_id)
            and subject in (None, line.subject)
        )
        return list(itertools.islice(found, limit))

    async def now(self) -> audit.Cursor:
        return self.lines[-1].cursor if self.lines else audit.Cursor()

    async def of(self, subject: str) -> Sequence[audit.JournalLine]:
        return [line for line in self.lines if line.subject == subject]

    async def line(self, subject: str, seq: int) -> audit.JournalLine | None:
        return next((line for line in await self.of(subject) if line.seq == seq), None)

    async def archived(self, organisation_id: str, after: str, limit: int) -> Sequence[str]:
        theirs = (its_id for its_id, it in self.ends.items() if it.organisation_id == organisation_id)
        return sorted(its_id for its_id in theirs if its_id > after)[:limit]

    def archive(self, subject: str) -> None:
        """A delivery's lines leave."""
        first = next(line for line in self.lines if line.subject == subject)
        self.ends[subject] = first.origin
        self.lines = [line for line in self.lines if line.subject != subject]

    async def hints(self) -> AsyncIterator[Hint]:
        bell: asyncio.Queue[Hint] = asyncio.Queue()
        self._bells.append(bell)
        yield Hint()
        while True:
            yield await bell.get()
