"""Old months of the journal, and then deliveries: sealed as backups are, read back, and only then taken out of the
database."""

import asyncio
import hashlib
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from pydantic import BaseModel, ValidationError
from pydantic_core import from_json, to_json

from domain.audit import JournalLine, chained
from domain.errors import NotFound
from runtime import leaving
from runtime.backup.manifest import is_ours
from runtime.backup.vault import Damaged, Sealed, Vault, VaultUnusable
from runtime.saying import Progress, Say
from runtime.settings import Settings
from runtime.wiring import Wiring
from storage.archiving import Archivist, Counted, Partition
from storage.leaving import Leaving
from storage.owning import owning

_FOLDER, _MANIFEST, _PLACE = "archive/journal", "manifest.json", "archive/place.json"


class Database(BaseModel):
    """Whose archives lie in a place: another's would have the same names."""

    system: str
    name: str


class Piece(Sealed):
    """A file of lines, one JSON document each."""

    lines: int


class Manifest(BaseModel):
    """An archive; it is written last, and one without it does not exist. `digest` is SHA-256 over the lines' hashes in
    the order of their ids; `others` how many lines were not about deliveries, and so are not in it."""

    name: str
    since: datetime | None
    until: datetime
    made_at: datetime
    lines: int
    deliveries: int
    others: int
    last_id: int
    digest: str
    pieces: list[Piece]

    def holds(self, counted: Counted) -> bool:
        """Whether it is of what was counted: lines are only ever added."""
        now = counted.lines, counted.deliveries, counted.others, counted.last_id
        return now == (self.lines, self.deliveries, self.others, self.last_id)


def vault_of(settings: Settings, url: str | None, *, reads: bool = False) -> Vault:
    """Where archives lie; `reads` where they are to be opened. Raises SettingMissing, VaultUnusable."""
    url = url or settings.archive_url or str(settings.need("backup_url"))
    identity = settings.need("backup_identity_file") if reads else None
    return Vault(url, settings.backup_recipients_file, identity, new=not reads)


# ── putting away ──────────────────────────────────────────────────────────────────────────────────────────


class Left(NamedTuple):
    """How many of each left."""

    months: int
    deliveries: int


async def archive(settings: Settings, url: str | None, now: datetime, say: Say, progress: Progress) -> Left:
    """Months that are old enough, oldest first, up to one that has to wait; then the deliveries whose lines have left
    with them. Killed anywhere, nothing is lost and nothing is there twice: run it again. Raises SettingMissing,
    VaultUnusable, Damaged, Conflict, Unavailable."""
    vault, done = vault_of(settings, url), 0
    async with Wiring(settings) as wiring, owning(settings.need("database_url"), alone=True) as owner:
        journal, deliveries = Archivist(owner), Leaving(owner)
        system, name = await journal.whose()
        await asyncio.to_thread(_claim, vault, Database(system=system, name=name))
        copied = await wiring.audit().cursor()
        for part in await journal.due(now - timedelta(days=settings.journal_hot_days)):
            if why := await journal.hindrance(part, copied):
                say(f"{part.name} waits, and what came after it: {why}")
                break
            counted = await journal.count(part)
            if counted.lines:
                await _put_away(journal, vault, part, counted, say, progress)
                done += 1
        left = await leaving.leave(deliveries, vault, say, progress)
        if settings.archive_keep_days:
            before = now - timedelta(days=settings.archive_keep_days)
            await _forget(journal, vault, before, say)
            await leaving.forget(deliveries, vault, before, say)
    return Left(done, left)


def _claim(vault: Vault, ours: Database) -> None:
    """Makes an empty place ours. Raises VaultUnusable where it is another's: what we write would take its place."""
    if not is_ours(vault, _PLACE, ours):
        raise VaultUnusable(
            f"archives of another database lie in {vault.url}: give these a place of their own by ENTREGA_ARCHIVE_URL; "
            f"where they are this one's, from before its PostgreSQL was made anew, remove {_PLACE} there"
        )


async def _put_away(
    journal: Archivist, vault: Vault, part: Partition, counted: Counted, say: Say, progress: Progress
) -> None:
    _, before = await asyncio.to_thread(_manifest, vault, part.name)
    if before is None or not before.holds(counted):
        await _export(journal, vault, part, counted, say, progress)
    text, manifest = await asyncio.to_thread(_read_back, vault, part.name)
    if not manifest.holds(counted):
        raise Damaged(f"{part.name} in {vault.url} is not what the journal holds: run this again")
    say(f"{part.name}: {manifest.lines} lines lie in {vault.url}, and were read back")
    ends = await journal.remember_ends(part)
    say(f"{part.name}: where {ends} deliveries ended is remembered")
    await journal.keep_others(part)
    say(f"{part.name}: {counted.others} lines about others are copied")
    await journal.let_go(part, counted, hashlib.sha256(text).hexdigest())
    say(f"{part.name}: archived")


async def _export(
    journal: Archivist, vault: Vault, part: Partition, counted: Counted, say: Say, progress: Progress
) -> None:
    digest, pieces, deliveries = hashlib.sha256(), list[Piece](), 0
    async for lines in journal.lines(part):
        name = f"{_FOLDER}/{part.name}/{len(pieces):06}.jsonl.gz.age"
        content = b"".join(to_json(line) + b"\n" for line in lines)
        sealed = await asyncio.to_thread(vault.put_small, name, content)
        pieces.append(Piece(**sealed.model_dump(), lines=len(lines)))
        for line in lines:
            digest.update(line.hash.encode())
            deliveries += line.seq == 1
        progress(sum(piece.lines for piece in pieces), counted.lines)
    made = Manifest(
        **part._asdict(),
        made_at=datetime.now(UTC),
        lines=sum(piece.lines for piece in pieces),
        deliveries=deliveries,
        others=counted.others,
        last_id=counted.last_id or 0,
        digest=digest.hexdigest(),
        pieces=pieces,
    )
    say(f"{part.name}: {made.lines} lines in {len(pieces)} files")
    await asyncio.to_thread(vault.write, f"{_FOLDER}/{part.name}/{_MANIFEST}", made)


