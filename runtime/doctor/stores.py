"""PostgreSQL and MongoDB: each role gets in, the shape is the newest, clocks agree, and what they hold is in order."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from domain.audit import JournalLine
from domain.errors import DomainError
from runtime.doctor.findings import Finding, note, ok, wrong
from runtime.settings import PREFIX, SERVICES
from runtime.wiring import Wiring
from storage import migrations
from storage._engine import reading, sqlstate

_APART_S, _LATE_S = 5.0, 60.0
_BOOKS, _STEP = timedelta(days=1), timedelta(hours=1)
_NEWEST = 100
_AHEAD = timedelta(days=7)
_NO_PASSWORD = ("28P01", "28000")


def _url(service: str) -> str:
    return f"{PREFIX}{service.upper()}_DATABASE_URL"


class Stores:
    """Looks as the roles whose URLs this process has."""

    def __init__(self, wiring: Wiring) -> None:
        self._wiring, self._settings = wiring, wiring.settings

    def _has(self, service: str) -> bool:
        return getattr(self._settings, f"{service}_database_url") is not None

    async def roles(self) -> AsyncIterator[Finding]:
        """Each service's role gets in."""
        there = [service for service in SERVICES if self._has(service)]
        if not there:
            step = f"Set {_url('deliveries')} and its like, or name the folder of `entrega up` with --state."
            yield wrong("PostgreSQL", "no database is named here", step)
        for service in there:
            try:
                async with reading(self._wiring.engine(service)) as connection:
                    await connection.execute(text("SELECT 1"))
            except (DomainError, DBAPIError) as error:
                yield _no_way_in(service, error)
            else:
                yield ok("PostgreSQL", f"the {service} service's role gets in")

    async def shape(self) -> AsyncIterator[Finding]:
        """The newest migration was applied."""
        if self._settings.database_url is None:
            yield note("migrations", "not looked at: the owner's ENTREGA_DATABASE_URL is not set here")
            return
        url = self._settings.database_url.get_secret_value()
        try:
            at, newest = await asyncio.to_thread(migrations.standing, url)
        except DBAPIError:
            yield wrong("migrations", "the database's owner does not get in", "Check ENTREGA_DATABASE_URL.")
            return
        if at == newest:
            yield ok("migrations", f"the database is at the newest, {newest}")
        elif at is not None and at > newest:
            yield note("migrations", f"the database is at {at}, this code at {newest}: a newer version was here")
        else:
            yield wrong(
                "migrations", f"the database is at {at or 'nothing'}, not at {newest}", "Run `entrega migrate`."
            )

    async def clock(self) -> AsyncIterator[Finding]:
        """This machine and the database agree on the time: tokens, signatures and promises hang on it."""
        service = next((service for service in SERVICES if self._has(service)), None)
        if service is None:
            return
        async with reading(self._wiring.engine(service)) as connection:
            before = datetime.now(UTC)
            theirs: datetime = (await connection.execute(text("SELECT clock_timestamp()"))).scalar_one()
            after = datetime.now(UTC)
        apart = max((before - theirs).total_seconds(), (theirs - after).total_seconds(), 0.0)
        if apart > _APART_S:
            yield wrong("clock", f"this machine and the database are {apart:.0f} s apart", "Let NTP set both clocks.")
        else:
            yield ok("clock", "this machine and the database agree")

    async def journal(self) -> AsyncIterator[Finding]:
        """Its partitions are made ahead, and hold every line."""
        if not self._has("deliveries"):
            return
        now = await self._wiring.partitions().journal()
        step = "Do the deliveries workers run? See docs/runbooks/JournalUnpartitioned.md."
        if now.strays:
            yield wrong("journal", f"{now.strays} lines are of a time that no partition is for", step)
        elif now.until - datetime.now(UTC) < _AHEAD:
            yield wrong("journal", f"its partitions end on {now.until.date()}", step)
        else:
            yield ok("journal", f"it has partitions up to {now.until.date()}, and every line is in its own")

    async def audit(self) -> AsyncIterator[Finding]:
        """The copy in MongoDB: there, not late, and its newest lines what the journal tells."""
        if self._settings.mongo_url is None:
            yield wrong("audit log", "ENTREGA_MONGO_URL is not set here", "Set it: support searches what it holds.")
            return
        if not self._has("relay"):
            yield note("audit log", f"not compared with the journal: {_url('relay')} is not set here")
            return
        log, journal = self._wiring.audit(), self._wiring.journal("relay")
        cursor = await log.cursor()
        yield _late("audit log", "copied to MongoDB", await journal.after(cursor, 1))
        lines, _ = await log.search(limit=_NEWEST)
        newest: dict[str, JournalLine] = {}
        for line in lines:
            if line.subject not in newest or line.seq > newest[line.subject].seq:
                newest[line.subject] = line
        heads = await journal.heads(sorted(newest), cursor)
        strange = sorted(s for s, line in newest.items() if heads.get(s) != (line.seq, line.hash))
        if strange:
            said = f"{len(strange)} of the newest {len(newest)} chains do not end as the journal tells"
            yield wrong("audit heads", said, "Run `entrega audit verify`, and find out who was on the databases.")
        else:
            yield ok("audit heads", f"the newest {len(newest)} chains end as the journal tells")

    async def telling(self) -> AsyncIterator[Finding]:
        """Subscribers are told in time."""
        if not self._has("notifications"):
            return
        subscribers, journal = self._wiring.subscribers(), self._wiring.journal("notifications")
        yield _late("subscribers", "told to subscribers", await journal.after(await subscribers.cursor(), 1))

    async def ledger(self) -> AsyncIterator[Finding]:
        """Every delivery's entries sum to zero."""
        if not self._has("deliveries"):
            return
        watch, now = self._wiring.deliveries_watch(), datetime.now(UTC)
        since, uneven = now - _BOOKS, set[str]()
        while since < now:
            uneven |= await watch.unbalanced(since, since + _STEP)
            since += _STEP
        if uneven:
            said = f"the entries of {len(uneven)} deliveries do not sum to zero, as of {min(uneven)}"
            yield wrong("ledger", said, "See docs/runbooks/LedgerUnbalanced.md; change nothing before.")
        else:
            yield ok("ledger", "what moved money in the last day sums to zero, delivery by delivery")
        stuck = {why: n for why, n in (await watch.deliveries()).attention.items() if n}
        if stuck:
            said = ", ".join(f"{count} {why}" for why, count in sorted(stuck.items()))
            yield note(
                "deliveries", f"somebody should look at: {said}", "See docs/runbooks/DeliveriesNeedAttention.md."
            )

    async def inbox(self) -> AsyncIterator[Finding]:
        """Carriers' reports reach their deliveries."""
        if not self._has("tracking"):
            return
        now = await self._wiring.inbox_watch().inbox()
        if (waited_s := now.matched.age_s(datetime.now(UTC))) > _LATE_S:
            said = f"{now.matched.count} reports wait, the oldest for {waited_s:.0f} s"
            yield wrong("inbox", said, "See docs/runbooks/InboxWaits.md: do the tracking workers run?")
        else:
            beside = f"; {now.unmatched.count} are of bookings nobody knows" if now.unmatched.count else ""
            yield ok("inbox", f"carriers' reports reach their deliveries{beside}")


def _no_way_in(service: str, error: DomainError | DBAPIError) -> Finding:
    behind = error.__cause__ if isinstance(error, DomainError) else error
    state = sqlstate(behind) if isinstance(behind, DBAPIError) else None
    if state in _NO_PASSWORD:
        said, step = "is refused", "Its password or certificate is wrong"
    elif state:
        said, step = f"does not get in (SQLSTATE {state})", "See the server's log"
    else:
        said, step = "does not reach the server", "Does PostgreSQL run, and can it be reached from here? If so"
    return wrong("PostgreSQL", f"the {service} service's role {said}", f"{step}: check {_url(service)}.")


def _late(what: str, how: str, following: Sequence[JournalLine]) -> Finding:
    late_s = (datetime.now(UTC) - following[0].at).total_seconds() if following else 0.0
    if late_s > _LATE_S:
        said = f"what happened {late_s:.0f} s ago has not been {how}"
        return wrong(what, said, "Does the relay run? See docs/runbooks/RelaySilent.md.")
    return ok(what, f"everything was {how}")
