"""One delivery of the archive, looked at or put back: the vault's key opens its file, its own key what is in it."""

import asyncio

from pydantic_core import to_json

from runtime.archiving import vault_of
from runtime.backup.vault import Damaged, Vault
from runtime.leaving import documents_of
from runtime.settings import Settings
from runtime.wiring import Wiring
from storage.leaving import Document, Piece
from storage.owning import owning


async def delivery_of(settings: Settings, url: str | None, delivery_id: str) -> str:
    """A delivery and its scans as JSON; of an erased one without what was personal. Raises SettingMissing,
    VaultUnusable, KeyFileUnusable, Damaged, NotFound, Unavailable."""
    vault = vault_of(settings, url, reads=True)
    async with Wiring(settings) as wiring:
        archive = wiring.returning()
        document = await asyncio.to_thread(_found, vault, await archive.piece_of(delivery_id), delivery_id)
        delivery, scans = await archive.read(document)
    return to_json({"delivery": delivery, "scans": scans}).decode()


async def put_delivery_back(settings: Settings, url: str | None, delivery_id: str) -> None:
    """Its rows are where they were. It is archived anew with the next run, since it is as old as it was. Raises as
    `delivery_of` does, and Conflict."""
    vault = vault_of(settings, url, reads=True)
    async with Wiring(settings) as wiring, owning(settings.need("database_url"), alone=True):
        archive = wiring.returning()
        document = await asyncio.to_thread(_found, vault, await archive.piece_of(delivery_id), delivery_id)
        await archive.take_back(document)


def _found(vault: Vault, piece: Piece, delivery_id: str) -> Document:
    for document in documents_of(vault, piece):
        if document["deliveries.deliveries"][0]["id"] == delivery_id:
            return document
    raise Damaged(f"{piece.name} does not hold {delivery_id}")
