"""Where backups lie: a folder or an object store, everything in it sealed with age but for what says what there is."""

import contextlib
import gzip
import hashlib
import io
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import obstore
import pyrage
from obstore.store import LocalStore, from_url
from pydantic import BaseModel

_PIECE = 1024 * 1024


class VaultUnusable(Exception):
    """The place for backups cannot be used, or holds nothing that helps; the message says what to do."""


class Damaged(Exception):
    """Something in the vault is not what was put there; the message names it."""


class Sealed(BaseModel):
    """One sealed file: its name in the vault, how large it is there, and its SHA-256 as it lies there."""

    name: str
    size: int
    sha256: str


class Vault:
    """`url` is a folder's path, or s3://bucket/folder (az://, gs://), whose credentials come from AWS_… variables.

    A file appears whole or not at all. Recipients are age's public keys (`age1…`), by which anybody may put things;
    only who has the identity (`AGE-SECRET-KEY-…`) reads them. Raises VaultUnusable.
    """

    def __init__(
        self, url: str, recipients: Path | None = None, identity: Path | None = None, *, new: bool = True
    ) -> None:
        """A folder that is not there is made, unless `new` is false."""
        self.url = url
        self._recipients = [pyrage.x25519.Recipient.from_str(key) for key in _keys(recipients)]
        self._identities = [pyrage.x25519.Identity.from_str(key) for key in _keys(identity)]
        try:
            if "://" in url and not url.startswith("file://"):
                self._store: Any = from_url(url)
            else:
                folder = Path(url.removeprefix("file://")).resolve()
                self._store = LocalStore(folder, mkdir=new)
        except (OSError, ValueError, obstore.exceptions.BaseError) as error:
            raise VaultUnusable(f"backups cannot lie at {url}: {_first_line(error)}") from None

    # ── what says what there is, readable by anybody ──────────────────────────────────────────────────────

    def write(self, name: str, value: BaseModel) -> None:
        """Puts a description, over the one before."""
        with self._reached():
            obstore.put(self._store, name, value.model_dump_json(indent=1).encode())

    def write_open(self, name: str, content: bytes) -> Sealed:
        """Puts what need not be sealed, compressed."""
        packed = gzip.compress(content, 6)
        with self._reached():
            obstore.put(self._store, name, packed)
        return Sealed(name=name, size=len(packed), sha256=hashlib.sha256(packed).hexdigest())

    def read_open(self, expected: Sealed) -> bytes:
        """The opposite. Raises Damaged."""
        packed = self.read(expected.name)
        if packed is None:
            raise Damaged(f"{expected.name} is missing from {self.url}")
        if hashlib.sha256(packed).hexdigest() != expected.sha256:
            raise Damaged(f"{expected.name} in {self.url} is not what was put there: its checksum differs")
        return gzip.decompress(packed)

    def read(self, name: str) -> bytes | None:
        """A description, or None."""
        with self._reached():
            try:
                return bytes(obstore.get(self._store, name).bytes())
            except FileNotFoundError:
                return None

    def names(self, folder: str) -> list[tuple[str, int]]:
        """What lies in a folder, however deep, by name, with its size; whatever is there, sorted."""
        found: list[tuple[str, int]] = []
        with self._reached(), contextlib.suppress(FileNotFoundError):
            for page in obstore.list(self._store, prefix=folder):
                found += [(str(one["path"]), int(one["size"])) for one in page]
        return sorted(found)

    def delete(self, names: Iterable[str]) -> None:
        """What is gone already is no matter."""
        for name in names:
            with self._reached(), contextlib.suppress(FileNotFoundError):
                obstore.delete(self._store, name)

    @contextlib.contextmanager
    def _reached(self) -> Iterator[None]:
        try:
            yield
        except obstore.exceptions.BaseError as error:
            raise VaultUnusable(f"{self.url} does not answer as it should: {_first_line(error)}") from None

    # ── what is sealed ────────────────────────────────────────────────────────────────────────────────────

    def put(self, name: str, source: Any) -> Sealed:
        """Seals what a binary file gives, piece by piece, however large. Raises VaultUnusable, OSError."""
        if not self._recipients:
            raise VaultUnusable(
                "nobody could read it: ENTREGA_BACKUP_RECIPIENTS_FILE is to name a file of age's public keys"
            )
        try:
            with self._reached(), obstore.open_writer(self._store, name) as sink:
                counted = _Counted(sink)
                pyrage.encrypt_io(source, counted, self._recipients)
        except pyrage.EncryptError as error:
            raise VaultUnusable(f"{name} cannot be put into {self.url}: {_first_line(error)}") from None
        return Sealed(name=name, size=counted.size, sha256=counted.digest.hexdigest())

    def put_small(self, name: str, content: bytes) -> Sealed:
        """Compresses and seals what fits into memory."""
        return self.put(name, io.BytesIO(gzip.compress(content, 1)))

    def get(self, name: str, target: Any, expected: Sealed | None = None) -> None:
        """Opens into a binary file. Raises Damaged, also where it is not there; VaultUnusable without an identity."""
        if not self._identities:
            raise VaultUnusable("nothing can be read without the secret key: set ENTREGA_BACKUP_IDENTITY_FILE")
        digest = hashlib.sha256()
        try:
            with self._reached():
                source = _Source(iter(obstore.get(self._store, name).stream(_PIECE)), digest)
            pyrage.decrypt_io(source, target, self._identities)
            while source.read(_PIECE):
                pass
        except FileNotFoundError:
            raise Damaged(f"{name} is missing from {self.url}") from None
        except (pyrage.DecryptError, OSError) as error:
            if source.failed is not None:
                raise VaultUnusable(
                    f"{self.url} stopped in the middle of {name}: {_first_line(source.failed)}"
                ) from None
            if isinstance(error, OSError) and error.errno is not None:
                raise  # no room left here, say; age's own have no number
            raise Damaged(f"{name} in {self.url} is damaged, or sealed for another: {_first_line(error)}") from None
        if expected is not None and digest.hexdigest() != expected.sha256:
            raise Damaged(f"{name} in {self.url} is not what was put there: its checksum differs")

    def check(self, expected: Sealed) -> None:
        """Reads it through without opening it: that it is there, and what was put there. Raises Damaged."""
        digest = hashlib.sha256()
        with self._reached():
            try:
                for piece in obstore.get(self._store, expected.name).stream(_PIECE):
                    digest.update(bytes(piece))
            except FileNotFoundError:
                raise Damaged(f"{expected.name} is missing from {self.url}") from None
        if digest.hexdigest() != expected.sha256:
            raise Damaged(f"{expected.name} in {self.url} is not what was put there: its checksum differs")

    def get_small(self, name: str, expected: Sealed | None = None) -> bytes:
        """The opposite of `put_small`."""
        target = io.BytesIO()
        self.get(name, target, expected)
        return gzip.decompress(target.getvalue())