def _read_back(vault: Vault, name: str) -> tuple[bytes, Manifest]:
    """The manifest as it lies there, once each of its files was seen to be what was put there. Raises Damaged."""
    text, manifest = _manifest(vault, name)
    if manifest is None:
        raise Damaged(f"{name} is missing from {vault.url}")
    for piece in manifest.pieces:
        vault.check(piece)
    return text, manifest


def _manifest(vault: Vault, name: str) -> tuple[bytes, Manifest | None]:
    """As it lies there and as it is read; empty and None where there is none."""
    text = vault.read(f"{_FOLDER}/{name}/{_MANIFEST}")
    try:
        return (b"", None) if text is None else (text, Manifest.model_validate_json(text))
    except ValidationError:
        raise VaultUnusable(f"the manifest of {name} is damaged, or a newer Entrega wrote it") from None


async def _forget(journal: Archivist, vault: Vault, before: datetime, say: Say) -> None:
    """The manifest goes first: half of an archive is none."""
    for one in await journal.archives():
        if one["forgotten_at"] is None and one["until"] <= before:
            folder = f"{_FOLDER}/{one['name']}"
            await asyncio.to_thread(vault.delete, [f"{folder}/{_MANIFEST}"])
            await asyncio.to_thread(vault.delete, [name for name, _ in vault.names(folder)])
            await journal.forgotten(one["name"])
            say(f"{one['name']}: forgotten, since it is older than ENTREGA_ARCHIVE_KEEP_DAYS")


# ── reading ───────────────────────────────────────────────────────────────────────────────────────────────


async def verify(settings: Settings, url: str | None, say: Say, progress: Progress) -> bool:
    """Whether each archive that the database knows is whole: manifests and files, and, where the secret key is here,
    every line's hash, their order, and that no delivery is missing. Raises SettingMissing, VaultUnusable, Unavailable,
    Conflict."""
    opens = settings.backup_identity_file is not None
    vault, whole = vault_of(settings, url, reads=opens), True
    async with owning(settings.need("database_url")) as owner:
        known = [one for one in await Archivist(owner).archives() if one["forgotten_at"] is None]
        pieces = [one for one in await Leaving(owner).pieces() if one["forgotten_at"] is None]
    for number, one in enumerate(known):
        try:
            await asyncio.to_thread(_verify, vault, one, opens=opens)
            say(f"right: {one['name']}: {one['lines']} lines" + ("" if opens else ", not opened: the key is elsewhere"))
        except Damaged as damage:
            whole = False
            say(f"WRONG: {one['name']}: {damage}")
        progress(number + 1, len(known))
    return await leaving.verify(vault, pieces, say, progress, opens=opens) and whole


def _verify(vault: Vault, known: Mapping[str, Any], *, opens: bool) -> None:
    text, manifest = _read_back(vault, known["name"])
    if hashlib.sha256(text).hexdigest() != known["manifest_sha256"]:
        raise Damaged("its manifest is not the one that was written")
    if not opens:
        return
    digest, lines = hashlib.sha256(), 0
    for line in _opened(vault, manifest):
        if chained(line.prev_hash, line.subject, line) != line.hash:
            raise Damaged(f"line {line.seq} of {line.subject} was altered")
        digest.update(line.hash.encode())
        lines += 1
    if (lines, digest.hexdigest()) != (manifest.lines, manifest.digest):
        raise Damaged("lines are missing, or in another order")


def _opened(vault: Vault, manifest: Manifest) -> Iterator[JournalLine]:
    for piece in manifest.pieces:
        for text in vault.get_small(piece.name, piece).splitlines():
            yield JournalLine.model_validate(from_json(text))


def lines_of(settings: Settings, url: str | None, name: str, subject: str | None) -> Iterator[JournalLine]:
    """An archive's lines in the order of their ids; those of one delivery, if it is named. Raises SettingMissing,
    VaultUnusable, Damaged, NotFound."""
    vault = vault_of(settings, url, reads=True)
    _, manifest = _manifest(vault, name)
    if manifest is None:
        raise NotFound(f"no archive is called {name}: `entrega archive list` names them")
    return (line for line in _opened(vault, manifest) if subject in (None, line.subject))


async def known_archives(settings: Settings) -> tuple[list[Mapping[str, Any]], list[Mapping[str, Any]]]:
    """The months and the pieces of deliveries that the database knows of, oldest first. Raises SettingMissing,
    Unavailable, Conflict."""
    async with owning(settings.need("database_url")) as owner:
        return await Archivist(owner).archives(), await Leaving(owner).pieces()


async def put_back(settings: Settings, url: str | None, name: str, progress: Progress) -> int:
    """An archive's lines into the journal again, where they were; how many. It is archived anew with the next run,
    since it is as old as it was. Raises as the others do."""
    lines = await asyncio.to_thread(lambda: lines_of(settings, url, name, None))
    async with owning(settings.need("database_url"), alone=True) as owner:
        return await Archivist(owner).take_back(name, lines, progress)
