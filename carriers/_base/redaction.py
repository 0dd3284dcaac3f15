"""What may be kept of a body: ids, codes, numbers and times. Nobody's name, contact, street, note, place or secret.

A string stays only where its key is on the list below and it looks like what such a key holds; everything else is
masked. So a carrier's new field says nothing until somebody has looked at it.
"""

import json
import re
from collections.abc import Collection
from decimal import Decimal
from functools import lru_cache
from typing import Any, NamedTuple

from pydantic import JsonValue

from wire import clean, strict_json

MASK = "…"
_LONGEST_BODY = 256 * 1024
_DEEPEST, _LONGEST_SAYING = 12, 300
_REST = 24
"""Bytes kept free for the mark that something was left out."""


def _set(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Keys are read word by word: `dropoff_phone_number`, `pickupName` and `street1` each hold one of these.
_SECRET = _set("""
    password passwd passcode secret token authorization auth credential credentials apikey signature pin pincode otp
    verification session cookie cookies card cvv iban pix""")
_PERSONAL = _set("""
    name names firstname lastname surname fullname nickname username phone phones mobile tel telephone fax
    whatsapp email emails mail address addresses street streets complement district neighborhood neighbourhood zip
    zipcode postal postalcode postcode cep city tax cpf cnpj rg document passport ssn birth birthday dob gender
    note notes remark remarks instruction instructions comment comments memo display signed signer photo photos
    image images picture pictures proof lat lng lon latitude longitude coordinate coordinates location geo
    geolocation position plate license licence link links url urls uri href ip number reference""")
# What is inside is somebody's, but for ids and codes.
_PEOPLE = _set("contact contacts person customer recipient recipients sender driver courier company user")

# These count as the last word of a key: `orderId`, `service_type`, `totalPrice`.
_IDS = _set("id ids uuid")
_CODES = _set("""
    status state code codes type types kind event events action reason service currency country market language
    locale mode object carrier vehicle container unit units method result level version category source size
    severity field param parameter rule format option""")
_AMOUNTS = _set("""
    amount price total subtotal value fee fees rate cost base weight distance length width height volume quantity count
    insurance discount limit""")
_TIMES = _set("at time timestamp date dt ts created updated expires eta deadline until")
_TRACKING = ({"tracking", "number"}, {"tracking", "code"}, {"tracking", "id"})
# A carrier's own words, and what must stand above them: elsewhere such keys hold what people wrote.
_SAYINGS = _set("error errors message messages title detail details description reason suggestion")
_ERRORS = _set("error errors messages")

_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")
_NAMED = re.compile(r"(?!.*\d{5})[A-Za-z_$@][\w.$:-]{0,63}", re.ASCII)
_CODE = re.compile(r"(?!.*[0-9]{5})[A-Za-z0-9][A-Za-z0-9_.:/+-]{0,63}")
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:-]{0,127}")
_PERHAPS_PHONE = re.compile(r"[0-9]{9,14}")
_WHOLE = re.compile(r"-?[0-9]{1,9}")
_UUID = r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
_DATE = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
_INSTANT = rf"{_DATE}[T ][0-9]{{2}}:[0-9]{{2}}(?::[0-9]{{2}}(?:\.[0-9]{{1,9}})?)? ?(?:Z|[+-][0-9]{{2}}:?[0-9]{{2}})?"
_FRACTION = r"-?[0-9]{1,7}\.[0-9]{1,3}"  # a fourth digit would do for a place
# Which shapes are nobody's: under anything, under somebody's things (where a date may be a birthday), elsewhere.
_ALWAYS, _AMONG, _OPEN = (
    re.compile("|".join(shapes)) for shapes in ((_UUID,), (_UUID, _INSTANT), (_UUID, _INSTANT, _DATE, _FRACTION))
)
_LONGER = re.compile(r"\w{3,}")
_NOBODYS = re.compile(r"[A-Z]{0,3}|[A-Z]+(_[A-Z]+)+")  # countries, currencies, enumerations


class _Key(NamedTuple):
    """What a key's words say of what it holds."""

    last: str
    code: bool
    secret: bool
    personal: bool
    people: bool
    tracking: bool
    errors: bool


@lru_cache(maxsize=4096)
def _key(text: str) -> _Key:
    words = [word.lower() for word in _WORD.findall(text)] or [""]
    has = frozenset(words)
    last, tracking = words[-1], has in _TRACKING
    code = last in _CODES or (last == "detail" and "status" in has)
    personal = bool(has & _PERSONAL) and not tracking
    return _Key(last, code, bool(has & _SECRET), personal, bool(has & _PEOPLE), tracking, bool(has & _ERRORS))


class _Where(NamedTuple):
    """Where in a body we are: under somebody's things, under an error."""

    private: bool = False
    saying: bool = False
    depth: int = 0

    def under(self, key: _Key) -> "_Where":
        """One level further down."""
        private = self.private or key.secret or key.personal or key.people
        return _Where(private, self.saying or key.errors, self.depth + 1)