class _Counted(io.RawIOBase):
    def __init__(self, sink: Any) -> None:
        self._sink, self.digest, self.size = sink, hashlib.sha256(), 0

    def writable(self) -> bool:
        return True

    def write(self, piece: Any) -> int:
        content = bytes(piece)
        self.digest.update(content)
        self.size += len(content)
        self._sink.write(content)
        return len(content)


class _Source(io.RawIOBase):
    def __init__(self, pieces: Iterator[Any], digest: Any) -> None:
        self._pieces, self._digest, self._left = pieces, digest, memoryview(b"")
        self.failed: Exception | None = None

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        if not self._left:
            try:
                self._left = memoryview(bytes(next(self._pieces, b"")))
            except (obstore.exceptions.BaseError, OSError) as error:
                self.failed = error
                raise OSError("the vault stopped") from error
            self._digest.update(self._left)
        size = size if size >= 0 else len(self._left)
        content, self._left = self._left[:size], self._left[size:]
        return bytes(content)


def make_identity(folder: Path) -> tuple[Path, Path]:
    """A new pair in files of its own, unless they are there: the secret `identity`, the public `recipients`."""
    identity, recipients = folder / "identity", folder / "recipients"
    if not identity.exists():
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        made = pyrage.x25519.Identity.generate()
        for path, key in ((recipients, made.to_public()), (identity, made)):  # the one that is looked for comes last
            fresh = path.with_name(f"{path.name}.new")
            fresh.unlink(missing_ok=True)
            with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
                file.write(f"{key}\n")
            fresh.replace(path)
    return identity, recipients


def _keys(path: Path | None) -> Iterator[str]:
    if path is None:
        return
    try:
        lines = path.read_text().splitlines()
    except OSError as error:
        raise VaultUnusable(f"{path} cannot be read ({error.strerror}): it holds age's keys, one a line") from None
    for line in lines:
        if line.strip() and not line.startswith("#"):
            yield line.strip()


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0][:200]
