"""Keyset cursors: where a page ended, opaque to whoever carries it."""

import base64
import binascii
import json
from datetime import datetime

from domain import errors


def encode(*parts: str) -> str:
    """The cursor that stands after a row with this key."""
    return base64.urlsafe_b64encode(json.dumps(parts, separators=(",", ":")).encode()).decode().rstrip("=")


def decode(cursor: str, parts: int) -> list[str]:
    """The key in a cursor; raises Invalid for what `encode` did not make."""
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        key = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
    except (binascii.Error, ValueError, RecursionError):
        raise no_cursor() from None
    if not (isinstance(key, list) and len(key) == parts and all(isinstance(part, str) for part in key)):
        raise no_cursor()
    return key


def instant(cursor: str) -> tuple[datetime, str]:
    """The key in a cursor that stands after an instant and an id; raises Invalid as `decode` does."""
    at, its_id = decode(cursor, parts=2)
    try:
        found = datetime.fromisoformat(at)
    except ValueError:
        raise no_cursor() from None
    if found.tzinfo is None:
        raise no_cursor()
    return found, its_id


def number(text: str) -> int:
    """A row's number in a cursor; raises Invalid for what is none."""
    if not (text.isascii() and text.isdigit() and len(text) <= 18):
        raise no_cursor()
    return int(text)


def no_cursor() -> errors.Invalid:
    """What a strange cursor is answered with."""
    return errors.Invalid("this is no cursor of ours: leave it out to begin at the first page", field="cursor")
