"""What every carrier's adapter stands on: the base owns the wire, the adapter owns the meaning."""

from carriers._base.adapter import AdapterCredentials, AdapterSettings, CarrierAdapter
from carriers._base.meaning import Meaning, again, no, throttled
from carriers._base.token import BearerAdapter, ClientCredentials
from carriers._base.wire import Reply, client, hmac_sha256, signed
from wire.reading import Instant, OrNone, Reference, Said, clean, money, public_url, raw_members

__all__ = [
    "AdapterCredentials",
    "AdapterSettings",
    "BearerAdapter",
    "CarrierAdapter",
    "ClientCredentials",
    "Instant",
    "Meaning",
    "OrNone",
    "Reference",
    "Reply",
    "Said",
    "again",
    "clean",
    "client",
    "hmac_sha256",
    "money",
    "no",
    "public_url",
    "raw_members",
    "signed",
    "throttled",
]
