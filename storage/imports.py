"""Imports at rest: counts for everybody, and what the lines that wait ask for, sealed."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from pydantic_core import to_json
from sqlalchemy import Select, func, insert, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from sqlalchemy.orm import Mapped, mapped_column

from domain.deliveries import DeliveryRequest
from domain.errors import IdempotencyKeyReused, Invalid, TooManyImports
from domain.imports import MOST_RUNNING, Import, ImportLine, ImportStatus, Outcome, WaitingLine
from storage import _paging
from storage._engine import reading, transaction
from storage._rows import Row
from storage.journal import ERASED_ORGANISATIONS, append_line, lock
from storage.keys import KeyRing

SUBJECT = "service/imports"
"""Whose key seals lines: they are nobody's delivery yet, and go when they are."""


class ImportRow(Row):
    """A file."""

    __tablename__ = "imports"
    __table_args__ = ({"schema": "deliveries"},)

    id: Mapped[str] = mapped_column(primary_key=True)
    organisation_id: Mapped[str]
    created_by: Mapped[str]
    status: Mapped[str]
    lines: Mapped[int]
    file_hash: Mapped[bytes]
    created_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class ImportLineRow(Row):
    """A line of one."""

    __tablename__ = "import_lines"
    __table_args__ = ({"schema": "deliveries"},)

    import_id: Mapped[str] = mapped_column(primary_key=True)
    line: Mapped[int] = mapped_column(primary_key=True)
    outcome: Mapped[str]
    delivery_id: Mapped[str]
    reason: Mapped[str | None]
    request: Mapped[bytes | None]


def _count(outcome: Outcome) -> Any:
    of = ImportLineRow.import_id == ImportRow.id, ImportLineRow.outcome == str(outcome)
    return select(func.count()).where(*of).correlate(ImportRow).scalar_subquery().label(str(outcome))


_SHOWN = [
    *(column for column in ImportRow.__table__.columns if column.name != "file_hash"),
    *map(_count, (Outcome.REQUESTED, Outcome.FAILED, Outcome.CANCELLED)),
]
_LINE = ImportLineRow.line, ImportLineRow.delivery_id, ImportLineRow.outcome, ImportLineRow.reason


