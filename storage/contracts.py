"""Contracts at rest: what each organisation is promised of each service."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.orm import Mapped, mapped_column

from domain.quotes import Service
from domain.sla import Contract, SlaTerms
from storage._engine import reading, transaction
from storage._rows import Row
from storage.journal import append_line, lock


class ContractRow(Row):
    """An organisation's contract for one service."""

    __tablename__ = "contracts"
    __table_args__ = ({"schema": "deliveries"},)

    organisation_id: Mapped[str] = mapped_column(primary_key=True)
    service: Mapped[str] = mapped_column(primary_key=True)
    document: Mapped[dict[str, Any]]
    updated_at: Mapped[datetime]


class SqlContractStore:
    """Kept by the deliveries service."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def terms(self, organisation_id: str, service: Service) -> SlaTerms | None:
        """Those of one service, if there is a contract."""
        query = select(ContractRow.document).where(
            ContractRow.organisation_id == organisation_id, ContractRow.service == str(service)
        )
        async with reading(self._engine) as connection:
            document = await connection.scalar(query)
        return None if document is None else SlaTerms.model_validate(document)

    async def contracts(self, organisation_id: str | None = None) -> Sequence[Contract]:
        """An organisation's, or everybody's, by organisation and service."""
        query = select(ContractRow.organisation_id, ContractRow.service, ContractRow.document)
        if organisation_id is not None:
            query = query.where(ContractRow.organisation_id == organisation_id)
        async with reading(self._engine) as connection:
            rows = await connection.execute(query.order_by(ContractRow.organisation_id, ContractRow.service))
            return [
                Contract(organisation_id=row.organisation_id, service=row.service, terms=row.document) for row in rows
            ]

    async def put(self, contract: Contract, actor: str) -> None:
        """Sets it for deliveries requested from now on, with a journal line."""
        whose = contract.organisation_id
        key = {"organisation_id": whose, "service": str(contract.service)}
        values = {"document": contract.terms, "updated_at": datetime.now(UTC)}
        statement = insert(ContractRow).values(**key, **values)
        told = {"service": str(contract.service), "terms": contract.terms.model_dump(mode="json", exclude_none=True)}
        async with transaction(self._engine) as connection:
            await append_line(connection, whose, "contract.put", actor, told, whose)
            await connection.execute(statement.on_conflict_do_update(index_elements=list(key), set_=values))

    async def delete(self, organisation_id: str, service: Service, actor: str) -> bool:
        """Whether there was one to end, for deliveries requested from now on; told in the journal."""
        there = ContractRow.organisation_id == organisation_id, ContractRow.service == str(service)
        told = {"service": str(service)}
        async with transaction(self._engine) as connection:
            await lock(connection, organisation_id)
            if await connection.scalar(select(ContractRow.service).where(*there)) is None:
                return False
            await append_line(connection, organisation_id, "contract.ended", actor, told, organisation_id)
            await connection.execute(delete(ContractRow).where(*there))
            return True
