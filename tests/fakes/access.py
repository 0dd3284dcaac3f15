"""Looks at personal data, in memory."""

from collections import defaultdict
from collections.abc import Sequence

from domain import errors
from domain.access import Access, Look, Whose, chain_of
from fakes.journal import InMemoryJournal


class InMemoryAccessLog:
    """Lines of a journal; what was told once is not told again."""

    def __init__(self, journal: InMemoryJournal) -> None:
        self._journal = journal

    async def tell(self, look: Look, whose: Whose) -> None:
        chains: defaultdict[str, set[str]] = defaultdict(set)
        for it, owner in whose.items():
            first = next((line.organisation_id for line in self._journal.lines if line.subject == it), None)
            chains[chain_of(owner or first or it)].add(it)
        for chain, subjects in chains.items():
            told = {
                it
                for line in await self._journal.of(chain)
                if (line.actor, line.kind, line.data.get("ticket")) == (look.actor, look.kind, look.ticket)
                for it in line.data["subjects"]  # type: ignore[union-attr]
            }
            if missing := subjects - told:
                more = look.model_dump(exclude={"kind", "actor"}, exclude_none=True)
                await self._journal.append(chain, look.kind, look.actor, {"subjects": sorted(missing), **more})

    async def tell_failure(self, user_id: str, reason: str, tries: int) -> None:
        kind = "user.sign_in_failed"
        last = [it for it in await self._journal.of(user_id) if (it.kind, it.data.get("reason")) == (kind, reason)][-1:]
        if not last or tries >= 2 * int(str(last[0].data["tries"])):
            await self._journal.append(user_id, kind, "nobody", {"reason": reason, "tries": tries})

    async def of(self, organisation_id: str, limit: int, after: str | None) -> tuple[Sequence[Access], str | None]:
        if after is not None and not after.isdigit():
            raise errors.Invalid("this is no cursor of ours", field="cursor")
        lines = [it for it in await self._journal.of(chain_of(organisation_id)) if after is None or it.seq < int(after)]
        page = lines[::-1][:limit]
        found = [Access.model_validate({**it.data, "at": it.at, "actor": it.actor, "kind": it.kind}) for it in page]
        return found, str(page[-1].seq) if len(lines) > limit else None
