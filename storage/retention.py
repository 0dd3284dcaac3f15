"""Rows that are over: deleted in small batches, so that nobody waits for their locks, and counted in the journal."""

from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from storage._engine import transaction
from storage.journal import append_line, lock

_OF_THE_ERASED = """
    organisation_id IN (SELECT subject FROM journal.journal WHERE kind = 'organisation.erased')
    OR NOT shared AND EXISTS (
        SELECT FROM journal.journal WHERE subject = 'key/' || created_by AND kind = 'key.erased')
"""
_OVER = {
    "users": {
        "sessions": ("users.sessions", "expires_at < :before OR ended_at < :before"),
        "links": ("users.proofs", "expires_at < :before"),
        "invitations": ("users.invitations", "expires_at < :before"),
        # A bucket that is full again may as well not be there; whoever never comes back would leave it for ever.
        "tries": ("users.limits", "full_at < now()"),
        "clients": ("limits.limits", "full_at < now()"),
    },
    # What is shared is the organisation's, whoever saved it.
    "deliveries": {"views": ("deliveries.views", _OF_THE_ERASED)},
    "tracking": {"reports": ("tracking.scans", "delivery_id IS NULL AND received_at < :before")},
}
_UNTOLD = frozenset({"tries", "clients"})
"""Of what is nobody's and comes by the second no line is written."""


class SqlTidying:
    """What a service may tidy away, as its own role."""

    def __init__(self, engine: AsyncEngine, service: str) -> None:
        self._engine = engine
        self._service = service

    async def tidy(self, before: datetime, limit: int) -> int:
        """How many rows went, of all kinds together. Rows that somebody is at stay for the next time."""
        subject = f"retention/{self._service}"
        gone: dict[str, int] = {}
        async with transaction(self._engine) as connection:
            await lock(connection, subject)
            for name, (table, over) in _OVER[self._service].items():
                # The names are ours, above.
                statement = text(f"""
                    DELETE FROM {table} WHERE ctid IN (
                        SELECT ctid FROM {table} WHERE {over} LIMIT :most FOR UPDATE SKIP LOCKED)
                """)  # noqa: S608
                values = {"most": limit} | ({"before": before} if ":before" in over else {})
                gone[name] = (await connection.execute(statement, values)).rowcount
            told = {name: count for name, count in gone.items() if count and name not in _UNTOLD}
            if told:
                await append_line(connection, subject, "retention.tidied", "system", told)
        return sum(gone.values())
