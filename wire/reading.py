"""Reading what strangers write: strict JSON, bounded words without personal data, instants, references, links."""

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Any, TypeVar
from urllib.parse import quote

from pydantic import (
    AfterValidator,
    AliasPath,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    TypeAdapter,
    ValidationError,
    WrapValidator,
)
from pydantic.alias_generators import to_camel
from pydantic_core import Url

from domain._values import as_code
from domain.money import Money

_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]+")
# What is quoted back at us may be somebody's: e-mail addresses, and digits as in phones, CPF and CEP.
_PERSONAL = re.compile(r"\S+@\S+|\+?\d(?:[\s().-]{0,2}\d){4,}")
_LONGEST_URL = 2000
_DECODER = json.JSONDecoder()


def strict_json(body: bytes) -> Any:
    """The object or array in a body, fractions as Decimal.

    Raises ValueError for what is not JSON, not UTF, has NaN or Infinity, is a bare value, or nests without end.
    """
    try:
        value = json.loads(body, parse_float=Decimal, parse_constant=_refuse)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
    if not isinstance(value, dict | list):
        raise ValueError("neither an object nor an array")
    return value


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is not JSON")


def raw_members(body: bytes) -> dict[str, str]:
    """The members of a JSON object as they were written, for signatures over one of them; none where it is no such
    thing. Of two with one name the last counts, as for `strict_json`."""
    members: dict[str, str] = {}
    try:
        text = body.decode()
        at = _past(text, 0, "{")
        while text[at] != "}":
            name, at = _DECODER.raw_decode(text, at)
            began = _past(text, at, ":")
            _, ended = _DECODER.raw_decode(text, began)
            members[str(name)] = text[began:ended]
            at = _blanks(text, ended)
            if text[at] != "}":
                at = _past(text, at, ",")
    except (ValueError, IndexError, RecursionError):
        return {}
    return members


def _past(text: str, at: int, mark: str) -> int:
    at = _blanks(text, at)
    if text[at] != mark:
        raise ValueError(f"{mark} was due")
    return _blanks(text, at + 1)


def _blanks(text: str, at: int) -> int:
    while text[at] in " \t\n\r":
        at += 1
    return at


def clean(text: object, most: int = 200, *, masked: bool = True) -> str:
    """Somebody else's words on one line, at most `most` characters; `masked` hides e-mails and longer numbers."""
    if not isinstance(text, str):
        return ""
    line = _UNPRINTABLE.sub(" ", text[: 4 * most]).strip()
    return (_PERSONAL.sub("…", line) if masked else line)[:most]


def _utc(value: datetime) -> datetime:
    try:
        return (value if value.tzinfo else value.replace(tzinfo=UTC)).astimezone(UTC)
    except OverflowError as error:
        raise ValueError("no such instant in UTC") from error


Instant = Annotated[datetime, AfterValidator(_utc)]
"""A stranger's time, in UTC; one without an offset is taken for UTC."""

Reference = Annotated[str, StringConstraints(strip_whitespace=True, pattern=r"^[\x21-\x7e]{1,128}$")]
"""A stranger's own id: printable ASCII, fit for a URL, a log and a database."""


def _or_none(value: object, handler: Callable[[object], Any]) -> Any:
    try:
        return handler(value)
    except ValidationError:
        return None


_T = TypeVar("_T")
OrNone = Annotated[_T | None, WrapValidator(_or_none)]
"""What is nice to have: unreadable is as good as absent, so that a bad estimate does not cost us the event."""

Many = Annotated[tuple[_T, ...], BeforeValidator(lambda told: told or ())]
"""A list, or nothing where it is null."""


class Said(BaseModel):
    """What a stranger says, in camelCase unless a field's alias says otherwise; more than we read is ignored."""

    model_config = ConfigDict(alias_generator=to_camel, extra="ignore", frozen=True, hide_input_in_errors=True)


class SnakeSaid(Said):
    """The same in snake_case."""

    model_config = ConfigDict(alias_generator=None)


def at(first: str, *path: str | int) -> Any:
    """A field of `Said` that lies deeper in what was said; None where the path leads nowhere."""
    return Field(default=None, validation_alias=AliasPath(first, *path))


def coded(words: str | None) -> str | None:
    """Somebody's word as one of our codes, where any was said."""
    return as_code(words) if words else None


def path_to(*parts: str) -> str:
    """A path below the base URL, each part escaped but for the first."""
    return "/".join((parts[0], *(quote(part, safe="") for part in parts[1:])))


def cents(amount: int | None, currency: str | None) -> Money | None:
    """An amount in minor units, its currency in letters of either size; None as in `money`."""
    return None if amount is None else money(Decimal(amount).scaleb(-2), (currency or "").upper())


def rfc3339(moment: datetime) -> str:
    """An aware instant in UTC, to the second."""
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def money(amount: Decimal | str, currency: str | None) -> Money | None:
    """An amount in major units; None where it is none, or in a currency we do not settle in."""
    try:
        return Money.parse(amount, currency or "")
    except ValueError:
        return None


_URL: TypeAdapter[Url] = TypeAdapter(Url)


def public_url(text: object) -> str | None:
    """A link that may be shown to people: http or https, at most 2000 characters; anything else is None."""
    if not isinstance(text, str) or len(text) > _LONGEST_URL:
        return None
    try:
        url = _URL.validate_python(text)
    except ValidationError:
        return None
    return str(url) if url.scheme in ("http", "https") and url.host else None


def unreadable(error: ValidationError) -> str:
    """The fields that could not be read, and none of their values."""
    where = {".".join(map(str, each["loc"])) or "the whole" for each in error.errors(include_input=False)}
    return ", ".join(sorted(where))[:200]
