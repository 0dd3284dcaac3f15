"""Passwords: Argon2id as OWASP advises (19 MiB, two passes, one lane), off the event loop, never too many at once."""

import asyncio
import os
import secrets
import unicodedata

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

_hasher = PasswordHasher(memory_cost=19_456, time_cost=2, parallelism=1)
_AT_ONCE = os.cpu_count() or 1
# What an unknown e-mail's password is compared with, so that it takes as long as a known one's.
_NOBODYS = _hasher.hash(secrets.token_urlsafe(32))


class Passwords:
    """Hashes and compares; one per process."""

    def __init__(self) -> None:
        self._places = asyncio.Semaphore(_AT_ONCE)

    async def hash(self, password: str) -> str:
        """The hash to store."""
        async with self._places:
            return await asyncio.to_thread(_hasher.hash, _plain(password))

    async def matches(self, password: str, hashed: str | None) -> bool:
        """Whether it is the password; without a hash, no, after as long."""
        async with self._places:
            same = await asyncio.to_thread(_same, hashed or _NOBODYS, _plain(password))
        return same and hashed is not None


def _plain(password: str) -> str:
    """However a keyboard composed it (NIST SP 800-63B-4 §3.1.1.2)."""
    return unicodedata.normalize("NFKC", password)


def _same(hashed: str, password: str) -> bool:
    try:
        return _hasher.verify(hashed, password)
    except (VerificationError, InvalidHashError):
        return False
