"""One LISTEN connection per process: hints that the journal has grown, never what happened."""

import asyncio
from collections.abc import AsyncIterator

import psycopg
import structlog
from psycopg import sql
from pydantic import ValidationError
from sqlalchemy.engine import make_url

from domain.ports import Hint
from storage._engine import KEEPALIVES
from storage.journal import CHANNEL

_CONNECT_TIMEOUT_S = 5
_log = structlog.get_logger(__name__)


class Listener:
    """Opened once per process, whoever wants to hear: fan its hints out, do not open another.

    Each time it has connected anew, and after every `quiet` seconds without a word, it gives an empty hint, since
    what was said meanwhile is lost: readers page through the journal from where they stand.
    """

    def __init__(self, database_url: str, *, application_name: str, quiet: float = 5.0, retry: float = 0.5) -> None:
        plain = make_url(database_url).set(drivername="postgresql")
        self._url = plain.render_as_string(hide_password=False)
        self._application_name = application_name
        self._quiet = quiet
        self._retry = retry

    async def hints(self) -> AsyncIterator[Hint]:
        """Never ends by itself, nor raises when the database goes away: it connects again."""
        while True:
            try:
                async with await self._connect() as connection:
                    await connection.execute(sql.SQL("LISTEN {}").format(sql.Identifier(CHANNEL)))
                    yield Hint()
                    while True:
                        heard = False
                        async for notify in connection.notifies(timeout=self._quiet, stop_after=1):
                            heard = True
                            yield _hint(notify.payload)
                        if not heard:
                            yield Hint()
            except psycopg.Error as error:
                _log.warning("not listening", error=type(error).__name__)
            await asyncio.sleep(self._retry)

    async def _connect(self) -> psycopg.AsyncConnection[tuple[object, ...]]:
        return await psycopg.AsyncConnection.connect(
            self._url,
            autocommit=True,
            connect_timeout=_CONNECT_TIMEOUT_S,
            application_name=self._application_name,
            **KEEPALIVES,
        )


def _hint(payload: str) -> Hint:
    try:
        return Hint.model_validate_json(payload)
    except ValidationError:  # any role may NOTIFY; what makes no sense still says: look
        return Hint()
