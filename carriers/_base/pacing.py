"""What a carrier's answer says of how fast it may be asked: `Retry-After`, and the families of rate limit headers."""

import re
import time
from collections import defaultdict
from datetime import UTC
from email.utils import parsedate_to_datetime

import httpx

from carriers._base.wire import Reply

_LONGEST_S = 900.0
_UNSAID_S = 1.0
"""How long nothing is left when it does not say until when."""

# `RateLimit-Remaining`, `X-RateLimit-Remaining`, `X-Rate-Limit-Remaining`; or `RateLimits-Remaining-PostOrder`, whose
# last word is what is limited: the operation it answered, and no other.
_FIELD = re.compile(r"(?:x-)?rate-?limits?-(remaining|reset)(?:-([a-z0-9]+))?")
# The IETF's one field, in its drafts' forms: `limit=100, remaining=0, reset=5`, and `"default";r=0;t=5`.
_MEMBER = re.compile(r"\b(r|t|remaining|reset)\s*=\s*(\d{1,12})\b")
_LONG = {"r": "remaining", "t": "reset"}
# An instant is told from a span by its size, and milliseconds from seconds: neither span is ever that long.
_INSTANT, _MILLISECONDS = 1e9, 1e11


def pauses(reply: Reply, operation: str) -> dict[str, float]:
    """Seconds to leave the account alone, or (under its name) this operation alone; at most 15 minutes."""
    asked: dict[str, float] = {}
    for scope, said in _limits(reply.headers).items():
        if said.get("remaining") == 0:
            wait = _seconds(said["reset"], reply.headers) if "reset" in said else _UNSAID_S
            name = operation if scope else ""
            asked[name] = max(asked.get(name, 0.0), wait)
    if reply.status == httpx.codes.TOO_MANY_REQUESTS and reply.retry_after is not None:
        asked[""] = max(asked.get("", 0.0), reply.retry_after)
    return {name: min(wait, _LONGEST_S) for name, wait in asked.items() if wait > 0}


def _limits(headers: httpx.Headers) -> dict[str, dict[str, float]]:
    """What remains and until when, by what is limited; empty for everything."""
    found: dict[str, dict[str, float]] = defaultdict(dict)
    for name, text in headers.items():
        if (field := _FIELD.fullmatch(name)) and (number := text.strip()).isascii() and number.isdigit():
            found[field[2] or ""][field[1]] = float(number[:15])
    # Several policies may stand in one field, each with its own reset: the one that is spent counts.
    for policy in re.split(r",\s*(?=\")", headers.get("ratelimit", "")):
        said = {_LONG.get(name, name): float(number) for name, number in _MEMBER.findall(policy)}
        if said.get("remaining") == 0:
            found[""] = said
    return found


def _seconds(reset: float, headers: httpx.Headers) -> float:
    """From now; an instant is read against the carrier's own clock, where it tells it."""
    if reset < _INSTANT:
        return reset
    instant = reset / 1000 if reset > _MILLISECONDS else reset
    try:
        date = parsedate_to_datetime(headers.get("date", ""))
    except (ValueError, TypeError):
        return instant - time.time()
    return instant - date.replace(tzinfo=date.tzinfo or UTC).timestamp()
