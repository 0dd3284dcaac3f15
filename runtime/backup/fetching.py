"""What a restore takes out of the vault: which backup, its files unpacked and checked, and the logs that follow it."""

import shutil
import tarfile
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from runtime._postgres_binaries import binaries_of
from runtime.backup.making import OPLOG, SUFFIX, WAL, span_of
from runtime.backup.manifest import Followed, Manifest, chain, followed, manifests
from runtime.backup.mongo import Place
from runtime.backup.postgres import following_segment, run
from runtime.backup.vault import Damaged, Vault
from runtime.saying import Progress


class RestoreRefused(Exception):
    """What was asked cannot be restored, or not there; the message says what can."""


def chosen(vault: Vault, until: datetime | None) -> tuple[list[Manifest], Followed | None]:
    """The backup to begin with, after what it builds on, and up to when everything is in the vault. Raises
    RestoreRefused, VaultUnusable."""
    known, reached = manifests(vault), followed(vault)
    if not known:
        raise RestoreRefused(f"there is no whole backup in {vault.url}")
    if until is None:
        return chain(known, known[-1]), reached
    before = [one for one in known if one.ended_at <= until]
    if not before:
        raise RestoreRefused(f"the oldest backup ended at {known[0].ended_at.isoformat()}: name that moment or later")
    if reached is None or until > reached.mark.at:
        last = reached.mark.at if reached else known[-1].ended_at
        raise RestoreRefused(
            f"the vault knows of nothing after {last.isoformat()}: name that moment or an earlier one, or none at all "
            "for the newest there is"
        )
    return chain(known, before[-1]), reached


async def fetch_postgres(vault: Vault, backups: list[Manifest], home: Path, progress: Progress) -> Path:
    """The data folder, put together from a full backup and its increments, each file checked against what PostgreSQL
    wrote down of it. Raises Damaged, BackupFailed, PartFailed."""
    total, done, folders = sum(one.postgres.base.size for one in backups), 0, []
    for number, one in enumerate(backups):
        folder, packed = home / f"part{number}", home / "packed"
        with packed.open("wb") as target:
            vault.get(one.postgres.base.name, target, one.postgres.base)
        with tarfile.open(packed, "r:gz") as archive:
            archive.extractall(folder, filter="data")
        packed.unlink()
        (folder / "backup_manifest").write_bytes(vault.read_open(one.postgres.contents))
        verify = binaries_of(one.postgres.major, "pg_verifybackup") / "pg_verifybackup"
        await run([verify, "--no-parse-wal", "--quiet", folder])
        folders.append(folder)
        done += one.postgres.base.size
        progress(done, total)
    data = home / "data"
    if len(folders) == 1:
        folders[0].rename(data)
    else:
        combine = binaries_of(backups[-1].postgres.major, "pg_combinebackup") / "pg_combinebackup"
        await run([combine, "--output", data, *folders])
        for folder in folders:
            shutil.rmtree(folder)
    data.chmod(0o700)
    return data


def fetch_wal(vault: Vault, backup: Manifest, folder: Path, progress: Progress) -> str | None:
    """PostgreSQL's log behind a backup, and its last segment. Raises Damaged where one is missing."""
    there = {name for name, _ in vault.names(WAL)}
    folder.mkdir()
    segment, last, total = backup.postgres.wal, None, len(there)
    while (name := f"{WAL}/{segment}{SUFFIX}") in there:
        (folder / segment).write_bytes(vault.get_small(name))
        last, segment = segment, following_segment(segment, backup.postgres.segment_bytes)
        progress(len(list(folder.iterdir())), total)
    if any(name > f"{WAL}/{segment}" for name in there):
        raise Damaged(f"{WAL}/{segment}{SUFFIX} is missing from {vault.url}, and there is more behind it")
    return last


def fetch_oplog(vault: Vault, since: Place) -> tuple[list[str], Place]:
    """The pieces of MongoDB's oplog behind a backup, in order, as far as they go without a gap, and up to when."""
    found, reached = list[str](), since
    for name, _ in vault.names(OPLOG):
        first, last = span_of(name)
        if first > reached:
            break
        if last > reached:
            found.append(name)
            reached = last
    return found, reached


def pieces(vault: Vault, names: list[str]) -> Iterator[bytes]:
    """Opened one after the other. Raises Damaged."""
    for name in names:
        yield vault.get_small(name)


def check_keys(backup: Manifest, secrets: Path) -> None:
    """Raises RestoreRefused where what it holds could not be read: backups hold no key-encryption keys."""
    missing = [kek for kek in backup.keks if not (secrets / "keks" / f"{kek}.kek").exists()]
    if missing or not (secrets / "index_key").exists():
        what = ", ".join(f"keks/{kek}.kek" for kek in missing) or "index_key"
        raise RestoreRefused(
            f"{secrets} lacks {what}, without which this backup is unreadable: backups hold no keys, so bring the "
            "folder of secrets from where you keep it, and name it with --secrets"
        )


def check_empty(into: Path) -> None:
    """Raises RestoreRefused where anything is, running or not: a restore never goes over what is there."""
    if into.exists() and any(into.iterdir()):
        raise RestoreRefused(f"{into} is not empty, and nothing is ever restored over what is there: name a new folder")