class Redactor:
    """For one exchange: what it has masked anywhere it masks in what comes after as well, codes and words included.
    `secrets` are masked wherever they stand."""

    def __init__(self, secrets: Collection[str] = ()) -> None:
        self._secrets = [secret for secret in secrets if len(secret) > 3]
        self._texts: set[str] = set()
        self._words: set[str] = set()
        self._left = 0

    def learn(self, value: Any, *, failed: bool) -> None:
        """Looks a body through for what it will mask."""
        self._left = _LONGEST_BODY
        self._any(value, _key(""), _Where(saying=failed))

    def redacted(self, value: Any, most: int, *, failed: bool) -> JsonValue:
        """What may be kept of what `read` gave, as at most `most` bytes of JSON; `failed` where it tells an error."""
        self._left = most - 2 * _REST
        kept = self._any(value, _key(""), _Where(saying=failed))
        return kept if size(kept) <= most else MASK

    def path(self, text: str) -> str:
        """A request's path, of which no part is a contact or a secret; at most 200 characters."""
        safe = (MASK if re.search(r"@|%40|^\+|^%2B", part) or self._secret(part) else part for part in text.split("/"))
        return "/".join(safe)[:200]

    def _any(self, value: Any, key: _Key, where: _Where) -> JsonValue:
        if isinstance(value, dict | list) and not key.secret and where.depth < _DEEPEST:
            self._left -= 2
            return self._object(value, where) if isinstance(value, dict) else self._list(value, key, where)
        kept = self._leaf(value, key, where)
        self._left -= len(kept.encode()) + 2 if isinstance(kept, str) else 12
        return kept

    def _object(self, value: dict[str, Any], where: _Where) -> JsonValue:
        kept: dict[str, JsonValue] = {}
        for name, inner in value.items():
            shown = name if _NAMED.fullmatch(name) else MASK
            self._left -= len(shown.encode()) + 4
            if self._left < 0:
                kept[MASK] = len(value) - len(kept)
                break
            key = _key(shown)
            kept[shown] = self._any(inner, key, where.under(key))
        return kept

    def _list(self, value: list[Any], key: _Key, where: _Where) -> JsonValue:
        kept: list[JsonValue] = []
        for inner in value:
            self._left -= 1
            if self._left < 0:
                kept.append(MASK)
                break
            kept.append(self._any(inner, key, where._replace(depth=where.depth + 1)))
        return kept

    def _leaf(self, value: Any, key: _Key, where: _Where) -> str | int | float | bool | None:
        match value:
            case None | bool() | "":
                return value
            case str() if not key.secret:
                return self._text(value, key, where)
            case int() | Decimal() if not where.private:
                return _number(value, key)
        return MASK

    def _text(self, text: str, key: _Key, where: _Where) -> str:
        if self._secret(text):
            return MASK
        if _plain(text, key, where):
            return MASK if text.casefold() in self._texts else text
        if where.saying and not where.private and key.last in _SAYINGS:
            return _LONGER.sub(self._unless_known, clean(text, _LONGEST_SAYING))
        self._remember(text, where)
        return MASK

    def _remember(self, text: str, where: _Where) -> None:
        if not _NOBODYS.fullmatch(text):
            folded = text.strip().casefold()
            self._words.update(_LONGER.findall(folded))
            if where.private:
                self._texts.add(folded)

    def _unless_known(self, word: re.Match[str]) -> str:
        return MASK if word[0].casefold() in self._words else word[0]

    def _secret(self, text: str) -> bool:
        return any(secret in text for secret in self._secrets)


def read(body: bytes) -> Any:
    """A body as JSON; None where it is none, or too long to look through."""
    try:
        return strict_json(body) if len(body) <= _LONGEST_BODY else None
    except ValueError:
        return None


def size(value: JsonValue) -> int:
    """Bytes of a value as JSON."""
    return len(json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode())


def _plain(text: str, key: _Key, where: _Where) -> bool:
    """Whether a text is an id, a code, an instant or an amount, and stands where such a thing does."""
    if not key.personal and not key.secret and _fits(text, key):
        return not (where.private and _PERHAPS_PHONE.fullmatch(text))
    shapes = _ALWAYS if key.personal else _AMONG if where.private else _OPEN
    return not key.secret and bool(shapes.fullmatch(text))


def _fits(text: str, key: _Key) -> bool:
    if key.last in _IDS or key.tracking:
        return bool(_ID.fullmatch(text))
    if key.code:
        return bool(_CODE.fullmatch(text))
    return key.last in _AMOUNTS and bool(_WHOLE.fullmatch(text))


def _number(value: int | Decimal, key: _Key) -> float | int | str:
    """Without long numbers that may be phones, and without fractions that may be places."""
    most = 10**15 if key.last in _IDS | _AMOUNTS | _TIMES else 10**7
    if not -most < value < most:
        return MASK
    if isinstance(value, int):
        return value
    exponent = value.as_tuple().exponent
    return float(value) if isinstance(exponent, int) and exponent >= -3 else MASK
