"""Which settings would let something travel in the clear."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

from pydantic import SecretStr

if TYPE_CHECKING:
    from runtime.settings import Settings

_WEB = ("public_url", "jwks_url", "geocoder_url", "cep_url", "temporal_ui_url", "traces_url")
_LOOPBACK = ("127.0.0.1", "localhost", "::1")


def in_the_clear(settings: Settings) -> Iterator[str]:
    """The names of such settings, without their prefix, each with what it lacks; never a value: it may hold a
    password."""
    for name in type(settings).model_fields:
        value = getattr(settings, name)
        text = value.get_secret_value() if isinstance(value, SecretStr) else value
        if not isinstance(text, str):
            continue
        if name.endswith("database_url") and not _verifies_postgres(text):
            yield f"{name.upper()} needs sslmode=verify-full (and sslrootcert=…)"
        elif name.endswith("mongo_url") and not _verifies_mongo(text):
            yield f"{name.upper()} needs tls=true, and nothing that weakens it"
        elif name in _WEB and not text.startswith("https://"):
            yield f"{name.upper()} needs https"
        elif name == "cache_url" and not text.startswith(("mem://", "rediss://")):
            yield f"{name.upper()} needs rediss"
        elif name == "smtp_url" and text.startswith("smtp:") and (urlsplit(text).hostname or "") in _LOOPBACK:
            yield f"{name.upper()} needs smtps, or a host that is asked for STARTTLS, which the loopback is not"
        elif name == "worker_metrics_address" and text.rpartition(":")[0].strip("[]") not in _LOOPBACK:
            yield f"{name.upper()} speaks no TLS and may be on the loopback only"


def _verifies_postgres(url: str) -> bool:
    parts = urlsplit(url)
    said = parse_qs(parts.query)
    host = said.get("host", [parts.hostname or ""])[-1]
    on_this_machine = not host or host.startswith("/")  # a unix socket
    return on_this_machine or said.get("sslmode", [""])[-1] == "verify-full"


def _verifies_mongo(url: str) -> bool:
    parts = urlsplit(url)
    said = {name.lower(): values[-1].lower() for name, values in parse_qs(parts.query).items()}
    weak = ("tlsinsecure", "tlsallowinvalidcertificates", "tlsallowinvalidhostnames")
    asked = said.get("tls", said.get("ssl", "true" if parts.scheme == "mongodb+srv" else "false"))
    return asked == "true" and not any(said.get(name) == "true" for name in weak)
