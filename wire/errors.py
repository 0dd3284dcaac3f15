"""What can go wrong between us and a stranger; each kind of adapter says what it means to us.

WireError
├── NoAnswer      none came, or not all of it: `unreachable`, `broken`
├── BadAnswer     one came that is of no use: `encoding`, `too_long`, `not_json`, `schema`
└── HeldBack      our own limits kept the question here: `rate_limited`, `circuit_open`, `forbidden_address`
"""


class WireError(Exception):
    """The root: words for people, with nothing personal in them, and a stable `reason`.

    `sent` is False when certainly nothing left us; `wait` is after how many seconds asking again makes sense.
    """

    def __init__(self, words: str, reason: str, *, sent: bool = True, wait: float | None = None) -> None:
        super().__init__(words)
        self.words, self.reason, self.sent, self.wait = words, reason, sent, wait


class NoAnswer(WireError):
    """Nobody answered, or the answer broke off."""


class BadAnswer(WireError):
    """The answer cannot be used."""


class HeldBack(WireError):
    """It was not asked, and is none the worse for it."""
