"""What a vault says about itself: whose it is, which backups there are, and up to when everything is in it."""

from datetime import datetime
from typing import Literal, TypeVar

from pydantic import BaseModel, ValidationError

from runtime.backup.vault import Sealed, Vault, VaultUnusable

_BACKUPS, MANIFEST = "backups", "manifest.json"
_OWNER, _FOLLOWED, _DRILL = "vault.json", "followed.json", "drill.json"

T = TypeVar("T", bound=BaseModel)


class Owner(BaseModel):
    """The one PostgreSQL whose history lies here; a restored one has another timeline and needs another vault."""

    system: str
    timeline: int


class Mark(BaseModel):
    """What was committed at a moment: every transaction below `txid` had ended, and so many journal lines, and
    deliveries, were of those. Nothing can change that any more."""

    at: datetime
    txid: int
    lines: int
    deliveries: int


class Followed(BaseModel):
    """Everything up to the mark is in the vault: PostgreSQL's log up to `lsn`, MongoDB's up to `oplog`."""

    mark: Mark
    lsn: int
    oplog: tuple[int, int]


class PostgresBackup(BaseModel):
    """`wal` is the first segment of the log that it needs; `parent` what it is an increment of."""

    major: int
    superuser: str
    database: str
    base: Sealed
    contents: Sealed
    """What PostgreSQL says is in it: its next increment starts from that."""
    parent: str | None = None
    wal: str
    segment_bytes: int


class MongoBackup(BaseModel):
    """A snapshot at a time of the oplog: (seconds, increment)."""

    dump: Sealed
    oplog: tuple[int, int]
    documents: dict[str, int]


class Manifest(BaseModel):
    """A backup. It is written last: one without it does not exist."""

    id: str
    began_at: datetime
    ended_at: datetime
    mark: Mark
    keks: list[str]
    """The key-encryption keys that what it holds is wrapped by; they are not in it."""
    postgres: PostgresBackup
    mongo: MongoBackup

    @property
    def size(self) -> int:
        """Bytes in the vault."""
        return self.postgres.base.size + self.mongo.dump.size


class Check(BaseModel):
    """One thing that a drill looked at."""

    name: str
    right: bool
    found: str


class Drill(BaseModel):
    """What a drill found, and how long it took until all was there and checked (`rto_s`). `rpo_s` is how much of the
    newest past was not in the vault as it began."""

    at: datetime
    backup: str
    outcome: Literal["right", "wrong"]
    rto_s: float
    rpo_s: float | None
    checks: list[Check]


def folder_of(backup: str) -> str:
    """Where the files of a backup lie."""
    return f"{_BACKUPS}/{backup}"


def manifests(vault: Vault) -> list[Manifest]:
    """Every backup there is, oldest first."""
    found = []
    for name, _ in vault.names(_BACKUPS):
        if name.endswith(f"/{MANIFEST}") and (text := vault.read(name)) is not None:
            found.append(_parsed(Manifest, name, text))
    return sorted(found, key=lambda one: one.ended_at)


def chain(known: list[Manifest], newest: Manifest) -> list[Manifest]:
    """The full backup and every increment up to this one, in order. Raises VaultUnusable where one is missing."""
    by_id, found = {one.id: one for one in known}, [newest]
    while (parent := found[0].postgres.parent) is not None:
        if parent not in by_id:
            raise VaultUnusable(f"backup {found[0].id} builds on {parent}, which is not there: take a full one")
        found.insert(0, by_id[parent])
    return found


def write_manifest(vault: Vault, made: Manifest) -> None:
    """From here on it exists."""
    vault.write(f"{folder_of(made.id)}/{MANIFEST}", made)


def followed(vault: Vault) -> Followed | None:
    """Up to when everything is there, if anybody follows."""
    text = vault.read(_FOLLOWED)
    return _parsed(Followed, _FOLLOWED, text) if text is not None else None


def write_followed(vault: Vault, now: Followed) -> None:
    """Once everything up to its mark is there."""
    vault.write(_FOLLOWED, now)


def last_drill(vault: Vault) -> Drill | None:
    """The newest drill's report."""
    text = vault.read(_DRILL)
    return _parsed(Drill, _DRILL, text) if text is not None else None


def write_drill(vault: Vault, drill: Drill) -> None:
    """In the place of the one before."""
    vault.write(_DRILL, drill)


def claim(vault: Vault, ours: Owner) -> None:
    """Makes an empty vault ours. Raises VaultUnusable where it is another's: two histories of the same names would
    make each other useless."""
    if not is_ours(vault, _OWNER, ours):
        raise VaultUnusable(
            f"{vault.url} holds the history of another database, or of this one before it was restored: "
            "name an empty place with --to, and keep the old one for as long as you may need it"
        )


def is_ours(vault: Vault, name: str, ours: BaseModel) -> bool:
    """Whether the file of this name says so, which it does from now on where there is none. Raises VaultUnusable."""
    text = vault.read(name)
    if text is None:
        vault.write(name, ours)
        return True
    return _parsed(type(ours), name, text) == ours


def _parsed(kind: type[T], name: str, text: bytes) -> T:
    try:
        return kind.model_validate_json(text)
    except ValidationError:
        raise VaultUnusable(f"{name} cannot be read: it is damaged, or a newer Entrega wrote it") from None
