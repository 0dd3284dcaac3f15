"""The inbox, in memory."""

from collections.abc import Sequence
from datetime import UTC, datetime

from domain.audit import Origin
from domain.ports import InboxItem
from domain.quotes import AccountRef
from domain.tracking import Scan
from fakes.journal import InMemoryJournal


class InMemoryScanStore:
    """The inbox; matches by the journal's lines, as the real one does."""

    def __init__(self, journal: InMemoryJournal | None = None) -> None:
        self.journal = journal or InMemoryJournal()
        self.items: dict[tuple[AccountRef, str], InboxItem] = {}
        self.after_close: set[tuple[AccountRef, str]] = set()

    async def keep(self, scans: Sequence[Scan]) -> Sequence[InboxItem]:
        for scan in sorted(scans, key=lambda scan: (scan.occurred_at, scan.id)):
            received = scan.model_copy(update={"received_at": scan.received_at or datetime.now(UTC)})
            self.items.setdefault((scan.ref, scan.id), InboxItem(scan=received))
        these = {(scan.ref, scan.id) for scan in scans}
        self._match()
        return [item for key, item in self.items.items() if key in these and not item.signalled]

    async def signalled(self, scans: Sequence[Scan], after_close: bool = False) -> None:
        for key in {(scan.ref, scan.id) for scan in scans} & self.items.keys():
            if after_close and not self.items[key].signalled:
                self.after_close.add(key)
            self.items[key] = self.items[key].model_copy(update={"signalled": True})

    async def waiting(self, limit: int) -> Sequence[InboxItem]:
        self._match()
        waiting = [item for item in self.items.values() if not item.signalled]
        return sorted(waiting, key=lambda item: item.delivery_id is None)[:limit]

    async def of(self, delivery_id: str) -> Sequence[Scan]:
        found = [item.scan for item in self.items.values() if item.delivery_id == delivery_id]
        return sorted(found, key=lambda scan: scan.occurred_at)

    async def origin(self, delivery_id: str) -> Origin | None:
        told = await self.journal.of(delivery_id)
        if not told or told[0].seq > 1:
            return self.journal.ends.get(delivery_id)
        return told[0].origin

    def _match(self) -> None:
        for key, item in self.items.items():
            if item.delivery_id is None and not item.signalled:
                self.items[key] = item.model_copy(update={"delivery_id": self._whose(item.scan)})

    def _whose(self, scan: Scan) -> str | None:
        for name in ("booking_reference",) if scan.booking_key is None else ("booking_key",):
            said = {"carrier": scan.carrier, "account": scan.carrier_account, name: getattr(scan, name)}
            for line in reversed(self.journal.lines):
                if said[name] is not None and said.items() <= {k: v for k, v in line.data.items() if k in said}.items():
                    return line.subject
        return None
