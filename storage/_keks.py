"""Key-encryption keys: files in a folder, which wrap the data keys that PostgreSQL holds."""

import base64
import binascii
import os
import secrets
import shutil
from datetime import UTC, datetime
from pathlib import Path

import structlog

from domain.errors import Unavailable
from storage._crypto import KEY_BYTES, Key

_SUFFIX = ".kek"
log = structlog.get_logger(__name__)


class KeyFileUnusable(Exception):
    """A key's file or folder is missing or holds something else; the message names it and the next step."""


class Keks:
    """`<kid>.kek`, 32 random bytes in base64 each; the last by name is current, and names begin with their time.

    The folder is looked at again whenever a key is made or an unknown one is asked for, so a new file needs no restart.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._known: dict[str, Key] = {}
        self.current()

    def current(self) -> tuple[str, Key]:
        """The key that wraps new data keys, with its id. Raises KeyFileUnusable."""
        names = self.names()
        if not names:
            raise KeyFileUnusable(
                f"{self._folder} holds no key-encryption key (*{_SUFFIX}): put those there that wrapped the data keys, "
                f"or, for an empty database, make one: openssl rand -base64 32 > {self._folder / 'first'}{_SUFFIX}"
            )
        return names[-1], self._read(names[-1])

    def names(self) -> list[str]:
        """Ids of the keys there are, the current one last."""
        return sorted(path.stem for path in self._folder.glob(f"*{_SUFFIX}"))

    def get(self, kid: str) -> Key:
        """The key of that id. Raises Unavailable while its file is not here."""
        if kid in self._known or (self._folder / f"{kid}{_SUFFIX}").exists():
            return self._read(kid)
        log.error("a key-encryption key is missing", kid=kid, folder=str(self._folder))
        raise Unavailable("the key of this data cannot be had")

    def _read(self, kid: str) -> Key:
        if kid not in self._known:
            self._known[kid] = _key(self._folder / f"{kid}{_SUFFIX}")
        return self._known[kid]


def make_kek(folder: Path, now: datetime | None = None) -> str:
    """Adds a key, the current one from now on; its id. Raises OSError where the folder cannot be written."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    kid = f"{now or datetime.now(UTC):%Y%m%dT%H%M%S%fZ}-{secrets.token_hex(4)}"
    fresh = folder / f"{kid}.new"
    with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(new_key())
    if os.geteuid() == 0:  # else services that are not root could not read it
        shutil.chown(fresh, folder.stat().st_uid, folder.stat().st_gid)
    fresh.replace(folder / f"{kid}{_SUFFIX}")  # never half a key
    return kid


def new_key() -> bytes:
    """What a key's file holds."""
    return base64.b64encode(secrets.token_bytes(KEY_BYTES))


def read_key(file: Path) -> bytes:
    """The bytes in a file that holds a key in base64. Raises KeyFileUnusable."""
    try:
        raw = base64.b64decode(file.read_bytes().strip(), validate=True)
    except (OSError, binascii.Error):
        raw = b""
    if len(raw) != KEY_BYTES:
        raise KeyFileUnusable(f"{file} holds no key: 32 random bytes, in base64")
    return raw


def _key(file: Path) -> Key:
    return Key(read_key(file))
