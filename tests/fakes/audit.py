"""The audit log, in memory."""

from collections.abc import Sequence
from datetime import datetime

from domain import audit, errors
from domain.access import chain_of


class InMemoryAuditLog:
    """Lines by id."""

    def __init__(self) -> None:
        self.lines: dict[int, audit.JournalLine] = {}

    async def copy(self, lines: Sequence[audit.JournalLine]) -> None:
        for line in lines:
            self.lines.setdefault(line.id, line)

    async def cursor(self) -> audit.Cursor:
        newest = max(self.lines.values(), key=lambda line: (line.txid, line.id), default=None)
        return newest.cursor if newest else audit.Cursor()

    async def search(
        self,
        *,
        subject: str | None = None,
        about: str | None = None,
        actor: str | None = None,
        kind: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        limit: int = 50,
        after: str | None = None,
    ) -> tuple[Sequence[audit.JournalLine], str | None]:
        if after is not None and not (after.isdigit() and int(after) in self.lines):
            raise errors.Invalid("this is no cursor of ours", field="cursor")
        before = self.lines[int(after)] if after else None
        found = sorted(
            (
                line
                for line in self.lines.values()
                if subject in (None, line.subject)
                and (about is None or line.subject == chain_of(about) or about in line.data.get("subjects", ()))  # type: ignore[operator]
                and actor in (None, line.actor)
                and kind in (None, line.kind)
                and (since is None or line.at >= since)
                and (until is None or line.at < until)
                and (before is None or (line.at, line.id) < (before.at, before.id))
            ),
            key=lambda line: (line.at, line.id),
            reverse=True,
        )
        page = found[:limit]
        return page, str(page[-1].id) if page and len(found) > limit else None
