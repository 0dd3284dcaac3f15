"""MongoDB as backups see it: a snapshot of every document, what its oplog says since, and both put back.

All of it blocks, and is for a thread. Errors are pymongo's own but where it says otherwise.
"""

import gzip
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, BinaryIO, cast

import bson
from bson.codec_options import CodecOptions
from bson.raw_bson import RawBSONDocument
from bson.timestamp import Timestamp
from pymongo import ASCENDING, MongoClient
from pymongo.errors import CollectionInvalid
from pymongo.read_concern import ReadConcern

Place = tuple[int, int]
"""A time of the oplog: seconds, and a number within the second."""
Document = dict[str, Any]
_BATCH, _SLICE_BYTES = 500, 32 * 1024 * 1024
_PATIENCE: Mapping[str, Any] = {"serverSelectionTimeoutMS": 5_000, "connectTimeoutMS": 5_000}
_RAW: CodecOptions[RawBSONDocument] = CodecOptions(document_class=RawBSONDocument)
_PLAIN: CodecOptions[Document] = CodecOptions(tz_aware=True)
# What an index is, and what only its server may know of it.
_NO_OPTIONS = ("v", "key", "ns", "background")
_CHANGES = frozenset("iud")
_SILENT = frozenset({"startIndexBuild", "abortIndexBuild"})


class OplogLost(Exception):
    """The server has forgotten what it did since; only a new snapshot helps."""


class Mongo:
    """A server, or replica set, and the one database of it that is ours."""

    def __init__(self, url: str, database: str) -> None:
        self._url, self._database = url, database

    def _open(self) -> MongoClient[Document]:
        return MongoClient(self._url, **_PATIENCE)

    # ── from a running one ────────────────────────────────────────────────────────────────────────────────

    def dump(self, target: BinaryIO) -> tuple[Place, dict[str, int]]:
        """Every document as of one moment, compressed; a time of the oplog from which everything later can be applied
        to it, and how many there are of each collection.

        The server remembers a moment for five minutes by default (`minSnapshotHistoryWindowInSeconds`): what takes
        longer fails, and is a matter for Percona Backup for MongoDB.
        """
        documents: dict[str, int] = {}
        with (
            self._open() as server,
            gzip.open(target, "wb", 1) as packed,
            server.start_session(snapshot=True) as moment,
        ):
            # What the snapshot has already of it is the same when it is applied again.
            since = _majority(server)
            ours = server[self._database]
            for name in sorted(name for name in ours.list_collection_names() if not name.startswith("system.")):
                indexes = [dict(one) for one in ours[name].list_indexes()]
                packed.write(bson.encode({"collection": name, "indexes": indexes, "options": ours[name].options()}))
                documents[name] = 0
                for document in ours.get_collection(name, _RAW).find({}, session=moment, batch_size=_BATCH):
                    packed.write(bson.encode({"document": document}))
                    documents[name] += 1
        return since, documents

    def now(self) -> Place:
        """Up to which time of the oplog a majority has everything."""
        with self._open() as server:
            return _majority(server)

    def slices(self, since: Place) -> Iterator[tuple[Place, bytes]]:
        """What was done after a time, as pieces of no great size, each up to the time it is with. Raises OplogLost."""
        with MongoClient[RawBSONDocument](self._url, document_class=RawBSONDocument, **_PATIENCE) as server:
            until = _majority(server)
            oplog = server.local.get_collection("oplog.rs", read_concern=ReadConcern("majority"))
            oldest = oplog.find_one({}, {"ts": 1}, sort=[("$natural", ASCENDING)])
            if oldest is None or _place(oldest["ts"]) > since:
                raise OplogLost
            ours = {"$regex": f"^{re.escape(self._database)}\\."}
            mine: list[Mapping[str, Any]] = [{"ns": ours}, {"ns": "admin.$cmd", "o.applyOps.ns": ours}]
            span = {"$gt": Timestamp(*since), "$lte": Timestamp(*until)}
            piece, reached = bytearray(), since
            for entry in oplog.find({"ts": span, "$or": mine}, sort=[("$natural", ASCENDING)]):
                piece += entry.raw
                reached = _place(entry["ts"])
                if len(piece) > _SLICE_BYTES:
                    yield reached, bytes(piece)
                    piece.clear()
            if piece or until > reached:
                yield until, bytes(piece)

    # ── into an empty one ─────────────────────────────────────────────────────────────────────────────────

    def load(self, source: BinaryIO) -> dict[str, int]:
        """Puts a dump back; how many documents of each collection."""
        loaded: dict[str, int] = {}
        with self._open() as server, gzip.open(source, "rb") as packed:
            ours, name, indexes, batch = server[self._database], "", list[Document](), list[RawBSONDocument]()

            def flush() -> None:
                if batch:
                    ours.get_collection(name, _RAW).insert_many(batch, ordered=False)
                    loaded[name] += len(batch)
                    batch.clear()

            for record in bson.decode_file_iter(cast("BinaryIO", packed), _RAW):
                if "document" in record:
                    batch.append(record["document"])
                    if len(batch) >= _BATCH:
                        flush()
                    continue
                flush()
                _index(ours, name, indexes)
                head: Document = bson.decode(record.raw, _PLAIN)
                name, indexes, loaded[head["collection"]] = head["collection"], head["indexes"], 0
                ours.create_collection(name, **head["options"])
            flush()
            _index(ours, name, indexes)
        return loaded

    def apply(self, pieces: Iterable[bytes], since: Place, until: datetime | None) -> int:
        """Does again what the oplog says was done after a time and before a moment, all of it where that is None; how
        much it was. Pieces come in order and may overlap."""
        done = 0
        with self._open() as server:
            for piece in pieces:
                batch: list[Document] = []
                for entry in bson.decode_all(piece, _PLAIN):
                    if _place(entry["ts"]) <= since or (until is not None and entry["wall"] >= until):
                        continue
                    since = _place(entry["ts"])
                    for one in _unpacked(entry):
                        if not one["ns"].startswith(f"{self._database}."):
                            continue
                        done += 1
                        if one["op"] in _CHANGES:
                            batch.append({key: one[key] for key in ("op", "ns", "o", "o2") if key in one})
                        elif one["op"] == "c":
                            _apply(server, batch)
                            _command(server[self._database], one["o"])
                    if len(batch) >= _BATCH:
                        _apply(server, batch)
                _apply(server, batch)
        return done

    def trim(self, head: tuple[int, int]) -> int:
        """Takes away lines of the audit log behind the journal's last one, (txid, id); how many. The numbers of what
        never happened will be given anew."""
        txid, line = head
        behind = {"$or": [{"txid": {"$gt": txid}}, {"txid": txid, "_id": {"$gt": line}}]}
        with self._open() as server:
            return server[self._database].audit.delete_many(behind).deleted_count

    def count(self, collection: str) -> int:
        """How many documents."""
        with self._open() as server:
            return server[self._database][collection].count_documents({})


