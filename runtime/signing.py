"""The folder of signing keys: which one signs, which comes next, which are on their way out.

A key's name begins with when it was made, and that tells all: the newest is published and waits; the one before it
signs; older ones verify until the last token they signed has expired. So a verifier has long heard of a key before
anything is signed with it, and nobody has to be told when to change.
"""

import os
import re
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from domain.sessions import ACCESS_LIFETIME

_STAMP = "%Y%m%dT%H%M%S%f"
_NAME = re.compile(r"(\d{8}T\d{12})Z-[0-9a-f]{8}")
KNOWN_AFTER = timedelta(minutes=10)
"""By then every verifier has looked at the published keys again."""
_OUT_AFTER = ACCESS_LIFETIME + timedelta(minutes=2)


class TooSoon(Exception):
    """The next key is not known everywhere yet; the message says when it will be."""


@dataclass(frozen=True)
class SigningKey:
    """One key; `made_at` is None for a name that does not tell, which counts as older than all others."""

    kid: str
    private: Ed25519PrivateKey
    made_at: datetime | None


def signing_keys(folder: Path, now: datetime | None = None) -> list[SigningKey]:
    """Every key that still verifies, oldest first."""
    keys = []
    for path in folder.glob("*.pem"):
        private = serialization.load_pem_private_key(path.read_bytes(), password=None)
        if isinstance(private, Ed25519PrivateKey):
            keys.append(SigningKey(path.stem, private, _made_at(path.stem)))
    keys.sort(key=lambda key: (key.made_at or datetime.min.replace(tzinfo=UTC), key.kid))
    at = now or datetime.now(UTC)
    # A key stopped signing when the one after its successor was made.
    ends = [key.made_at for key in keys[2:]]
    return [key for key, end in zip(keys, [*ends, None, None], strict=False) if end is None or at - end < _OUT_AFTER]


def current(keys: list[SigningKey]) -> SigningKey | None:
    """The one that signs."""
    return keys[-2] if len(keys) > 1 else keys[0] if keys else None


def rotate(folder: Path, now: datetime | None = None, *, force: bool = False) -> tuple[str, str, list[str]]:
    """Makes another next key, so that the waiting one signs from now on, and forgets those whose time is over.

    Returns who signs, who waits, who was forgotten. The first time it makes both. Raises TooSoon, unless forced (as
    after a theft: then tokens of a key that verifiers have not heard of are refused for up to half a minute).
    """
    at = now or datetime.now(UTC)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    keys = signing_keys(folder, at)
    waiting = keys[-1] if len(keys) > 1 else None
    if waiting is not None and waiting.made_at is not None and at - waiting.made_at < KNOWN_AFTER and not force:
        raise TooSoon(f"the next key is not known everywhere before {waiting.made_at + KNOWN_AFTER:%H:%M:%S} UTC")
    if not keys:
        _write(folder, at - timedelta(microseconds=1))
    _write(folder, at)
    lasting = signing_keys(folder, at)
    forgotten = sorted({path.stem for path in folder.glob("*.pem")} - {key.kid for key in lasting})
    for kid in forgotten:
        (folder / f"{kid}.pem").unlink()
    return lasting[-2].kid, lasting[-1].kid, forgotten


def _made_at(kid: str) -> datetime | None:
    told = _NAME.fullmatch(kid)
    return datetime.strptime(told[1], _STAMP).replace(tzinfo=UTC) if told else None


def _write(folder: Path, at: datetime) -> None:
    pem = Ed25519PrivateKey.generate().private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path = folder / f"{at.strftime(_STAMP)}Z-{secrets.token_hex(4)}.pem"
    fresh = path.with_suffix(".new")
    with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(pem)
    fresh.replace(path)  # never half a key
