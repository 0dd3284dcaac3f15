"""What every carrier's adapter stands on: the base owns the wire, the adapter owns the meaning."""

from carriers._base.adapter import AdapterCredentials, AdapterSettings, CarrierAdapter
from carriers._base.reading import Instant, OrNone, Reference, Said, clean, money, public_url
from carriers._base.token import BearerAdapter, ClientCredentials
from carriers._base.wire import Reply, client, hmac_sha256, signed

__all__ = [
    "AdapterCredentials",
    "AdapterSettings",
    "BearerAdapter",
    "CarrierAdapter",
    "ClientCredentials",
    "Instant",
    "OrNone",
    "Reference",
    "Reply",
    "Said",
    "clean",
    "client",
    "hmac_sha256",
    "money",
    "public_url",
    "signed",
]
