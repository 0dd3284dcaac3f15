"""The audit log: MongoDB's copy of the journal, only ever added to, searched by support."""

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from pydantic import ValidationError
from pymongo import ASCENDING, DESCENDING, AsyncMongoClient, IndexModel, WriteConcern
from pymongo.asynchronous.database import AsyncDatabase
from pymongo.errors import BulkWriteError, ConnectionFailure, ExecutionTimeout, WriteConcernError
from pymongo.read_concern import ReadConcern

from domain import audit, errors
from domain.access import chain_of
from storage import _paging

_FIND_MS, _ANSWER_MS = 3_000, 10_000
_DUPLICATE_KEY = 11000
_NEWEST_FIRST = [("at", DESCENDING), ("_id", DESCENDING)]
_INDEXES = [
    IndexModel([("txid", DESCENDING), ("_id", DESCENDING)]),
    IndexModel(_NEWEST_FIRST),
    *(IndexModel([(name, ASCENDING), *_NEWEST_FIRST]) for name in ("subject", "actor", "kind")),
    IndexModel([("subject", ASCENDING), ("seq", ASCENDING)]),
    # Whose data was looked at; lines of another kind name no subjects and cost nothing here.
    IndexModel(
        [("data.subjects", ASCENDING), *_NEWEST_FIRST], partialFilterExpression={"data.subjects": {"$exists": True}}
    ),
]


def connect(url: str) -> AsyncMongoClient[dict[str, Any]]:
    """A client for `mongodb://…` that gives up on a silent server within seconds. Whoever makes it closes it."""
    return AsyncMongoClient(
        url, serverSelectionTimeoutMS=_FIND_MS, connectTimeoutMS=_FIND_MS, socketTimeoutMS=_ANSWER_MS
    )


class MongoAuditLog:
    """The collection `audit`; a line's id is its `_id`. It needs no right to update or delete.

    Relays, several beside each other or killed at any moment, never leave a gap: each inserts in the journal's
    order, starting behind what a majority has, so what is there is at every moment an unbroken beginning of the
    journal. The last line is therefore the cursor, and there is no second record that could disagree.
    """

    def __init__(self, database: AsyncDatabase[dict[str, Any]]) -> None:
        self._lines = database.get_collection(
            "audit", write_concern=WriteConcern("majority", j=True), read_concern=ReadConcern("majority")
        )
        self._indexed = False

    async def copy(self, lines: Sequence[audit.JournalLine]) -> None:
        """Adds lines that follow `cursor()` in the journal's order; one that is there is left alone.

        Raises Unavailable, after which some may have been added: read the cursor and go on from there.
        """
        missing = [_document(line) for line in sorted(lines, key=lambda line: (line.txid, line.id))]
        with _speaking_domain():
            if not self._indexed:
                await self._lines.create_indexes(_INDEXES)
                self._indexed = True
            while missing:
                missing = missing[await self._insert(missing) :]

    async def _insert(self, documents: Sequence[dict[str, Any]]) -> int:
        """Inserts in order up to the first that is there already, that one counted; how many are dealt with."""
        try:
            await self._lines.insert_many(documents, ordered=True)
        except BulkWriteError as error:
            details: Mapping[str, Any] = error.details
            if details.get("writeConcernErrors"):
                raise errors.Unavailable("the audit log's servers do not agree yet") from error
            first = details["writeErrors"][0]
            if first["code"] != _DUPLICATE_KEY:
                raise
            return int(first["index"]) + 1
        return len(documents)

    async def cursor(self) -> audit.Cursor:
        """How far the copy reaches; raises Unavailable."""
        with _speaking_domain():
            newest = await self._lines.find_one({}, {"txid": 1}, sort=[("txid", DESCENDING), ("_id", DESCENDING)])
        return audit.Cursor(txid=newest["txid"], id=newest["_id"]) if newest else audit.Cursor()

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
        """Lines newest first, `since` included and `until` not, `about` whose data was looked at; raises Invalid for a
        strange cursor, Unavailable."""
        wanted = {"subject": subject, "actor": actor, "kind": kind}
        conditions: list[dict[str, Any]] = [{name: value} for name, value in wanted.items() if value is not None]
        if about is not None:
            conditions.append({"$or": [{"subject": chain_of(about)}, {"data.subjects": about}]})
        if since is not None:
            conditions.append({"at": {"$gte": _instant(since)}})
        if until is not None:
            conditions.append({"at": {"$lt": _instant(until)}})
        if after is not None:
            conditions.append(_behind(after))
        query = self._lines.find({"$and": conditions} if conditions else {}, sort=_NEWEST_FIRST, limit=limit + 1)
        with _speaking_domain():
            found = [_line(document) async for document in query]
        page = found[:limit]
        if len(found) <= limit or not page:
            return page, None
        return page, _paging.encode(_instant(page[-1].at), str(page[-1].id))

    async def in_chains(self, until: audit.Cursor) -> AsyncIterator[tuple[str, audit.JournalLine | None]]:
        """Every line up to the cursor with its subject, chain by chain, in order; None for what is no line any more."""
        order = [("subject", ASCENDING), ("seq", ASCENDING)]
        with _speaking_domain():
            line: audit.JournalLine | None
            async for document in self._lines.find(_up_to(until), sort=order, allow_disk_use=True):
                subject = str(document.get("subject", ""))
                try:
                    line = _line(document)
                except ValidationError:
                    line = None
                yield subject, line

    async def holds(self, subjects: Sequence[str], until: audit.Cursor) -> set[str]:
        """Those of these subjects that have any line up to the cursor."""
        with _speaking_domain():
            return set(await self._lines.distinct("subject", {"subject": {"$in": list(subjects)}, **_up_to(until)}))


def _up_to(cursor: audit.Cursor) -> dict[str, Any]:
    return {"$or": [{"txid": {"$lt": cursor.txid}}, {"txid": cursor.txid, "_id": {"$lte": cursor.id}}]}


def _document(line: audit.JournalLine) -> dict[str, Any]:
    document = line.model_dump(exclude={"id", "at"})
    return {"_id": line.id, **document, "at": _instant(line.at)}


def _line(document: dict[str, Any]) -> audit.JournalLine:
    return audit.JournalLine.model_validate({**document, "id": document["_id"]})


def _instant(at: datetime) -> str:
    """As text that sorts by time: BSON's own dates end at milliseconds, and the chain's hashes do not."""
    return at.astimezone(UTC).isoformat(timespec="microseconds")


def _behind(cursor: str) -> dict[str, Any]:
    at, line_id = _paging.decode(cursor, parts=2)
    if not (line_id.isascii() and line_id.isdigit() and len(line_id) < 19):
        raise errors.Invalid("this is no cursor of ours: leave it out to begin at the first page", field="cursor")
    return {"$or": [{"at": {"$lt": at}}, {"at": at, "_id": {"$lt": int(line_id)}}]}


@contextmanager
def _speaking_domain() -> Iterator[None]:
    try:
        yield
    except (ConnectionFailure, ExecutionTimeout, WriteConcernError) as error:
        raise errors.Unavailable("the audit log does not answer") from error
