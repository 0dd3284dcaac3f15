"""Imports, in memory."""

from collections.abc import Sequence
from datetime import UTC, datetime

from domain.errors import IdempotencyKeyReused, Invalid, TooManyImports
from domain.imports import MOST_RUNNING, Import, ImportLine, ImportStatus, Outcome, WaitingLine
from fakes.journal import InMemoryJournal


class InMemoryImportStore:
    """Imports and their lines by id."""

    def __init__(self, journal: InMemoryJournal | None = None) -> None:
        self.journal = journal or InMemoryJournal()
        self.imports: dict[str, Import] = {}
        self.hashes: dict[str, str] = {}
        self.of: dict[str, dict[int, ImportLine]] = {}

    async def begin(self, made: Import, lines: Sequence[WaitingLine], file_hash: str) -> Import:
        if made.id in self.imports:
            if self.hashes[made.id] != file_hash:
                raise IdempotencyKeyReused
            return self._now(made.id)
        ours = [one for one in self.imports.values() if one.organisation_id == made.organisation_id]
        if sum(one.status is ImportStatus.RUNNING for one in ours) >= MOST_RUNNING:
            raise TooManyImports
        self.imports[made.id], self.hashes[made.id] = made, file_hash
        self.of[made.id] = {line.line: line for line in lines}
        told = {"lines": made.lines}
        await self.journal.append(made.id, "import.requested", made.created_by, told, made.organisation_id)
        return made

    def _now(self, import_id: str) -> Import:
        outcomes = [line.outcome for line in self.of[import_id].values()]
        counts = {str(one): outcomes.count(one) for one in (Outcome.REQUESTED, Outcome.FAILED, Outcome.CANCELLED)}
        return self.imports[import_id].model_copy(update=counts)

    async def get(self, import_id: str) -> Import | None:
        return self._now(import_id) if import_id in self.imports else None

    async def page(
        self, organisation_id: str | None, created_by: str | None, limit: int, after: str | None
    ) -> tuple[Sequence[Import], str | None]:
        if after is not None and after not in self.imports:
            raise Invalid("this is no cursor of ours", field="cursor")
        newest = sorted(map(self._now, self.imports), key=lambda one: (one.created_at, one.id), reverse=True)
        ours = [
            one
            for one in newest
            if organisation_id in (None, one.organisation_id) and created_by in (None, one.created_by)
        ]
        start = 1 + [one.id for one in ours].index(after) if after else 0
        page = ours[start : start + limit]
        return page, page[-1].id if len(ours) > start + limit else None

    async def lines(
        self, import_id: str, outcome: Outcome | None, limit: int, after: int
    ) -> tuple[Sequence[ImportLine], int | None]:
        kept = [one for one in self.of[import_id].values() if one.line > after and outcome in (None, one.outcome)]
        page = [ImportLine.model_validate(one.model_dump()) for one in kept[:limit]]
        return page, page[-1].line if len(kept) > limit else None

    async def waiting(self, import_id: str, limit: int) -> Sequence[WaitingLine]:
        return [one for one in self.of[import_id].values() if isinstance(one, WaitingLine)][:limit]

    async def settle(self, import_id: str, lines: Sequence[ImportLine]) -> int:
        kept = self.of[import_id]
        kept |= {one.line: one for one in lines if isinstance(kept[one.line], WaitingLine)}
        if lines:
            await self._tell(import_id, "import.progress")
        return len(await self.waiting(import_id, 10_000))

    async def end(self, import_id: str, *, cancelled: bool) -> None:
        made = self.imports[import_id]
        if made.status is not ImportStatus.RUNNING:
            return
        status = ImportStatus.CANCELLED if cancelled else ImportStatus.COMPLETED
        self.imports[import_id] = made.model_copy(update={"status": status, "ended_at": datetime.now(UTC)})
        for one in await self.waiting(import_id, 10_000):
            gone = ImportLine(line=one.line, delivery_id=one.delivery_id, outcome=Outcome.CANCELLED)
            self.of[import_id][one.line] = gone
        await self._tell(import_id, "import.ended")

    async def orphaned(self, limit: int) -> Sequence[str]:
        ended = {line.subject for line in self.journal.lines if line.kind == "organisation.erased"}
        running = [one for one in self.imports.values() if one.status is ImportStatus.RUNNING]
        return [one.id for one in running if one.organisation_id in ended][:limit]

    async def _tell(self, import_id: str, kind: str) -> None:
        now = self._now(import_id)
        told = {name: getattr(now, name) for name in ("lines", "requested", "failed", "cancelled")}
        data = {**told, "status": str(now.status)}
        await self.journal.append(import_id, kind, now.created_by, data, now.organisation_id)
