"""Lists are read page by page, each from where the last one ended."""

from typing import Annotated, Generic, TypeVar

from fastapi import Query
from pydantic import BaseModel, Field

T = TypeVar("T")

Limit = Annotated[int, Query(ge=1, le=200, description="how many at most")]
CursorParam = Annotated[str | None, Query(max_length=200, description="`next` of the page before")]


class Page(BaseModel, Generic[T]):
    """Some of a list; `next` is the cursor of what follows, absent at the end."""

    items: list[T]
    next: str | None = Field(default=None, description="pass it as `cursor`")