class SqlImportStore:
    """Kept by the deliveries service."""

    def __init__(self, engine: AsyncEngine, keys: KeyRing) -> None:
        self._engine = engine
        self._keys = keys

    async def begin(self, made: Import, lines: Sequence[WaitingLine], file_hash: str) -> Import:
        """All lines or none."""
        key = await self._keys.get(SUBJECT)
        sealed = key.seal(file_hash.encode(), _place("imports.file_hash", made.id))
        values = made.model_dump(include=set(ImportRow.__table__.columns.keys())) | {"file_hash": sealed}
        rows = [
            line.model_dump(include={"line", "delivery_id", "outcome"})
            | {"import_id": made.id, "request": key.seal(to_json(line.request), _of_line(made.id, line.line))}
            for line in lines
        ]
        async with transaction(self._engine) as connection:
            await lock(connection, made.id)
            known = await connection.scalar(select(ImportRow.file_hash).where(ImportRow.id == made.id))
            if known is None:
                ours = ImportRow.organisation_id == made.organisation_id, ImportRow.status == str(ImportStatus.RUNNING)
                if (await connection.scalar(select(func.count()).where(*ours)) or 0) >= MOST_RUNNING:
                    raise TooManyImports(most=MOST_RUNNING)
                told = {"lines": made.lines}
                await append_line(connection, made.id, "import.requested", made.created_by, told, made.organisation_id)
                await connection.execute(insert(ImportRow).values(values))
                await connection.execute(insert(ImportLineRow), rows)
                return made
        if key.open(known, _place("imports.file_hash", made.id)) != file_hash.encode():
            raise IdempotencyKeyReused
        return await self.get(made.id) or made

    async def get(self, import_id: str) -> Import | None:
        """One import."""
        async with reading(self._engine) as connection:
            return await _read(connection, import_id)

    async def page(
        self, organisation_id: str | None, created_by: str | None, limit: int, after: str | None
    ) -> tuple[Sequence[Import], str | None]:
        """Newest first."""
        query: Select[Any] = select(*_SHOWN).order_by(ImportRow.created_at.desc(), ImportRow.id.desc())
        if organisation_id is not None:
            query = query.where(ImportRow.organisation_id == organisation_id)
        if created_by is not None:
            query = query.where(ImportRow.created_by == created_by)
        if after is not None:
            query = query.where(tuple_(ImportRow.created_at, ImportRow.id) < _position(after))
        async with reading(self._engine) as connection:
            rows = (await connection.execute(query.limit(limit + 1))).all()
        found = [Import.model_validate(dict(row._mapping)) for row in rows[:limit]]
        more = len(rows) > limit
        return found, _paging.encode(found[-1].created_at.isoformat(), found[-1].id) if more else None

    async def lines(
        self, import_id: str, outcome: Outcome | None, limit: int, after: int
    ) -> tuple[Sequence[ImportLine], int | None]:
        """By number."""
        query = select(*_LINE).where(ImportLineRow.import_id == import_id, ImportLineRow.line > after)
        if outcome is not None:
            query = query.where(ImportLineRow.outcome == str(outcome))
        async with reading(self._engine) as connection:
            rows = (await connection.execute(query.order_by(ImportLineRow.line).limit(limit + 1))).all()
        found = [ImportLine.model_validate(dict(row._mapping)) for row in rows[:limit]]
        return found, found[-1].line if len(rows) > limit else None

    async def waiting(self, import_id: str, limit: int) -> Sequence[WaitingLine]:
        """Opened."""
        key = await self._keys.get(SUBJECT)
        still = ImportLineRow.import_id == import_id, ImportLineRow.outcome == str(Outcome.WAITING)
        query = select(*_LINE, ImportLineRow.request).where(*still).order_by(ImportLineRow.line).limit(limit)
        async with reading(self._engine) as connection:
            rows = (await connection.execute(query)).all()
        return [
            WaitingLine(
                line=row.line,
                delivery_id=row.delivery_id,
                request=DeliveryRequest.model_validate_json(
                    key.open(row.request, _of_line(import_id, row.line)), extra="ignore"
                ),
            )
            for row in rows
        ]

    async def settle(self, import_id: str, lines: Sequence[ImportLine]) -> int:
        """Only lines that wait: an outcome is never changed."""
        async with transaction(self._engine) as connection:
            await lock(connection, import_id)
            for line in lines:
                gone = {"outcome": str(line.outcome), "reason": line.reason, "request": None}
                it = ImportLineRow.import_id == import_id, ImportLineRow.line == line.line
                still = ImportLineRow.outcome == str(Outcome.WAITING)
                await connection.execute(update(ImportLineRow).where(*it, still).values(gone))
            now = await _read(connection, import_id)
            if now is not None and lines:
                await _tell(connection, now, "import.progress")
        return 0 if now is None else now.lines - now.requested - now.failed - now.cancelled

    async def end(self, import_id: str, *, cancelled: bool) -> None:
        """What still waits is cancelled with it."""
        status = ImportStatus.CANCELLED if cancelled else ImportStatus.COMPLETED
        running = ImportRow.id == import_id, ImportRow.status == str(ImportStatus.RUNNING)
        over = update(ImportRow).where(*running).values(status=str(status), ended_at=datetime.now(UTC))
        still = ImportLineRow.import_id == import_id, ImportLineRow.outcome == str(Outcome.WAITING)
        gone = update(ImportLineRow).where(*still).values(outcome=str(Outcome.CANCELLED), request=None)
        async with transaction(self._engine) as connection:
            await lock(connection, import_id)
            if await connection.scalar(over.returning(ImportRow.id)) is not None:
                await connection.execute(gone)
                now = await _read(connection, import_id)
                assert now is not None
                await _tell(connection, now, "import.ended")

    async def orphaned(self, limit: int) -> Sequence[str]:
        """Any of them."""
        running = ImportRow.status == str(ImportStatus.RUNNING), ImportRow.organisation_id.in_(ERASED_ORGANISATIONS)
        async with reading(self._engine) as connection:
            return (await connection.scalars(select(ImportRow.id).where(*running).limit(limit))).all()


async def _read(connection: AsyncConnection, import_id: str) -> Import | None:
    row = (await connection.execute(select(*_SHOWN).where(ImportRow.id == import_id))).one_or_none()
    return None if row is None else Import.model_validate(dict(row._mapping))


async def _tell(connection: AsyncConnection, now: Import, kind: str) -> None:
    told = {name: getattr(now, name) for name in ("lines", "requested", "failed", "cancelled")}
    data = {**told, "status": str(now.status)}
    await append_line(connection, now.id, kind, now.created_by, data, now.organisation_id)


def _position(cursor: str) -> Any:
    created_at, import_id = _paging.decode(cursor, parts=2)
    try:
        return func.row(datetime.fromisoformat(created_at), import_id)
    except ValueError:
        raise Invalid("this is no cursor of ours: leave it out to begin at the first page", field="cursor") from None


def _place(column: str, row: str) -> str:
    return f"deliveries.{column}/{row}"


def _of_line(import_id: str, line: int) -> str:
    return _place("import_lines.request", f"{import_id}/{line}")
