"""Secrets that are shown once: made here, kept as fingerprints only. They are long enough that a plain hash will do."""

import hashlib
import secrets


def fresh(prefix: str = "") -> tuple[str, str]:
    """A secret of 256 bits, and its fingerprint."""
    secret = prefix + secrets.token_urlsafe(32)
    return secret, fingerprint(secret)


def fingerprint(secret: str) -> str:
    """What is kept of a secret."""
    return hashlib.sha256(secret.encode()).hexdigest()
