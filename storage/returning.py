"""Deliveries of the archive read, and put back: what their keys open, and what can be made anew from that."""

from collections.abc import Sequence
from typing import Any

from pydantic_core import to_json
from sqlalchemy import delete, select, text, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from domain.deliveries import Delivery
from domain.errors import Conflict, NotFound
from domain.tracking import Scan
from storage._crypto import BlindIndex
from storage._delivery_rows import SHOWN, DeliveryRow, as_delivery, search_text
from storage._engine import constraint, reading, transaction
from storage.clues import write_clues
from storage.keys import KeyRing
from storage.leaving import TABLES, Document, Piece
from storage.stubs import PieceRow, StubRow
from storage.tracking import as_item


class SqlReturning:
    """As the database's owner."""

    def __init__(self, engine: AsyncEngine, keys: KeyRing, index: BlindIndex) -> None:
        self._engine = engine
        self._keys = keys
        self._index = index

    async def piece_of(self, delivery_id: str) -> Piece:
        """Where a delivery lies. Raises NotFound."""
        columns = PieceRow.number, PieceRow.name, PieceRow.sha256, PieceRow.bytes, PieceRow.forgotten_at
        query = select(*columns).join(StubRow, StubRow.archive == PieceRow.number).where(StubRow.id == delivery_id)
        async with reading(self._engine) as connection:
            row = (await connection.execute(query)).one_or_none()
        if row is None:
            raise NotFound(f"{delivery_id} is not archived")
        if row.forgotten_at is not None:
            raise NotFound(f"{delivery_id} lay in an archive that was forgotten on {row.forgotten_at.date()}")
        return Piece(*row[:4])

    async def read(self, document: Document) -> tuple[Delivery, Sequence[Scan]]:
        """What it says; of an erased one without what was personal."""
        async with reading(self._engine) as connection:
            [row] = await _populated(connection, "deliveries.deliveries", document)
            scans = await _populated(connection, "tracking.scans", document)
        keys = await self._keys.known([row.id, *(scan.sealed_by for scan in scans)])
        reports = [as_item(scan, keys.get(scan.sealed_by)).scan for scan in scans]
        return as_delivery(row, keys.get(row.id)), reports

    async def take_back(self, document: Document) -> None:
        """Its rows are where they were, found by what they were found by, and it is not archived any more; all of it or
        nothing. What was erased meanwhile stays so. Raises NotFound, Conflict."""
        its_id = document["deliveries.deliveries"][0]["id"]
        try:
            async with transaction(self._engine) as connection:
                gone = delete(StubRow).where(StubRow.id == its_id).returning(StubRow.erased_at)
                stub = (await connection.execute(gone)).one_or_none()
                if stub is None:
                    raise NotFound(f"{its_id} is not archived")
                for table in TABLES:
                    await _inserted(connection, table, document)
                await self._made_anew(connection, its_id, {"erased_at": stub.erased_at})
        except IntegrityError as error:
            raise Conflict(f"something of {its_id} has come anew since ({constraint(error)})") from None

    async def _made_anew(self, connection: AsyncConnection, its_id: str, values: dict[str, Any]) -> None:
        key = (await self._keys.known((its_id,), connection)).get(its_id)
        it = DeliveryRow.id == its_id
        if key is not None:
            delivery = as_delivery((await connection.execute(select(*SHOWN).where(it))).one(), key)
            values["search_text"] = search_text(delivery)
            await write_clues(connection, delivery, self._index)
        await connection.execute(update(DeliveryRow).where(it).values(values))


# The names are ours: of `TABLES`, and of their columns when the document was written.


async def _populated(connection: AsyncConnection, table: str, document: Document) -> Sequence[Any]:
    """Rows as they would be read from the table."""
    statement = f"SELECT * FROM jsonb_populate_recordset(NULL::{table}, CAST(:rows AS jsonb))"  # noqa: S608
    return (await connection.execute(text(statement), {"rows": to_json(document[table]).decode()})).all()


async def _inserted(connection: AsyncConnection, table: str, document: Document) -> None:
    """Columns that came since have what is usual for them."""
    if not document[table]:
        return
    columns = ", ".join(document[table][0])
    statement = f"""
        INSERT INTO {table} ({columns}) OVERRIDING SYSTEM VALUE
        SELECT {columns} FROM jsonb_populate_recordset(NULL::{table}, CAST(:rows AS jsonb))
    """  # noqa: S608
    await connection.execute(text(statement), {"rows": to_json(document[table]).decode()})
