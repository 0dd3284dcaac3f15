"""Keyset cursors: where a page ended, opaque to whoever carries it."""

import base64
import binascii
import json

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
        raise _no_cursor() from None
    if not (isinstance(key, list) and len(key) == parts and all(isinstance(part, str) for part in key)):
        raise _no_cursor()
    return key


def _no_cursor() -> errors.Invalid:
    return errors.Invalid("this is no cursor of ours: leave it out to begin at the first page", field="cursor")
