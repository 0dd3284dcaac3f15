"""Sealed bytes: AES-256-GCM under somebody's data key, bound to the place they were written for."""

import hashlib
import hmac
import os
import zlib

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

KEY_BYTES = 32
_VERSION, _DEFLATED = 1, 0x80
_HINT, _NONCE, _TAG = 4, 12, 16
_HEAD = 1 + _HINT + _NONCE
_WORTH_DEFLATING = 256


class Unreadable(Exception):
    """Sealed bytes that were altered, moved from their place, or sealed by another key; the message says which."""


class Key:
    """A 256-bit key; it shows itself nowhere.

    What it seals is `version(1) | hint(4) | nonce(12) | ciphertext and tag`. The version's high bit says that the
    plaintext was deflated; the hint, a digest of the key, tells bytes of another key from bytes that were altered.
    Nonces are random, so one key seals at most 2^32 times.
    """

    __slots__ = ("_cipher", "_hint")

    def __init__(self, raw: bytes) -> None:
        if len(raw) != KEY_BYTES:
            raise ValueError("a key has 32 bytes")
        self._cipher = AESGCM(raw)
        self._hint = hashlib.sha256(b"entrega key hint" + raw).digest()[:_HINT]

    def seal(self, plain: bytes, place: str) -> bytes:
        """Opened again only with the same key and place, as in `deliveries.deliveries.document/del_…`."""
        version = _VERSION
        if len(plain) >= _WORTH_DEFLATING:
            deflated = zlib.compress(plain, 1)
            if len(deflated) < len(plain):
                version, plain = version | _DEFLATED, deflated
        head = bytes((version,)) + self._hint
        nonce = os.urandom(_NONCE)
        return head + nonce + self._cipher.encrypt(nonce, plain, head + place.encode())

    def open(self, sealed: bytes, place: str) -> bytes:
        """What was sealed. Raises Unreadable."""
        if len(sealed) < _HEAD + _TAG or sealed[0] & ~_DEFLATED != _VERSION:
            raise Unreadable(f"{place}: nothing that was sealed")
        head, nonce = sealed[: 1 + _HINT], sealed[1 + _HINT : _HEAD]
        if not hmac.compare_digest(head[1:], self._hint):
            raise Unreadable(f"{place}: sealed by another key")
        try:
            plain = self._cipher.decrypt(nonce, sealed[_HEAD:], head + place.encode())
        except InvalidTag:
            raise Unreadable(f"{place}: altered, or moved here from elsewhere") from None
        return zlib.decompress(plain) if sealed[0] & _DEFLATED else plain


class BlindIndex:
    """Keyed digests, by which a value is found again without being stored: equal values, equal digests, per column."""

    def __init__(self, key: bytes) -> None:
        if len(key) < KEY_BYTES:
            raise ValueError("the key of a blind index has 32 bytes at least")
        self._key = key

    def of(self, place: str, value: str) -> bytes:
        """32 bytes for this value in this column; bring it into one form (as to case) before."""
        return hmac.new(self._key, f"{place}\x1f{value}".encode(), hashlib.sha256).digest()

    @classmethod
    def derived(cls, key: bytes, purpose: str) -> "BlindIndex":
        """One whose digests are comparable with those of no other purpose under the same key (RFC 5869)."""
        return cls(HKDF(SHA256(), KEY_BYTES, salt=None, info=f"entrega blind index: {purpose}".encode()).derive(key))
