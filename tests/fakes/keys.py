"""Data keys, in memory."""

import os
from collections.abc import Iterable

from domain.errors import Erased
from storage._crypto import Key


class InMemoryKeys:
    """Keys by subject; None is an erased one's."""

    def __init__(self) -> None:
        self.keys: dict[str, Key | None] = {}

    async def get(self, subject: str) -> Key:
        key = self.keys.setdefault(subject, Key(os.urandom(32)))
        if key is None:
            raise Erased
        return key

    async def known(self, subjects: Iterable[str]) -> dict[str, Key]:
        return {subject: key for subject in subjects if (key := self.keys.get(subject)) is not None}

    async def erase(self, subject: str, actor: str) -> bool:
        had = self.keys.get(subject) is not None
        self.keys[subject] = None
        return had
