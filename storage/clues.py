"""What deliveries are found by: words in an index of their own, the personal ones as keyed digests."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Text, cast, exists, func, literal, select, text
from sqlalchemy.dialects.postgresql import ARRAY, TSVECTOR, insert
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.orm import Mapped, mapped_column

from domain.deliveries import Delivery
from domain.finding import PERSONAL, Clue, Search, clues
from storage._crypto import BlindIndex
from storage._rows import Row

BLIND = "b"
"""What the digest of a personal clue begins with: migration 0018 goes by it when a delivery's key is erased."""
_DIGEST_BYTES = 8
_CLEAR = {Clue.CODE: "c", Clue.ID_END: "e"}
FEW = 2000
"""Up to so many, all that fit are looked up and put in order; of more, the newest are near, whichever they are."""


class ClueRow(Row):
    """A delivery's words (a tsvector of whole lexemes), written when they change, which is seldom."""

    __tablename__ = "clues"
    __table_args__ = ({"schema": "deliveries"},)

    delivery_id: Mapped[str] = mapped_column(primary_key=True)
    organisation_id: Mapped[str]
    created_at: Mapped[datetime]
    words: Mapped[Any] = mapped_column(TSVECTOR)


def _lexeme(index: BlindIndex, kind: Clue, value: str) -> str:
    if kind in PERSONAL:
        return BLIND + index.of(f"deliveries.clues.{kind}", value)[:_DIGEST_BYTES].hex()
    return _CLEAR[kind] + value


def _belongs(organisation_id: str) -> str:
    """A word of everything an organisation has, so that the index alone finds what is its own."""
    return f"o{organisation_id}"


async def write_clues(connection: AsyncConnection, delivery: Delivery, index: BlindIndex) -> None:
    """As the delivery now is; nothing where nothing has changed, and nothing of one that is erased."""
    every = [_lexeme(index, *clue) for clue in clues(delivery)]
    lexemes = cast([*sorted(every), _belongs(delivery.organisation_id)], ARRAY(Text()))
    its_words = func.array_to_tsvector(lexemes)
    same = select(ClueRow.delivery_id).where(ClueRow.delivery_id == delivery.id, ClueRow.words == its_words)
    told = select(
        literal(delivery.id), literal(delivery.organisation_id), literal(delivery.created_at), its_words
    ).where(~exists(same), text("EXISTS (SELECT FROM keys.data_keys WHERE subject = :subject AND wrapped IS NOT NULL)"))
    columns = ["delivery_id", "organisation_id", "created_at", "words"]
    statement = insert(ClueRow).from_select(columns, told)
    changed = {"words": statement.excluded.words}
    await connection.execute(
        statement.on_conflict_do_update(index_elements=["delivery_id"], set_=changed), {"subject": delivery.id}
    )


def tsquery(search: Search, index: BlindIndex, organisation_id: str | None) -> str | None:
    """The search in PostgreSQL's words, of one organisation or of all; None where nothing can fit."""
    groups = [] if organisation_id is None else [_quoted(_belongs(organisation_id))]
    for group in search:
        if not group:
            return None
        alternatives = (
            _joined(" & ", (_quoted(_lexeme(index, one.kind, one.text)) + ":*" * one.beginning for one in alternative))
            for alternative in group
        )
        groups.append(_joined(" | ", alternatives))
    return _joined(" & ", groups)


def _joined(operator: str, parts: Iterable[str]) -> str:
    return f"({operator.join(parts)})"


def _quoted(lexeme: str) -> str:
    """Lexemes are letters and digits; ids have an underscore."""
    escaped = lexeme.replace("\\", "\\\\").replace("'", "''")
    return f"'{escaped}'"
