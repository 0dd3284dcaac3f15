"""A database whose first month is old, with all that archiving touches."""

from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
from making import delivery, line, move

from domain.audit import Cursor
from domain.deliveries import DeliveryStatus
from runtime.archiving import archive
from runtime.backup.checking import _BELOW, _RULES
from runtime.backup.postgres import Server
from runtime.settings import Settings
from storage._crypto import BlindIndex
from storage._engine import connect
from storage.audit import MongoAuditLog
from storage.audit_check import AuditCheck
from storage.availability import SqlAvailabilityStore
from storage.deliveries import SqlDeliveryStore
from storage.erasure import SqlDeliveryErasure
from storage.figures import SqlFigureStore
from storage.journal import SqlJournal
from storage.keys import KeyRing
from storage.notifications import SqlSubscribers
from storage.partitions import SqlPartitions
from storage.returning import SqlReturning
from storage.tracking import SqlScanStore
from workers.relay import copy_once

LINES = "SELECT id, txid::text, subject, seq, digest, prev_hash, hash, at FROM journal.journal ORDER BY id"


class Old:
    """A database whose first month is old: a delivery that ended in it, one that ended in the next, and people."""

    def __init__(self, url: str, log: MongoAuditLog, settings: Settings, keks: Any) -> None:
        self.url, self.log, self.settings = url, log, settings
        self.engine = connect(url, application_name="old")
        keys, index = KeyRing(self.engine, keks), BlindIndex(bytes(32))
        self.journal = SqlJournal(self.engine)
        self.deliveries = SqlDeliveryStore(self.engine, keys, index)
        self.figures, self.subscribers = SqlFigureStore(self.engine), SqlSubscribers(self.engine)
        self.scans, self.slots = SqlScanStore(self.engine, keys), SqlAvailabilityStore(self.engine)
        self.erasure, self.returning = SqlDeliveryErasure(self.engine, keys), SqlReturning(self.engine, keys, index)
        self.check = AuditCheck(log, self.journal)
        self.said: list[str] = []
        self.now = datetime.now(UTC) + timedelta(days=600)
        self.old = datetime.now(UTC)
        self.ended, self.longer = delivery(status=DeliveryStatus.DELIVERED), delivery()

    async def live(self) -> None:
        """Fills it."""
        until = (await SqlPartitions(self.engine).journal()).until
        self.later = until - timedelta(days=5)
        for number in range(1, 4):
            one = line(number, at=self.old, kind="delivery.delivered", data={"status": "delivered"})
            await self.deliveries.record(move(self.ended, one))
            await self.deliveries.record(move(self.longer, line(number, at=self.old)))
            await self.journal.append("usr_1", "user.seen", "usr_1", {"n": number})
        await self.deliveries.record(move(self.longer, line(4, at=self.later)))

    async def end(self) -> None:
        """The delivery that went on ends too."""
        done = self.longer.model_copy(update={"status": DeliveryStatus.FAILED})
        await self.deliveries.record(move(done, line(5, at=self.later, data={"status": "failed"})))

    async def read(self) -> None:
        """Everybody reads all there is."""
        while await copy_once(self.journal, self.log):
            pass
        while await self.figures.fold(500):
            pass
        cursor = Cursor()
        while lines := await self.journal.after(cursor, 500):
            cursor = lines[-1].cursor
        await self.subscribers.advance(cursor)

    async def archive(self, say: Any = None) -> int:
        """How many months left; how many deliveries, `left` says."""
        done = await archive(self.settings, None, self.now, say or self.said.append, lambda _done, _total: None)
        self.left = done.deliveries
        return done.months

    async def all(self, query: str) -> list[Any]:
        async with await psycopg.AsyncConnection.connect(self.url, autocommit=True) as connection:
            return await (await connection.execute(query)).fetchall()

    async def whole(self) -> None:
        """What a drill and `entrega audit verify` look at."""
        assert [fault async for fault in self.check.faults()] == []
        for rule in _RULES.values():
            assert await self.all(rule.replace("%%", "%")) == []
        mark = await (await Server.at(self.url)).mark()
        async with await psycopg.AsyncConnection.connect(self.url) as connection:
            below = await (await connection.execute(_BELOW, (str(mark.txid),))).fetchone()
        assert below == (mark.lines, mark.deliveries)
        self.mark = mark
