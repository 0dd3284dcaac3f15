"""How often something may be tried: a bucket that holds so many tries and fills evenly again."""

from datetime import timedelta
from typing import NamedTuple


class Limit(NamedTuple):
    """`most` tries at once, and as many again over each `per`."""

    name: str
    most: int
    per: timedelta


class Left(NamedTuple):
    """What a try left in the bucket: so many tries at once, and seconds until it is full again."""

    tries: int
    full_in_s: float


_MINUTE, _HOUR = timedelta(minutes=1), timedelta(hours=1)

# A try that succeeds is given back, so these count failures.
SIGN_IN_ADDRESS = Limit("sign_in.address", 20, _MINUTE)
SIGN_IN_PAIR = Limit("sign_in.pair", 5, _MINUTE)
"""One account from one address."""
SIGN_IN_ACCOUNT = Limit("sign_in.account", 50, _HOUR)
"""One account from anywhere. Wider than the pair's, so that a stranger does not easily keep its owner out."""
PROOF = Limit("proof.account", 10, timedelta(minutes=10))
"""Passwords and codes asked for again inside a session."""
KEY_ADDRESS = Limit("key.address", 60, _MINUTE)

# These count every try: each may send a message.
MAIL_ACCOUNT = Limit("mail.account", 5, _HOUR)
MAIL_ADDRESS = Limit("mail.address", 100, _HOUR)
