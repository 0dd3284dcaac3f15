"""Sessions at rest: one row each, whatever the number of refresh tokens it went through."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row as Result
from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from domain.errors import Unauthenticated
from domain.sessions import Session, Verdict, judge
from storage._engine import reading, transaction
from storage._people import SessionRow, UserRow, end_sessions
from storage.journal import append_line, lock

_ALL = select(*SessionRow.__table__.columns)


class SqlSessionStore:
    """Kept by the users service. A user's sessions change one at a time, under the lock of the user's own lines."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def begin(self, session: Session, family: str, token: str, password_set_at: datetime) -> None:
        """A new one; raises Unauthenticated when its user was disabled, or got another password, meanwhile."""
        fingerprints = {"family": family, "newest": [token], "before": []}
        unchanged = select(UserRow.id).where(
            UserRow.id == session.user_id, UserRow.disabled_at.is_(None), UserRow.password_set_at == password_set_at
        )
        told = {"session": session.id, "amr": list(session.amr)}
        async with transaction(self._engine) as connection:
            await lock(connection, session.user_id)
            if await connection.scalar(unchanged) is None:
                raise Unauthenticated("something changed meanwhile; sign in again")
            await append_line(connection, session.user_id, "user.signed_in", session.user_id, told)
            values = session.model_dump() | {"amr": list(session.amr)} | fingerprints
            await connection.execute(insert(SessionRow).values(values))

    async def rotate(self, family: str, shown: str, fresh: str, now: datetime) -> Session:
        """Exchanges the refresh token shown for a fresh one; raises Unauthenticated for one that is not good, and ends
        the session of one that was good once."""
        async with transaction(self._engine) as connection:
            row = await _locked(connection, family)
            session = _session(row)
            verdict = judge(session, row.newest, row.before, shown, now)
            changing = update(SessionRow).where(SessionRow.id == session.id)
            if verdict is Verdict.NEXT:
                before, turn = row.newest, session.turn + 1
                values = {"newest": [fresh], "before": before, "turn": turn, "rotated_at": now}
                await connection.execute(changing.values(values))
                return session.model_copy(update={"turn": turn, "rotated_at": now})
            if verdict is Verdict.SIBLING:
                await connection.execute(changing.values(newest=[*row.newest, fresh]))
                return session
            if verdict is Verdict.REUSED:
                told = {"session": session.id, "turn": session.turn}
                await append_line(connection, session.user_id, "user.refresh_reused", session.user_id, told)
                await connection.execute(changing.values(ended_at=now))
        raise Unauthenticated("the session has ended; sign in again")

    async def end(self, family: str, now: datetime) -> None:
        """Signs out the browser that holds it; again is harmless."""
        async with transaction(self._engine) as connection:
            try:
                session = _session(await _locked(connection, family))
            except Unauthenticated:
                return
            if await end_sessions(connection, session.user_id, now, session.id):
                told = {"session": session.id}
                await append_line(connection, session.user_id, "user.signed_out", session.user_id, told)

    async def end_all(self, user_id: str, actor: str, now: datetime, session_id: str | None = None) -> int:
        """Signs a user out everywhere, or of one session; how many ended."""
        async with transaction(self._engine) as connection:
            await lock(connection, user_id)
            ended = await end_sessions(connection, user_id, now, session_id)
            if ended or session_id is None:
                kind = "user.signed_out_everywhere" if session_id is None else "user.signed_out"
                await append_line(connection, user_id, kind, actor, {"sessions": ended})
        return len(ended)

    async def of(self, user_id: str, now: datetime) -> Sequence[Session]:
        """Those that live, newest first."""
        query = _ALL.where(SessionRow.user_id == user_id).order_by(SessionRow.created_at.desc())
        async with reading(self._engine) as connection:
            rows = list(await connection.execute(query))
        living = [(_session(row), row) for row in rows]
        return [s for s, row in living if judge(s, row.newest, row.before, row.newest[0], now) is Verdict.NEXT]

    async def move(self, family: str, user_id: str, organisation_id: str) -> None:
        """What the user's session refreshes into from now on; another's is left alone."""
        theirs = SessionRow.family == family, SessionRow.user_id == user_id
        elsewhere = update(SessionRow).where(*theirs, SessionRow.organisation_id != organisation_id)
        async with transaction(self._engine) as connection:
            await lock(connection, user_id)
            moved = await connection.scalar(elsewhere.values(organisation_id=organisation_id).returning(SessionRow.id))
            if moved is not None:
                told = {"session": moved, "organisation_id": organisation_id}
                await append_line(connection, user_id, "user.switched", user_id, told)


async def _locked(connection: AsyncConnection, family: str) -> Result[Any]:
    """The session's row, its user's lines locked before anything is written; raises Unauthenticated."""
    user_id = await connection.scalar(select(SessionRow.user_id).where(SessionRow.family == family))
    if user_id is not None:
        await lock(connection, user_id)
        row = (await connection.execute(_ALL.where(SessionRow.family == family))).one_or_none()
        if row is not None:
            return row
    raise Unauthenticated("the session has ended; sign in again")


def _session(row: Result[Any]) -> Session:
    return Session.model_validate(dict(row._mapping))