def erased(pieces: Iterable[bytes]) -> set[str]:
    """Whose keys were erased, as audit lines in the oplog tell, whenever that was."""
    found: set[str] = set()
    for piece in pieces:
        for entry in bson.decode_all(piece, _PLAIN):
            for one in _unpacked(entry):
                if one["op"] == "i" and one["o"].get("kind") == "key.erased":
                    found.add(str(one["o"]["data"]["subject"]))
    return found


def _majority(server: MongoClient[Any]) -> Place:
    return _place(server.admin.command("hello")["lastWrite"]["majorityOpTime"]["ts"])


def _place(time: Timestamp) -> Place:
    return time.time, time.inc


def _unpacked(entry: Document) -> Iterator[Document]:
    """What one entry did; several things, where they were done together."""
    together: Sequence[Document] | None = entry["o"].get("applyOps") if entry["op"] == "c" else None
    yield from [entry] if together is None else together


def _apply(server: MongoClient[Document], batch: list[Document]) -> None:
    if batch:
        server.admin.command("applyOps", batch)
        batch.clear()


def _command(ours: Any, told: Document) -> None:
    """What was done to a collection as a whole; making one that is there is no error."""
    kind = next(iter(told))
    match kind:
        case "create":
            options = {key: told[key] for key in told if key not in ("create", "idIndex", "uuid")}
            try:
                ours.create_collection(told["create"], **options)
            except CollectionInvalid:
                return
        case "createIndexes":
            _index(ours, told["createIndexes"], [told])
        case "commitIndexBuild":
            _index(ours, told["commitIndexBuild"], told["indexes"])
        case "drop":
            ours.drop_collection(told["drop"])
        case "collMod":
            ours.command({key: told[key] for key in told if key in ("collMod", "index")})
        case _ if kind not in _SILENT:
            raise NotImplementedError(f"the oplog holds a command that cannot be done again: {kind}")


def _index(ours: Any, collection: str, indexes: Sequence[Document]) -> None:
    for index in indexes:
        if index.get("name") == "_id_":
            continue
        options = {key: value for key, value in index.items() if key not in (*_NO_OPTIONS, "createIndexes")}
        ours[collection].create_index(list(index["key"].items()), **options)


def wall_of(place: Place) -> datetime:
    """The clock's time of a place in the oplog, to the second."""
    return datetime.fromtimestamp(place[0], UTC)
