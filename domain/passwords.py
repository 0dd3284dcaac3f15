"""Which passwords are taken: long ones that nobody would try first (NIST SP 800-63B-4 §3.1.1.2); nothing is said
about which letters they consist of."""

import re
import unicodedata
from collections.abc import Container, Iterable

from domain.errors import PasswordTooCommon, PasswordTooShort

ALONE = 15
"""Least length where the password is the only factor."""
WITH_SECOND_FACTOR = 8
LONGEST = 128
_SERVICE = ("entrega", "delivery")
_LEAST_OF_ITS_OWN = 8
_RUNS = (
    "0123456789" * 4,
    "9876543210" * 4,
    "abcdefghijklmnopqrstuvwxyz" * 2,
    "zyxwvutsrqponmlkjihgfedcba" * 2,
    "qwertyuiopasdfghjklzxcvbnm" * 2,
    "qwertyuiop" * 4,
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik9ol0p",
)


def normalised(password: str) -> str:
    """However a keyboard composed it."""
    return unicodedata.normalize("NFKC", password)


def check(password: str, common: Container[str], about: Iterable[str] = (), *, least: int = ALONE) -> None:
    """Raises PasswordTooShort, or PasswordTooCommon for what is on the list of common ones, is two of them, repeats
    itself, follows the keyboard, or is little more than the words `about` its owner and the service."""
    plain = normalised(password)
    if len(plain) < least:
        raise PasswordTooShort(f"a password has at least {least} characters", least=least)
    folded = plain.casefold()
    if _known(folded, common) or _repeats(folded) or any(folded in run for run in _RUNS):
        raise PasswordTooCommon
    own = _without(folded, about)
    if own != folded and len(own) < _LEAST_OF_ITS_OWN:
        raise PasswordTooCommon("this password is hardly more than your name, your address or ours; choose another")


def _known(folded: str, common: Container[str]) -> bool:
    if folded in common:
        return True
    return any(folded[:i].rstrip(" -_.") in common and folded[i:] in common for i in range(4, len(folded) - 3))


def _repeats(text: str) -> bool:
    return text in (text + text)[1:-1]


def _without(folded: str, about: Iterable[str]) -> str:
    words = {word for text in (*about, *_SERVICE) for word in re.split(r"[\W_]+", text.casefold()) if len(word) > 2}
    for word in sorted(words, key=len, reverse=True):
        folded = folded.replace(word, "")
    return folded
