"""The base of every domain value and the few constrained types they share."""

import re
from datetime import UTC, datetime
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, StringConstraints


class Value(BaseModel):
    """A frozen value: at once a Temporal payload, an API response and the source of the TypeScript type.

    Unknown fields are ignored when read, since payloads only ever gain optional fields and an older
    worker must be able to read a newer one's payload. Request bodies forbid them (`Request`).
    """

    model_config = ConfigDict(frozen=True, extra="ignore")


class Request(BaseModel):
    """A value that a stranger sends us: unknown fields are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


def _utc(value: datetime) -> datetime:
    try:
        return value.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("outside the calendar in UTC") from error


Timestamp = Annotated[AwareDatetime, AfterValidator(_utc)]
"""An aware instant, always in UTC; RFC 3339 on the wire."""

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
