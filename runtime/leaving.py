"""Deliveries that leave for the archive, some in each file: written, read back, and only then taken out."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from pydantic_core import from_json, to_json

from domain.errors import Conflict
from runtime.backup.vault import Damaged, Sealed, Vault
from runtime.saying import Progress, Say
from storage.leaving import BEGINNING, Document, Leaving, Piece

_FOLDER = "archive/deliveries"


async def leave(deliveries: Leaving, vault: Vault, say: Say, progress: Progress) -> int:
    """All that may; how many. What the database notes of a piece is its manifest, in the transaction that takes the
    deliveries out: one that was written and not noted is written anew. Raises VaultUnusable, Damaged, Conflict,
    Unavailable."""
    after, done, again = BEGINNING, 0, False
    while batch := await deliveries.batch(after):
        try:
            await _put_away(deliveries, vault, batch.documents, say)
        except Conflict:
            if again:
                raise
            again = True  # somebody was faster: once more, as they are now
            continue
        after, done, again = batch.until, done + len(batch.documents), False
        progress(done, done)
    return done


async def _put_away(deliveries: Leaving, vault: Vault, documents: Sequence[Document], say: Say) -> None:
    if not documents:
        return
    number = await deliveries.number()
    content = b"".join(to_json(document) + b"\n" for document in documents)
    sealed = await asyncio.to_thread(vault.put_small, f"{_FOLDER}/{number:06}.jsonl.gz.age", content)
    await asyncio.to_thread(vault.check, sealed)
    say(f"{len(documents)} deliveries lie in {sealed.name}, which was read back")
    await deliveries.let_go(Piece(number, sealed.name, sealed.sha256, sealed.size), documents)


async def forget(deliveries: Leaving, vault: Vault, before: datetime, say: Say) -> None:
    """The file goes first: what is not noted as forgotten is forgotten again with the next run."""
    for one in await deliveries.pieces():
        if one["forgotten_at"] is None and one["until"] < before:
            await asyncio.to_thread(vault.delete, [one["name"]])
            await deliveries.forgotten(one["number"])
            say(f"{one['name']}: forgotten, since it is older than ENTREGA_ARCHIVE_KEEP_DAYS")


async def verify(
    vault: Vault, pieces: Sequence[Mapping[str, Any]], say: Say, progress: Progress, *, opens: bool
) -> bool:
    """Whether each is what was put there and, opened, holds as many deliveries as were taken out."""
    right = deliveries = 0
    for number, one in enumerate(pieces):
        try:
            await asyncio.to_thread(_verify, vault, one, opens=opens)
            right, deliveries = right + 1, deliveries + one["deliveries"]
        except Damaged as damage:
            say(f"WRONG: {damage}")
        progress(number + 1, len(pieces))
    if right:
        say(
            f"right: {deliveries} deliveries in {right} files" + ("" if opens else ", not opened: the key is elsewhere")
        )
    return right == len(pieces)


def _verify(vault: Vault, one: Mapping[str, Any], *, opens: bool) -> None:
    piece = Piece(one["number"], one["name"], one["sha256"], one["bytes"])
    if not opens:
        vault.check(_sealed(piece))
    elif sum(1 for _ in documents_of(vault, piece)) != one["deliveries"]:
        raise Damaged(f"{piece.name} does not hold {one['deliveries']} deliveries")


def documents_of(vault: Vault, piece: Piece) -> Iterator[Document]:
    """What lies in a piece. Raises Damaged, VaultUnusable."""
    for text in vault.get_small(piece.name, _sealed(piece)).splitlines():
        yield from_json(text)


def _sealed(piece: Piece) -> Sealed:
    return Sealed(name=piece.name, size=piece.bytes, sha256=piece.sha256)
