"""What was agreed with organisations, at rest."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.orm import Mapped, mapped_column

from domain.terms import Terms
from storage._engine import reading, transaction
from storage._rows import Row
from storage.journal import append_line


class TermsRow(Row):
    """An organisation's terms."""

    __tablename__ = "terms"
    __table_args__ = ({"schema": "carriers"},)

    organisation_id: Mapped[str] = mapped_column(primary_key=True)
    document: Mapped[dict[str, Any]]
    updated_at: Mapped[datetime]


class SqlTermsStore:
    """Written by the quotes service, read by deliveries too."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def terms(self, organisation_id: str) -> Terms:
        """The organisation's own; else the usual ones."""
        query = select(TermsRow.document).where(TermsRow.organisation_id == organisation_id)
        async with reading(self._engine) as connection:
            document = await connection.scalar(query)
        return Terms() if document is None else Terms.model_validate(document)

    async def put_terms(self, organisation_id: str, terms: Terms, actor: str) -> None:
        """Sets them; the line names no organisation, so that no customer's stream tells our margin."""
        values = {"document": terms, "updated_at": datetime.now(UTC)}
        statement = insert(TermsRow).values(organisation_id=organisation_id, **values)
        told = terms.model_dump(mode="json")
        async with transaction(self._engine) as connection:
            await append_line(connection, f"terms/{organisation_id}", "terms.put", actor, told)
            await connection.execute(statement.on_conflict_do_update(index_elements=["organisation_id"], set_=values))
