"""Delivery policies that differ from the settings', one per organisation."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.orm import Mapped, mapped_column

from domain.deliveries import DeliveryPolicy
from storage._engine import reading, transaction
from storage._rows import Row
from storage.journal import append_line


class PolicyRow(Row):
    """An organisation's policy."""

    __tablename__ = "policies"
    __table_args__ = ({"schema": "deliveries"},)

    organisation_id: Mapped[str] = mapped_column(primary_key=True)
    document: Mapped[dict[str, Any]]
    updated_at: Mapped[datetime]


class SqlPolicyStore:
    """Kept by the deliveries service."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def policy(self, organisation_id: str) -> DeliveryPolicy | None:
        """The organisation's own, if it has one."""
        query = select(PolicyRow.document).where(PolicyRow.organisation_id == organisation_id)
        async with reading(self._engine) as connection:
            document = await connection.scalar(query)
        return None if document is None else DeliveryPolicy.model_validate(document)

    async def put_policy(self, organisation_id: str, policy: DeliveryPolicy, actor: str) -> None:
        """Sets it, with a journal line naming what differs from the default."""
        usual = DeliveryPolicy()
        differs = [name for name in DeliveryPolicy.model_fields if getattr(policy, name) != getattr(usual, name)]
        values = {"document": policy, "updated_at": datetime.now(UTC)}
        statement = insert(PolicyRow).values(organisation_id=organisation_id, **values)
        async with transaction(self._engine) as connection:
            await append_line(connection, organisation_id, "policy.put", actor, {"differs": differs}, organisation_id)
            await connection.execute(statement.on_conflict_do_update(index_elements=["organisation_id"], set_=values))
