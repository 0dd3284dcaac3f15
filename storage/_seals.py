"""What the users service seals of people and organisations, each by its own key, and how an address is found again."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncConnection

from storage._crypto import BlindIndex, Key
from storage.keys import KeyRing

ERASED = "erased"
ERASED_EMAIL = "erased@entrega.example.com"


@dataclass(frozen=True)
class Seals:
    """The keys of people and organisations, and the index of addresses."""

    keys: KeyRing
    index: BlindIndex

    async def of(self, connection: AsyncConnection, subject: str) -> Key:
        """The key that seals what is written of a subject, made with it. Raises Erased."""
        return await self.keys.within(connection, subject)

    async def known(self, subjects: Iterable[str], connection: AsyncConnection | None = None) -> Mapping[str, Key]:
        """The keys of those that were not erased."""
        return await self.keys.known(subjects, connection)

    def address(self, email: str) -> bytes:
        """By which an address is found, whatever its case and whoever's it is."""
        return self.index.of("email", email.lower())


def seal(key: Key, column: str, row: str, text: str) -> bytes:
    """For one column (`users.users.email`) of one row."""
    return key.seal(text.encode(), f"{column}/{row}")


def opened(key: Key | None, column: str, row: str, sealed: bytes, erased: str = ERASED) -> str:
    """What was sealed there; without its key, what stands for it."""
    return erased if key is None else key.open(sealed, f"{column}/{row}").decode()
