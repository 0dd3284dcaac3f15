"""Whether the audit log is what the journal told: every chain walked, every head compared, nobody left out."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

from domain import audit
from storage.audit import MongoAuditLog
from storage.journal import SqlJournal

_BATCH = 500


@dataclass
class AuditCheck:
    """Needs no right but to read. Looks as far as the copy reached when it began: what the relay has yet to copy is no
    fault. Whoever alters a line in MongoDB breaks its chain, or, having hashed it all anew, meets another head here.
    """

    log: MongoAuditLog
    journal: SqlJournal
    lines: int = 0
    chains: int = 0

    async def faults(self) -> AsyncIterator[audit.Fault]:
        """Everything that is wrong; raises Unavailable. `lines` and `chains` count what was seen."""
        until = await self.log.cursor()
        ended: list[audit.Chain] = []
        chain: audit.Chain | None = None
        async for subject, line in self.log.in_chains(until):
            if chain is None or subject != chain.subject:
                if chain is not None:
                    ended.append(chain)
                if len(ended) >= _BATCH:
                    for fault in await self._compared(ended, until):
                        yield fault
                    ended = []
                chain = audit.Chain(subject)
                self.chains += 1
            self.lines += 1
            for fault in [chain.unreadable()] if line is None else chain.follow(line):
                yield fault
        for fault in await self._compared([*ended, *([chain] if chain else [])], until):
            yield fault
        async for fault in self._left_out(until):
            yield fault

    async def _compared(self, chains: list[audit.Chain], until: audit.Cursor) -> list[audit.Fault]:
        heads = await self.journal.heads([chain.subject for chain in chains], until)
        nothing = 0, audit.GENESIS
        return [fault for chain in chains for fault in chain.end(*heads.get(chain.subject, nothing))]

    async def _left_out(self, until: audit.Cursor) -> AsyncIterator[audit.Fault]:
        after = ""
        while subjects := await self.journal.subjects(after, _BATCH, until):
            after = subjects[-1]
            lost = set(subjects) - await self.log.holds(subjects, until)
            for fault in await self._compared([audit.Chain(subject) for subject in sorted(lost)], until):
                yield fault
