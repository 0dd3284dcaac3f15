"""Rules about accounts and pauses of carriers at rest."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.orm import Mapped, mapped_column

from domain.pauses import Pause, told_of
from domain.routing import AccountRule
from storage._engine import reading, transaction
from storage._rows import Row
from storage.journal import append_line, lock

_EVERY = "*"


class RuleRow(Row):
    """One rule."""

    __tablename__ = "rules"
    __table_args__ = ({"schema": "carriers"},)

    id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    document: Mapped[dict[str, Any]]
    updated_at: Mapped[datetime]


class PauseRow(Row):
    """A pause of one account, or of every account of a carrier's."""

    __tablename__ = "pauses"
    __table_args__ = ({"schema": "carriers"},)

    carrier: Mapped[str] = mapped_column(primary_key=True)
    account: Mapped[str] = mapped_column(primary_key=True)
    document: Mapped[dict[str, Any]]
    updated_at: Mapped[datetime]


class SqlRoutingStore:
    """Written by the quotes service, read by those that call carriers."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def rules(self) -> Sequence[AccountRule]:
        """Every rule, by name."""
        async with reading(self._engine) as connection:
            documents = await connection.scalars(select(RuleRow.document).order_by(RuleRow.name, RuleRow.id))
            return [AccountRule.model_validate(document, extra="ignore") for document in documents]

    async def put_rule(self, rule: AccountRule, actor: str) -> None:
        """Creates or replaces one, with a journal line under its id."""
        values = {"name": rule.name, "document": rule, "updated_at": datetime.now(UTC)}
        statement = insert(RuleRow).values(id=rule.id, **values)
        told = {"enabled": rule.enabled, "effect": str(rule.effect), "accounts": list(rule.accounts)}
        async with transaction(self._engine) as connection:
            await append_line(connection, rule.id, "rule.put", actor, told)
            await connection.execute(statement.on_conflict_do_update(index_elements=["id"], set_=values))

    async def delete_rule(self, rule_id: str, actor: str) -> bool:
        """Whether there was one to delete."""
        here = RuleRow.id == rule_id
        async with transaction(self._engine) as connection:
            await lock(connection, rule_id)
            if await connection.scalar(select(RuleRow.id).where(here)) is None:
                return False
            await append_line(connection, rule_id, "rule.deleted", actor, {})
            await connection.execute(delete(RuleRow).where(here))
            return True

    async def pauses(self) -> Sequence[Pause]:
        """Every pause not lifted, over or not, by carrier and account."""
        async with reading(self._engine) as connection:
            documents = await connection.scalars(select(PauseRow.document).order_by(PauseRow.carrier, PauseRow.account))
            return [Pause.model_validate(document) for document in documents]

    async def put_pause(self, pause: Pause) -> None:
        """Pauses, or changes the pause there is, with a journal line under `carrier/…`."""
        key = {"carrier": pause.carrier, "account": pause.account or _EVERY}
        values = {"document": pause, "updated_at": datetime.now(UTC)}
        statement = insert(PauseRow).values(**key, **values)
        told = pause.model_dump(mode="json", exclude={"actor", "created_at"})
        async with transaction(self._engine) as connection:
            await append_line(connection, told_of(pause.carrier, pause.account), "carrier.paused", pause.actor, told)
            await connection.execute(statement.on_conflict_do_update(index_elements=list(key), set_=values))

    async def lift_pause(self, carrier: str, account: str | None, actor: str) -> bool:
        """Whether there was one to lift."""
        here, subject = (
            (PauseRow.carrier == carrier, PauseRow.account == (account or _EVERY)),
            told_of(carrier, account),
        )
        async with transaction(self._engine) as connection:
            await lock(connection, subject)
            if await connection.scalar(select(PauseRow.carrier).where(*here)) is None:
                return False
            await append_line(connection, subject, "carrier.resumed", actor, {"carrier": carrier, "account": account})
            await connection.execute(delete(PauseRow).where(*here))
            return True
