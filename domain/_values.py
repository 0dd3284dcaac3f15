"""The base of every domain value and the few constrained types they share."""

import re
from datetime import UTC, datetime, time, timedelta
from typing import Annotated

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    StringConstraints,
    WithJsonSchema,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema
from pydantic_core.core_schema import no_info_before_validator_function

_LONGEST_LIST = 200


class Value(BaseModel):
    """A frozen value: at once a Temporal payload, an API response and the source of the TypeScript type.

    Unknown fields are ignored when read, since payloads only ever gain optional fields and an older
    worker must be able to read a newer one's payload. Request bodies forbid them (`Request`). Errors do not repeat what
    was wrong, since they are logged and it may be somebody's.
    """

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)


class Request(BaseModel):
    """A value that a stranger sends us: unknown fields are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class Closed:
    """Beside a `Value` that a stranger sends as a part of a request: there, too, unknown fields are refused."""

    def __get_pydantic_core_schema__(self, source: type[Value], handler: GetCoreSchemaHandler) -> CoreSchema:
        """Looks at the fields before the value does."""

        def look(sent: object) -> object:
            if isinstance(sent, dict) and (more := set(sent) - set(source.model_fields)):
                raise ValueError(f"no such fields: {', '.join(sorted(map(str, more)))[:_LONGEST_LIST]}")
            return sent

        return no_info_before_validator_function(look, handler(source))

    def __get_pydantic_json_schema__(self, core: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """Says so."""
        return {**handler(core), "unevaluatedProperties": False}


def _utc(value: datetime) -> datetime:
    try:
        return value.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("outside the calendar in UTC") from error


def _written(value: object) -> object:
    """Pydantic would take a number for seconds since 1970, which nobody who documents RFC 3339 means."""
    if isinstance(value, int | float) or (isinstance(value, str) and "-" not in value.strip()[1:]):
        raise ValueError("an instant is written as in 2026-01-31T12:00:00Z")
    return value


Timestamp = Annotated[AwareDatetime, BeforeValidator(_written), AfterValidator(_utc)]
"""An aware instant, always in UTC; RFC 3339 on the wire."""


def _a_number(value: object) -> object:
    if isinstance(value, str | bool):
        raise ValueError("a number, not text")
    return value


Real = Annotated[float, BeforeValidator(_a_number), Field(allow_inf_nan=False)]
Whole = Annotated[int, Field(strict=True)]
Flag = Annotated[bool, Field(strict=True)]
"""As JSON writes them: text that looks like a number is none."""


def _a_duration(value: object) -> object:
    if isinstance(value, timedelta) or (isinstance(value, str) and value.startswith("P")):
        return value
    raise ValueError("a length of time is written as in PT15M")


Span = Annotated[timedelta, BeforeValidator(_a_duration), Field(ge=timedelta(0), le=timedelta(days=90))]
"""A length of time; ISO 8601 on the wire, as in PT15M."""

_CLOCK = r"^([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9](\.[0-9]{1,6})?)?$"


def _on_the_wall(value: object) -> object:
    if isinstance(value, time) or (isinstance(value, str) and re.fullmatch(_CLOCK, value)):
        return value
    raise ValueError("a time of day is written as in 09:30")


LocalTime = Annotated[
    time,
    BeforeValidator(_on_the_wall),
    WithJsonSchema({"type": "string", "pattern": _CLOCK, "examples": ["09:30"]}),
]
"""A time of day on a wall clock, without a zone of its own."""

# NUL cannot be stored by PostgreSQL and other control characters only hurt logs: refuse them at the door.
_PRINTABLE = r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f]*$"

Text = Annotated[str, StringConstraints(strip_whitespace=True, max_length=500, pattern=_PRINTABLE)]
Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200, pattern=_PRINTABLE)]
_CODE = re.compile(r"[a-z0-9][a-z0-9_.-]{0,63}")
Code = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_.-]{0,63}$")]


def as_code(text: str) -> str:
    """A stranger's word as a code, or `other` where it cannot be one."""
    lowered = text.strip().lower().replace(" ", "_")
    return lowered if _CODE.fullmatch(lowered) else "other"
