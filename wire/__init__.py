"""Talking to strangers: one bounded HTTP exchange, strict reading of what comes back, and when to leave them alone."""

from wire.errors import BadAnswer, HeldBack, NoAnswer, WireError
from wire.exchange import Progress, Reply, client, exchange
from wire.guarded import Rules, ask, check, guarded, knock
from wire.limits import Breaker, BreakerState, Bucket
from wire.reading import OrNone, clean, strict_json, unreadable

__all__ = [
    "BadAnswer",
    "Breaker",
    "BreakerState",
    "Bucket",
    "HeldBack",
    "NoAnswer",
    "OrNone",
    "Progress",
    "Reply",
    "Rules",
    "WireError",
    "ask",
    "check",
    "clean",
    "client",
    "exchange",
    "guarded",
    "knock",
    "strict_json",
    "unreadable",
]
