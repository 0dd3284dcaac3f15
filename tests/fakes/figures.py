"""Figures and contracts, in memory."""

from collections import defaultdict
from collections.abc import Callable, Sequence

from domain import audit
from domain.counting import Counter, Counts, Life
from domain.figures import FigureFilter, Grouping, Measure, Sum
from domain.quotes import Service
from domain.sla import Contract, SlaTerms
from fakes.journal import InMemoryJournal


class InMemoryFigureStore:
    """Counts a journal in memory; what we pay is not known there."""

    def __init__(self, journal: InMemoryJournal | None = None) -> None:
        self.journal = journal or InMemoryJournal()
        self.lives: dict[str, Life] = {}
        self.counts: Counts = {}
        self.cursor = audit.Cursor()

    async def fold(self, limit: int) -> int:
        lines = await self.journal.after(self.cursor, limit)
        for line in lines:
            if line.subject.startswith("del_"):
                counter = Counter(self.lives.get(line.subject, Life()), {})
                counter.take(line)
                self.lives[line.subject] = counter.life
                for cell, value in counter.counts.items():
                    self.counts[cell] = self.counts.get(cell, 0) + value
            self.cursor = line.cursor
        return len(lines)

    async def rebuild(self, progress: Callable[[int, int], None]) -> int:
        self.lives, self.counts, self.cursor = {}, {}, audit.Cursor()
        done = await self.fold(len(self.journal.lines))
        progress(done, done)
        return done

    async def read(self, where: FigureFilter, by: Grouping) -> Sequence[Sum]:
        found: dict[tuple[str, ...], int] = defaultdict(int)
        for cell, value in self.counts.items():
            told = {name: getattr(where, name) for name in ("organisation_id", "carrier", "service", "area")}
            if where.first <= cell.day <= where.last and all(
                wanted in (None, getattr(cell, name)) for name, wanted in told.items()
            ):
                whose = cell.carrier if cell.measure in (Measure.DECLINED, Measure.REFUSED) else ""
                found[str(getattr(cell, by)), cell.measure, cell.code, whose, cell.currency] += value
        fields = ("group", "measure", "code", "carrier", "currency")
        return [Sum.model_validate({**dict(zip(fields, k, strict=True)), "value": n}) for k, n in found.items() if n]


class InMemoryContractStore:
    """Contracts by organisation and service."""

    def __init__(self, journal: InMemoryJournal | None = None) -> None:
        self.journal = journal or InMemoryJournal()
        self.known: dict[tuple[str, Service], Contract] = {}

    async def terms(self, organisation_id: str, service: Service) -> SlaTerms | None:
        known = self.known.get((organisation_id, service))
        return known.terms if known else None

    async def contracts(self, organisation_id: str | None = None) -> Sequence[Contract]:
        found = [one for (whose, _), one in sorted(self.known.items()) if organisation_id in (None, whose)]
        return sorted(found, key=lambda one: (one.organisation_id, one.service))

    async def put(self, contract: Contract, actor: str) -> None:
        self.known[contract.organisation_id, contract.service] = contract
        await self.journal.append(contract.organisation_id, "contract.put", actor, {}, contract.organisation_id)

    async def delete(self, organisation_id: str, service: Service, actor: str) -> bool:
        if self.known.pop((organisation_id, service), None) is None:
            return False
        await self.journal.append(organisation_id, "contract.ended", actor, {}, organisation_id)
        return True
