"""The relay's part in letters: who came and went, which lines wait for whom, and a word to whoever writes."""

import asyncio
from collections import defaultdict
from collections.abc import Mapping, Sequence

from prometheus_client import Counter

from domain.audit import JournalLine
from domain.notifications import Subscriber
from domain.telling import FOR_RECIPIENT, MEMBER, RECIPIENT, LineRef, worth_telling
from domain.telling_ports import LetterQueue, LetterWriter, Members

QUEUED = Counter("entrega_relay_letters_total", "Journal lines put before letters, counted for each who is told")
_AT_ONCE = 32

Known = Mapping[str, Sequence[Subscriber]]
"""Subscribers by their organisation."""


def apart(known: Known) -> tuple[Known, Known]:
    """Systems that are called, and those who are written to."""

    def those(*, written_to: bool) -> Known:
        return {whose: [one for one in each if _by_letter(one) is written_to] for whose, each in known.items()}

    return those(written_to=False), those(written_to=True)


def _by_letter(one: Subscriber) -> bool:
    return one.id.startswith((MEMBER, RECIPIENT))


class Post:
    """Puts lines before the letters of whoever wants them."""

    def __init__(self, members: Members, queue: LetterQueue, writer: LetterWriter) -> None:
        self._members, self._queue, self._writer = members, queue, writer

    async def learn(self, lines: Sequence[JournalLine]) -> None:
        """Before anybody is looked up, so that who registered a line ago is told of this one."""
        await self._members.learn(lines)

    async def hand_over(self, lines: Sequence[JournalLine], known: Known) -> None:
        """To those who are written to; durably, then says so: what was handed over and not said is said again by a
        relay that begins anew."""
        due: defaultdict[str, list[LineRef]] = defaultdict(list)
        for line in lines:
            if not worth_telling(line):
                continue
            ref = LineRef(delivery_id=line.subject, seq=line.seq, type=line.kind, at=line.at)
            for one in known.get(line.organisation_id or "", ()):
                meant = one.id.startswith(MEMBER) or line.data.get(FOR_RECIPIENT) is True
                if meant and one.wants(line):
                    due[one.id].append(ref)
        if not due:
            return
        await self._queue.add(due)
        whom = {(its, None if its.startswith(MEMBER) else ref.delivery_id) for its, refs in due.items() for ref in refs}
        places = asyncio.Semaphore(_AT_ONCE)

        async def say(subscriber: str, delivery_id: str | None) -> None:
            async with places:
                await self._writer.look(subscriber, delivery_id)

        await asyncio.gather(*(say(*each) for each in whom))
        QUEUED.inc(sum(len(refs) for refs in due.values()))
