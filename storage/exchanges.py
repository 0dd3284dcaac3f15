"""The log of what was said to carriers: MongoDB, written behind everybody's back and only as far as it can be."""

import asyncio
import contextlib
import json
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from types import TracebackType
from typing import Any, Self

import structlog
from bson.codec_options import CodecOptions
from prometheus_client import Counter
from pymongo import ASCENDING, DESCENDING, IndexModel, WriteConcern
from pymongo.asynchronous.database import AsyncDatabase
from pymongo.errors import BulkWriteError, ConnectionFailure, ExecutionTimeout, PyMongoError

from domain import errors
from domain.exchanges import KEPT_DAYS, Exchange
from storage import _paging

log = structlog.get_logger(__name__)
EXCHANGES = Counter("entrega_exchanges_total", "Exchanges with carriers by what became of their notes", ["outcome"])

_MOST_WAITING, _BATCH = 1_000, 100
_PAUSE_S = 2.0
_LAST_WORDS_S = 2.0
_EPOCH, _MS = datetime.fromtimestamp(0, UTC), timedelta(milliseconds=1)
_BODIES = ("request", "answer")
_NEWEST_FIRST = [("at", DESCENDING), ("_id", DESCENDING)]
_INDEXES = [
    IndexModel([("at", ASCENDING)], expireAfterSeconds=int(timedelta(days=KEPT_DAYS).total_seconds())),
    IndexModel([("delivery_id", ASCENDING), *_NEWEST_FIRST]),
    IndexModel([("carrier", ASCENDING), ("account", ASCENDING), *_NEWEST_FIRST]),
]


class MongoExchangeLog:
    """The collection `carrier_exchanges`. Notes wait in memory until the `async with` has written them: at most a
    thousand, of which the oldest make room while MongoDB is away."""

    def __init__(self, database: AsyncDatabase[dict[str, Any]], *, most_waiting: int = _MOST_WAITING) -> None:
        aware: CodecOptions[dict[str, Any]] = CodecOptions(tz_aware=True, tzinfo=UTC)
        self._notes = database.get_collection("carrier_exchanges", aware, write_concern=WriteConcern(1))
        self._waiting: deque[Exchange] = deque()
        self._most_waiting = most_waiting
        self._noted = asyncio.Event()
        self._idle = asyncio.Event()
        self._idle.set()
        self._writing: asyncio.Task[None] | None = None
        self._indexed = False

    async def __aenter__(self) -> Self:
        self.open()
        return self

    def open(self) -> None:
        """Begins to write; who cannot wait for an `async with` calls this, and leaves by `__aexit__`."""
        self._writing = asyncio.create_task(self._write(), name="write exchanges")

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Writes what waits, for two seconds at most."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self.written(), _LAST_WORDS_S)
        if self._writing is not None:
            self._writing.cancel()
            await asyncio.gather(self._writing, return_exceptions=True)

    async def written(self) -> None:
        """Returns once nothing waits to be written."""
        await self._idle.wait()

    def note(self, exchange: Exchange) -> None:
        """See `domain.ports.ExchangeLog`; from the loop that this log lives in."""
        self._waiting.append(exchange)
        self._make_room()
        self._idle.clear()
        self._noted.set()

    def _make_room(self) -> None:
        while len(self._waiting) > self._most_waiting:
            self._waiting.popleft()
            EXCHANGES.labels("dropped").inc()

    async def search(
        self,
        *,
        delivery_id: str | None = None,
        carrier: str | None = None,
        account: str | None = None,
        limit: int = 50,
        after: str | None = None,
    ) -> tuple[Sequence[Exchange], str | None]:
        """Newest first; raises Invalid for a strange cursor, Unavailable."""
        wanted = {"delivery_id": delivery_id, "carrier": carrier, "account": account}
        query: dict[str, Any] = {name: value for name, value in wanted.items() if value is not None}
        if after is not None:
            query |= _behind(after)
        with _speaking_domain():
            documents = [d async for d in self._notes.find(query, sort=_NEWEST_FIRST, limit=limit + 1)]
        page = [_exchange(document) for document in documents[:limit]]
        if len(documents) <= limit or not page:
            return page, None
        return page, _paging.encode(str((page[-1].at - _EPOCH) // _MS), page[-1].id)

    async def _write(self) -> None:
        while True:
            await self._noted.wait()
            self._noted.clear()
            while self._waiting:
                batch = [self._waiting.popleft() for _ in range(min(_BATCH, len(self._waiting)))]
                try:
                    await self._insert(batch)
                except PyMongoError:
                    self._waiting.extendleft(reversed(batch))
                    self._make_room()
                    await asyncio.sleep(_PAUSE_S)
                except Exception as error:  # noqa: BLE001 - what cannot be written must not silence what follows
                    log.warning("notes lost", count=len(batch), error=type(error).__name__)
                    EXCHANGES.labels("dropped").inc(len(batch))
            self._idle.set()

    async def _insert(self, batch: Sequence[Exchange]) -> None:
        if not self._indexed:
            await self._notes.create_indexes(_INDEXES)
            self._indexed = True
        written = len(batch)
        try:
            await self._notes.insert_many([_document(exchange) for exchange in batch], ordered=False)
        except BulkWriteError as error:
            # What is there already came with a try whose answer was lost; what is refused would be refused again.
            written -= len(error.details.get("writeErrors", ()))
        EXCHANGES.labels("written").inc(written)


def _document(exchange: Exchange) -> dict[str, Any]:
    """Bodies as text: BSON has opinions on keys, depth and numbers."""
    fields = exchange.model_dump(exclude={"id", "request", "answer"}, exclude_none=True)
    return {"_id": exchange.id, **fields, **{name: json.dumps(getattr(exchange, name)) for name in _BODIES}}


def _exchange(document: dict[str, Any]) -> Exchange:
    bodies = {name: json.loads(document[name]) for name in _BODIES}
    return Exchange.model_validate({**document, **bodies, "id": document["_id"]})


def _behind(cursor: str) -> dict[str, Any]:
    ms, its_id = _paging.decode(cursor, parts=2)
    if not (ms.isascii() and ms.isdigit() and len(ms) < 14):
        raise errors.Invalid("this is no cursor of ours: leave it out to begin at the first page", field="cursor")
    at = _EPOCH + int(ms) * _MS
    return {"$or": [{"at": {"$lt": at}}, {"at": at, "_id": {"$lt": its_id}}]}


@contextmanager
def _speaking_domain() -> Iterator[None]:
    try:
        yield
    except (ConnectionFailure, ExecutionTimeout) as error:
        raise errors.Unavailable("the log of exchanges does not answer") from error
