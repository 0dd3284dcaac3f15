"""What every carrier's adapter stands on: the base owns the wire, the adapter owns the meaning."""

from carriers._base.adapter import AdapterCredentials, AdapterSettings, CarrierAdapter
from carriers._base.meaning import Meaning, again, no, throttled
from carriers._base.token import BearerAdapter, BearerSettings, ClientCredentials
from carriers._base.wire import Reply, client, hmac_sha256, signed
from wire.reading import (
    Instant,
    Many,
    OrNone,
    Reference,
    Said,
    SnakeSaid,
    at,
    cents,
    clean,
    coded,
    money,
    path_to,
    public_url,
    raw_members,
    rfc3339,
)

__all__ = [
    "AdapterCredentials",
    "AdapterSettings",
    "BearerAdapter",
    "BearerSettings",
    "CarrierAdapter",
    "ClientCredentials",
    "Instant",
    "Many",
    "Meaning",
    "OrNone",
    "Reference",
    "Reply",
    "Said",
    "SnakeSaid",
    "again",
    "at",
    "cents",
    "clean",
    "client",
    "coded",
    "hmac_sha256",
    "money",
    "no",
    "path_to",
    "public_url",
    "raw_members",
    "rfc3339",
    "signed",
    "throttled",
]
