"""Passwords: Argon2id as OWASP advises (19 MiB, two passes, one lane), off the event loop, never too many at once."""

import asyncio
import functools
import gzip
import os
import secrets
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from domain import passwords
from domain.errors import Unavailable

T = TypeVar("T")
_hasher = PasswordHasher(memory_cost=19_456, time_cost=2, parallelism=1)
_AT_ONCE = os.cpu_count() or 1
_WAITING = 16 * _AT_ONCE
# What an unknown e-mail's password is compared with, so that it takes as long as a known one's.
_NOBODYS = _hasher.hash(secrets.token_urlsafe(32))


class Passwords:
    """Hashes and compares; one per process. Raises Unavailable rather than let a queue grow without end."""

    def __init__(self, hasher: PasswordHasher = _hasher) -> None:
        self._hasher = hasher
        self._places = asyncio.Semaphore(_AT_ONCE)
        self._here = 0

    async def hash(self, password: str) -> str:
        """The hash to store."""
        return await self._run(self._hasher.hash, passwords.normalised(password))

    async def matches(self, password: str, hashed: str | None) -> bool:
        """Whether it is the password; without a hash, no, after as long."""
        same = await self._run(self._same, hashed or _NOBODYS, passwords.normalised(password))
        return same and hashed is not None

    def is_outdated(self, hashed: str) -> bool:
        """Whether it was hashed with other parameters than today's."""
        return self._hasher.check_needs_rehash(hashed)

    def _same(self, hashed: str, password: str) -> bool:
        try:
            return self._hasher.verify(hashed, password)
        except (VerificationError, InvalidHashError):
            return False

    async def _run(self, work: Callable[..., T], *values: str) -> T:
        if self._here >= _WAITING:
            raise Unavailable("too many sign in at this moment")
        self._here += 1
        try:
            async with self._places:
                return await asyncio.to_thread(work, *values)
        finally:
            self._here -= 1


@functools.cache
def common() -> frozenset[str]:
    """Passwords that are tried first, in lower case: public lists of what was used most, six characters and more."""
    packed = Path(__file__).with_name("common_passwords.txt.gz").read_bytes()
    return frozenset(gzip.decompress(packed).decode().split("\n"))


def check(password: str, about: Iterable[str], *, second_factor: bool = False) -> None:
    """Raises PasswordTooShort or PasswordTooCommon; `about` are words that tell something of the owner."""
    least = passwords.WITH_SECOND_FACTOR if second_factor else passwords.ALONE
    passwords.check(password, common(), about, least=least)
