"""What somebody has already is not sent again: an answer's ETag is its version, and 304 stands for the answer.

Made of what tells versions apart (a delivery's `seq`, what may be asked of it now), never of the answer's bytes, and
only once the caller was found to be allowed the answer. Personal data stays `no-store`: programs that keep an answer
themselves ask with its tag, and no browser or proxy keeps it for them.
"""

import hashlib
import json
from functools import cache
from types import MappingProxyType
from typing import Annotated, Any

from fastapi import Header, Response
from pydantic import BaseModel

from domain.access import Whose

Had = Annotated[str | None, Header(alias="If-None-Match", description="the `ETag` of the answer that one has")]
"""Entity tags, or `*`."""
_VARY = "Authorization"
_HEADERS = {"ETag": {"description": "This version of the answer", "schema": {"type": "string"}}}
TAGGED: dict[int | str, dict[str, Any]] = {
    200: {"headers": _HEADERS},
    304: {"description": "It is as it was: no body", "headers": _HEADERS},
}
"""The OpenAPI of tagged answers, for a route's `responses`."""


class Unchanged(Response):
    """304; it says whose data it stands for, since whoever has that looks at it once more."""

    def __init__(self, headers: dict[str, str], whose: Whose) -> None:
        super().__init__(status_code=304, headers=headers)
        self._whose = whose

    def whose(self) -> Whose:
        """As the answer would."""
        return self._whose


def tag(shown: type[BaseModel], *version: object) -> str:
    """A weak ETag: of the version of what is shown, and of which fields this build shows."""
    told = "\n".join((_shape(shown), *map(str, version)))
    return f'W/"{hashlib.sha256(told.encode()).hexdigest()[:32]}"'


def has(had: str | None, etag: str) -> bool:
    """Whether one of the tags that the caller has is this one: weakly, as RFC 9110 compares them for reading."""
    tags = [each.strip().removeprefix("W/") for each in (had or "").split(",")]
    return "*" in tags or etag.removeprefix("W/") in tags


def unchanged(response: Response, had: str | None, etag: str, whose: Whose = MappingProxyType({})) -> Unchanged | None:
    """Tags the answer that is about to be made; the answer instead of it where the caller has it already. Where that is
    somebody's personal data, `whose` says so."""
    headers = {"ETag": etag, "Vary": _VARY}
    if has(had, etag):
        return Unchanged(headers, whose)
    response.headers.update(headers)
    return None


@cache
def _shape(shown: type[BaseModel]) -> str:
    described = json.dumps(shown.model_json_schema(mode="serialization"), sort_keys=True)
    return hashlib.sha256(described.encode()).hexdigest()
