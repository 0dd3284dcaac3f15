"""Looks at personal data, and failures to sign in, at rest: lines of the journal, which also keep themselves few."""

import time
from collections import OrderedDict, defaultdict
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta

from sqlalchemy import select, union_all
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from domain.access import Access, Look, Whose, chain_of
from domain.errors import Invalid
from storage import _paging
from storage._engine import reading, transaction
from storage.ends import EndRow
from storage.journal import START, JournalRow, append_behind, append_line, lock

AGAIN_AFTER = timedelta(minutes=10)
"""Who goes on looking at the same thing is told of once in so long."""
_MOST_REMEMBERED = 20_000
_PAGE = 100
_FAILED, _FAILURES_OF = "user.sign_in_failed", timedelta(hours=1)
_Seen = tuple[str, str, str, str | None]


class SqlAccessLog:
    """As any role that appends to the journal. Exact for all processes together: what was told lately is read from the
    lines themselves, under the lock that the next one is written under. Memory only saves asking."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._told: OrderedDict[_Seen, float] = OrderedDict()

    async def tell(self, look: Look, whose: Whose) -> None:
        """One line for each organisation with something not told lately. Raises Unavailable, and then nothing was."""
        now = time.monotonic()
        new = {it: owner for it, owner in whose.items() if self._told.get(_seen(look, it), 0.0) <= now}
        if not new:
            return
        chains: defaultdict[str, set[str]] = defaultdict(set)
        owners = await self._owners(it for it, owner in new.items() if owner is None)
        for it, owner in new.items():
            chains[chain_of(owner or owners.get(it) or it)].add(it)
        async with transaction(self._engine) as connection:
            for chain in sorted(chains):  # in one order for everybody: nobody waits in a circle
                await lock(connection, chain)
            for chain, subjects in chains.items():
                lately, head = await _lately(connection, chain, look)
                if missing := subjects - lately:
                    told = look.model_dump(exclude={"kind", "actor"}, exclude_none=True)
                    told["subjects"] = sorted(missing)
                    await append_behind(connection, chain, head, look.kind, look.actor, told)
        self._remember(look, new, now)

    async def tell_failure(self, user_id: str, reason: str, tries: int) -> None:
        """A line for the first of an hour, and whenever they have doubled since: a flood is told by its size."""
        same = JournalRow.kind == _FAILED, JournalRow.data.contains({"reason": reason})
        newest = select(JournalRow.at, JournalRow.data).where(JournalRow.subject == user_id, *same)
        async with transaction(self._engine) as connection:
            await lock(connection, user_id)
            last = (await connection.execute(newest.order_by(JournalRow.seq.desc()).limit(1))).one_or_none()
            lately = last is not None and last.at > datetime.now(UTC) - _FAILURES_OF
            if last is None or not lately or tries >= 2 * last.data.get("tries", 1):
                await append_line(connection, user_id, _FAILED, "nobody", {"reason": reason, "tries": tries})

    async def of(self, organisation_id: str, limit: int, after: str | None) -> tuple[Sequence[Access], str | None]:
        """Looks at an organisation's data, newest first; raises Invalid for a strange cursor."""
        query = select(JournalRow.seq, JournalRow.at, JournalRow.actor, JournalRow.kind, JournalRow.data)
        query = query.where(JournalRow.subject == chain_of(organisation_id))
        if after is not None:
            query = query.where(JournalRow.seq < _place(after))
        async with reading(self._engine) as connection:
            rows = list(await connection.execute(query.order_by(JournalRow.seq.desc()).limit(limit + 1)))
        page = [Access.model_validate({**row.data, "at": row.at, "actor": row.actor, "kind": row.kind}) for row in rows]
        return page[:limit], _paging.encode(str(rows[limit - 1].seq)) if len(rows) > limit else None

    async def _owners(self, subjects: Iterable[str]) -> dict[str, str]:
        """Whose each is, as its first line says, or what remains of one that is archived."""
        if not (wanted := list(subjects)):
            return {}
        first = JournalRow.subject.in_(wanted), JournalRow.seq == 1, JournalRow.organisation_id.is_not(None)
        ended = EndRow.subject.in_(wanted), EndRow.organisation_id.is_not(None)
        query = union_all(
            select(JournalRow.subject, JournalRow.organisation_id).where(*first),
            select(EndRow.subject, EndRow.organisation_id).where(*ended),
        )
        async with reading(self._engine) as connection:
            return {row.subject: row.organisation_id for row in await connection.execute(query)}

    def _remember(self, look: Look, subjects: Iterable[str], now: float) -> None:
        for it in subjects:
            self._told[_seen(look, it)] = now + AGAIN_AFTER.total_seconds()
            self._told.move_to_end(_seen(look, it))
        while len(self._told) > _MOST_REMEMBERED:
            self._told.popitem(last=False)


async def _lately(connection: AsyncConnection, chain: str, look: Look) -> tuple[set[str], tuple[int, str]]:
    """What this person was told to have looked at, of this chain, so that it need not be told again; and its end."""
    since, before, found, head = datetime.now(UTC) - AGAIN_AFTER, 2**62, set[str](), START
    columns = JournalRow.seq, JournalRow.hash, JournalRow.at, JournalRow.actor, JournalRow.kind, JournalRow.data
    newest = select(*columns).where(JournalRow.subject == chain).order_by(JournalRow.seq.desc()).limit(_PAGE)
    while rows := list(await connection.execute(newest.where(JournalRow.seq < before))):
        for row in rows:
            if row.at > since and (row.actor, row.kind, row.data.get("ticket")) == (look.actor, look.kind, look.ticket):
                found |= set(row.data["subjects"])
        head = max(head, (rows[0].seq, rows[0].hash))
        before = rows[-1].seq
        if rows[-1].at <= since:
            break
    return found, head


def _seen(look: Look, subject: str) -> _Seen:
    return look.actor, look.kind, subject, look.ticket


def _place(cursor: str) -> int:
    [seq] = _paging.decode(cursor, parts=1)
    if not (seq.isascii() and seq.isdigit() and len(seq) < 19):
        raise Invalid("this is no cursor of ours: leave it out to begin at the first page", field="cursor")
    return int(seq)
